"""A day of a pool as lines: for each unit, who has it when, and how it stands now. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bureaux_volants.territory.calendar import Interval

from .usage import TOLERANCE


class Look(StrEnum):
    """What a loan looks like on the line of its unit."""

    BOOKED = "booked"
    OUT = "out"
    LATE = "late"
    RETURNED = "returned"
    MISSED = "missed"


class Standing(StrEnum):
    """How a unit stands at one instant, the most pressing first."""

    LATE = "late"
    KEY_LOST = "key_lost"
    OUT = "out"
    OFF = "off"
    BOOKED = "booked"  # somebody takes it later that day
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Outing:
    """One booking, as rows tell it. `end` is the hour said, `back_at` the real return."""

    unit: int
    reference: str
    who: str
    start: dt.datetime
    end: dt.datetime
    taken_at: dt.datetime | None
    back_at: dt.datetime | None
    was_missed: bool = False
    to: str = ""
    people: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A loan on the line of its unit. `until`: the real end where it differs. `late`: how long after the hour said."""

    outing: Outing
    look: Look
    start: dt.datetime
    until: dt.datetime
    late: dt.timedelta

    def place(self, window: Interval) -> tuple[float, float]:
        """Left edge and width in a window of time, as shares of it; what sticks out is cut."""
        whole = (window.end - window.start).total_seconds()
        left = (max(self.start, window.start) - window.start).total_seconds() / whole
        right = (min(self.until, window.end) - window.start).total_seconds() / whole
        return max(0.0, min(left, 1.0)), max(0.0, right - left)


def slot(outing: Outing, now: dt.datetime) -> Slot:
    """How a loan looks at `now`. What was taken lasts until it is back, or until now when it should be."""
    start = outing.taken_at or outing.start
    if outing.was_missed:
        return Slot(outing, Look.MISSED, start, outing.end, dt.timedelta(0))
    if outing.taken_at is None:
        return Slot(outing, Look.BOOKED, start, outing.end, dt.timedelta(0))
    if outing.back_at is not None:
        delay = outing.back_at - outing.end
        late = delay if delay > TOLERANCE else dt.timedelta(0)
        return Slot(outing, Look.RETURNED, start, outing.back_at, late)
    if now - outing.end > TOLERANCE:
        return Slot(outing, Look.LATE, start, now, now - outing.end)
    return Slot(outing, Look.OUT, start, max(outing.end, now), dt.timedelta(0))


def standing(slots: Sequence[Slot], *, is_active: bool, key_is_lost: bool, now: dt.datetime) -> Standing:
    """How a unit with these loans stands at `now`."""
    looks = {s.look for s in slots}
    if Look.LATE in looks:
        return Standing.LATE
    if key_is_lost:
        return Standing.KEY_LOST
    if Look.OUT in looks:
        return Standing.OUT
    if not is_active:
        return Standing.OFF
    if any(s.look is Look.BOOKED and s.until > now for s in slots):
        return Standing.BOOKED
    return Standing.FREE


def window_of(slots: Iterable[Slot], usual: Interval, day: Interval) -> Interval:
    """The hours to draw: the usual ones, widened to whole hours by what happens around them, within the day."""
    start, end = usual.start, usual.end
    hour = dt.timedelta(hours=1)
    for s in slots:
        while s.start < start and start > day.start:
            start -= hour
        while s.until > end and end < day.end:
            end += hour
    return Interval(max(start, day.start), min(end, day.end))
