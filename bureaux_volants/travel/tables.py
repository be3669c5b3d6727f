"""Which tables of factors, fares and allowances hold on a day: a territory's own, else those that come with the software.

A version is added and never edited, so that what was worked out with it can be worked out again; a mistake is put right by a newer
version of the same date. On a day, a territory's own table in force goes before the built-in one, whatever their dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max

from bureaux_volants.events.log import Author, record

from .allowances import AllowanceTable
from .factors import FactorTable
from .fares import FareTable
from .footprint import BUILT_IN, Tables
from .models import TableVersion
from .sheets import Faulty, Kind, Table, kind_of, read_sheet, write_sheet

#: What comes with the software.
SHIPPED: dict[Kind, Table] = {kind_of(t): t for t in (BUILT_IN.factors, BUILT_IN.fares, BUILT_IN.allowances)}


@dataclass(frozen=True, slots=True)
class Known:
    """One version that a territory knows. `row` is None for what comes with the software."""

    table: Table
    row: int | None
    added_at: dt.datetime | None = None
    added_by: str = ""


def tables_of(territory_id: int, day: dt.date) -> Tables:
    """The tables in force on a day. One small query; the rest is kept in memory until a version is added."""
    known = _known(territory_id)
    return _together(_in_force(known, kind, day) for kind in Kind)


def tables_named(territory_id: int, factors: str, money: str) -> Tables:
    """The tables that a stored result names: `factors`' version, and fares' and allowances' as `Tables.money` joins them.

    LookupError when the territory knows no such version.
    """
    fares, _plus, allowances = money.partition("+")
    known = _known(territory_id)
    names = {Kind.FACTORS: factors, Kind.FARES: fares, Kind.ALLOWANCES: allowances}
    found = []
    for kind, name in names.items():
        table = next((t for t in known[kind] if t.version == name), None)
        if table is None:
            raise LookupError(f"no {kind} named {name}")
        found.append(table)
    return _together(found)


def versions_of(territory_id: int) -> dict[Kind, list[Known]]:
    """All that a territory knows, of each kind, the latest date first and the shipped one last."""
    found: dict[Kind, list[Known]] = {kind: [] for kind in Kind}
    rows = TableVersion.objects.filter(territory_id=territory_id).select_related("added_by")
    for row in rows.order_by("-since", "-pk"):
        by = str(row.added_by) if row.added_by is not None else ""
        found[Kind(row.kind)].append(Known(_read(row), row.pk, row.added_at, by))
    for kind, table in SHIPPED.items():
        found[kind].append(Known(table, None))
    return found


def add(
    territory_id: int, kind: Kind, text: str, *, version: str, since: dt.date, source: str, author: Author
) -> TableVersion:
    """Put a new version in force from `since` on. Raises Faulty, with a sentence for each fault, and then nothing is changed."""
    taken = version in {t.version for t in _known(territory_id)[kind]}
    again = f"La version « {version} » existe déjà : une version ne change pas, donnez un autre nom à celle-ci."
    try:
        table = read_sheet(kind, text, version, since, source)
    except Faulty as faulty:
        raise Faulty([*([again] if taken else []), *faulty.faults]) from None
    if taken:
        raise Faulty([again])
    try:
        with transaction.atomic():
            row = TableVersion.objects.create(
                territory_id=territory_id,
                kind=kind,
                version=version,
                since=since,
                source=table.source,
                sheet=write_sheet(table),
                added_by=author.agent,
            )
            record(territory_id, author, "tables.added", "table_version", row.pk, version=version, since=since)
    except IntegrityError:
        # Two people at once, the same name.
        raise Faulty([again]) from None
    return row


def _read(row: TableVersion) -> Table:
    return read_sheet(Kind(row.kind), row.sheet, row.version, row.since, row.source)


def _known(territory_id: int) -> dict[Kind, tuple[Table, ...]]:
    """Each kind's tables: the territory's own, the latest added first, then the shipped one."""
    # The number of rows too: of two added at once, the lower number may be seen later.
    rows = TableVersion.objects.filter(territory_id=territory_id).aggregate(latest=Max("pk"), number=Count("pk"))
    settings = connection.settings_dict
    # Tests use several databases in one process: a row's number is only known within its own.
    return _kept(
        f"{settings['HOST']}/{settings['PORT']}/{settings['NAME']}", territory_id, rows["latest"], rows["number"]
    )


@lru_cache(maxsize=64)
def _kept(database: str, territory_id: int, latest: int | None, number: int) -> dict[Kind, tuple[Table, ...]]:
    rows = TableVersion.objects.filter(territory_id=territory_id).order_by("-pk")
    found: dict[Kind, list[Table]] = {kind: [] for kind in Kind}
    for row in rows if number else ():
        found[Kind(row.kind)].append(_read(row))
    return {kind: (*tables, SHIPPED[kind]) for kind, tables in found.items()}


def _in_force(known: dict[Kind, tuple[Table, ...]], kind: Kind, day: dt.date) -> Table:
    """The territory's own that began last, else the shipped one: before its first day too, for there is no better."""
    *own, shipped = known[kind]
    # In the order of their being added, the latest first: of two of the same date, the correction.
    return max((t for t in own if t.since <= day), key=lambda t: t.since, default=shipped)


def _together(tables: Iterable[Table]) -> Tables:
    factors, fares, allowances = tables
    assert isinstance(factors, FactorTable)
    assert isinstance(fares, FareTable)
    assert isinstance(allowances, AllowanceTable)
    return Tables(factors, fares, allowances)
