"""The entries of a calendar on one day (iCalendar, RFC 5545), recurrences expanded. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from bureaux_volants.territory.calendar import local_day

#: More than these is no person's calendar.
MOST = 20_000
#: Nobody meets so often; a rule like that only makes a server work.
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
#: The library takes a floating hour for one of UTC, which no local hour is further from.
_APART = dt.timedelta(hours=14)
_CONFIDENTIAL = frozenset({"PRIVATE", "CONFIDENTIAL"})


class CannotRead(Exception):
    """Why the text is no calendar; one French sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What keeps somebody busy at given hours, aware. `title` is empty where the entry is private."""

    title: str
    place: str
    start: dt.datetime
    end: dt.datetime


def entries_on(text: bytes, day: dt.date, zone: ZoneInfo, me: Collection[str] = ()) -> list[Entry]:
    """The busy hours of this local day in a calendar's file; see `busy_on`. Raises CannotRead."""
    if b"BEGIN:VCALENDAR" not in text[:4096].upper():
        raise CannotRead("Cette adresse ne donne pas un agenda : prenez celle au format iCal (.ics), ou CalDAV.")
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except Exception as error:
        # The library raises what its parts raise; whatever it is, the text was written by somebody else's program.
        raise CannotRead("Cet agenda est illisible.") from error
    if not calendars:
        raise CannotRead("Cet agenda s'arrête avant la fin.")
    return busy_on(calendars, day, zone, me)


def objects_of(texts: Iterable[bytes]) -> list[icalendar.Calendar]:
    """The objects of a collection (RFC 4791 §4.1), one event with its exceptions each. One that cannot be read is left out."""
    found: list[icalendar.Calendar] = []
    for text in texts:
        try:
            found.extend(icalendar.Calendar.from_ical(text, multiple=True))
        except Exception:  # noqa: S112 – see `entries_on`; the rest of the calendar is no worse for it
            continue
    return found


def busy_on(
    calendars: Iterable[icalendar.Calendar], day: dt.date, zone: ZoneInfo, me: Collection[str] = ()
) -> list[Entry]:
    """What takes hours of this local day, in order, cut to the day; recurrences expanded.

    Whole days, what is cancelled, what leaves its owner free (TRANSP) and what one of the addresses `me` declined do not count.
    An hour without a zone is the territory's (a floating time). Raises CannotRead.
    """
    today = local_day(day, zone)
    whole = icalendar.Calendar()
    for calendar in calendars:
        for component in calendar.subcomponents:
            if component.name == "VTIMEZONE" or (component.name == "VEVENT" and not _is_too_often(component)):
                whole.add_component(component)
    if len(whole.subcomponents) > MOST:
        raise CannotRead(f"Cet agenda a plus de {MOST} entrées.")
    mine = frozenset(address.lower() for address in me if address)
    try:
        found = recurring_ical_events.of(whole, skip_bad_series=True).between(today.start - _APART, today.end + _APART)
        entries = [entry for event in found if (entry := _entry(event, zone, mine)) is not None]
    except Exception as error:
        raise CannotRead("Cet agenda est illisible.") from error
    cut = [
        replace(e, start=max(e.start, today.start.astimezone(zone)), end=min(e.end, today.end.astimezone(zone)))
        for e in entries
        if e.start < today.end and today.start < e.end
    ]
    return sorted(cut, key=lambda e: (e.start, e.end, e.title, e.place))


def _is_too_often(component: icalendar.cal.component.Component) -> bool:
    rules = component.get("RRULE", [])
    every = [str(f).upper() for rule in (rules if isinstance(rules, list) else [rules]) for f in rule.get("FREQ", [])]
    return bool(_TOO_OFTEN & set(every))


def _entry(event: icalendar.cal.component.Component, zone: ZoneInfo, mine: frozenset[str]) -> Entry | None:
    start = event.get("DTSTART").dt
    if not isinstance(start, dt.datetime) or not _is_busy(event, mine):
        return None
    start = _aware(start, zone)
    end = _aware(event.get("DTEND").dt, zone) if event.get("DTEND") is not None else start
    if end <= start:
        return None
    is_private = str(event.get("CLASS", "")).upper() in _CONFIDENTIAL
    title = "" if is_private else " ".join(str(event.get("SUMMARY", "")).split())[:120]
    return Entry(title, " ".join(str(event.get("LOCATION", "")).split())[:120], start, end)


def _is_busy(event: icalendar.cal.component.Component, mine: frozenset[str]) -> bool:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    asked = event.get("ATTENDEE", [])
    return not any(
        str(one.params.get("PARTSTAT", "")).upper() == "DECLINED"
        and mine & {_mail(one), _mail(one.params.get("EMAIL", ""))}
        for one in (asked if isinstance(asked, list) else [asked])
    )


def _mail(of: object) -> str:
    return str(of).strip().lower().removeprefix("mailto:")


def _aware(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
