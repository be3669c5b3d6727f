"""The code, shown to its holder, when its time comes. Nobody else, nowhere else: not in a log, a mail or an address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from bureaux_volants.booking import guards
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .errors import NoKey, NoLonger, NotHolder, NotYet
from .models import Box, Custody, Delivery, Grant, Key
from .secrecy import Ring, code_of, ring_of

#: A box speaks every minute: silent for so long, it works alone, and what it does is known later.
SILENT = dt.timedelta(minutes=20)


@dataclass(frozen=True)
class Code:
    """What the holder needs before the box. Printing it by mistake shows no digits."""

    digits: str
    box: str
    slot: int | None
    until: dt.datetime
    late_until: dt.datetime
    #: False while the box has not said that it knows this grant: it may have no network.
    is_at_box: bool
    #: The key is out with this person: the code now serves to bring it back.
    is_for_return: bool

    def __repr__(self) -> str:
        return f"<Code for {self.box}>"


@dataclass(frozen=True)
class Known:
    """What is on record of the keys of some bookings, read at once however many they are."""

    grants: Mapping[int, list[Grant]]  # by booking, newest first
    out: Mapping[int, Custody]  # what each booking has in hand
    told: Mapping[int, frozenset[str]]  # what the box has acknowledged of each grant
    where: Mapping[int, Custody]  # where each resource is
    keys: Mapping[int, Key]  # of each resource
    rings: Mapping[int, Ring]  # of each box

    def has(self, grant: Grant) -> bool:
        """Whether the box is known to have a grant and has not been told to forget it."""
        return self.told.get(grant.pk) == frozenset({str(Delivery.Kind.GRANT)})


def look(bookings: Sequence[Booking]) -> Known:
    """Read what `code_in` needs of these bookings: some queries in all, and one per box."""
    grants: dict[int, list[Grant]] = {}
    for grant in Grant.objects.filter(booking__in=bookings).select_related("box").order_by("booking", "-version"):
        grants.setdefault(grant.booking_id, []).append(grant)
    every = [g for those in grants.values() for g in those]
    told: dict[int, set[str]] = {}
    for delivery in Delivery.objects.filter(grant__in=every, delivered_at__isnull=False):
        told.setdefault(delivery.grant_id, set()).add(delivery.kind)
    resources = {b.resource_id for b in bookings} | {g.resource_id for g in every}
    where = {
        c.resource_id: c
        for c in Custody.objects.filter(resource__in=resources, until=None).select_related("grant__box", "box")
    }
    ids = {b.pk for b in bookings}
    out = {c.booking_id: c for c in where.values() if c.booking_id in ids and c.is_out and c.booking_id is not None}
    keys = {k.pk: k for k in Key.objects.filter(resource__in=resources).select_related("box", "home")}
    boxes = {g.box_id: g.box for g in every if g.epoch}
    return Known(
        grants,
        out,
        {pk: frozenset(kinds) for pk, kinds in told.items()},
        where,
        keys,
        {pk: ring_of(box) for pk, box in boxes.items()},
    )


def code_for(booking: Booking, viewer: Agent, *, now: dt.datetime | None = None) -> Code:
    """The code of a booking, for its holder, while it can serve.

    To take: from the grant's first instant to the booking's end. To return: as long as the key is out with the booking, up to the
    grant's last instant. Raises NotHolder, NoKey, NotYet (the message says when it appears), NoLonger, and Refused when a
    rule forbids taking it today (a licence that has ended).
    """
    return code_in(look([booking]), booking, viewer, now=now or timezone.now())


def code_in(known: Known, booking: Booking, viewer: Agent, *, now: dt.datetime) -> Code:
    """As `code_for`, from what `look` has read."""
    if viewer.pk != booking.agent_id:
        raise NotHolder("Ce code n'est montré qu'à la personne qui a réservé.")
    grants = known.grants.get(booking.pk, [])
    if not grants:
        raise NoKey("Cette réservation n'a pas de clé à prendre dans une boîte.")
    out = known.out.get(booking.pk)
    if out is not None and out.grant is not None:
        if now >= out.grant.late_until:
            raise NoLonger("Ce code n'ouvre plus : rendez la clé à la gestion de flotte.")
        live = next((g for g in grants if g.revoked_at is None and g.resource_id == out.resource_id), out.grant)
        return _shown(known, [live, out.grant], is_for_return=True)
    live = grants[0]
    if live.revoked_at is not None or now >= live.until:
        raise NoLonger("Cette réservation ne permet plus de prendre la clé.")
    if now < live.from_at:
        zone = booking.territory.zone
        when = french.day(live.from_at.astimezone(zone).date())
        raise NotYet(f"Le code apparaîtra ici à {french.at(live.from_at, zone)}, le {when}.")
    require_rules(booking)
    # A booking that was extended while the box hears nothing: what the box knows opens it, for the same key.
    same = [g for g in grants if g.resource_id == live.resource_id and g.from_at <= now < g.until]
    return _shown(known, same, is_for_return=False)


def require_rules(booking: Booking) -> None:
    """Raise Refused where a rule of another room forbids taking it now, whatever was true at booking."""
    if against := guards.refusals(booking.agent, booking.kind, Interval(booking.start, booking.end)):
        raise Refused(against)


def _shown(known: Known, grants: Sequence[Grant], *, is_for_return: bool) -> Code:
    """The code of the newest of these grants that the box is known to have; else of the newest of all."""
    grant = next((g for g in grants if known.has(g)), grants[0])
    box = grant.box
    if not box.is_active:
        raise NoKey("Cette boîte à clés est hors service : voyez la gestion de flotte.")
    is_mechanical = box.adapter == Box.Adapter.MANUAL
    digits = box.mechanical_code if is_mechanical else code_of(grant, box, known.rings.get(box.pk) or ring_of(box))
    if not digits:
        raise NoKey("Cette boîte à clés n'est pas encore en liaison : voyez la gestion de flotte.")
    now_in, key = known.where.get(grant.resource_id), known.keys.get(grant.resource_id)
    slot = now_in.slot if now_in is not None and now_in.slot is not None else None
    if slot is None and key is not None:
        slot = key.home.number
    at_box = is_mechanical or Delivery.Kind.GRANT in known.told.get(grant.pk, ())
    return Code(digits, box.name, slot, grant.until, grant.late_until, at_box, is_for_return)


def is_silent(box: Box, now: dt.datetime) -> bool:
    """Whether a box that speaks has not been heard for a while; never true of a mechanical one."""
    return box.adapter != Box.Adapter.MANUAL and (box.last_seen_at is None or now - box.last_seen_at > SILENT)


def residual_risk_until(grant: Grant) -> dt.datetime | None:
    """Until when a revoked grant's code may still open, because the box has not said that it knows of the revocation.

    None: it cannot. A box that works without network decides alone, so a code that it once had is good until its end or until
    the box is reached, whichever comes first; nothing else can be promised of it.
    """
    if grant.revoked_at is None:
        return None
    known = {d.kind: d.delivered_at for d in grant.deliveries.all()}
    if Delivery.Kind.GRANT not in known or known.get(Delivery.Kind.REVOCATION) is not None:
        return None
    return grant.until


def still_opening(now: dt.datetime) -> QuerySet[Grant]:
    """Every revoked grant whose code may still open its box: `residual_risk_until` of many, as one query."""
    told = Delivery.objects.filter(grant=OuterRef("pk"))
    return Grant.objects.filter(
        Exists(told.filter(kind=Delivery.Kind.GRANT)),
        ~Exists(told.filter(kind=Delivery.Kind.REVOCATION, delivered_at__isnull=False)),
        revoked_at__isnull=False,
        until__gt=now,
    )
