"""The CSV files of a feed, from a zip or a folder, row by row with their line numbers. Pure, but for reading the files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .problems import Problems

#: Uncompressed bytes of one file: more is no timetable, and would fill the memory.
LARGEST = 2_000_000_000

csv.field_size_limit(1_000_000)


class Unreadable(Exception):
    """The feed cannot be opened at all; the message is one French sentence."""


class Tables:
    """The text files of a feed. `source`: a path to a zip or to a folder, or an open zip."""

    def __init__(self, source: Path | BinaryIO, name: str) -> None:
        self.name = name
        self._folder: Path | None = None
        if isinstance(source, Path) and source.is_dir():
            self._folder = source
            self._members = {path.name: str(path) for path in source.iterdir() if path.suffix == ".txt"}
            return
        try:
            self._zip = zipfile.ZipFile(source)
        except FileNotFoundError as error:
            raise Unreadable(f"« {name} » n'existe pas.") from error
        except (OSError, zipfile.BadZipFile) as error:
            raise Unreadable(f"« {name} » n'est pas une archive zip lisible.") from error
        # Some producers zip the folder instead of the files.
        self._members = {}
        for member in sorted(self._zip.namelist(), key=lambda known: known.count("/"), reverse=True):
            if member.endswith(".txt") and "__MACOSX" not in member:
                self._members[member.rsplit("/", 1)[-1]] = member

    def __contains__(self, file: str) -> bool:
        return file in self._members

    def rows(self, file: str, needed: tuple[str, ...], problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
        """Line numbers and rows, values stripped, only those rows that have every needed column; nothing without the file."""
        if file not in self._members:
            return
        try:
            data = self._read(self._members[file])
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            problems.refuse(file, f"le fichier ne se lit pas ({error}).")
            return
        except Exception as error:  # zlib.error has no common parent but Exception
            problems.refuse(file, f"le fichier est abîmé ({error}).")
            return
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            problems.warn(file, line, "encodage", "le texte n'est pas en UTF-8 ; il est lu comme du Windows-1252.")
            text = data.decode("cp1252", errors="replace")
        if "\0" in text:
            text = text.replace("\0", "")
            problems.warn(file, 0, "octet nul", "le fichier contient des octets nuls ; ils sont ignorés.")
        reader = csv.reader(io.StringIO(text, newline=""))
        try:
            header = [column.strip() for column in next(reader, [])]
            missing = [column for column in needed if column not in header]
            if missing:
                problems.refuse(file, f"il manque la colonne {', '.join(missing)}.", 1)
                return
            width = len(header)
            for values in reader:
                if not any(value.strip() for value in values):
                    continue
                if len(values) > width and any(value.strip() for value in values[width:]):
                    problems.error(
                        file, reader.line_num, "trop de valeurs", f"{len(values)} valeurs pour {width} colonnes."
                    )
                    continue
                row = dict.fromkeys(header, "")
                row.update((column, value.strip()) for column, value in zip(header, values, strict=False))
                empty = [column for column in needed if not row[column]]
                if empty:
                    problems.error(file, reader.line_num, "valeur absente", f"il manque {', '.join(empty)}.")
                    continue
                yield reader.line_num, row
        except csv.Error as error:
            problems.refuse(file, f"la suite ne se lit pas comme du CSV ({error}).", reader.line_num)

    def _read(self, member: str) -> bytes:
        if self._folder is not None:
            return Path(member).read_bytes()
        if self._zip.getinfo(member).file_size > LARGEST:
            raise ValueError("plus de 2 Go")
        return self._zip.read(member)
