"""The entries of a calendar on one day (iCalendar, RFC 5545), recurrences expanded. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from bureaux_volants.territory.calendar import local

#: More than these is no person's calendar.
MOST = 20_000
#: Nobody meets so often; a rule like that only makes a server work.
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_CONFIDENTIAL = frozenset({"PRIVATE", "CONFIDENTIAL"})


class CannotRead(Exception):
    """Why the text is no calendar; one French sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the calendar at given hours, aware. `title` is empty where the entry is private."""

    title: str
    place: str
    start: dt.datetime
    end: dt.datetime


def entries_on(text: bytes, day: dt.date, zone: ZoneInfo) -> list[Entry]:
    """What begins on this local day at an hour, in order; whole days and cancelled entries left out.

    An hour without a zone is the territory's (a floating time). Raises CannotRead.
    """
    if b"BEGIN:VCALENDAR" not in text[:4096].upper():
        raise CannotRead("Cette adresse ne donne pas un agenda : prenez celle au format iCal (.ics).")
    first, last = local(day, dt.time(), zone), local(day + dt.timedelta(days=1), dt.time(), zone)
    whole = icalendar.Calendar()
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        if not calendars:
            raise CannotRead("Cet agenda s'arrête avant la fin.")
        for calendar in calendars:
            for component in calendar.subcomponents:
                if component.name == "VTIMEZONE" or (component.name == "VEVENT" and not _is_too_often(component)):
                    whole.add_component(component)
        if len(whole.subcomponents) > MOST:
            raise CannotRead(f"Cet agenda a plus de {MOST} entrées.")
        found = recurring_ical_events.of(whole, skip_bad_series=True).between(first, last)
        entries = [entry for event in found if (entry := _entry(event, zone)) is not None]
    except CannotRead:
        raise
    except Exception as error:
        # Both libraries raise what their parts raise; whatever it is, the text was written by somebody else's program.
        raise CannotRead("Cet agenda est illisible.") from error
    return sorted((e for e in entries if first <= e.start < last), key=lambda e: (e.start, e.end, e.title))


def _is_too_often(component: icalendar.cal.component.Component) -> bool:
    rules = component.get("RRULE", [])
    every = [str(f).upper() for rule in (rules if isinstance(rules, list) else [rules]) for f in rule.get("FREQ", [])]
    return bool(_TOO_OFTEN & set(every))


def _entry(event: icalendar.cal.component.Component, zone: ZoneInfo) -> Entry | None:
    start = event.get("DTSTART").dt
    if not isinstance(start, dt.datetime) or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = _aware(start, zone)
    end = _aware(event.get("DTEND").dt, zone) if event.get("DTEND") is not None else start
    if end <= start:
        return None
    is_private = str(event.get("CLASS", "")).upper() in _CONFIDENTIAL
    title = "" if is_private else " ".join(str(event.get("SUMMARY", "")).split())[:120]
    return Entry(title, " ".join(str(event.get("LOCATION", "")).split())[:120], start, end)


def _aware(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
