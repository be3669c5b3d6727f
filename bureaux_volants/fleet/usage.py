"""What the pool is used for, as numbers that can be defended. Pure: rows in, indicators out, no Django.

Each indicator has a definition (its docstring; in French on the page), a sample size, and an uncertainty where it is a share of something that
happens again and again. None names anybody; what is said of the conduct of fewer than FEWEST_PEOPLE is not said at
all: such groups are put together until they are enough, and a whole that is too small stays hidden.

Interval of a share: Wilson, Journal of the American Statistical Association 22 (1927), 95 %. Interval of an occupation: the
mean of the days, plus or minus 1.96 standard errors of it.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import TypeVar

from bureaux_volants.territory.calendar import Interval

#: Groups of fewer people than this are never shown.
FEWEST_PEOPLE = 5
#: One way, street kilometres: a trip that a bike makes.
SHORT_KM = 3.0
#: A return within this time of the hour said is on time.
TOLERANCE = dt.timedelta(minutes=10)
#: What has not moved for so long is idle.
IDLE = dt.timedelta(days=30)
_Z95 = 1.96
#: Fewer days than this say nothing of how days differ.
_FEWEST_DAYS = 5

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Unit:
    """One car, bike or card."""

    id: int
    name: str
    kind: str
    site: str
    energy: str = ""


@dataclass(frozen=True, slots=True)
class Loan:
    """One booking of a unit, over or going on.

    `person` is any number that tells people apart. `taken_at` and `back_at` are None when that has not happened. `km_way`: street
    kilometres one way, as said when booking; `km_read`: between two believed readings of the odometer.
    """

    unit: int
    person: int
    start: dt.datetime
    end: dt.datetime
    taken_at: dt.datetime | None = None
    back_at: dt.datetime | None = None
    was_missed: bool = False
    km_way: float | None = None
    km_read: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, with what it rests on: `size` cases, of `people` different people."""

    part: float
    whole: float
    size: int
    people: int
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Line:
    """One group of a breakdown; several `keys` when small groups were put together."""

    keys: tuple[Hashable, ...]
    share: Share


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A whole (None when too few people stand behind it) and its groups, the largest share first."""

    whole: Share | None
    lines: tuple[Line, ...]


def wilson(part: float, size: float) -> tuple[float, float] | None:
    """The 95 % interval of a share of `size` cases; None of none."""
    if size == 0:
        return None
    p, z2 = part / size, _Z95**2
    middle = (p + z2 / (2 * size)) / (1 + z2 / size)
    half = _Z95 * math.sqrt(p * (1 - p) / size + z2 / (4 * size * size)) / (1 + z2 / size)
    return max(0.0, middle - half), min(1.0, middle + half)


# -- how much of the time things are out ------------------------------------------------------------------------------


def out_of(loan: Loan, now: dt.datetime) -> Interval | None:
    """When the unit was really out; until `now` while it is not back. None when nobody took it."""
    if loan.taken_at is None:
        return None
    back = loan.back_at or now
    return Interval(loan.taken_at, back) if loan.taken_at < back else None


def _spread(span: Interval, windows: Sequence[Interval]) -> list[tuple[int, float]]:
    """The hours of a span within each window that it meets, with the window's place. Windows are in order and disjoint."""
    found: list[tuple[int, float]] = []
    for n in range(bisect_right(windows, span.start, key=lambda w: w.end), len(windows)):
        window = windows[n]
        if window.start >= span.end:
            break
        found.append((n, _length(Interval(max(span.start, window.start), min(span.end, window.end)))))
    return found


def _length(window: Interval) -> float:
    return (window.end - window.start).total_seconds() / 3600


#: An outing: who, and how many hours of which day.
_Outing = tuple[int, list[tuple[int, float]]]


def occupation(
    units: Sequence[Unit],
    loans: Iterable[Loan],
    days: Sequence[Interval],
    by: Callable[[Unit], Hashable],
    *,
    now: dt.datetime,
) -> Breakdown:
    """Hours out ÷ hours of the units within the service hours of working days, whole and by group.

    `days`: the service hours of each working day, in order. Says when things are out, not what people do: nothing is hidden.
    """
    of_unit = {u.id: u for u in units}
    outings: dict[Hashable, list[_Outing]] = {by(u): [] for u in units}
    for loan in loans:
        span = out_of(loan, now)
        if span is not None and loan.unit in of_unit and (hours := _spread(span, days)):
            outings[by(of_unit[loan.unit])].append((loan.person, hours))
    sizes: dict[Hashable, int] = {}
    for unit in units:
        sizes[by(unit)] = sizes.get(by(unit), 0) + 1
    lines = [Line((key,), _occupied(found, sizes[key], days)) for key, found in outings.items()]
    everything = [one for found in outings.values() for one in found]
    return Breakdown(_occupied(everything, len(units), days), _ranked(lines))


def _occupied(outings: Sequence[_Outing], units: int, windows: Sequence[Interval]) -> Share:
    daily = [0.0] * len(windows)
    for _, hours in outings:
        for n, length in hours:
            daily[n] += length
    whole = units * sum(_length(window) for window in windows)
    low = high = None
    if units and len(windows) >= _FEWEST_DAYS:
        rates = [hours / (units * _length(window)) for hours, window in zip(daily, windows, strict=True)]
        half = _Z95 * stdev(rates) / math.sqrt(len(rates))
        low, high = max(0.0, mean(rates) - half), min(1.0, mean(rates) + half)
    return Share(sum(daily), whole, len(outings), len({person for person, _ in outings}), low, high)


def occupation_by_hour(
    units: Sequence[Unit], loans: Iterable[Loan], hours: Mapping[int, Sequence[Interval]], *, now: dt.datetime
) -> tuple[Line, ...]:
    """The same for each hour of the day, in order. `hours`: that hour of every working day."""
    known = {u.id for u in units}
    spans = [(span, loan.person) for loan in loans if loan.unit in known and (span := out_of(loan, now)) is not None]
    lines = []
    for hour, windows in sorted(hours.items()):
        met = [(person, spent) for span, person in spans if (spent := _spread(span, windows))]
        lines.append(Line((hour,), _occupied(met, len(units), windows)))
    return tuple(lines)


# -- what people do ---------------------------------------------------------------------------------------------------


def short_by_car(units: Sequence[Unit], loans: Iterable[Loan]) -> Breakdown:
    """Of the car trips whose destination is known and which took place, those of less than SHORT_KM one way; by site."""
    of_unit = {u.id: u for u in units if u.kind == "car"}
    known = [
        (loan, loan.km_way < SHORT_KM)
        for loan in loans
        if loan.unit in of_unit and loan.taken_at is not None and loan.km_way is not None
    ]
    return _conduct(known, lambda loan: of_unit[loan.unit].site)


def not_used(units: Sequence[Unit], loans: Iterable[Loan]) -> Breakdown:
    """Of the bookings that came to their time, those that nobody took; by kind."""
    of_unit = {u.id: u for u in units}
    known = [
        (loan, loan.was_missed)
        for loan in loans
        if loan.unit in of_unit and (loan.was_missed or loan.taken_at is not None)
    ]
    return _conduct(known, lambda loan: of_unit[loan.unit].kind)


def lateness(loan: Loan, now: dt.datetime) -> dt.timedelta:
    """How long after the hour said the unit came back, or has been awaited; zero within TOLERANCE."""
    late = (loan.back_at or now) - loan.end
    return late if loan.taken_at is not None and late > TOLERANCE else dt.timedelta(0)


def late(units: Sequence[Unit], loans: Iterable[Loan], *, now: dt.datetime) -> Breakdown:
    """Of the loans that were taken and are back, or should be, those that are late; by kind."""
    of_unit = {u.id: u for u in units}
    known = [
        (loan, bool(lateness(loan, now)))
        for loan in loans
        if loan.unit in of_unit and loan.taken_at is not None and (loan.back_at is not None or loan.end <= now)
    ]
    return _conduct(known, lambda loan: of_unit[loan.unit].kind)


def median_lateness(loans: Iterable[Loan], *, now: dt.datetime) -> dt.timedelta | None:
    """Half of the late ones are later than this; None when too few people were late to say so."""
    found = [(loan, delay) for loan in loans if (delay := lateness(loan, now))]
    if len({loan.person for loan, _ in found}) < FEWEST_PEOPLE:
        return None
    return dt.timedelta(seconds=median(delay.total_seconds() for _, delay in found))


def _conduct(cases: Sequence[tuple[Loan, bool]], by: Callable[[Loan], Hashable]) -> Breakdown:
    groups: dict[Hashable, list[tuple[Loan, bool]]] = {}
    for case in cases:
        groups.setdefault(by(case[0]), []).append(case)
    whole = _share(cases)
    if whole.people < FEWEST_PEOPLE:
        return Breakdown(None, ())
    lines = [Line(keys, _share(found)) for keys, found in put_together(groups, lambda found: _people(found))]
    return Breakdown(whole, _ranked(lines))


def _people(cases: Iterable[tuple[Loan, bool]]) -> set[int]:
    return {loan.person for loan, _ in cases}


def _share(cases: Sequence[tuple[Loan, bool]]) -> Share:
    part = sum(1 for _, holds in cases if holds)
    bounds = wilson(part, len(cases)) or (None, None)
    return Share(part, len(cases), len(cases), len(_people(cases)), *bounds)


def put_together(
    groups: Mapping[Hashable, list[_T]], people: Callable[[list[_T]], set[int]]
) -> list[tuple[tuple[Hashable, ...], list[_T]]]:
    """The groups, those of too few people put together into one: what is left can be subtracted from no total.

    When they are still too few together, the smallest of the others joins them.
    """
    ranked = sorted(groups.items(), key=lambda group: (len(people(group[1])), str(group[0])))
    small: list[tuple[Hashable, list[_T]]] = []
    while ranked and len(people(ranked[0][1])) < FEWEST_PEOPLE:
        small.append(ranked.pop(0))
    while small and ranked and len(people([one for _, found in small for one in found])) < FEWEST_PEOPLE:
        small.append(ranked.pop(0))
    told: list[tuple[tuple[Hashable, ...], list[_T]]] = [((key,), found) for key, found in ranked]
    if small:
        told.append((tuple(key for key, _ in small), [one for _, found in small for one in found]))
    return told


def _ranked(lines: Iterable[Line]) -> tuple[Line, ...]:
    def rank(line: Line) -> tuple[bool, float, str]:
        return len(line.keys) > 1, -(line.share.value or 0.0), str(line.keys)

    return tuple(sorted(lines, key=rank))


# -- what stands still, how far things go -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Still:
    """A unit that nobody has taken for IDLE; `since` its last return, None when none is known."""

    unit: Unit
    since: dt.datetime | None


def idle(units: Sequence[Unit], last_back: Mapping[int, dt.datetime], *, now: dt.datetime) -> tuple[Still, ...]:
    """The units that nobody has had for IDLE, the longest first. `last_back`: when each was last out."""
    found = [
        Still(unit, last_back.get(unit.id))
        for unit in units
        if unit.id not in last_back or last_back[unit.id] <= now - IDLE
    ]
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return tuple(sorted(found, key=lambda s: (s.since or first, s.unit.kind, s.unit.name)))


@dataclass(frozen=True, slots=True)
class Distance:
    """Kilometres of a group: `read` of them on an odometer, the others twice the way that was said."""

    keys: tuple[Hashable, ...]
    km: float
    read: float
    trips: int
    people: int


def distances(units: Sequence[Unit], loans: Iterable[Loan]) -> tuple[Distance, ...]:
    """Kilometres by energy, of the trips that took place; energies with too few people behind them are put together.

    Nothing at all when even together they are too few.
    """
    of_unit = {u.id: u for u in units if u.energy}
    groups: dict[Hashable, list[Loan]] = {}
    for loan in loans:
        if loan.unit in of_unit and loan.taken_at is not None and _km(loan) is not None:
            groups.setdefault(of_unit[loan.unit].energy, []).append(loan)
    everybody = {loan.person for found in groups.values() for loan in found}
    if len(everybody) < FEWEST_PEOPLE:
        return ()
    told = [
        Distance(
            keys,
            sum(_km(loan) or 0.0 for loan in found),
            sum(loan.km_read or 0.0 for loan in found),
            len(found),
            len({loan.person for loan in found}),
        )
        for keys, found in put_together(groups, lambda found: {loan.person for loan in found})
    ]
    return tuple(sorted(told, key=lambda d: (len(d.keys) > 1, -d.km)))


def _km(loan: Loan) -> float | None:
    if loan.km_read is not None:
        return loan.km_read
    return None if loan.km_way is None else 2 * loan.km_way
