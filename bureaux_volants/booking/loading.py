"""From rows to what the pure core works on. Two queries answer anything: the directory, and the bookings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.db import connection

from bureaux_volants.booking.directory import Directory
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.models import Agent

from .models import Kind
from .pool import Stay
from .rules import OwnBooking, Person
from .states import HOLDING, State

#: How long before an instant a booking that still covers it can have begun (see the constraint booking_not_endless).
LONGEST_HOLD: dict[str, dt.timedelta] = {Kind.DESK: dt.timedelta(hours=25)}
LONGEST_HOLD_OTHERWISE = dt.timedelta(days=32)
#: Beyond any horizon at which somebody may have booked.
FARTHEST = dt.timedelta(days=800)

# Written out as in the partial index, so that the planner recognises it.
_HOLDING_SQL = "state IN ('requested', 'confirmed', 'in_use')"


@dataclass(frozen=True, slots=True)
class Row(Stay):
    """One holding booking. Whoever has sat down, or could have, is fixed; so is one who chose the unit by name."""

    site_id: int = 0


@dataclass(frozen=True)
class Picture:
    """The bookings that matter to a question: those of the pool or territory, and the person's own."""

    rows: list[Row]
    own: list[OwnBooking]

    @cached_property
    def _by_site(self) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.site_id, []).append(row)
        return found

    def at(self, site_id: int) -> list[Row]:
        return self._by_site.get(site_id, [])


def person_of(agent: Agent) -> Person:
    return Person(agent.pk, agent.organisation_id, agent.usual_site_id, frozenset(agent.telework_weekdays))


def around(directory: Directory, *spans: Interval) -> Interval:
    """The local days that the spans touch: how far re-seating looks."""
    first = min(s.start for s in spans).astimezone(directory.zone).date()
    last = max(s.end for s in spans).astimezone(directory.zone).date()
    return Interval(local_day(first, directory.zone).start, local_day(last, directory.zone).end)


def pool_window(directory: Directory, kind: str, *spans: Interval, now: dt.datetime) -> Interval:
    """How far seating looks. A desk's stays lie within one local day; others may last for days, and moving one may move
    the next, so all that is to come is looked at."""
    days = around(directory, *spans)
    if kind == Kind.DESK:
        return days
    return Interval(min(days.start, now), days.end + FARTHEST)


def _months_around(first: dt.datetime, last: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Whole weeks and whole months around a span: what the per-person rules count over."""
    return first - dt.timedelta(days=38), last + dt.timedelta(days=38)


# Most bookings begin and end at the same few instants of a day: as numbers, each is read once.
_SECONDS = "extract(epoch FROM {})::float8"


@lru_cache(maxsize=8192)
def _instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


_SQL = f"""
SELECT 'pool', id, site_id, resource_id, {_SECONDS.format("lower(held)")}, {_SECONDS.format("upper(held)")}, features, is_pinned, state, kind
FROM booking_booking
WHERE territory_id = %(territory)s AND kind = %(kind)s AND {_HOLDING_SQL}
  AND start >= %(earliest)s AND start < %(end)s AND upper(held) > %(start)s {{where}}
UNION ALL
SELECT 'own', id, site_id, resource_id, {_SECONDS.format("start")}, {_SECONDS.format('"end"')}, '{{{{}}}}', false, state, kind
FROM booking_booking
WHERE agent_id = %(agent)s AND state IN ('requested', 'confirmed', 'in_use', 'completed')
  AND start >= %(own_start)s AND start < %(own_end)s
"""  # noqa: S608 -- constants only


def load(
    directory: Directory,
    kind: str,
    window: Interval,
    *,
    agent_id: int | None,
    now: dt.datetime,
    site_ids: Iterable[int] | None = None,
) -> Picture:
    """The bookings that touch `window`, of a whole territory or of some sites, and the person's own, in one query."""
    own_start, own_end = _months_around(window.start, window.end)
    values: dict[str, Any] = {
        "territory": directory.territory_id,
        "kind": kind,
        "start": window.start,
        "end": window.end,
        "earliest": window.start - LONGEST_HOLD.get(kind, LONGEST_HOLD_OTHERWISE),
        "agent": agent_id,
        "own_start": own_start,
        "own_end": own_end,
    }
    where = ""
    if site_ids is not None:
        where = "AND site_id = ANY(%(sites)s)"
        values["sites"] = list(site_ids)
    names = {s.id: s.name for s in directory.sites}
    rows: list[Row] = []
    own: list[OwnBooking] = []
    none: frozenset[str] = frozenset()
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(where=where), values)
        for what, id_, site_id, unit_id, begins, ends, features, pinned, state, row_kind in cursor.fetchall():
            start, end = _instant(begins), _instant(ends)
            if what == "pool":
                fixed = pinned or state == State.IN_USE or start <= now
                rows.append(Row(id_, start, end, unit_id, frozenset(features) if features else none, fixed, site_id))
            else:
                own.append(
                    OwnBooking(
                        id_, row_kind, site_id, names.get(site_id, "un autre site"), start, end, state in HOLDING
                    )
                )
    return Picture(rows, own)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many bookings a pool has at a stay's first instant, and at its last."""

    at_start: int
    at_end: int


_CROWD_SQL = f"""
SELECT site_id, count(*) FILTER (WHERE lower(held) <= %(start)s),
       count(*) FILTER (WHERE upper(held) >= %(end)s)
FROM booking_booking
WHERE territory_id = %(territory)s AND kind = %(kind)s AND {_HOLDING_SQL}
  AND start >= %(earliest)s AND start < %(end)s AND lower(held) < %(end)s AND upper(held) > %(start)s
  AND resource_id IN (SELECT id FROM booking_resource WHERE territory_id = %(territory)s AND is_active)
GROUP BY site_id
"""  # noqa: S608 -- constants only


def crowds(directory: Directory, kind: str, asked: Interval) -> dict[int, Crowd]:
    """The crowd of every site of a territory that has one, in one small answer."""
    values: dict[str, Any] = {
        "territory": directory.territory_id,
        "kind": kind,
        "start": asked.start,
        "end": asked.end,
        "earliest": asked.start - LONGEST_HOLD.get(kind, LONGEST_HOLD_OTHERWISE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CROWD_SQL, values)
        return {site_id: Crowd(*counts) for site_id, *counts in cursor.fetchall()}
