"""Sixteen processes ask for the last seat of a car: one has it. One person asks for sixteen cars at once: one has them."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.fleet.models import Passenger, Trip
from bureaux_volants.fleet.trips import Destination, book_trip
from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.planner.rides.offers import Offer, offer_ride
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, at
from tests.fleet.words import driver, pool_rules, vehicle

from .conftest import Start, soon

WAY = [49.0, 49.1]


def ride_of(seats: int, day: dt.date, driver: object) -> RideOffer:
    a, b = (Place("Lieu", Point(lat, 6.17)) for lat in WAY)
    return offer_ride(driver, Offer(a, b, at(day, "8"), seats), TEST, now=NOW)  # type: ignore[arg-type]


def test_sixteen_processes_ask_for_the_last_seats_and_none_is_given_twice(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    metz = factories.territory()
    people = [factories.agent(metz, visibility="everyone") for _ in range(17)]
    children = start_children(16, fresh_database.environment)
    for seats in (1, 3):
        ride = ride_of(seats, TUESDAY + dt.timedelta(days=seats), people[16])
        begin = soon()
        for child, who in zip(children, people[:16], strict=True):
            child.tell(do="seat", at=begin, now=NOW, agent=who.pk, offer=ride.pk, way=WAY)
        answers = sorted(a["outcome"] for child in children if (a := child.hear()))
        assert answers == ["asked"] * seats + ["wrong-state"] * (16 - seats)
        ride.refresh_from_db()
        assert ride.taken == ride.requests.filter(state__in=RIDING).count() == seats


def test_nobody_is_in_two_cars_whatever_they_ask_at_once(fresh_database: FreshDatabase, start_children: Start) -> None:
    metz = factories.territory()
    who = factories.agent(metz)
    rides = [ride_of(2, TUESDAY, factories.agent(metz, visibility="everyone")) for _ in range(16)]
    children = start_children(16, fresh_database.environment)
    begin = soon()
    for child, ride in zip(children, rides, strict=True):
        child.tell(do="seat", at=begin, now=NOW, agent=who.pk, offer=ride.pk, way=WAY)
    answers = sorted(a["outcome"] for child in children if (a := child.hear()))
    assert answers == ["asked"] + ["wrong-state"] * 15
    assert RideRequest.objects.filter(state__in=RIDING).count() == 1


def test_nobody_has_a_seat_and_a_pool_car_whatever_they_ask_at_once(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    metz = factories.territory()
    pool_rules(metz)
    depot = factories.site(metz, lat=WAY[0], lon=6.17)
    for number in range(6):
        vehicle(depot, f"Zoé {number}")
    goal, hours = Destination("Lieu", Point(WAY[1], 6.17)), (at(TUESDAY, "7"), at(TUESDAY, "12"))
    others = [
        book_trip(driver(metz), Kind.CAR, depot.pk, *hours, goal, TEST, alone=True, now=NOW).reference for _ in range(3)
    ]
    rides = [ride_of(2, TUESDAY, factories.agent(metz, visibility="everyone")).pk for _ in range(4)]
    children = start_children(8, fresh_database.environment)
    for _ in range(4):
        who = driver(metz)
        orders = [
            *({"do": "seat", "offer": pk} for pk in rides[:3]),
            *({"do": "car", "reference": reference} for reference in others),
            *({"do": "car", "site": depot.pk, "start": s, "end": e} for s, e in (hours, hours)),
        ]
        begin = soon()
        for child, order in zip(children, orders, strict=True):
            child.tell(**{"at": begin, "now": NOW, "agent": who.pk, "way": WAY, **order})
        found = {
            order["do"] + str(n): child.hear() for n, (child, order) in enumerate(zip(children, orders, strict=True))
        }
        outcomes = [a["outcome"] for a in found.values() if a]
        seats = who.ride_requests.filter(state__in=RIDING).count()
        joined = Passenger.objects.filter(agent=who).count()
        loans = Trip.objects.filter(booking__agent=who).count()
        assert len(outcomes) == 8
        assert not {"error"} & set(outcomes), found
        # Two loans of one's own are allowed: somebody may fetch a second car for a colleague.
        assert seats + joined + min(loans, 1) == 1, outcomes
        who.ride_requests.update(state="withdrawn")
        Passenger.objects.filter(agent=who).delete()
        Trip.objects.filter(booking__agent=who).delete()
        Booking.objects.filter(agent=who).delete()
