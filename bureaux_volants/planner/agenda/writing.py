"""A booked day for a person's calendar: one entry per stay, the same entry each time it is taken (RFC 5545, UID and SEQUENCE)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import icalendar

from bureaux_volants.booking.kinds import noun
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import HOLDING, State


def calendar_of(
    bookings: Sequence[Booking], changes: Mapping[int, Sequence[str]], base_url: str, now: dt.datetime
) -> bytes:
    """The file. `changes`: by booking, what changed it so far: a calendar takes the entry with the higher number."""
    host = base_url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Bureaux Volants//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for booking in bookings:
        event = icalendar.Event()
        event.add("uid", f"{booking.reference}@{host}")
        event.add("dtstamp", now.astimezone(dt.UTC))
        event.add("sequence", len(changes.get(booking.pk, ())))
        event.add("dtstart", booking.start.astimezone(dt.UTC))
        event.add("dtend", booking.end.astimezone(dt.UTC))
        one = noun(booking.kind).one
        event.add("summary", f"{one[:1].upper()}{one[1:]} : {booking.site.name} ({booking.resource.name})")
        event.add("location", ", ".join(part for part in (booking.site.name, booking.site.address) if part))
        event.add("url", f"{base_url.rstrip('/')}/reservations/{booking.reference}/")
        event.add("status", _status(booking))
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _status(booking: Booking) -> str:
    if booking.state == State.REQUESTED:
        return "TENTATIVE"
    return "CONFIRMED" if booking.state in HOLDING or booking.state == State.COMPLETED else "CANCELLED"
