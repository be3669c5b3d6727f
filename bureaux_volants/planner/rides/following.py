"""A pool car that is not driven, or at other hours, takes its ride along: told by the log, done once."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.events.follow import follows
from bureaux_volants.events.log import SOFTWARE
from bureaux_volants.events.models import Event
from bureaux_volants.planner.models import RideOffer

from .giving_up import call_off
from .offers import locked
from .seats import HoursClash, set_hours

_ENDS = frozenset({"booking.cancelled", "booking.refused", "booking.no_show", "booking.changed", "booking.shortened"})


@follows("planner.rides", apart=True)
def follow(events: Sequence[Event]) -> None:
    touched = sorted({e.subject_id for e in events if e.kind in _ENDS and e.subject_kind == "booking"})
    if not touched:
        return
    offers = RideOffer.objects.filter(booking__in=touched).exclude(state=RideOffer.State.CANCELLED)
    for pk in list(offers.order_by("pk").values_list("pk", flat=True)):
        keep_up(pk)


@in_transaction
def keep_up(offer_id: int) -> None:
    """Bring a ride in line with its booking as it is now: called off with it, or moved into its hours."""
    offer = RideOffer.objects.select_related("driver", "booking__resource").get(pk=offer_id)
    locked(offer, with_all=True)
    # What was read before the locks may have changed since.
    now = timezone.now()
    booking = offer.booking
    if booking is None or offer.state == RideOffer.State.CANCELLED or offer.depart <= now:
        return
    if booking.state not in HOLDING or booking.end <= now:
        call_off(offer, SOFTWARE, now)
    elif not booking.start <= offer.depart < booking.end:
        offer.depart = booking.start
        try:
            set_hours(offer)
        except HoursClash:
            # Nobody is in two cars: at its new hours this ride can't be.
            call_off(offer, SOFTWARE, now)
