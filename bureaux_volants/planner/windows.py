"""When a pool still has a unit: the longest spans in which a new booking could sit, others moved over as may be. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bureaux_volants.booking.assignment import seats_left
from bureaux_volants.booking.pool import Stay, Unit, Wish
from bureaux_volants.territory.calendar import Interval

_INSTANT = dt.timedelta(minutes=1)


def windows(
    units: Sequence[Unit],
    stays: Sequence[Stay],
    span: Interval,
    features: frozenset[str] = frozenset(),
    kept_after: dt.timedelta = dt.timedelta(),
    most: int | None = None,
) -> list[Interval]:
    """Every longest part of `span` in which one more stay can be had. A stay fits exactly where it lies within one of them.

    `kept_after`: how long a unit is held after a stay. `most`: how many may be had at once, where that is fewer. What can be had for hours can be had for any part of them, so each
    window begins where the span or another stay's hold ends, and is as long as can be.
    """
    if not units:
        return []

    def can(start: dt.datetime, end: dt.datetime) -> bool:
        return seats_left(units, stays, Wish(start, end + kept_after, features), most=most) > 0

    if can(span.start, span.end):
        return [span]
    starts = sorted({span.start, *(s.end for s in stays if span.start < s.end < span.end)})
    ends = sorted({span.end, *(s.start - kept_after for s in stays if span.start < s.start - kept_after < span.end)})
    found: list[Interval] = []
    for start in starts:
        later = [e for e in ends if e > start + _INSTANT]
        low, high = 0, len(later)
        while low < high:
            middle = (low + high) // 2
            if can(start, later[middle]):
                low = middle + 1
            else:
                high = middle
        if low and (not found or later[low - 1] > found[-1].end):
            found.append(Interval(start, later[low - 1]))
    return found
