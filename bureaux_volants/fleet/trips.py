"""Booking a vehicle for a trip: where to, with how many; sharing before a second car leaves for the same place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from bureaux_volants.booking import service
from bureaux_volants.booking.directory import SiteEntry, get_directory
from bureaux_volants.booking.errors import BookingError, NotFound, Refused, WrongState
from bureaux_volants.booking.guards import engaged
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.notices import path_of
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.pool import needs
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import CHANGEABLE, HOLDING, State
from bureaux_volants.events.log import Author, record
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.modes import Mode, Point, leg

from . import take_home
from .models import Passenger, Trip, Vehicle
from .proposing import UnitFacts, order

#: Two destinations are the same place within this distance, kilometres.
SAME_PLACE_KM = 0.5
#: Two departures can be one when they are within this time of each other.
SAME_TIME = dt.timedelta(minutes=45)

_MODES = {Kind.CAR: Mode.CAR, Kind.BIKE: Mode.EBIKE, Kind.CARGO_BIKE: Mode.CARGO_BIKE}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a trip goes."""

    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class SharedRide:
    """Somebody else's car that goes there at about the same time and has seats left."""

    booking_id: int
    reference: str
    driver: str
    start: dt.datetime
    end: dt.datetime
    site_name: str
    seats_left: int


class RideOffered(BookingError):
    """Others already drive there: join them, or say that one goes alone and ask again."""

    code = "ride-offered"

    def __init__(self, rides: Sequence[SharedRide]) -> None:
        super().__init__("Une voiture va déjà au même endroit à peu près à la même heure : il y reste de la place.")
        self.rides = list(rides)


def way(site: SiteEntry, destination: Destination, kind: str) -> float:
    """Street kilometres one way, by the mode of the kind."""
    return leg(Point(site.lat, site.lon), destination.point, _MODES[Kind(kind)]).km


def preference(site: SiteEntry, kind: str, km: float) -> tuple[int, ...]:
    """The units of a pool in the order of proposal, for so many kilometres there and back."""
    units = site.units_of(kind)
    energies = dict(Vehicle.objects.filter(pk__in=[u.id for u in units]).values_list("pk", "energy"))
    used = (
        Booking.objects.filter(resource_id__in=[u.id for u in units], state__in=[*HOLDING, State.COMPLETED])
        .values_list("resource_id")
        .annotate(last=Max("end"))
    )
    last = dict(used)
    return order([UnitFacts(u.id, energies.get(u.id, ""), u.range_km, last.get(u.id)) for u in units], km)


def rides_to(
    territory_id: int, destination: Destination, start: dt.datetime, end: dt.datetime, *, but: Agent
) -> list[SharedRide]:
    """Cars of others that leave for the same place within SAME_TIME and have a seat."""
    trips = (
        Trip.objects.select_related("booking__agent", "booking__site", "booking__resource")
        .filter(
            territory_id=territory_id,
            booking__kind=Kind.CAR,
            booking__state__in=CHANGEABLE,
            booking__start__gte=start - SAME_TIME,
            booking__start__lte=start + SAME_TIME,
            booking__end__gt=start,
        )
        .exclude(booking__agent=but)
        .order_by("booking__start")
    )
    found: list[SharedRide] = []
    for trip in trips:
        booking = trip.booking
        left = (booking.resource.seats or 1) - trip.people
        near = distance_km(trip.lat, trip.lon, destination.point.lat, destination.point.lon) <= SAME_PLACE_KM
        if near and left > 0:
            found.append(
                SharedRide(
                    booking.pk,
                    booking.reference,
                    str(booking.agent),
                    booking.start,
                    booking.end,
                    booking.site.name,
                    left,
                )
            )
    return found


def book_trip(
    agent: Agent,
    kind: str,
    site_id: int,
    start: dt.datetime,
    end: dt.datetime,
    destination: Destination,
    author: Author,
    *,
    people: int = 1,
    features: frozenset[str] = frozenset(),
    alone: bool = False,
    at_home: bool = False,
    awaits_manager: bool = False,
    told_together: bool = False,
    now: dt.datetime | None = None,
) -> Booking:
    """Book the best suited vehicle of a site's pool for a trip. `at_home`: it spends the night where the person lives.
    `awaits_manager`: it is kept for the person until their manager has agreed. `told_together`: see `Ask`.

    Raises RideOffered when somebody already drives there and `alone` is not said; else what `service.book` raises.
    """
    now = now or timezone.now()
    if agent.territory_id is None:
        raise NotFound("Ce site n'existe pas.")
    if people < 1:
        raise Refused([Refusal("nobody-travels", "Indiquez au moins une personne à bord.")])
    try:
        site = get_directory(agent.territory_id).site_by_id(site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None
    if kind == Kind.CAR and not alone:
        rides = [
            ride
            for ride in rides_to(agent.territory_id, destination, start, end, but=agent)
            if ride.seats_left >= people
        ]
        if rides:
            raise RideOffered(rides)
    if at_home and (refusals := take_home.against(agent, Interval(start, end), site.zone)):
        raise Refused(refusals)
    km = way(site, destination, kind)
    asked = features | (needs(people, 2 * km) if kind == Kind.CAR else frozenset())
    ask = Ask(
        kind,
        site_id,
        start,
        end,
        asked,
        prefer=preference(site, kind, 2 * km),
        awaits_manager=awaits_manager,
        told_together=told_together,
    )
    # Both or neither: a vehicle that left for nowhere could not be shared.
    with transaction.atomic():
        booking = service.book(agent, ask, author, now=now)
        Trip.objects.create(
            booking=booking,
            territory_id=agent.territory_id,
            destination=destination.name[:120],
            lat=destination.point.lat,
            lon=destination.point.lon,
            km=round(km, 1),
            people=people,
            at_home=at_home,
        )
    return booking


@in_transaction
def join_ride(agent: Agent, reference: str, author: Author, *, now: dt.datetime | None = None) -> Trip:
    """Take a seat in somebody else's car; the driver is told. WrongState when none is left or they are in another car
    then; NotFound in another territory."""
    now = now or timezone.now()
    # PostgreSQL refuses a text that holds a NUL.
    if agent.territory_id is None or "\0" in reference:
        raise NotFound("Ce trajet n'existe pas.")
    found = (
        Trip.objects.filter(
            territory_id=agent.territory_id, booking__reference=reference.upper(), booking__kind=Kind.CAR
        )
        .exclude(booking__agent=agent)
        .values_list("pk", "booking__agent_id", "booking__site_id")
        .first()
    )
    if found is None:
        raise NotFound("Ce trajet n'existe pas.")
    trip_id, driver_id, site_id = found
    lock(people=[agent.pk, driver_id], sites=[site_id])
    trip = Trip.objects.select_related("booking__agent", "booking__resource").get(pk=trip_id)
    booking = trip.booking
    if booking.state not in CHANGEABLE or booking.start <= now:
        raise WrongState("Ce trajet est parti ou n'a plus lieu.")
    if Passenger.objects.filter(trip=trip, agent=agent).exists():
        return trip
    if against := engaged(agent, Interval(booking.start, booking.end), joins=True):
        raise WrongState(against[0].message)
    take_seat(trip)
    Passenger.objects.create(trip=trip, agent=agent, joined_at=now)
    record(
        booking.territory_id, author, "ride.joined", "booking", booking.pk, reference=booking.reference, agent=agent.pk
    )
    zone = get_directory(booking.territory_id).zone
    when = french.span(booking.start, booking.end, zone)
    outbox.write(
        booking.agent,
        "ride.joined",
        f"{agent} fait la route avec vous : {trip.destination}",
        f"{agent} partage votre voiture vers {trip.destination}, {when}. Vous êtes {trip.people} à bord.",
        path_of(booking),
    )
    return trip


def take_seat(trip: Trip) -> None:
    """Hold one more seat of a trip. The driver and the site are locked by the caller. WrongState when none is left."""
    if trip.people >= (trip.booking.resource.seats or 1):
        raise WrongState("Il ne reste plus de place dans cette voiture.")
    _carry(trip, trip.people + 1)


def give_seat_back(trip: Trip, agent: Agent) -> None:
    """Free the seat that was held for somebody. The driver and the site are locked by the caller."""
    Passenger.objects.filter(trip=trip, agent=agent).delete()
    _carry(trip, max(1, trip.people - 1))


def _carry(trip: Trip, people: int) -> None:
    trip.people = people
    trip.save(update_fields=["people"])
    # Whoever is re-seated keeps a seat for everybody.
    booking = trip.booking
    booking.features = sorted({f for f in booking.features if not f.startswith("seats:")} | needs(people))
    booking.save(update_fields=["features"])
