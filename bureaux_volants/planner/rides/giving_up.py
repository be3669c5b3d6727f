"""A ride that its driver does not drive: every seat is given back, and whoever counted on it is told."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.territory.models import Agent

from . import notices
from .offers import locked
from .seats import free


@in_transaction
def cancel_ride(driver: Agent, reference: str, author: Author, *, now: dt.datetime | None = None) -> RideOffer:
    """The driver does not go, or goes alone: whoever counted on it is told. NotFound, WrongState once it has left."""
    now = now or timezone.now()
    offer = None
    if "\0" not in reference:
        offer = RideOffer.objects.filter(driver=driver, reference=reference.upper()).first()
    if offer is None:
        raise NotFound("Ce trajet n'existe pas.")
    locked(offer)
    if offer.state == RideOffer.State.CANCELLED:
        return offer
    if offer.depart <= now:
        raise WrongState("Ce trajet est parti.")
    call_off(offer, author, now)
    return offer


def call_off(offer: RideOffer, author: Author, now: dt.datetime) -> None:
    """Give a locked ride up with all its seats."""
    riding = list(offer.requests.filter(state__in=RIDING).select_related("passenger").order_by("pk"))
    for one in riding:
        free(offer, one, RideRequest.State.GONE, now)
    offer.state, offer.stops = RideOffer.State.CANCELLED, []
    offer.save(update_fields=["state", "stops"])
    told = {"reference": offer.reference, "agent": offer.driver_id}
    record_many(author, [Fact(offer.territory_id, "ride.cancelled", "ride_offer", offer.pk, told, now)])
    for one in riding:
        notices.called_off(one, get_directory(offer.territory_id))
