"""The code, shown to its holder, when its time comes. Nobody else, nowhere else: not in a log, a mail or an address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from bureaux_volants.booking import guards
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .errors import NoKey, NoLonger, NotHolder, NotYet
from .models import Box, Custody, Delivery, Grant, Key
from .secrecy import code_of, ring_of


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


def code_for(booking: Booking, viewer: Agent, *, now: dt.datetime | None = None) -> Code:
    """The code of a booking, for its holder, while it can serve.

    To take: from the grant's first instant to the booking's end. To return: as long as the key is out with the booking, up to the
    grant's last instant. Raises NotHolder, NoKey, NotYet (the message says when it appears), NoLonger, and Refused when a
    rule forbids taking it today (a licence that has ended).
    """
    now = now or timezone.now()
    if viewer.pk != booking.agent_id:
        raise NotHolder("Ce code n'est montré qu'à la personne qui a réservé.")
    grants = list(Grant.objects.filter(booking=booking).select_related("box").order_by("-version"))
    if not grants:
        raise NoKey("Cette réservation n'a pas de clé à prendre dans une boîte.")
    out = Custody.objects.filter(booking=booking, until=None).select_related("grant__box").first()
    if out is not None and out.grant is not None:
        if now >= out.grant.late_until:
            raise NoLonger("Ce code n'ouvre plus : rendez la clé à la gestion de flotte.")
        live = next((g for g in grants if g.revoked_at is None and g.resource_id == out.resource_id), out.grant)
        return _shown(_best_known([live, out.grant]), is_for_return=True)
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
    return _shown(_best_known(same), is_for_return=False)


def require_rules(booking: Booking) -> None:
    """Raise Refused where a rule of another room forbids taking it now, whatever was true at booking."""
    if against := guards.refusals(booking.agent, booking.kind, Interval(booking.start, booking.end)):
        raise Refused(against)


def _best_known(grants: list[Grant]) -> Grant:
    """The newest grant that the box is known to have and has not been told to forget; else the newest of all."""
    told = Delivery.objects.filter(grant__in=grants, delivered_at__isnull=False)
    have = set(told.filter(kind=Delivery.Kind.GRANT).values_list("grant_id", flat=True))
    have -= set(told.filter(kind=Delivery.Kind.REVOCATION).values_list("grant_id", flat=True))
    return next((g for g in grants if g.pk in have), grants[0])


def _shown(grant: Grant, *, is_for_return: bool) -> Code:
    box = grant.box
    if not box.is_active:
        raise NoKey("Cette boîte à clés est hors service : voyez la gestion de flotte.")
    is_mechanical = box.adapter == Box.Adapter.MANUAL
    digits = box.mechanical_code if is_mechanical else code_of(grant, box, ring_of(box))
    if not digits:
        raise NoKey("Cette boîte à clés n'est pas encore en liaison : voyez la gestion de flotte.")
    at_box = Delivery.objects.filter(grant=grant, kind=Delivery.Kind.GRANT, delivered_at__isnull=False).exists()
    now_in = Custody.objects.filter(resource_id=grant.resource_id, until=None).first()
    home = Key.objects.filter(pk=grant.resource_id).values_list("home__number", flat=True).first()
    slot = now_in.slot if now_in is not None and now_in.slot is not None else home
    return Code(digits, box.name, slot, grant.until, grant.late_until, is_mechanical or at_box, is_for_return)


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
