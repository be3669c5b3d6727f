"""Sixteen processes ask for the last seat of a car: one has it. One person asks sixteen drivers at once: one car has them."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.planner.rides.offers import Offer, offer_ride
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, at

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
