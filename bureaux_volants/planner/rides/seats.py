"""A seat in a colleague's car: asked for, answered in one tap, given back. Never one more than there are.

Asking holds the seat until the driver answers, as a desk that waits for its host is held. The driver is locked before the
seats are counted; `ride_never_oversold`, and one car at a time for each person, are the database's own.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import BookingError, NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import SOFTWARE, Author, Fact, record_many
from bureaux_volants.fleet.models import Passenger, Trip
from bureaux_volants.fleet.trips import give_seat_back, take_seat
from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.visibility import shows
from bureaux_volants.travel.footprint import HOME
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point

from . import notices
from .engaged import against, in_pool_car
from .matching import Fit, course, fit
from .offers import ends_of, locked, open_ride, stops_of

State = RideRequest.State
#: Whoever is picked up this much sooner or later than was said is told, minutes.
TOLD_FROM = dt.timedelta(minutes=3)


class NoFit(BookingError):
    """The ride does not suit, or not any more: too long a detour, or too late."""

    code = "ride-does-not-fit"


@in_transaction
def ask_seat(
    agent: Agent,
    offer_id: int,
    a: Place,
    b: Place,
    author: Author,
    *,
    ready: dt.datetime | None = None,
    by: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> RideRequest:
    """Ask for a seat from `a` to `b`; it is held until the driver answers. Within a transaction or alone; asked twice, asked once.

    Whoever calls it within a transaction locks every person of it first (booking/locks.py): the drivers too. Raises
    NotFound for a ride that is not shown to the person, WrongState when no seat is left, it has left, or they are in another
    car then; NoFit.
    """
    now = now or timezone.now()
    offer = (
        RideOffer.objects.select_related("driver", "booking__resource")
        .filter(pk=offer_id, territory=agent.territory)
        .exclude(driver=agent)
        .first()
    )
    if offer is None or not shows(offer.driver, agent):
        raise NotFound("Ce trajet n'existe pas.")
    locked(offer, agent)
    before = offer.requests.filter(passenger=agent, state__in=RIDING).first()
    if before is not None:
        return before
    if offer.state != RideOffer.State.OPEN or offer.depart <= now:
        raise WrongState("Ce trajet est parti ou n'a plus lieu.")
    trip = _trip(offer)
    if trip is not None and Passenger.objects.filter(trip=trip, agent=agent).exists():
        raise WrongState("Vous avez déjà une place dans cette voiture.")
    ride = open_ride(offer, trip)
    if not ride.seats_left:
        raise WrongState("Il ne reste plus de place dans cette voiture.")
    how = fit(ride, a, b, ready=ready, by=by)
    if how is None:
        raise NoFit("Ce trajet ne vous convient plus : le détour ou l'heure ne va pas.")
    if how.leaves <= now:
        raise WrongState("Ce trajet est parti ou n'a plus lieu.")
    if why := against(agent, how.picked, how.dropped):
        raise WrongState(why)
    made = RideRequest.objects.create(offer=offer, passenger=agent, asked_at=now, **_told(a, b, how))
    if trip is not None:
        take_seat(trip)
    offer.taken += 1
    offer.save(update_fields=["taken"])
    _record(made, author, "ride.asked", now)
    notices.asked(made, get_directory(offer.territory_id))
    return made


def _told(a: Place, b: Place, how: Fit) -> dict[str, object]:
    return {
        "origin": a.name[:120],
        "origin_is_home": a.key == HOME,
        "destination": b.name[:120],
        "destination_is_home": b.key == HOME,
        "pick_up": how.pick_up.name[:120],
        "pick_up_lat": how.pick_up.point.lat,
        "pick_up_lon": how.pick_up.point.lon,
        "picked_at": how.picked,
        "drop": how.drop.name[:120],
        "drop_lat": how.drop.point.lat,
        "drop_lon": how.drop.point.lon,
        "dropped_at": how.dropped,
        "km": round(how.km, 2),
        "detour_minutes": round(how.detour_minutes, 1),
    }


def _trip(offer: RideOffer) -> Trip | None:
    """The pool car's trip, as it is now."""
    if offer.booking_id is None:
        return None
    return Trip.objects.select_related("booking__resource").filter(booking=offer.booking_id).first()


def _record(request: RideRequest, author: Author, kind: str, now: dt.datetime) -> None:
    offer = request.offer
    told = {"reference": offer.reference, "agent": request.passenger_id}
    record_many(author, [Fact(offer.territory_id, kind, "ride_offer", offer.pk, told, now)])


def request_for(agent: Agent, request_id: int, *, driving: bool) -> RideRequest:
    """A request that the person may answer, or withdraw. NotFound."""
    mine = {"offer__driver": agent} if driving else {"passenger": agent}
    found = (
        RideRequest.objects.select_related("offer__driver", "offer__booking__resource", "passenger")
        .filter(pk=request_id, offer__territory=agent.territory, **mine)
        .first()
    )
    if found is None:
        raise NotFound("Cette demande n'existe pas.")
    return found


@in_transaction
def accept(driver: Agent, request_id: int, author: Author, *, now: dt.datetime | None = None) -> RideRequest:
    """The driver takes somebody along: the way and its hours are set anew, and whoever's hour moved is told.

    Raises NotFound, WrongState when it is withdrawn or the ride has left, NoFit when another who was accepted meanwhile
    leaves no room for the detour: then the seat stays held and the driver may refuse.
    """
    now = now or timezone.now()
    request = _for_answer(driver, request_id, now)
    offer = request.offer
    if request.state == State.ACCEPTED:
        return request
    up = _spot(request.pick_up, request.pick_up_lat, request.pick_up_lon, request.origin_is_home)
    down = _spot(request.drop, request.drop_lat, request.drop_lon, request.destination_is_home)
    # The seat is held already. The hour that was asked for holds as long as nobody else's stops came in between.
    ride = replace(open_ride(offer, blurred=False), seats_left=1)
    how = fit(ride, up, down, ready=None if offer.stops else request.picked_at) or fit(ride, up, down)
    if how is None:
        raise NoFit("Le détour serait plus long que ce que vous avez accepté : refusez, ou parlez-vous.")
    request.state, request.answered_at = State.ACCEPTED, now
    request.detour_minutes = round(how.detour_minutes, 1)
    offer.depart = how.leaves
    offer.stops = [
        [s.who or request.pk, s.place.name, s.place.point.lat, s.place.point.lon, s.place.key] for s in how.stops
    ]
    request.pick_up, request.pick_up_lat, request.pick_up_lon = _flat(how.pick_up)
    request.drop, request.drop_lat, request.drop_lon = _flat(how.drop)
    request.save(update_fields=["state", "answered_at", "detour_minutes", *_SPOTS])
    trip = _trip(offer)
    if trip is not None:
        Passenger.objects.get_or_create(trip=trip, agent=request.passenger, defaults={"joined_at": now})
    _record(request, author, "ride.accepted", now)
    set_hours(offer, but=request)
    request.refresh_from_db()
    notices.accepted(request, get_directory(offer.territory_id))
    return request


_SPOTS = ("pick_up", "pick_up_lat", "pick_up_lon", "drop", "drop_lat", "drop_lon")


def _spot(name: str, lat: float, lon: float, is_home: bool) -> Place:
    return Place(name, Point(lat, lon), HOME if is_home else "")


def _flat(place: Place) -> tuple[str, float, float]:
    return place.name, place.point.lat, place.point.lon


@in_transaction
def refuse(driver: Agent, request_id: int, author: Author, *, now: dt.datetime | None = None) -> RideRequest:
    """The driver does not: the seat is free again. NotFound, WrongState once it was accepted or has left."""
    now = now or timezone.now()
    request = _for_answer(driver, request_id, now)
    if request.state == State.ACCEPTED:
        raise WrongState("Vous avez déjà accepté : annulez le trajet si vous ne le faites plus.")
    free(request.offer, request, State.REFUSED, now)
    _record(request, author, "ride.refused", now)
    notices.refused(request, get_directory(request.offer.territory_id))
    return request


@in_transaction
def withdraw(agent: Agent, request_id: int, author: Author, *, now: dt.datetime | None = None) -> RideRequest:
    """The passenger gives the seat back; a driver who had accepted is told. NotFound, WrongState once it has left."""
    now = now or timezone.now()
    request = request_for(agent, request_id, driving=False)
    locked(request.offer, agent)
    request.refresh_from_db()
    if request.state not in RIDING:
        return request
    if request.offer.depart <= now:
        raise WrongState("Ce trajet est parti.")
    was_accepted = request.state == State.ACCEPTED
    free(request.offer, request, State.WITHDRAWN, now)
    _record(request, author, "ride.withdrawn", now)
    directory = get_directory(request.offer.territory_id)
    if was_accepted:
        notices.withdrawn(request, directory)
        # Where somebody has another ride at the new hours, the old ones stay: leaving is never refused.
        with suppress(HoursClash):
            set_hours(request.offer, but=request)
    return request


def _for_answer(driver: Agent, request_id: int, now: dt.datetime) -> RideRequest:
    request = request_for(driver, request_id, driving=True)
    locked(request.offer, request.passenger, with_all=True)
    request.refresh_from_db()
    if request.state not in RIDING:
        raise WrongState(f"Cette demande est déjà {request.get_state_display()} : plus rien à faire.")
    if request.offer.depart <= now:
        raise WrongState("Ce trajet est parti.")
    return request


def free(offer: RideOffer, request: RideRequest, state: str, now: dt.datetime) -> None:
    """Take somebody off a locked ride: their seat, their stops, and their place in the pool car's trip."""
    request.state, request.answered_at = state, now
    request.save(update_fields=["state", "answered_at"])
    offer.taken -= 1
    offer.stops = [s for s in offer.stops if s[0] != request.pk]
    offer.save(update_fields=["taken", "stops"])
    if (trip := _trip(offer)) is not None:
        give_seat_back(trip, request.passenger)


class HoursClash(WrongState):
    """Somebody of the ride would be in two cars at once."""


_CLASH = "Aux nouvelles heures, l'un de vous est déjà dans une autre voiture."


def set_hours(offer: RideOffer, *, but: RideRequest | None = None) -> None:
    """Work out when a locked ride is where, and tell those whose hour moved; `but` is told otherwise.

    Raises HoursClash, with nothing changed, when the driver or a passenger has another ride, or a pool car, at the new hours.
    """
    try:
        with transaction.atomic():
            _set_hours(offer, but)
    except IntegrityError:
        raise HoursClash(_CLASH) from None


def _alone_in(who: Agent, start: dt.datetime, end: dt.datetime, *, loan: int | None = None) -> None:
    """Rides at the same hours break a constraint; a pool car breaks none, and is asked for."""
    if in_pool_car(who, start, end, loan=loan):
        raise HoursClash(_CLASH)


def _set_hours(offer: RideOffer, but: RideRequest | None) -> None:
    origin, destination = ends_of(offer)
    stops = stops_of(offer)
    kilometres, minutes = course(origin, (s.place for s in stops), destination)
    offer.arrive = offer.depart + dt.timedelta(minutes=max(1.0, minutes[-1]))
    offer.save(update_fields=["depart", "arrive", "stops"])
    _alone_in(offer.driver, offer.depart, offer.arrive, loan=offer.booking_id)
    aboard = {r.pk: r for r in offer.requests.filter(state=State.ACCEPTED).select_related("passenger")}
    seen: dict[int, tuple[dt.datetime, float]] = {}
    for stop, km, at in zip(stops, kilometres[1:], minutes[1:], strict=False):
        instant = offer.depart + dt.timedelta(minutes=at)
        if stop.who not in seen:
            seen[stop.who] = (instant, km)
            continue
        request = aboard[stop.who]
        request.offer = offer
        picked, from_km = seen[stop.who]
        moved = abs(picked - request.picked_at) >= TOLD_FROM
        request.picked_at, request.dropped_at, request.km = picked, instant, round(km - from_km, 2)
        request.save(update_fields=["picked_at", "dropped_at", "km"])
        _alone_in(request.passenger, picked, instant)
        if moved and (but is None or request.pk != but.pk):
            notices.moved(request, get_directory(offer.territory_id))


def lapse(now: dt.datetime | None = None) -> int:
    """Requests that nobody answered before the car left have no follow-up. Returns how many."""
    now = now or timezone.now()
    late = RideRequest.objects.filter(state=State.ASKED, offer__depart__lte=now).values_list("pk", flat=True)
    return sum(_lapse(pk, now) for pk in list(late.order_by("pk")))


@in_transaction
def _lapse(request_id: int, now: dt.datetime) -> bool:
    request = RideRequest.objects.select_related("offer__booking__resource", "passenger").get(pk=request_id)
    locked(request.offer, request.passenger)
    request.refresh_from_db()
    if request.state != State.ASKED:
        return False
    free(request.offer, request, State.GONE, now)
    _record(request, SOFTWARE, "ride.lapsed", now)
    return True
