"""What the key room hears from the event log: bookings become grants, and keys taken or returned become check-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from bureaux_volants.booking.locks import TryAgain
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.follow import follows
from bureaux_volants.events.log import SOFTWARE
from bureaux_volants.events.models import Event

from .carrying import carry_over
from .granting import sync
from .locks import lock_boxes
from .models import Grant, Key


def _concerned(events: Sequence[Event], now: dt.datetime) -> list[int]:
    """The bookings that these events may have changed a grant of."""
    bookings = {
        e.subject_id
        for e in events
        if e.subject_kind == "booking" and (e.kind.startswith("booking.") or e.kind == "waiting.served")
    }
    keys = {e.subject_id for e in events if e.kind == "key.installed"}
    if keys:
        bookings.update(Booking.objects.filter(resource_id__in=keys, end__gt=now).values_list("pk", flat=True))
    return sorted(bookings)


def _boxes(bookings: Sequence[int]) -> set[int]:
    here = Key.objects.filter(resource__bookings__in=bookings).values_list("box_id", flat=True)
    before = Grant.objects.filter(booking_id__in=bookings, revoked_at=None).values_list("box_id", flat=True)
    return {*here, *before}


@follows("keys")
def grant_what_is_booked(events: Sequence[Event]) -> None:
    """One living grant for each booking of a thing that has a key, none for the others."""
    renew(events, timezone.now())


def renew(events: Sequence[Event], now: dt.datetime) -> None:
    """Bring the grants of every booking that these events speak of up to date."""
    concerned = _concerned(events, now)
    boxes = _boxes(concerned)
    if not boxes:
        return
    lock_boxes(boxes)
    if not _boxes(concerned) <= boxes:
        raise TryAgain
    for booking in Booking.objects.filter(pk__in=concerned).order_by("pk"):
        sync(booking, SOFTWARE, now)


# Check-in and leave take locks and transactions of their own; doing them twice changes nothing.
@follows("keys-bookings", apart=True)
def check_in_who_took_a_key(events: Sequence[Event]) -> None:
    """Whoever took the key has arrived, whoever returned it has left, also when the process that heard it was killed."""
    for event in events:
        if event.kind in ("key.taken", "key.returned") and event.subject_kind == "booking":
            carry_over(event.kind, event.subject_id, event.data)
