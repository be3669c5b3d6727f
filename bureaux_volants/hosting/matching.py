"""Who could be met for a need, where and when, without travelling for it. Pure.

Somebody counts who comes to the place, or near it, or for whom a day at a free desk there would replace a longer way to work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bureaux_volants.territory.calendar import Interval, subtract
from bureaux_volants.territory.geography import distance_km

#: Near enough to come over between two tasks, as the crow flies.
NEAR_KM = 2.0
#: On foot, with the detours of streets: 5 km/h over 1.3 times the straight line.
WALK_MINUTES_PER_KM = 15.6
#: Meetings begin on these minutes.
STEP = dt.timedelta(minutes=15)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: so many minutes at a point (latitude, longitude), within these spans."""

    point: Point
    minutes: int
    spans: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody at a site for a span: with a desk that they have (`booking`), or could have (None)."""

    person: int
    booking: int | None
    site: int
    point: Point
    span: Interval


@dataclass(frozen=True, slots=True)
class Chance:
    """Somebody who could be met within `span`, `km` from where they sit. `booking` None: their desk is still to be booked."""

    person: int
    booking: int | None
    site: int
    span: Interval
    km: float


def km_between(a: Point, b: Point) -> float:
    return distance_km(*a, *b)


def common(spans: Iterable[Interval], other: Interval) -> list[Interval]:
    """What of these spans lies within another."""
    cut = (Interval(max(s.start, other.start), min(s.end, other.end)) for s in spans)
    return [s for s in cut if s.start < s.end]


def starts(spans: Iterable[Interval], minutes: int, busy: Sequence[Interval] = ()) -> list[dt.datetime]:
    """When a meeting of so many minutes can begin within these spans, beside what is busy: every quarter of an hour."""
    length, found = dt.timedelta(minutes=minutes), []
    for free in subtract(spans, busy):
        past = free.start.minute % 15 or free.start.second or free.start.microsecond
        at = free.start.replace(second=0, microsecond=0)
        at += dt.timedelta(minutes=15 - at.minute % 15) if past else dt.timedelta()
        while at + length <= free.end:
            found.append(at)
            at += STEP
    return sorted(found)


def reach(stay: Stay, point: Point) -> Interval | None:
    """When somebody who sits at `stay` can be at a point, the way there and back taken off; None when it is too far."""
    km = km_between(stay.point, point)
    if km > NEAR_KM:
        return None
    walk = dt.timedelta(minutes=round(km * WALK_MINUTES_PER_KM)) if km >= 0.05 else dt.timedelta()
    start, end = stay.span.start + walk, stay.span.end - walk
    return Interval(start, end) if start < end else None


def replaces_a_trip(home: Point, usual: Point, desk: Point) -> bool:
    """Whether sitting at a desk makes the way to work no longer than it is: nobody travels more for a need."""
    return km_between(home, desk) <= km_between(home, usual)


def chances(wanted: Wanted, stays: Iterable[Stay], busy: Mapping[int, Sequence[Interval]]) -> list[Chance]:
    """One chance for each person, the best first: who comes already, then who would take a desk; nearest, soonest."""
    best: dict[int, tuple[tuple[bool, float, dt.datetime, int], Chance]] = {}
    for stay in stays:
        span = reach(stay, wanted.point)
        if span is None:
            continue
        slots = starts(common(wanted.spans, span), wanted.minutes, busy.get(stay.person, ()))
        if not slots:
            continue
        km = km_between(stay.point, wanted.point)
        rank = (stay.booking is None, round(km, 3), slots[0], stay.person)
        if stay.person not in best or rank < best[stay.person][0]:
            best[stay.person] = rank, Chance(stay.person, stay.booking, stay.site, span, km)
    return [chance for _rank, chance in sorted(best.values(), key=lambda pair: pair[0])]
