"""What became of a booked day's parts: each can be changed alone, and the day says so."""

from __future__ import annotations

from collections.abc import Iterable

from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event

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
