"""A table with its description: Table Schema (Frictionless, v1), in the manner of schema.data.gouv.fr. Pure.

https://specs.frictionlessdata.io/table-schema/ : only the types and constraints that a trial's tables use.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | int | float | bool | dt.date | None
PROFILE = "https://specs.frictionlessdata.io/schemas/table-schema.json"
#: Digits told after the decimal point.
DIGITS = 3
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "date": (dt.date,),
}
#: What makes a spreadsheet read a text as something to compute.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `constraints` are those of Table Schema: required, unique, minimum, maximum, enum, pattern."""

    name: str
    type: str
    title: str
    description: str
    example: str = ""
    constraints: Mapping[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "title": self.title,
            "description": self.description,
        }
        if self.example:
            told["example"] = self.example
        if self.type == "date":
            told["format"] = "%Y-%m-%d"
        if self.constraints:
            told["constraints"] = dict(self.constraints)
        return told


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a publication."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def schema(self, *, version: str, created: dt.date, homepage: str) -> dict[str, Any]:
        """The description of the columns as JSON."""
        return {
            "$schema": PROFILE,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "countryCode": "FR",
            "homepage": homepage,
            "version": version,
            "created": created.isoformat(),
            "lastModified": created.isoformat(),
            "fields": [one.described() for one in self.fields],
            "primaryKey": list(self.primary_key),
            "missingValues": [""],
        }

    def written(self) -> bytes:
        """CSV (RFC 4180) in UTF-8: commas, decimal points, dates of ISO 8601; a value that is not told is empty.

        Raises ValueError for a row that is not as described, which no reader's tool would accept.
        """
        for problem in faults(self):
            raise ValueError(problem)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([one.name for one in self.fields])
        for row in self.rows:
            writer.writerow([_text(cell) for cell in row])
        return out.getvalue().encode()


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float():
            # A nil is never a negative one.
            return f"{round(cell, DIGITS) + 0.0:.{DIGITS}f}".rstrip("0").rstrip(".")
        case dt.date():
            return cell.isoformat()
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    return str(cell)


def faults(table: Table) -> list[str]:
    """What of the rows does not agree with the description; for developers."""
    found = []
    seen: set[tuple[Cell, ...]] = set()
    names = [one.name for one in table.fields]
    for number, row in enumerate(table.rows, 1):
        if len(row) != len(table.fields):
            found.append(f"{table.name} {number}: {len(row)} cells, {len(table.fields)} fields")
            continue
        for one, cell in zip(table.fields, row, strict=True):
            if problem := _fault(one, cell):
                found.append(f"{table.name} {number}, {one.name}: {problem}")
        key = tuple(row[names.index(name)] for name in table.primary_key)
        if key in seen:
            found.append(f"{table.name} {number}: the key {key} is twice there")
        seen.add(key)
    return found


def _fault(one: Field, cell: Cell) -> str:
    rules = one.constraints
    if cell is None:
        return "missing" if rules.get("required") else ""
    if not isinstance(cell, _TYPES[one.type]) or (isinstance(cell, bool) and one.type != "boolean"):
        return f"{cell!r} is no {one.type}"
    if "enum" in rules and cell not in rules["enum"]:
        return f"{cell!r} is not one of {rules['enum']}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], str(cell)):
        return f"{cell!r} is not as {rules['pattern']}"
    if isinstance(cell, int | float) and not rules.get("minimum", cell) <= cell <= rules.get("maximum", cell):
        return f"{cell!r} is out of bounds"
    return ""
