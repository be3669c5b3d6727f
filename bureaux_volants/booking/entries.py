"""Bookings as calendar entries (RFC 5545): the same entry each time it is taken, with a number that rises when it changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import icalendar

from bureaux_volants.events.models import Event

from .kinds import noun
from .models import Booking
from .states import HOLDING, State
from .time_zones import definition_of

#: What changes a stay for whoever wrote it down: its hours, its unit, whether it takes place.
CHANGES = (
    "booking.changed",
    "booking.shortened",
    "booking.reseated",
    "booking.cancelled",
    "booking.refused",
    "booking.no_show",
)


def changes_of(bookings: Iterable[Booking]) -> dict[int, list[str]]:
    """By booking, the kinds of its changes in their order; one query."""
    found: dict[int, list[str]] = {booking.pk: [] for booking in bookings}
    events = Event.objects.filter(subject_kind="booking", subject_id__in=list(found), kind__in=CHANGES).order_by("id")
    for booking_id, kind in events.values_list("subject_id", "kind"):
        found[booking_id].append(kind)
    return found


def host_of(base_url: str) -> str:
    """The host alone, for what must be named once in the world."""
    return base_url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]


def entry_of(booking: Booking, sequence: int, base_url: str, now: dt.datetime, zone: ZoneInfo) -> icalendar.Event:
    """One stay. Its hours are the territory's own clock's, so that calendars show them as they were booked."""
    event = icalendar.Event()
    event.add("uid", f"{booking.reference}@{host_of(base_url)}")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("sequence", sequence)
    event.add("dtstart", booking.start.astimezone(zone))
    event.add("dtend", booking.end.astimezone(zone))
    one = noun(booking.kind).one
    event.add("summary", f"{one[:1].upper()}{one[1:]} : {booking.site.name} ({booking.resource.name})")
    event.add("location", ", ".join(part for part in (booking.site.name, booking.site.address) if part))
    event.add("url", f"{base_url.rstrip('/')}/reservations/{booking.reference}/")
    event.add("status", _status(booking))
    return event


def calendar_of(
    bookings: Sequence[Booking],
    changes: Mapping[int, Sequence[str]],
    base_url: str,
    now: dt.datetime,
    zone: ZoneInfo,
) -> bytes:
    """A file of several entries. `changes`: by booking, what changed it: a calendar takes the entry with the higher number."""
    entries = [entry_of(b, len(changes.get(b.pk, ())), base_url, now, zone) for b in bookings]
    return written(entries, "PUBLISH")


def written(entries: Iterable[icalendar.Event], method: str, name: str = "") -> bytes:
    """The text of a calendar, with the definition of each time zone that its entries name. `name`: what programs call it."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Bureaux Volants//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
    entries = list(entries)
    for name_of_zone in sorted({entry["DTSTART"].params["TZID"] for entry in entries}):
        calendar.add_component(definition_of(name_of_zone))
    for entry in entries:
        calendar.add_component(entry)
    text: bytes = calendar.to_ical()
    return text


def _status(booking: Booking) -> str:
    if booking.state == State.REQUESTED:
        return "TENTATIVE"
    return "CONFIRMED" if booking.state in HOLDING or booking.state == State.COMPLETED else "CANCELLED"
