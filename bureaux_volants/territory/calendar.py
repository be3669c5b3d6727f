"""When the doors are open: weekly hours, seasons, public holidays and closures, as half-open intervals. Pure.

A day is a local day: 23 or 25 hours long when the clock changes. Instants that the clock skips in March are read as the
instant an hour later, as everywhere in the standard library (PEP 495).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as public_holidays

#: Départements that keep Good Friday and 26 December (local law of Alsace-Moselle).
ALSACE_MOSELLE = frozenset({"57", "67", "68"})

#: Subdivision codes of the `holidays` library, for the places where it knows more than the common list.
SUBDIVISION_OF_DEPARTEMENT = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "976": "YT",
}


@dataclass(frozen=True, order=True, slots=True)
class Interval:
    """A half-open span of time [start, end), both aware."""

    start: dt.datetime
    end: dt.datetime

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Interval) -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Hours:
    """One open interval of a weekday (1 Monday … 7 Sunday); `season` None means the rest of the year."""

    weekday: int
    opens_at: dt.time
    closes_at: dt.time
    season: int | None = None


@dataclass(frozen=True, slots=True)
class YearlySeason:
    """Days of the year from `first_day` to `last_day`, both "MM-DD" and included; may pass over the new year."""

    id: int
    name: str
    first_day: str
    last_day: str

    def covers(self, day: dt.date) -> bool:
        key = f"{day:%m-%d}"
        if self.first_day <= self.last_day:
            return self.first_day <= key <= self.last_day
        return key >= self.first_day or key <= self.last_day


@dataclass(frozen=True, slots=True)
class Shut:
    """A closure: an interval and why."""

    start: dt.datetime
    end: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Day:
    """What one local day is made of at one place."""

    date: dt.date
    open: tuple[Interval, ...]
    morning: Interval | None
    afternoon: Interval | None
    closed_because: str
    #: The opening hours before closures were taken away: what "a day here" would have been.
    usual: tuple[Interval, ...]

    @property
    def whole(self) -> Interval | None:
        """From the first opening to the last closing, lunch break included."""
        return Interval(self.open[0].start, self.open[-1].end) if self.open else None


def local(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The instant of a wall-clock time, in UTC: arithmetic on it is arithmetic on elapsed time."""
    return dt.datetime.combine(day, time, zone).astimezone(dt.UTC)


def monday_of(day: dt.date) -> dt.date:
    """The Monday of its ISO week."""
    return day - dt.timedelta(days=day.weekday())


def local_day(day: dt.date, zone: ZoneInfo) -> Interval:
    """Midnight to midnight on the wall clock: 23, 24 or 25 hours."""
    return Interval(local(day, dt.time.min, zone), local(day + dt.timedelta(days=1), dt.time.min, zone))


@lru_cache(maxsize=512)
def holidays_of_year(year: int, departement: str) -> dict[dt.date, str]:
    """Public holidays of a département, date to French name."""
    subdivision = SUBDIVISION_OF_DEPARTEMENT.get(departement)
    found = public_holidays.country_holidays("FR", subdiv=subdivision, years=year, language="fr")
    return {day: str(name) for day, name in found.items()}


def holiday_name(day: dt.date, departement: str) -> str:
    """The public holiday's name, or "" on an ordinary day."""
    return holidays_of_year(day.year, departement).get(day, "")


def subtract(intervals: Iterable[Interval], holes: Sequence[Interval]) -> tuple[Interval, ...]:
    """What is left of the intervals once the holes are taken away, in order."""
    left = sorted(intervals)
    for hole in holes:
        kept: list[Interval] = []
        for interval in left:
            if not interval.overlaps(hole):
                kept.append(interval)
                continue
            if interval.start < hole.start:
                kept.append(Interval(interval.start, hole.start))
            if hole.end < interval.end:
                kept.append(Interval(hole.end, interval.end))
        left = kept
    return tuple(left)


def _hull(intervals: Iterable[Interval]) -> Interval | None:
    spans = list(intervals)
    return Interval(min(s.start for s in spans), max(s.end for s in spans)) if spans else None


def halves(intervals: Sequence[Interval], noon: dt.datetime) -> tuple[Interval | None, Interval | None]:
    """Morning and afternoon of a day's open intervals.

    An interval belongs to the half where more of it lies when it crosses `noon` within half an hour of its end (a
    morning that closes at 13:15 stays one morning); otherwise it is cut at `noon`.
    """
    slack = dt.timedelta(minutes=30)
    before: list[Interval] = []
    after: list[Interval] = []
    for interval in intervals:
        if interval.end <= noon + slack and interval.start < noon:
            before.append(interval)
        elif interval.start >= noon - slack:
            after.append(interval)
        else:
            before.append(Interval(interval.start, noon))
            after.append(Interval(noon, interval.end))
    return _hull(before), _hull(after)


def opening_of(
    day: dt.date,
    *,
    hours: Sequence[Hours],
    seasons: Sequence[YearlySeason],
    closures: Sequence[Shut],
    departement: str,
    zone: ZoneInfo,
    half_day_at: dt.time,
) -> Day:
    """The opening of one local day: the hours of its season, none on a public holiday, closures taken away."""
    season = next((s.id for s in seasons if s.covers(day)), None)
    usual = tuple(
        sorted(
            Interval(local(day, h.opens_at, zone), local(day, h.closes_at, zone))
            for h in hours
            if h.weekday == day.isoweekday() and h.season == season
        )
    )
    noon = local(day, half_day_at, zone)
    holiday = holiday_name(day, departement)
    if holiday:
        return Day(day, (), None, None, holiday, usual)
    shut = [c for c in closures if any(i.start < c.end and c.start < i.end for i in usual)]
    left = subtract(usual, [Interval(c.start, c.end) for c in shut])
    morning, afternoon = halves(left, noon)
    return Day(day, left, morning, afternoon, shut[0].reason if shut else "", usual)


def covers(day: Day, asked: Interval) -> bool:
    """Whether a stay fits the day's opening: it may span the lunch break, but not a closure, and not lie in the break alone."""
    whole = day.whole
    if whole is None or not whole.contains(asked):
        return False
    if not any(i.overlaps(asked) for i in day.open):
        return False
    if day.open == day.usual:
        return True
    # A closure cuts the usual hours: a stay may bridge what is a break in the usual hours, and only that.
    lost = subtract(day.usual, day.open)
    return not any(hole.overlaps(asked) for hole in lost)
