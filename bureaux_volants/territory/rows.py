"""Writing one row quickly: what a booking does several times while others wait for its locks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connection, models


@lru_cache(maxsize=64)
def _statement(model: type[models.Model]) -> tuple[str, tuple[models.Field[Any, Any], ...]]:
    """The INSERT of a model and the fields it fills: all but the key and what only the database fills.

    A field with a default in both places is Python's: a value set on the row would be lost to the database's default.
    """
    fields = tuple(
        f
        for f in model._meta.local_concrete_fields
        if not f.primary_key and (f.has_default() or not f.has_db_default())
    )
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(f.column)) for f in fields)
    places = ", ".join(["%s"] * len(fields))
    key = model._meta.pk
    assert key is not None
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {quote(str(key.column))}", fields  # noqa: S608


def insert(row: models.Model) -> None:
    """Write a new row as `row.save(force_insert=True)` does, for models without parents and signals.

    Django works the statement out anew each time, which takes as long as everything else about a booking.
    """
    statement, fields = _statement(type(row))
    values = [f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        (row.pk,) = cursor.fetchone()
    row._state.adding = False
    row._state.db = connection.alias
