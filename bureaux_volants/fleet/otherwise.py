"""What else somebody can do when nothing of what they booked is left: another site, another kind, a seat with others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.errors import Alternative
from bureaux_volants.booking.kinds import a_thing
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.pool import needs
from bureaux_volants.booking.search import alternatives, search
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.travel.modes import EBIKE_KM, Point

from .models import Trip
from .trips import Destination, SharedRide, rides_to, way

#: Everything that can be taken instead of something else, the lightest first.
INSTEAD = (Kind.BIKE, Kind.CARGO_BIKE, Kind.TRANSPORT_CARD, Kind.CAR)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """The same kind at other sites, other kinds at this one, and rides that have a seat for everybody."""

    sites: tuple[Alternative, ...]
    kinds: tuple[str, ...]
    rides: tuple[SharedRide, ...]

    def __bool__(self) -> bool:
        return bool(self.sites or self.kinds or self.rides)


def what_else(booking: Booking, directory: Directory, *, now: dt.datetime) -> Otherwise:
    """What the holder of a booking could do instead, at the same hours (what is left of them)."""
    asked = Interval(max(booking.start, now.replace(second=0, microsecond=0)), booking.end)
    if asked.start >= asked.end:
        return Otherwise((), (), ())
    trip = Trip.objects.filter(pk=booking.pk).first()
    features = frozenset(booking.features)
    sites = alternatives(booking.agent, booking.kind, booking.site_id, asked, features=features, limit=2, now=now)
    kinds = tuple(
        kind
        for kind in INSTEAD
        if kind != booking.kind
        and _is_enough(kind, trip, directory, booking)
        and _is_free(kind, trip, booking, asked, now)
    )
    rides: tuple[SharedRide, ...] = ()
    if trip is not None:
        there = Destination(trip.destination, Point(trip.lat, trip.lon))
        found = rides_to(booking.territory_id, there, asked.start, asked.end, but=booking.agent)
        rides = tuple(r for r in found if r.seats_left >= trip.people)
    return Otherwise(tuple(sites), kinds, rides)


def _is_enough(kind: str, trip: Trip | None, directory: Directory, booking: Booking) -> bool:
    """Whether a kind can make the trip. Where to is not always known of a bike or a card: then a car is no answer."""
    if kind == Kind.TRANSPORT_CARD:
        return True
    if trip is None:
        return kind != Kind.CAR
    if kind == Kind.CAR:
        return True
    site = directory.site_by_id(booking.site_id)
    there = Destination(trip.destination, Point(trip.lat, trip.lon))
    return trip.people == 1 and way(site, there, kind) <= EBIKE_KM


def _is_free(kind: str, trip: Trip | None, booking: Booking, asked: Interval, now: dt.datetime) -> bool:
    features = needs(trip.people, 2 * trip.km) if kind == Kind.CAR and trip is not None else frozenset[str]()
    found = search(booking.agent, kind, asked.start, asked.end, features=features, site_slug=booking.site.slug, now=now)
    return any(a.bookable for a in found)


def in_words(others: Otherwise, directory: Directory) -> str:
    """The same as sentences, beginning with a space; "" when there is nothing."""
    told = ""
    if others.kinds:
        told += f" Sur place, il reste {french.listing([a_thing(k) for k in others.kinds], 'ou')}."
    if others.sites:
        names = [f"{a.site.name} ({a.free} libre{'s' if a.free > 1 else ''})" for a in others.sites]
        told += f" Ailleurs : {french.listing(names, 'ou')}."
    if others.rides:
        names = [
            f"{r.driver} au départ de {r.site_name} à {french.at(r.start, directory.zone)}" for r in others.rides[:2]
        ]
        told += f" Une voiture y va déjà, avec de la place : {french.listing(names, 'ou')}."
    return told
