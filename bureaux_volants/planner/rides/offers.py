"""Opening one's car to colleagues, closing it, giving it up; and which rides are open to somebody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.db.utils import IntegrityError
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound, Refused, WrongState
from bureaux_volants.booking.locks import TryAgain, constraint_name, in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import CHANGEABLE
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.fleet.models import Trip, Vehicle
from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.visibility import shows
from bureaux_volants.travel.footprint import HOME
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point

from .engaged import against
from .matching import OpenRide, Stop, course

#: A home is told to others no more precisely than this many decimals of a degree (about 700 m) before they ride together.
BLURRED = 2
#: How far ahead a ride can be offered.
HORIZON = dt.timedelta(days=90)
MOST_SEATS = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """What a driver offers: from where to where, when, how many seats; minutes of detour, and of leaving sooner or later."""

    origin: Place
    destination: Place
    depart: dt.datetime
    seats: int
    max_detour_minutes: int = 10
    flexible_minutes: int = 0
    energy: str = "diesel"


@in_transaction
def offer_ride(
    driver: Agent, offer: Offer, author: Author, *, reference: str = "", now: dt.datetime | None = None
) -> RideOffer:
    """Open a car to colleagues; with the `reference` of the driver's own booking, a pool car, whose seats and energy it has.

    Raises Refused with all that is wrong, NotFound for a booking that is not theirs, WrongState for one that is over.
    """
    now = now or timezone.now()
    if driver.territory_id is None:
        raise NotFound("Cette réservation n'existe pas.")
    booking = _booking(driver, reference, now) if reference else None
    lock(people=[driver.pk], sites=[booking.site_id] if booking else [])
    seats, energy, flexible = offer.seats, offer.energy, offer.flexible_minutes
    refusals: list[Refusal] = []
    if booking is not None:
        booking.refresh_from_db()
        trip = Trip.objects.get(booking=booking)
        left = (booking.resource.seats or 1) - trip.people
        vehicle = Vehicle.objects.filter(pk=booking.resource_id).first()
        energy, flexible = (vehicle.energy if vehicle else "") or energy, 0
        if left < 1:
            refusals.append(Refusal("ride-full", "Il ne reste plus de place dans cette voiture."))
        seats = min(seats, max(left, 1))
        if not booking.start <= offer.depart < booking.end:
            refusals.append(
                Refusal("ride-outside-booking", "Le départ doit tomber pendant que la voiture vous est réservée.")
            )
    if not 1 <= seats <= MOST_SEATS:
        refusals.append(Refusal("ride-seats", f"Proposez de 1 à {MOST_SEATS} places."))
    if offer.depart <= now:
        refusals.append(Refusal("ride-past", "L'heure de départ est passée."))
    elif offer.depart > now + HORIZON:
        refusals.append(Refusal("ride-too-far-ahead", "Ce jour est trop loin : proposez au plus 90 jours à l'avance."))
    if offer.origin.point == offer.destination.point:
        refusals.append(Refusal("ride-nowhere", "Le départ et l'arrivée sont le même lieu."))
        raise Refused(refusals)
    arrive = offer.depart + dt.timedelta(minutes=max(1.0, course(offer.origin, (), offer.destination)[1][-1]))
    if not refusals and (why := against(driver, offer.depart, arrive, loan=booking.pk if booking else None)):
        refusals.append(Refusal("ride-busy", why))
    if refusals:
        raise Refused(refusals)
    try:
        made = RideOffer.objects.create(
            territory_id=driver.territory_id,
            driver=driver,
            booking=booking,
            origin=offer.origin.name[:120],
            origin_lat=offer.origin.point.lat,
            origin_lon=offer.origin.point.lon,
            origin_is_home=offer.origin.key == HOME,
            destination=offer.destination.name[:120],
            destination_lat=offer.destination.point.lat,
            destination_lon=offer.destination.point.lon,
            destination_is_home=offer.destination.key == HOME,
            depart=offer.depart,
            arrive=arrive,
            flexible_minutes=flexible,
            max_detour_minutes=offer.max_detour_minutes,
            seats=seats,
            energy=energy,
            created_at=now,
        )
    except IntegrityError as error:
        if constraint_name(error) == "ride_one_of_a_booking":
            raise WrongState("Cette voiture est déjà proposée en covoiturage.") from error
        raise
    told = {"reference": made.reference, "agent": driver.pk}
    record_many(author, [Fact(driver.territory_id, "ride.offered", "ride_offer", made.pk, told, now)])
    return made


def _booking(driver: Agent, reference: str, now: dt.datetime) -> Booking:
    booking = None
    # PostgreSQL refuses a text that holds a NUL.
    if "\0" not in reference:
        booking = (
            Booking.objects.select_related("resource")
            .filter(agent=driver, territory=driver.territory, reference=reference.upper(), kind=Kind.CAR)
            .filter(trip__isnull=False)
            .first()
        )
    if booking is None:
        raise NotFound("Cette réservation n'existe pas.")
    if booking.state not in CHANGEABLE or booking.end <= now:
        raise WrongState("Cette réservation est partie ou n'a plus lieu.")
    if RideOffer.objects.filter(booking=booking).exclude(state=RideOffer.State.CANCELLED).exists():
        raise WrongState("Cette voiture est déjà proposée en covoiturage.")
    return booking


def locked(offer: RideOffer, *others: Agent, with_all: bool = False) -> None:
    """Wait for the driver, the others and the pool car's site, then read the ride as it is now.

    `with_all`: for everybody who rides too, because their hours may move. Raises TryAgain when somebody has come meanwhile.
    """

    def aboard() -> set[int]:
        riding = RideRequest.objects.filter(offer=offer.pk, state__in=RIDING)
        return set(riding.values_list("passenger_id", flat=True)) if with_all else set()

    sites = [offer.booking.site_id] if offer.booking is not None else []
    people = {offer.driver_id, *(o.pk for o in others), *aboard()}
    lock(people=people, sites=sites)
    if not aboard() <= people:
        raise TryAgain
    offer.refresh_from_db()


def stops_of(offer: RideOffer, *, blurred: bool = False) -> tuple[Stop, ...]:
    """Where people get in and out, in order."""
    return tuple(Stop(who, _place(name, lat, lon, key == HOME, blurred)) for who, name, lat, lon, key in offer.stops)


def ends_of(offer: RideOffer, *, blurred: bool = False) -> tuple[Place, Place]:
    """Where the ride begins and ends; somebody's home by its neighbourhood only when `blurred`."""
    o = offer
    return (
        _place(o.origin, o.origin_lat, o.origin_lon, o.origin_is_home, blurred),
        _place(o.destination, o.destination_lat, o.destination_lon, o.destination_is_home, blurred),
    )


def _place(name: str, lat: float, lon: float, is_home: bool, blurred: bool) -> Place:
    if blurred and is_home:
        lat, lon = round(lat, BLURRED), round(lon, BLURRED)
    return Place(name, Point(lat, lon), HOME if is_home else "")


def seats_left(offer: RideOffer, trip: Trip | None) -> int:
    """What can still be asked for. Of a pool car, those who joined its trip otherwise have a seat too."""
    left = offer.seats - offer.taken
    if offer.booking is not None and trip is not None:
        left = min(left, (offer.booking.resource.seats or 1) - trip.people)
    return max(0, left)


def open_ride(offer: RideOffer, trip: Trip | None = None, *, blurred: bool = True) -> OpenRide:
    """A ride as matching reads it. `blurred`: as those who do not ride yet may know it."""
    origin, destination = ends_of(offer, blurred=blurred)
    return OpenRide(
        offer.pk,
        str(offer.driver),
        origin,
        destination,
        offer.depart,
        offer.flexible_minutes,
        offer.max_detour_minutes,
        seats_left(offer, trip),
        offer.energy,
        stops_of(offer, blurred=blurred),
        (trip.people if trip is not None else 1 + offer.taken),
    )


def open_rides(agent: Agent, date: dt.date, now: dt.datetime) -> list[OpenRide]:
    """Rides of colleagues with a seat left that leave on a local day after `now`: only of those who show this person where
    they work. Two queries, whatever their number."""
    if agent.territory_id is None:
        return []
    zone = get_directory(agent.territory_id).zone
    midnight, next_midnight = (local(day, dt.time(0), zone) for day in (date, date + dt.timedelta(days=1)))
    offers = (
        RideOffer.objects.filter(
            Q(depart__gte=midnight, depart__gt=now),
            territory_id=agent.territory_id,
            depart__lt=next_midnight,
            state=RideOffer.State.OPEN,
            driver__is_active=True,
        )
        .exclude(driver=agent)
        .exclude(requests__in=RideRequest.objects.filter(passenger=agent, state__in=RIDING))
        .select_related("driver", "booking__resource")
        .order_by("depart", "pk")
    )
    return [r for r in _open(o for o in offers if shows(o.driver, agent)) if r.seats_left]


def _open(offers: Iterable[RideOffer]) -> list[OpenRide]:
    found = list(offers)
    trips = Trip.objects.in_bulk([o.booking_id for o in found if o.booking_id is not None])
    return [open_ride(o, trips.get(o.booking_id or 0)) for o in found]
