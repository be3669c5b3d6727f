"""From rows to what the pure core works on. Two queries answer anything: the directory, and the bookings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.db import connection

from bureaux_volants.booking.directory import Directory, get_directory, last_known
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.models import Agent

from .availability import peak
from .models import Kind
from .pool import Stay
from .rules import OwnBooking, Person
from .states import HOLDING, State

#: How long before an instant a booking that still covers it can have begun (see the constraint booking_not_endless).
LONGEST_HOLD = dt.timedelta(days=32)
#: Beyond any horizon at which somebody may have booked.
FARTHEST = dt.timedelta(days=800)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NONE: frozenset[str] = frozenset()

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
    #: Of the directory, when the picture was taken.
    version: int = 0

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


# Most bookings begin and end at the same few instants of a day: as numbers (of microseconds), each is read once.
_MICROSECONDS = "(date_part('epoch', {}) * 1000000)::int8"


@lru_cache(maxsize=8192)
def _instant(microseconds: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def _microseconds(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


_COLUMNS = f"site_id, resource_id, {_MICROSECONDS.format('start')}, {_MICROSECONDS.format('upper(held)')}, features, is_pinned, state, kind"

_POOL_SQL = f"""
SELECT 'pool', id, {_COLUMNS}
FROM booking_booking
WHERE territory_id = %(territory)s AND kind = %(kind)s AND {_HOLDING_SQL}
  AND start >= %(earliest)s AND start < %(end)s AND upper(held) > %(start)s"""  # noqa: S608 -- constants only

_OWN_SQL = f"""
UNION ALL
SELECT 'own', id, site_id, resource_id, {_MICROSECONDS.format("start")}, {_MICROSECONDS.format('"end"')}, '{{}}', false, state, kind
FROM booking_booking
WHERE agent_id = %(agent)s AND state IN ('requested', 'confirmed', 'in_use', 'completed')
  AND start >= %(own_start)s AND start < %(own_end)s"""  # noqa: S608 -- constants only

_VERSION_SQL = """
UNION ALL
SELECT 'version', directory_version, 0, 0, 0, 0, '{}', false, '', '' FROM territory_territory WHERE id = %(territory)s"""


def load(
    directory: Directory,
    kind: str,
    window: Interval,
    *,
    agent_id: int | None,
    now: dt.datetime,
    site_ids: Iterable[int] | None = None,
    under: str = "",
) -> Picture:
    """The bookings that touch `window`, of a whole territory or of some sites, and the person's own, in one query.

    `under`: a statement that takes locks, sent before in the same message; what is read is what is true once they are held.
    """
    values: dict[str, Any] = _reach(directory, kind, window)
    sql = _POOL_SQL
    if site_ids is not None:
        sql += " AND site_id = ANY(%(sites)s)"
        values["sites"] = list(site_ids)
    if agent_id is not None:
        sql += _OWN_SQL
        values["agent"] = agent_id
        values["own_start"], values["own_end"] = _months_around(window.start, window.end)
    names = {s.id: s.name for s in directory.sites}
    rows: list[Row] = []
    own: list[OwnBooking] = []
    version = 0
    with connection.cursor() as cursor:
        # READ COMMITTED: each statement of a message sees what was committed when it begins.
        cursor.execute(f"{under};{sql}{_VERSION_SQL}" if under else sql + _VERSION_SQL, values)
        if under:
            cursor.nextset()
        for what, id_, site_id, unit_id, begins, ends, features, pinned, state, row_kind in cursor.fetchall():
            if what == "pool":
                rows.append(_row(id_, site_id, unit_id, begins, ends, features, pinned, state, now))
            elif what == "own":
                name = names.get(site_id, "un autre site")
                own.append(OwnBooking(id_, row_kind, site_id, name, _instant(begins), _instant(ends), state in HOLDING))
            else:
                version = id_
    return Picture(rows, own, version)


def _reach(directory: Directory, kind: str, window: Interval) -> dict[str, Any]:
    """What bounds a search for the bookings of a kind that touch a window."""
    earliest = window.start - LONGEST_HOLD
    if kind == Kind.DESK and not directory.desks_have_turnaround:
        # Opening hours end with their day, and so do the desks' stays: yesterday's rows are not even looked at.
        earliest = local_day(window.start.astimezone(directory.zone).date(), directory.zone).start
    return {
        "territory": directory.territory_id,
        "kind": kind,
        "start": window.start,
        "end": window.end,
        "earliest": earliest,
    }


def _row(
    id_: int,
    site_id: int,
    unit_id: int,
    begins: int,
    ends: int,
    features: list[str],
    pinned: bool,
    state: str,
    now: dt.datetime,
) -> Row:
    start = _instant(begins)
    fixed = pinned or state == State.IN_USE or start <= now
    return Row(id_, start, _instant(ends), unit_id, frozenset(features) if features else _NONE, fixed, site_id)


#: How often the directory is read again while it changes under who looks.
_LOOKS = 3


def with_directory(territory_id: int, look: Callable[[Directory], Picture]) -> tuple[Directory, Picture]:
    """A territory's present directory, and the picture that `look` takes of its bookings.

    One query as long as the directory last known is true, which the picture tells. KeyError as `look` raises it, or when
    there is no such territory.

    A directory read before `look` has its locks may be out of date once it has them, however fresh it was: the picture is asked
    of that one too. Who holds the locks reads it as it is; only what takes none of them (an hour, a rule) may change meanwhile.
    """
    known, has_changed = last_known(territory_id), False
    if known is not None:
        with suppress(KeyError):  # of a site that was not known yet, perhaps
            picture = look(known)
            if picture.version == known.version:
                return known, picture
            has_changed = True
    for _ in range(_LOOKS):
        directory = get_directory(territory_id, anew=has_changed)
        picture = look(directory)
        if picture.version == directory.version:
            break
        has_changed = True
    return directory, picture


_TAKEN_SQL = f"""
SELECT site_id, array_agg({_MICROSECONDS.format("start")}), array_agg({_MICROSECONDS.format("upper(held)")})
FROM booking_booking
WHERE territory_id = %(territory)s AND kind = %(kind)s AND {_HOLDING_SQL}
  AND start >= %(earliest)s AND start < %(end)s AND upper(held) > %(start)s
  AND resource_id NOT IN (SELECT id FROM booking_resource WHERE territory_id = %(territory)s AND NOT is_active)
GROUP BY site_id
"""  # noqa: S608 -- constants only


@dataclass(frozen=True, slots=True)
class Taken:
    """When units of a site are taken: the bookings that touch a stay, their starts and their ends, in microseconds."""

    starts: list[int]
    ends: list[int]

    def at_once(self, asked: Interval) -> int:
        """How many are taken at the busiest instant of the stay."""
        first, last = _microseconds(asked.start), _microseconds(asked.end)
        return peak((max(start, first), min(end, last)) for start, end in zip(self.starts, self.ends, strict=True))

    def at_first(self, asked: Interval) -> int:
        """How many are taken when the stay begins."""
        return sum(map(_microseconds(asked.start).__ge__, self.starts))


def taken(directory: Directory, kind: str, asked: Interval) -> dict[int, Taken]:
    """What is taken during a stay, by site: a whole territory in one small answer, of which whoever looks for room reads
    only the nearest sites."""
    values: dict[str, Any] = _reach(directory, kind, asked)
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN_SQL, values)
        return {site_id: Taken(starts, ends) for site_id, starts, ends in cursor.fetchall()}
