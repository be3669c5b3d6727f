"""What an employer's mobility plan asks for (code des transports, L1214-8-2), over whole months. Pure: rows in, plain values out.

**A month is the smallest thing told.** Each month is made safe by itself (no group under five people, small modes put together), and a
period is a sum of what its months tell: two periods side by side can therefore be subtracted without showing anybody. What is
counted of the people's directory as it is today (distances, agreed telework) is rounded to the nearest five, for the same reason.

A share over several months has a cautious interval: the weighted mean of the months' bounds, as if the months were perfectly
correlated, for the same people fill the diary (a standard error of a sum is at most the sum of the standard errors).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bureaux_volants.fleet.usage import put_together
from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE
from bureaux_volants.trials.indicators.rows import KINDS, MODES, PURPOSES, Flags, Floats, Rows, Trips, Whole
from bureaux_volants.trials.indicators.uncertainty import ratio

#: Modes of too few people in a month, together.
OTHERS = "others"
BIKES = ("bike", "ebike", "cargo_bike")
#: km, as the crow flies: upper ends of the bands.
BANDS = (2.0, 5.0, 10.0, 20.0, 50.0)
#: Days of a civil year from which the allowance is due, and EUR: décret 2020-1547 (fonction publique territoriale), article 3.
ALLOWANCE = ((100, 300), (60, 200), (30, 100))
ROUNDED_TO = 5


@dataclass(frozen=True, slots=True)
class Amount:
    """Trips, km, gCO2e and EUR (car only) declared in one month by one mode; `people` who made them, five at least; its share of km, 95 %.

    gCO2e and EUR None of several modes together: with their kilometres they would tell the modes apart.
    """

    trips: int
    km: float
    grams: float | None
    euros: float | None
    people: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Count:
    """So many of something in a month, by so many people: five at least, or nobody."""

    count: int
    people: int


@dataclass(frozen=True, slots=True)
class Outing:
    """Outings of the pool in a month, their kilometres where known, and the people who made them: five at least."""

    count: int
    km: float
    people: int


@dataclass(frozen=True, slots=True)
class Month:
    """What one month tells. `travel`: by purpose and mode; a purpose of too few people is not there, and named in `hidden`."""

    first: dt.date
    travel: Mapping[str, Mapping[str, Amount]]
    pool: Mapping[str, Outing]
    bike_days: Count | None
    flying: Count | None
    seats: Count | None
    hidden: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a month tells of people's diaries, which they may take back: kept as it was told (indicators/standing.py). As in Month."""

    travel: Mapping[str, Mapping[str, Amount]]
    bike_days: Count | None
    hidden: frozenset[str]

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "travel": {p: {m: asdict(a) for m, a in by_mode.items()} for p, by_mode in self.travel.items()},
            "bike_days": asdict(self.bike_days) if self.bike_days else None,
            "hidden": sorted(self.hidden),
        }

    @classmethod
    def of_plain(cls, said: Mapping[str, Any]) -> Answers:
        bikes = said["bike_days"]
        return cls(
            {p: {m: Amount(**a) for m, a in by_mode.items()} for p, by_mode in said["travel"].items()},
            Count(**bikes) if bikes else None,
            frozenset(said["hidden"]),
        )


def answers_of(rows: Rows, *, by_mode: bool = True) -> Answers:
    """`rows`: those of the weeks that ended in the month; `by_mode`: whether it may be told by mode (surveys/counted.is_whole)."""
    if not by_mode:
        return Answers({}, None, frozenset({*PURPOSES[:2], "bike_days"}))
    hidden: set[str] = set()
    work = [rows.trips.taken(rows.trips.purpose == PURPOSES.index(purpose)) for purpose in PURPOSES[:2]]
    travel: dict[str, dict[str, Amount]] = {}
    together = _modes_together(work)
    if together is None:
        # Of few people in one of them: all kilometres for work, told by the indicators, less the other would be theirs.
        hidden |= {*PURPOSES[:2]}
    else:
        for purpose, mine in zip(PURPOSES, work, strict=False):
            travel[purpose] = _by_mode(mine, _grams(rows, mine), _euros(rows, mine), together)
    bikes = [MODES.index(m) for m in BIKES]
    biked = rows.trips.taken(np.isin(rows.trips.mode, bikes) & (rows.trips.purpose == PURPOSES.index("commute")))
    ridden = {*np.unique(biked.mode).tolist()}
    count = None
    if together is None or (ridden & together and ridden - together):
        # One kind of bike told, another with other modes: all days by bike less those told would be of the other.
        hidden.add("bike_days")
    else:
        count = _count("bike_days", biked.who, _days(biked.who, biked.day), hidden)
    return Answers(travel, count, frozenset(hidden))


def month_of(rows: Rows, first: dt.date, told: Answers | None = None) -> Month:
    """`rows`: those of the month alone; `told`: what was told of its diaries, None: nothing, and nothing is."""
    hidden: set[str] = set()
    answers = told or answers_of(rows, by_mode=False)
    flying = rows.stays.taken(rows.stays.is_flying)
    riders = np.concatenate([rows.rides.driver, rows.rides.passenger])
    return Month(
        first,
        answers.travel,
        _pool(rows, hidden),
        answers.bike_days,
        _count("flying", flying.agent, _days(flying.agent, flying.day), hidden),
        _count("seats", riders, len(rows.rides), hidden),
        answers.hidden | hidden,
    )


def _days(who: Whole, day: Whole) -> int:
    """Days of somebody: twice on one day is once."""
    return int(np.unique(np.stack([who.astype(np.int64), day.astype(np.int64)]), axis=1).shape[1])


def _count(name: str, who: Whole, count: int, hidden: set[str]) -> Count | None:
    """The count, unless few people stand behind it, or people whose names have left: then nobody knows how many."""
    people = len(np.unique(who[who > 0]))
    if len(who) and people < FEWEST_PEOPLE:
        hidden.add(name)
        return None
    return Count(count, people)


def _euros(rows: Rows, trips: Trips) -> Floats:
    """Kilometres by car at the first rate of the allowances in force."""
    rates = rows.rates.car_euros[rows.rates.at(trips.day)]
    return np.where(trips.mode == MODES.index("car"), trips.km * rates, 0.0)


def _grams(rows: Rows, trips: Trips) -> Floats:
    found: Floats = trips.km * rows.rates.grams[rows.rates.at(trips.day), trips.mode]
    return found


def _modes_together(work: Sequence[Trips]) -> frozenset[int] | None:
    """The modes told together, the same for each purpose, so that each one told, and these together, are of five people or nobody in each of them.

    The smallest others join them as needed. None where a purpose is of few people.
    """
    people = {
        m: [len(np.unique(t.who[t.mode == m])) for t in work]
        for m in sorted({*np.concatenate([t.mode for t in work]).tolist()})
    }
    small = {m for m, counts in people.items() if any(0 < n < FEWEST_PEOPLE for n in counts)}
    rest = sorted(people.keys() - small, key=lambda m: (sum(people[m]), m))
    while small and any(_is_few(t, small) for t in work):
        if not rest:
            return None
        small.add(rest.pop(0))
    return frozenset(small)


def _is_few(trips: Trips, modes: set[int]) -> bool:
    return 0 < len(np.unique(trips.who[np.isin(trips.mode, [*modes])])) < FEWEST_PEOPLE


def _by_mode(trips: Trips, grams: Floats, euros: Floats, together: frozenset[int]) -> dict[str, Amount]:
    """By mode, some of them together. Empty without trips."""
    people, owner = np.unique(trips.who, return_inverse=True)
    whole = np.bincount(owner, trips.km, len(people)).astype(np.float64)
    groups = {MODES[m]: trips.mode == m for m in np.unique(trips.mode) if m not in together}
    pooled = np.isin(trips.mode, [*together])
    if pooled.any():
        alone = MODES[next(iter(together))] if len(together) == 1 else OTHERS
        groups[alone] = pooled
    found = {}
    for name, here in groups.items():
        by = np.bincount(owner[here], trips.km[here], len(people)).astype(np.float64)
        share = ratio(by, whole)
        found[name] = Amount(
            trips=int(here.sum()),
            km=float(trips.km[here].sum()),
            grams=None if name == OTHERS else float(grams[here].sum()),
            euros=None if name == OTHERS else float(euros[here].sum()),
            people=len(np.unique(trips.who[here])),
            share=share.value or 0.0,
            low=None if share.low is None else max(0.0, share.low),
            high=None if share.high is None else min(1.0, share.high),
        )
    return found


def _people(who: Whole, flags: Sequence[Flags]) -> set[int]:
    return set(np.unique(who[np.logical_or.reduce(list(flags))]).tolist())


def _pool(rows: Rows, hidden: set[str]) -> dict[str, Outing]:
    outings = rows.outings
    groups: dict[Hashable, list[Flags]] = {KINDS[k]: [outings.kind == k] for k in np.unique(outings.kind)}
    known = np.where(outings.agent > 0, outings.agent, -1)
    if not groups:
        return {}
    if len(np.unique(known[known > 0])) < FEWEST_PEOPLE:
        hidden.add("pool")
        return {}
    found = {}
    for keys, flags in put_together(groups, lambda flags: _people(known, flags) - {-1}):
        here = np.logical_or.reduce(flags)
        name = str(keys[0]) if len(keys) == 1 else OTHERS
        found[name] = Outing(
            int(here.sum()), float(np.nansum(outings.km[here])), len(np.unique(known[here & (known > 0)]))
        )
    return found


# -- a period ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """One mode over the period. `months`: in how many it could be told apart. `people`: at least, the most of a month.

    `low`, `high`: the cautious interval of the share of km, None unless every month with trips tells the mode. `grams`, `euros`: None of
    several modes together.
    """

    mode: str
    trips: int
    km: float
    grams: float | None
    euros: float | None
    people: int
    months: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Travel:
    """The travel of one purpose over a period. `months`: with trips that are told; `hidden`: with too few people."""

    shares: tuple[Share, ...]
    trips: int
    km: float
    months: int
    hidden: int


def travel_of(months: Sequence[Month], purpose: str) -> Travel:
    """What the months tell, added up; the mode of most kilometres first, the others together last."""
    told = [m.travel[purpose] for m in months if m.travel.get(purpose)]
    whole = [sum(a.km for a in one.values()) for one in told]
    km = sum(whole)
    shares = []
    for mode in sorted({mode for one in told for mode in one}):
        mine = [one.get(mode) for one in told]
        found = [a for a in mine if a is not None]
        low = high = None
        if km and mode != OTHERS and len(found) == len(told):
            low = _weighted(((a.low, w) for a, w in zip(found, whole, strict=True)), km)
            high = _weighted(((a.high, w) for a, w in zip(found, whole, strict=True)), km)
        shares.append(
            Share(
                mode,
                sum(a.trips for a in found),
                sum(a.km for a in found),
                None if mode == OTHERS else sum(a.grams or 0.0 for a in found),
                None if mode == OTHERS else sum(a.euros or 0.0 for a in found),
                max(a.people for a in found),
                len(found),
                low,
                high,
            )
        )
    shares.sort(key=lambda s: (s.mode == OTHERS, -s.km, s.mode))
    return Travel(
        tuple(shares),
        sum(s.trips for s in shares),
        km,
        len(told),
        sum(purpose in m.hidden for m in months),
    )


def _weighted(values: Iterable[tuple[float | None, float]], whole: float) -> float | None:
    found = 0.0
    for value, weight in values:
        if value is None:
            return None
        found += value * weight / whole
    return found


@dataclass(frozen=True, slots=True)
class Total:
    """A count over the period. `people`: at least, the most of a month; `hidden`: months with too few people."""

    count: int
    people: int
    hidden: int


def total_of(months: Sequence[Month], name: str) -> Total:
    """`name`: bike_days, flying or seats."""
    found = [c for m in months if (c := getattr(m, name)) is not None]
    return Total(
        sum(c.count for c in found), max((c.people for c in found), default=0), sum(name in m.hidden for m in months)
    )


def pool_of(months: Sequence[Month]) -> dict[str, tuple[Outing, int]]:
    """By kind of vehicle: outings and km of the months that tell it, people at least; and in how many months."""
    found = {}
    for kind in sorted({k for m in months for k in m.pool}, key=lambda k: (k == OTHERS, k)):
        mine = [m.pool[kind] for m in months if kind in m.pool]
        whole = Outing(sum(o.count for o in mine), sum(o.km for o in mine), max(o.people for o in mine))
        found[kind] = whole, len(mine)
    return found


@dataclass(frozen=True, slots=True)
class Occupancy:
    """People aboard a car of the pool, on average, the driver included. `people`: drivers, at least; `hidden`: months with too few."""

    mean: float | None
    low: float | None
    high: float | None
    outings: int
    people: int
    hidden: int


def occupancy(cars: Sequence[Sequence[tuple[int, int]]]) -> Occupancy:
    """From (driver, people aboard) of every outing, by month; the interval is the cautious one, clustered by driver."""
    told, hidden = [], 0
    for month in cars:
        drivers, owner = np.unique([driver for driver, _aboard in month], return_inverse=True)
        if not month:
            continue
        if len(drivers[drivers > 0]) < FEWEST_PEOPLE:
            hidden += 1
            continue
        aboard = np.bincount(owner, [people for _driver, people in month]).astype(np.float64)
        told.append((ratio(aboard, np.bincount(owner).astype(np.float64)), len(month), len(drivers)))
    outings = sum(n for _found, n, _people in told)
    if not outings:
        return Occupancy(None, None, None, 0, 0, hidden)
    return Occupancy(
        sum(found.part for found, _n, _people in told) / outings,
        _weighted(((found.low, n) for found, n, _people in told), outings),
        _weighted(((found.high, n) for found, n, _people in told), outings),
        outings,
        max(people for _found, _n, people in told),
        hidden,
    )


# -- the people as they are today, rounded -----------------------------------------------------------------------------


def rounded(count: int) -> int:
    """To the nearest five: two exports a day apart do not show who came in between."""
    return ROUNDED_TO * round(count / ROUNDED_TO)


def distances(km: Floats) -> list[tuple[float | None, int]]:
    """How many people, rounded, in each of BANDS (its upper end), beyond the last (infinite) and unknown (None)."""
    known = km[~np.isnan(km)]
    places = np.searchsorted(BANDS, known, "right")
    counts = np.bincount(places, minlength=len(BANDS) + 1)
    ends: list[float | None] = [*BANDS, float("inf")]
    return [
        *((end, rounded(int(n))) for end, n in zip(ends, counts, strict=True)),
        (None, rounded(int(np.isnan(km).sum()))),
    ]


def telework(days: Sequence[int]) -> list[tuple[int, int]]:
    """(agreed days a week, people rounded), from each person's number of days."""
    return [(n, rounded(sum(d == n for d in days))) for n in range(max(days, default=0) + 1)]


# -- the sustainable-mobility allowance --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Allowance:
    """People with so many days in a civil year, and what each is due; None where it cannot be told."""

    days: int
    euros: int
    people: int | None


def allowances(days_of: Mapping[int, int]) -> list[Allowance]:
    """From days by person, of a year that is over. A band of few people, and another with it, is not told. None at all: nobody may claim."""
    due = {least: 0 for least, _euros in ALLOWANCE}
    for days in days_of.values():
        least = next((least for least, _euros in ALLOWANCE if days >= least), None)
        if least is not None:
            due[least] += 1
    hidden = {least for least, people in due.items() if 0 < people < FEWEST_PEOPLE}
    return [Allowance(least, euros, None if least in hidden else due[least]) for least, euros in reversed(ALLOWANCE)]
