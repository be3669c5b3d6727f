"""The raw rows that indicators are worked out from, as columns. Pure: arrays in, arrays out.

Days are local days of the territory, counted from 1 January 1970; instants are whole minutes since then, UTC. A person is the number
of their account, 0 once the name has left (booking/retention.py), -1 for a visitor without an account. Tables are in canonical
order, by day and then by every column: the order in which a database gives rows changes nothing, nor how many came at a time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from bureaux_volants.territory.calendar import local_day, monday_of
from bureaux_volants.travel.modes import Mode

from .disclosure import FEWEST_PEOPLE

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
#: Numbers of accounts, sites, desks, trials; minutes: 32 bits hold them, and ten years of them in memory.
Small = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
#: Of any width.
Whole = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: Who the rows no longer name, and who never had an account.
NAMELESS, VISITOR = 0, -1
#: A column's codes are places in these.
STATES = ("requested", "confirmed", "in_use", "completed", "cancelled", "refused", "no_show")
WAITING = ("waiting", "served", "left", "expired")
COUNTERFACTUALS = ("", "usual_site", "home", "other_site", "unknown")
KINDS = ("car", "bike", "cargo_bike", "transport_card")
MODES = tuple(m.value for m in Mode)
PURPOSES = ("commute", "business", "private")
SCALES = ("who5", "sts")
EMPLOYERS = ("", "intercommunal", "commune")
#: A day later than any.
NEVER = np.iinfo(np.int32).max

_EPOCH = dt.date(1970, 1, 1)
_T = TypeVar("_T", bound="Table")


def ordinal(day: dt.date) -> int:
    """A day's number."""
    return (day - _EPOCH).days


def date_of(day: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=int(day))


def local_days(minutes: Small, zone: ZoneInfo) -> Days:
    """The local day of each instant, clock changes included: each day begins at its own midnight on the wall clock."""
    if not len(minutes):
        return np.empty(0, np.int32)
    first, last = (int(m) // 1440 for m in (minutes.min(), minutes.max()))
    midnights = [int(local_day(date_of(d), zone).start.timestamp()) // 60 for d in range(first - 1, last + 3)]
    found: Days = (first - 2 + np.searchsorted(midnights, minutes, "right")).astype(np.int32)
    return found


def minutes_of(instants: Iterable[dt.datetime]) -> Small:
    """Aware instants as whole minutes."""
    return np.array([int(i.timestamp()) // 60 for i in instants], np.int32)


@dataclass(frozen=True)
class Table:
    """Columns of one length, the first of which is the local day."""

    day: Days

    def __len__(self) -> int:
        return len(self.day)

    def columns(self) -> list[npt.NDArray[np.generic]]:
        return [getattr(self, f.name) for f in fields(self)]

    def taken(self: _T, which: slice | Flags | Whole) -> _T:
        return replace(self, **{f.name: getattr(self, f.name)[which] for f in fields(self)})

    def between(self: _T, first: int, last: int) -> _T:
        """The rows of local days `first` to `last`, both included; the table is in order."""
        start, end = np.searchsorted(self.day, (first, last + 1))
        return self.taken(slice(int(start), int(end)))

    def in_order(self: _T) -> _T:
        """The same rows in canonical order."""
        return self.taken(np.lexsort(list(reversed(self.columns()))))

    @classmethod
    def none(cls: type[_T]) -> _T:
        return joined(cls, [])


def joined(kind: type[_T], parts: Sequence[_T]) -> _T:
    """One table in canonical order from several of a kind; an empty one from none."""
    types = {f.name: _TYPES[str(f.type)] for f in fields(kind)}
    columns = {
        name: np.concatenate([np.empty(0, dtype), *(getattr(p, name) for p in parts)]).astype(dtype, copy=False)
        for name, dtype in types.items()
    }
    return kind(**columns).in_order()


_TYPES: dict[str, type[np.generic]] = {
    "Ints": np.int64,
    "Days": np.int32,
    "Small": np.int32,
    "Codes": np.uint8,
    "Flags": np.bool_,
    "Floats": np.float64,
}


@dataclass(frozen=True)
class Stays(Table):
    """Bookings of desks. `start`, `end`: as booked. `is_told`: somebody said that they arrived. `is_usual`: at their own usual site.

    `is_here`, `is_theirs`: at a site, and by a person there, that is looked at (scope.py).
    """

    agent: Small
    site: Small
    desk: Small
    start: Small
    end: Small
    state: Codes
    counterfactual: Codes
    is_told: Flags
    is_usual: Flags
    is_here: Flags
    is_theirs: Flags

    @property
    def has_come(self) -> Flags:
        """Told arrived, or, without a word, the time passed and it was not missed (as in a mairie's month, hosting/months.py)."""
        found: Flags = self.is_told | np.isin(self.state, (STATES.index("in_use"), STATES.index("completed")))
        return found

    @property
    def is_flying(self) -> Flags:
        """Somebody with an account really came to a desk that is not at their own usual site."""
        found: Flags = self.has_come & ~self.is_usual & (self.agent != VISITOR) & self.is_theirs
        return found


@dataclass(frozen=True)
class Waits(Table):
    """Places in the queue for a desk; `day` is the day asked for."""

    agent: Small
    site: Small
    state: Codes


@dataclass(frozen=True)
class Lent(Table):
    """Desks that a site lends on a day on which it opens."""

    site: Small
    desks: Small


@dataclass(frozen=True)
class Outings(Table):
    """Vehicles and cards of the pool that were really taken. `km_read`: by the odometer, NaN unknown; `km_way`: announced, one way, NaN unknown."""

    agent: Small
    kind: Codes
    km_read: Floats
    km_way: Floats

    @property
    def km(self) -> Floats:
        """By the odometer, else there and back as announced; NaN when neither is known."""
        return np.where(np.isnan(self.km_read), 2 * self.km_way, self.km_read)


@dataclass(frozen=True)
class DiaryDays(Table):
    """Days of the travel diary that were filled. `who`: a number made from the pseudonym; `wave`: a later one is higher."""

    who: Ints
    trial: Small
    wave: Small


@dataclass(frozen=True)
class Trips(Table):
    """Trips of the diary. `km`; `minutes` 0 when not said."""

    who: Ints
    trial: Small
    wave: Small
    mode: Codes
    purpose: Codes
    km: Floats
    minutes: Small


@dataclass(frozen=True)
class Scores(Table):
    """Scores of a scale, by pseudonym; `day` is the last of the wave."""

    who: Ints
    trial: Small
    scale: Codes
    value: Floats


@dataclass(frozen=True)
class Meetings(Table):
    """Meetings that took place between somebody and a mairie."""

    site: Small
    agent: Small
    host: Small


@dataclass(frozen=True)
class Rides(Table):
    """Seats accepted in a colleague's car, for rides that were not cancelled."""

    driver: Small
    passenger: Small


@dataclass(frozen=True)
class Costs(Table):
    """What running a trial cost, EUR."""

    trial: Small
    euros: Floats


@dataclass(frozen=True)
class People:
    """Who is followed: from the local day `joined` until before `left`. `km`: from home to the usual site, NaN unknown; `commune`: 0 for none."""

    agent: Small
    joined: Days
    left: Days
    commune: Small
    employer: Codes
    can_telework: Flags
    km: Floats

    def __len__(self) -> int:
        return len(self.agent)

    def taken(self, which: Flags | Whole) -> People:
        return replace(self, **{f.name: getattr(self, f.name)[which] for f in fields(self)})


@dataclass(frozen=True)
class Rates:
    """What a kilometre emits and costs from each of the days `since` on, in order: gCO2e by mode (rows: days, columns: MODES), EUR by car."""

    since: Days
    grams: Floats
    car_euros: Floats
    factors: tuple[str, ...]
    allowances: tuple[str, ...]

    def at(self, days: Days) -> Ints:
        """Which row holds on each day; the first one before its day too, for there is no better."""
        return np.maximum(np.searchsorted(self.since, days, "right") - 1, 0).astype(np.int64)


@dataclass(frozen=True)
class Rows:
    """All that is needed, of one territory."""

    stays: Stays
    waits: Waits
    lent: Lent
    outings: Outings
    diary: DiaryDays
    trips: Trips
    scores: Scores
    meetings: Meetings
    rides: Rides
    costs: Costs
    people: People
    rates: Rates

    def between(self, first: int, last: int) -> Rows:
        """The rows of local days `first` to `last`, both included; people and rates whole."""
        tables = {name: table.between(first, last) for name, table in vars(self).items() if isinstance(table, Table)}
        return replace(self, **tables)  # type: ignore[arg-type]  # each table stays of its kind

    @property
    def has_lost_names(self) -> bool:
        """Whether the name has left any stay: then nobody can be counted once any more."""
        return bool((self.stays.agent == NAMELESS).any())


#: Tables of what people wrote themselves, and may take back.
ANSWERS = ("diary", "trips", "scores")


def digest_of(rows: Rows, tables: Sequence[str] = ()) -> str:
    """SHA-256 of the rows in their canonical order: which data a figure was worked out from. `tables`: of these alone; all without it."""
    found = hashlib.sha256()
    for part in (getattr(rows, name) for name in tables or [f.name for f in fields(rows)]):
        for field in fields(part):
            column = getattr(part, field.name)
            if isinstance(column, np.ndarray):
                found.update(str(column.shape).encode())
                found.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).tobytes())
            else:
                found.update("\n".join(column).encode())
    return found.hexdigest()


#: A week of the diary with fewer days filled is a missing week: half a week would pass for one with little travel.
FEWEST_DAYS = 5


def filled_weeks(days: Iterable[tuple[str, dt.date]]) -> set[tuple[str, dt.date]]:
    """Who filled which week, by its Monday; from who filled which day, each once."""
    count = Counter((who, monday_of(day)) for who, day in days)
    return {week for week, filled in count.items() if filled >= FEWEST_DAYS}


def of_told_weeks(days: DiaryDays, trips: Trips) -> tuple[DiaryDays, Trips]:
    """The rows that figures are made of: trips of weeks that are filled, and nothing of a trial's week that fewer than five people filled.

    What is told of all trips less what is told of filled weeks would be the few who began one; a sum with a small week in it less the weeks that
    are told one by one would be those few.
    """
    if not len(days):
        return days, trips
    _people, codes = np.unique(np.concatenate([days.who, trips.who]), return_inverse=True)
    # A day's number fits in 24 bits, as in latest_said; a Monday is three days before a multiple of seven (1970-01-01 was a Thursday).
    weeks = (np.concatenate([days.day, trips.day]).astype(np.int64) + 3) // 7
    of_person = (codes.astype(np.int64) << 24) + weeks
    of_trial = (np.concatenate([days.trial, trips.trial]).astype(np.int64) << 24) + weeks
    found, first, counts = np.unique(of_person[: len(days)], return_index=True, return_counts=True)
    is_full = counts >= FEWEST_DAYS
    cells, people = np.unique(of_trial[: len(days)][first[is_full]], return_counts=True)
    told = np.isin(of_trial, cells[people >= FEWEST_PEOPLE])
    in_full = np.isin(of_person[len(days) :], found[is_full])
    return days.taken(told[: len(days)]), trips.taken(told[len(days) :] & in_full)


def latest_said(days: DiaryDays, trips: Trips) -> tuple[DiaryDays, Trips]:
    """Each person's day once, as the latest wave has it; trips of a superseded day go."""
    if not len(days):
        return days, trips
    _people, codes = np.unique(np.concatenate([days.who, trips.who]), return_inverse=True)
    # A day's number fits in 24 bits for thousands of years.
    key = (codes.astype(np.int64) << 24) + np.concatenate([days.day, trips.day])
    of_days, of_trips = key[: len(days)], key[len(days) :]
    order = np.lexsort((days.wave, of_days))
    is_last = np.append(of_days[order][1:] != of_days[order][:-1], True)
    last = order[is_last]
    kept = np.zeros(len(days), np.bool_)
    kept[last] = True
    place = np.searchsorted(of_days[last], of_trips)
    return days.taken(kept), trips.taken(days.wave[last][np.minimum(place, len(last) - 1)] == trips.wave)
