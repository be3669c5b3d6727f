"""The grant of a booking: made, replaced and revoked so that it always says what the booking says now.

It looks at the booking as it is, not at what happened to it: doing it twice, late, or after several changes at once ends in the
same grant.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Max

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, record

from .codes import Window, generation_for
from .models import Box, Delivery, Grant, Key
from .secrecy import code_of, ring_of, window_of

#: Grants are at the box this long before they begin: the network may then fail.
AHEAD = dt.timedelta(hours=48)

#: A booking in one of these may open its box.
_OPENING = (State.CONFIRMED, State.IN_USE)


def window_for(booking: Booking, box: Box) -> Window:
    """When the key of a booking may be taken and returned.

    It may be taken before the start by as much as check-in allows, but never while the booking before it, with its turnaround,
    still holds the key: the taking windows of one key never meet.
    """
    rules = get_directory(booking.territory_id).site_by_id(booking.site_id).rules_for(booking.kind)
    early = min(rules.check_in_early_minutes, rules.turnaround_minutes)
    start = booking.start - dt.timedelta(minutes=early)
    longest = start + dt.timedelta(hours=box.max_window_hours)
    until = min(booking.end, longest)
    return Window(start, until, max(until, min(until + dt.timedelta(hours=box.late_return_hours), longest)))


def sync(booking: Booking, author: Author, now: dt.datetime) -> Grant | None:
    """Make the booking's grant say what the booking says. The caller holds the lock of every box concerned.

    Returns the grant that lives afterwards, if any.
    """
    live = Grant.objects.select_related("box").filter(booking=booking, revoked_at=None).first()
    key = Key.objects.select_related("box").filter(pk=booking.resource_id, box__is_active=True).first()
    wanted = window_for(booking, key.box) if key is not None and booking.state in _OPENING else None
    if live is not None:
        if (
            wanted == window_of(live)
            and key is not None
            and (live.resource_id, live.box_id) == (key.pk, key.box_id)
            and (live.epoch > 0) == (key.box.adapter != Box.Adapter.MANUAL and key.box.enrolled_at is not None)
        ):
            return live
        revoke(live, author, now)
    if wanted is None or key is None or wanted.late_until <= now:
        return None
    return _grant(booking, key, wanted, author, now)


def _grant(booking: Booking, key: Key, window: Window, author: Author, now: dt.datetime) -> Grant:
    box, public_id = key.box, uuid.uuid4()
    ring = ring_of(box)
    generation = 0
    if ring.current:
        # Revoked ones count too: their holders may still have a key to bring back.
        beside = Grant.objects.filter(box=box, late_until__gt=max(window.start, now), from_at__lt=window.late_until)
        taken = {code_of(other, box, ring) for other in beside}
        generation = generation_for(ring.secrets[ring.current], str(public_id), window, box.pin_length, taken)
    last = Grant.objects.filter(booking=booking).aggregate(last=Max("version"))["last"]
    grant = Grant.objects.create(
        public_id=public_id,
        territory_id=booking.territory_id,
        booking=booking,
        version=(last or 0) + 1,
        resource_id=key.pk,
        box=box,
        from_at=window.start,
        until=window.until,
        late_until=window.late_until,
        generation=generation,
        epoch=ring.current,
        created_at=now,
    )
    record(
        booking.territory_id,
        author,
        "key.granted",
        "booking",
        booking.pk,
        reference=booking.reference,
        resource=key.pk,
        box=box.pk,
        version=grant.version,
    )
    deliver(grant, now)
    return grant


def deliver(grant: Grant, now: dt.datetime) -> None:
    """Put a grant in the outbox of its box when its time is near; a box that does not speak hears nothing."""
    if grant.epoch and grant.from_at <= now + AHEAD:
        Delivery.objects.get_or_create(
            grant=grant, kind=Delivery.Kind.GRANT, defaults={"box_id": grant.box_id, "created_at": now}
        )


def revoke(grant: Grant, author: Author, now: dt.datetime) -> None:
    """End the right to take; a key that is out may still be brought back with the same code."""
    grant.revoked_at = now
    grant.save(update_fields=["revoked_at"])
    if grant.deliveries.filter(kind=Delivery.Kind.GRANT).exists():
        Delivery.objects.get_or_create(
            grant=grant, kind=Delivery.Kind.REVOCATION, defaults={"box_id": grant.box_id, "created_at": now}
        )
    booking = grant.booking
    record(
        grant.territory_id,
        author,
        "key.revoked",
        "booking",
        booking.pk,
        reference=booking.reference,
        resource=grant.resource_id,
        box=grant.box_id,
        version=grant.version,
    )


def reissue(box: Box, author: Author, now: dt.datetime) -> int:
    """Replace every living grant of a box that has new secrets. The caller holds its lock. Returns how many."""
    living = list(Grant.objects.filter(box=box, revoked_at=None).select_related("booking"))
    for grant in living:
        revoke(grant, author, now)
        sync(grant.booking, author, now)
    return len(living)
