"""Waiting for a vehicle: where one wants to go is kept with the place in the queue, and becomes the trip of what one is given.

The queue itself is booking's (booking/waiting.py), served in the transaction that frees a unit. The trip follows from the
log: it is written once, whatever happens in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from bureaux_volants.booking import waiting
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Kind, WaitingEntry
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.pool import needs
from bureaux_volants.events.follow import follows
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent

from .models import Trip, WantedTrip
from .trips import Destination, way


def join(
    agent: Agent,
    kind: str,
    site_id: int,
    start: dt.datetime,
    end: dt.datetime,
    destination: Destination | None,
    author: Author,
    *,
    people: int = 1,
    now: dt.datetime | None = None,
) -> WaitingEntry:
    """Wait for a vehicle or a card of a site's pool. Raises what `waiting.join` raises."""
    if agent.territory_id is None:
        raise NotFound("Ce site n'existe pas.")
    try:
        site = get_directory(agent.territory_id).site_by_id(site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None
    km = way(site, destination, kind) if destination is not None and kind != Kind.TRANSPORT_CARD else 0.0
    features = needs(people, 2 * km) if kind == Kind.CAR else frozenset[str]()
    with transaction.atomic():
        entry = waiting.join(agent, Ask(kind, site_id, start, end, features), author, now=now)
        if destination is not None and kind != Kind.TRANSPORT_CARD:
            WantedTrip.objects.create(
                entry=entry,
                destination=destination.name[:120],
                lat=destination.point.lat,
                lon=destination.point.lon,
                km=round(km, 1),
                people=people,
            )
    return entry


@follows("fleet-waiting")
def give_the_trip_to_who_was_served(events: Sequence[Event]) -> None:
    """Whoever waited for a vehicle and got it goes where they said."""
    served = [e.subject_id for e in events if e.kind == "waiting.served"]
    for wanted in WantedTrip.objects.filter(entry__booking__in=served).select_related("entry"):
        assert wanted.entry.booking_id is not None  # found by it
        Trip.objects.get_or_create(
            booking_id=wanted.entry.booking_id,
            defaults={
                "territory_id": wanted.entry.territory_id,
                "destination": wanted.destination,
                "lat": wanted.lat,
                "lon": wanted.lon,
                "km": wanted.km,
                "people": wanted.people,
            },
        )
