"""The definition of a time zone in a calendar (VTIMEZONE, RFC 5545), by rule: some programs read no lists of dates. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import icalendar

#: Any year of today's rules.
_YEAR = 2026


@lru_cache(maxsize=16)
def definition_of(name: str) -> icalendar.Timezone:
    """Clocks that never change, or on the last Sundays of two months (the Union's rule); for others, the library's list of dates."""
    zone = ZoneInfo(name)
    days = [dt.date(_YEAR, 1, 1) + dt.timedelta(days=n) for n in range(365)]
    changes = [day for day in days if _offset(day, dt.time(), zone) != _offset(day, dt.time(23, 59), zone)]
    if changes and changes != [_last_sunday(_YEAR, day.month) for day in changes]:
        return icalendar.Timezone.from_tzid(name, first_date=dt.date(2020, 1, 1), last_date=dt.date(2038, 1, 1))
    found = icalendar.Timezone()
    found.add("tzid", name)
    if not changes:
        found.add_component(
            _part(
                dt.datetime.combine(dt.date(1970, 1, 1), dt.time()),
                _offset(days[0], dt.time(), zone),
                _offset(days[0], dt.time(), zone),
            )
        )
    for day in changes:
        before, after = _offset(day, dt.time(), zone), _offset(day, dt.time(23, 59), zone)
        # At one in the morning, universal time, as the clocks show it before.
        at = dt.datetime.combine(_last_sunday(1970, day.month), dt.time(1)) + before
        part = _part(at, before, after)
        part.add("rrule", {"freq": "yearly", "bymonth": day.month, "byday": "-1su"})
        found.add_component(part)
    return found


def _part(
    at: dt.datetime, before: dt.timedelta, after: dt.timedelta
) -> icalendar.TimezoneStandard | icalendar.TimezoneDaylight:
    part = icalendar.TimezoneDaylight() if after > before else icalendar.TimezoneStandard()
    part.add("dtstart", at)
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", after)
    return part


def _offset(day: dt.date, at: dt.time, zone: ZoneInfo) -> dt.timedelta:
    offset = dt.datetime.combine(day, at, zone).utcoffset()
    assert offset is not None
    return offset


def _last_sunday(year: int, month: int) -> dt.date:
    last = dt.date(year, month, calendar.monthrange(year, month)[1])
    return last - dt.timedelta(days=(last.weekday() + 1) % 7)
