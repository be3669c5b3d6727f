"""The state of a unit as people see it: what is wrong is kept with who had it last, told, and may take it out of service."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.files.base import ContentFile
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.booking.withdraw import lock_unit
from bureaux_volants.events.log import Author, record
from bureaux_volants.keys.models import Custody

from . import notices
from .models import Damage, Reading
from .out_of_service import take_out_locked


def before(booking: Booking) -> Booking | None:
    """Who had the unit before this loan took it: from the keys, else from the loans."""
    since = booking.checked_in_at or booking.start
    held = (
        Custody.objects.filter(resource_id=booking.resource_id, since__lt=since)
        .exclude(booking=None)
        .exclude(booking=booking)
        .select_related("booking")
        .order_by("-since")
        .first()
    )
    if held is not None:
        return held.booking
    used = Booking.objects.filter(
        resource_id=booking.resource_id, state__in=(State.COMPLETED, State.IN_USE), checked_in_at__lt=since
    ).exclude(pk=booking.pk)
    return used.order_by("-checked_in_at").first()


@in_transaction
def report(
    booking_id: int,
    condition: Reading.Condition,
    author: Author,
    *,
    note: str = "",
    photo: bytes | None = None,
    now: dt.datetime | None = None,
) -> Damage | None:
    """Keep what somebody says of a unit that they have or had. Nothing when all is well; saying it twice is saying it once.

    The fleet managers of the site are told. What must not be driven any more is out of service at once, and those who had
    booked it are seated elsewhere, or told. WrongState for a desk or a loan that never began.
    """
    now = now or timezone.now()
    booking = Booking.objects.select_related("resource", "site", "agent").filter(pk=booking_id).first()
    if booking is None:
        raise NotFound("Cette réservation n'existe pas.")
    if booking.kind == Kind.DESK or booking.checked_in_at is None:
        raise WrongState("L'état se signale une fois le véhicule pris.")
    if condition == Reading.Condition.GOOD:
        return None
    lock_unit(booking.resource, now)
    damage, is_new = Damage.objects.get_or_create(
        booking=booking,
        severity=str(condition),
        note=note[:400],
        defaults={
            "resource_id": booking.resource_id,
            "territory_id": booking.territory_id,
            "before": before(booking),
            "reported_at": now,
        },
    )
    if photo is not None and not damage.photo:
        damage.photo.save(f"{uuid.uuid4().hex}.jpg", ContentFile(photo))
    if not is_new:
        return damage
    record(
        booking.territory_id,
        author,
        "damage.reported",
        "resource",
        booking.resource_id,
        reference=booking.reference,
        severity=str(condition),
        damage=damage.pk,
    )
    if condition == Reading.Condition.UNFIT:
        take_out_locked(booking.resource_id, damage.note or "à ne plus conduire", author, now)
    notices.damage_reported(damage, get_directory(booking.territory_id))
    return damage


@in_transaction
def settle(damage_id: int, author: Author, *, how: str, now: dt.datetime | None = None) -> Damage:
    """Say what was done about a report. WrongState when somebody did already."""
    damage = Damage.objects.select_for_update().get(pk=damage_id)
    if damage.settled_at is not None:
        raise WrongState("Ce signalement est déjà réglé.")
    damage.settled_at, damage.settled_by, damage.how = now or timezone.now(), author.agent, how[:200]
    damage.save(update_fields=["settled_at", "settled_by", "how"])
    record(
        damage.territory_id, author, "damage.settled", "resource", damage.resource_id, damage=damage.pk, how=damage.how
    )
    return damage
