"""A table agrees with its own description, or is not written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bureaux_volants.trials.publishing.schema import Cell, Field, Table

FIELDS = (
    Field("jour", "date", "Jour", "Le jour.", constraints={"required": True}),
    Field("nom", "string", "Nom", "Le nom.", constraints={"enum": ["a", "=1+1", "b, c"]}),
    Field("n", "integer", "Nombre", "Combien.", constraints={"minimum": 5}),
    Field("x", "number", "Mesure", "Combien."),
    Field("oui", "boolean", "Oui", "Ou non."),
)
DAY = dt.date(2026, 3, 2)


def table(*rows: tuple[Cell, ...]) -> Table:
    return Table("essai", "Essai", "Un essai.", FIELDS, ("jour", "nom"), rows)


def test_values_are_written_as_the_standard_reads_them() -> None:
    written = table((DAY, "b, c", 12, 1234.5, True), (DAY, "a", None, -0.00001, False)).written()
    assert written == b'jour,nom,n,x,oui\r\n2026-03-02,"b, c",12,1234.5,true\r\n2026-03-02,a,,0,false\r\n'


def test_a_text_is_never_a_formula() -> None:
    assert b",'=1+1," in table((DAY, "=1+1", None, None, None)).written()


@pytest.mark.parametrize(
    "row",
    [
        (None, "a", 5, 1.0, True),
        (DAY, "z", 5, 1.0, True),
        (DAY, "a", 4, 1.0, True),
        (DAY, "a", 5.5, 1.0, True),
        (DAY, "a", True, 1.0, True),
        (DAY, "a", 5, "1", True),
        (DAY, "a", 5, 1.0),
    ],
)
def test_a_row_that_is_not_as_described_is_not_written(row: Any) -> None:
    with pytest.raises(ValueError, match="essai 1"):
        table(row).written()


def test_a_key_is_there_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        table((DAY, "a", 5, 1.0, True), (DAY, "a", 6, 1.0, True)).written()
