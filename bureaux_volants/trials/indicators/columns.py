"""What a query answers, straight into columns: PostgreSQL's binary COPY of values of fixed width needs no reading value by value.

Format: "COPY", section "Binary Format", of PostgreSQL's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

_HEADER = 19
_TRAILER = 2
#: Instants and dates are counted from 1 January 2000: minutes and days from 1970 to there.
_MINUTES_TO_2000, _DAYS_TO_2000 = 15_778_080, 10_957
_WIDTHS = {"int4": ">i4", "int8": ">i8", "float8": ">f8", "bool": "?", "int2": ">i2", "instant": ">i8", "day": ">i4"}
_KEPT = {"int4": np.int32, "int8": np.int64, "float8": np.float64, "bool": np.bool_, "int2": np.uint8}


def read_columns(query: str, values: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
    """The columns of a query by name, in its order. None of its values may be null.

    `kinds`: what each column is, in order: int2 (read as a code, 8 bits), int4, int8, float8, bool; `instant` (timestamptz, answered as
    whole minutes since 1970, UTC), `day` (date, answered as days since 1970). It is read block by block: only columns are kept.
    """
    row = np.dtype(
        [("fields", ">i2")]
        + [part for name, kind in kinds.items() for part in ((f"{name}_size", ">i4"), (name, _WIDTHS[kind]))]
    )
    found: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in kinds}
    left, is_first = b"", True
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", values) as copy:
        pieces: list[bytes] = []
        size = 0
        for block in copy:
            pieces.append(bytes(block))
            size += len(block)
            if size >= 1 << 22:
                left, is_first = _keep(left + b"".join(pieces), is_first, row, kinds, found)
                pieces, size = [], 0
        left, is_first = _keep(left + b"".join(pieces), is_first, row, kinds, found)
    if len(left) != _TRAILER:
        raise ValueError("a column of the query is not what was said")
    return {name: np.concatenate(parts) if parts else np.empty(0, _dtype(kinds[name])) for name, parts in found.items()}


def _dtype(kind: str) -> Any:
    return _KEPT.get(kind, np.int32)


def _keep(
    data: bytes, is_first: bool, row: np.dtype[Any], kinds: Mapping[str, str], found: dict[str, list[npt.NDArray[Any]]]
) -> tuple[bytes, bool]:
    """Take the whole rows off the front; what is left of the data."""
    if is_first:
        if len(data) < _HEADER:
            return data, True
        data = data[_HEADER:]
    count = max(0, len(data) - _TRAILER) // row.itemsize
    rows = np.frombuffer(data, row, count)
    if count and (rows["fields"] != len(kinds)).any():
        raise ValueError("a column of the query is not what was said")
    for name, kind in kinds.items():
        column = rows[name]
        if (rows[f"{name}_size"] != column.dtype.itemsize).any():
            raise ValueError(f"{name} is null, or not {kind}")
        if kind == "instant":
            column = column // 60_000_000 + _MINUTES_TO_2000
        elif kind == "day":
            column = column + _DAYS_TO_2000
        found[name].append(column.astype(_dtype(kind)))
    return data[count * row.itemsize :], False
