"""What people say in a box's place: at a mechanical box, that they take and return; anywhere, that a key is lost or found."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking import service
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.log import Author, Fact
from bureaux_volants.territory.permissions import Action, may

from .access import is_silent, require_rules
from .carrying import carry_over
from .custody import Kind
from .errors import NoKey, NoLonger, NotHolder, NotThere, NotYet
from .keeping import keep
from .locks import lock_boxes
from .models import Box, BoxEvent, Custody, Grant, Key
from .secrecy import window_of


def declare_taken(booking: Booking, author: Author, *, now: dt.datetime | None = None) -> None:
    """Say that the key of a booking is taken from its mechanical box: its holder, or a fleet manager of the site.

    Raises NotHolder, NoKey (the box speaks for itself, or the booking has no grant), NotYet, NoLonger; BookingError when the
    booking cannot be checked in. Where the key was thought to be with somebody else, a case is opened: a person who stands there with
    the key is believed.
    """
    now = now or timezone.now()
    for fact in _taken(booking, author, now):
        carry_over(fact.kind, fact.subject_id, fact.data, now=now)


def declare_returned(
    booking: Booking, author: Author, *, slot: int | None = None, now: dt.datetime | None = None
) -> None:
    """Say that the key of a booking is back in its mechanical box. Never too late to say so.

    `slot`: where it hangs, when not in its own. Raises NotHolder, NoKey, NotThere when the booking does not have it.
    """
    now = now or timezone.now()
    for fact in _returned(booking, author, slot, now):
        carry_over(fact.kind, fact.subject_id, fact.data, now=now)


def bring_back(booking: Booking, author: Author, *, now: dt.datetime | None = None) -> bool:
    """End a loan as far as its holder's word can; whether it is over.

    False: the key is out and its box, which was heard lately, will say itself when it is back. At a mechanical box the key is
    declared returned. Raises NotHolder, and BookingError as booking's own service.
    """
    now = now or timezone.now()
    _require_holder(booking, author)
    out = Custody.objects.filter(booking=booking, until=None).select_related("box").first()
    if out is not None and out.is_out:
        if out.box.adapter == Box.Adapter.MANUAL:
            declare_returned(booking, author, now=now)
            return True
        if out.box.is_active and not is_silent(out.box, now):
            return False
    service.leave(booking.pk, author, now=now)
    return True


def declare_lost(key: Key, author: Author, *, now: dt.datetime | None = None) -> None:
    """Say that a key is lost (a fleet manager). The box's next word about it counts more."""
    _declare(key, Kind.DECLARED_LOST, None, author, now or timezone.now())


def declare_found(key: Key, author: Author, *, slot: int | None = None, now: dt.datetime | None = None) -> None:
    """Say that a key is in its box (a fleet manager has put it there), in its own slot unless `slot` says otherwise."""
    now = now or timezone.now()
    for fact in _declare(key, Kind.DECLARED_IN, slot, author, now):
        carry_over(fact.kind, fact.subject_id, fact.data, now=now)


def _require_holder(booking: Booking, author: Author) -> None:
    agent = author.agent
    if agent is None or not (agent.pk == booking.agent_id or may(agent, Action.MANAGE_FLEET, site=booking.site)):
        raise NotHolder("Cette clé est celle d'une autre réservation.")


def _grant_at_mechanical_box(booking: Booking) -> Grant:
    grant = (
        Grant.objects.select_related("box__site", "booking")
        .filter(booking=booking, box__adapter=Box.Adapter.MANUAL)
        .order_by("-version")
        .first()
    )
    if grant is None:
        raise NoKey("Cette réservation n'a pas de clé à déclarer : la boîte le dit elle-même.")
    return grant


def _say(box: Box, kind: Kind, key_id: int, slot: int | None, grant: Grant | None, now: dt.datetime) -> list[Fact]:
    """The next event of a mechanical box: the server numbers for it."""
    sequence = box.last_sequence + 1
    BoxEvent.objects.create(
        box=box, sequence=sequence, kind=kind, clock=now, received_at=now, slot=slot, key_id=key_id, grant=grant
    )
    return keep(box, [sequence], now)


@in_transaction
def _taken(booking: Booking, author: Author, now: dt.datetime) -> list[Fact]:
    _require_holder(booking, author)
    grant = _grant_at_mechanical_box(booking)
    lock_boxes([grant.box_id])
    grant.refresh_from_db(fields=["revoked_at"])
    require_rules(booking)
    if grant.revoked_at is not None or now >= grant.until:
        raise NoLonger("Cette réservation ne permet plus de prendre la clé.")
    if not window_of(grant).may_take(now):
        raise NotYet("Il est trop tôt pour prendre cette clé.")
    box = Box.objects.select_related("site").get(pk=grant.box_id)
    if Custody.objects.filter(resource_id=grant.resource_id, until=None, booking=booking).exists():
        return []  # said already
    return _say(box, Kind.KEY_OUT, grant.resource_id, None, grant, now)


@in_transaction
def _returned(booking: Booking, author: Author, slot: int | None, now: dt.datetime) -> list[Fact]:
    _require_holder(booking, author)
    grant = _grant_at_mechanical_box(booking)
    lock_boxes([grant.box_id])
    box = Box.objects.select_related("site").get(pk=grant.box_id)
    if not Custody.objects.filter(resource_id=grant.resource_id, until=None, booking=booking).exists():
        raise NotThere("Cette clé n'est pas notée comme étant avec vous.")
    return _say(box, Kind.KEY_IN, grant.resource_id, slot, None, now)


@in_transaction
def _declare(key: Key, kind: Kind, slot: int | None, author: Author, now: dt.datetime) -> list[Fact]:
    box = Box.objects.select_related("site").get(pk=key.box_id)
    if author.agent is not None and not may(author.agent, Action.MANAGE_FLEET, site=box.site):
        raise NotHolder("Seule la gestion de flotte peut le dire d'une clé.")
    lock_boxes([box.pk])
    box.refresh_from_db()
    return say_after(box, kind, key, slot, author, now)


def say_after(box: Box, kind: Kind, key: Key, slot: int | None, author: Author, now: dt.datetime) -> list[Fact]:
    """Put what a person says after the last thing that the box said. The caller holds the lock of the box."""
    place = box.last_sequence
    before = box.events.filter(sequence=place).order_by("-rank").first()
    BoxEvent.objects.create(
        box=box,
        sequence=place,
        rank=before.rank + 1 if before is not None else 1,
        kind=kind,
        clock=now,
        received_at=now,
        slot=slot,
        key=key,
        data={"by": author.id},
    )
    return keep(box, [place], now)
