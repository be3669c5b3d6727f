"""Tables as files for a spreadsheet. No cell is ever a formula, whatever people wrote in their names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

Line = Sequence[str]

#: What makes a spreadsheet read a text as something to compute.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain(text: str) -> str:
    """The text as a spreadsheet shows it and never computes it."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def as_csv(head: Line, lines: Iterable[Line]) -> bytes:
    """Semicolons and a byte order mark: what a French spreadsheet opens with its accents."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for line in (head, *lines):
        writer.writerow([plain(cell) for cell in line])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(head: Line, lines: Iterable[Line]) -> bytes:
    """One sheet, a header row that stays, columns wide enough to read."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (head, *lines):
        sheet.append([plain(cell) for cell in line])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, _name in enumerate(head, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = 18 if number <= 2 else 30
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
