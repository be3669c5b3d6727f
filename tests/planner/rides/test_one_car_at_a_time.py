"""Nobody is in two cars at once, whichever way they came by them: a ride, a pool car booked and never opened, a seat joined in one."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import NotFound, Refused, WrongState
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.fleet.models import Passenger, Trip
from bureaux_volants.fleet.trips import Destination, book_trip, join_ride
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.models import RideOffer
from bureaux_volants.planner.rides.following import keep_up
from bureaux_volants.planner.rides.joining import joinable
from bureaux_volants.planner.rides.leaving import joined_ahead, leave
from bureaux_volants.planner.rides.offers import Offer, offer_ride
from bureaux_volants.planner.rides.seats import accept, ask_seat
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at
from tests.fleet.words import driver, pool_rules, vehicle

pytestmark = pytest.mark.django_db

SOUTH, MIDDLE, NORTH = (Place(n, Point(lat, 6.17)) for n, lat in (("Sud", 49.0), ("Milieu", 49.05), ("Nord", 49.1)))


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


@pytest.fixture
def depot(metz: Territory) -> Site:
    pool_rules(metz)
    site = factories.site(metz, lat=49.0, lon=6.17)
    for number in range(4):
        vehicle(site, f"Zoé {number}")
    return site


@pytest.fixture
def ada(metz: Territory) -> Agent:
    return driver(metz, visibility="everyone")


@pytest.fixture
def basile(metz: Territory) -> Agent:
    return driver(metz, visibility="everyone")


def car(who: Agent, depot: Site, start: str = "8", end: str = "12") -> Booking:
    north = Destination("Nord", NORTH.point)
    return book_trip(who, Kind.CAR, depot.pk, at(TUESDAY, start), at(TUESDAY, end), north, TEST, alone=True, now=NOW)


def ride(who: Agent, clock: str = "9", reference: str = "", **more: int) -> RideOffer:
    return offer_ride(who, Offer(SOUTH, NORTH, at(TUESDAY, clock), 3, 30, **more), TEST, reference=reference, now=NOW)


def seat(who: Agent, offer: RideOffer, a: Place = SOUTH, **more: dt.datetime) -> int:
    return ask_seat(who, offer.pk, a, NORTH, TEST, now=NOW, **more).pk


# -- the car first ----------------------------------------------------------------------------------------------------


def test_who_has_a_pool_car_then_gets_no_seat_and_opens_no_other_car(depot: Site, ada: Agent, basile: Agent) -> None:
    offer = ride(basile)
    car(ada, depot)
    with pytest.raises(WrongState, match="voiture du parc"):
        seat(ada, offer)
    with pytest.raises(Refused, match="voiture du parc"):
        ride(ada)
    assert joinable(ada, TUESDAY, NOW) == []


def test_a_pool_car_before_or_after_a_ride_is_no_reason_against_it(depot: Site, ada: Agent, basile: Agent) -> None:
    offer = ride(basile)
    car(ada, depot, "7", "9")
    assert [r.offer_id for r in joinable(ada, TUESDAY, NOW)] == [offer.pk]
    assert seat(ada, offer)
    assert car(ada, depot, "10", "12")


def test_a_pool_car_that_was_given_up_is_no_reason_either(depot: Site, ada: Agent, basile: Agent) -> None:
    offer = ride(basile)
    service.cancel(car(ada, depot).pk, TEST, now=NOW)
    assert seat(ada, offer)


def test_who_joined_a_pool_car_gets_no_other_seat_then(metz: Territory, depot: Site, ada: Agent, basile: Agent) -> None:
    join_ride(ada, car(basile, depot).reference, TEST, now=NOW)
    with pytest.raises(WrongState, match="une place dans l'une d'elles"):
        seat(ada, ride(driver(metz, visibility="everyone")))
    with pytest.raises(Refused, match="voiture du parc"):
        ride(ada)


def test_the_driver_opens_the_very_car_that_is_theirs(depot: Site, ada: Agent) -> None:
    assert ride(ada, reference=car(ada, depot).reference).booking_id is not None


# -- the seat first ---------------------------------------------------------------------------------------------------


def test_who_has_a_seat_books_and_joins_no_pool_car_then(
    depot: Site, ada: Agent, basile: Agent, metz: Territory
) -> None:
    seat(ada, ride(basile))
    with pytest.raises(Refused, match="voiture partagée"):
        car(ada, depot)
    other = car(driver(metz), depot)
    with pytest.raises(WrongState, match="voiture partagée"):
        join_ride(ada, other.reference, TEST, now=NOW)
    assert not Passenger.objects.exists()
    assert Booking.objects.count() == 1


def test_who_opened_their_own_car_books_and_joins_no_pool_car_then(depot: Site, ada: Agent, basile: Agent) -> None:
    ride(ada)
    with pytest.raises(Refused, match="voiture partagée"):
        car(ada, depot)
    with pytest.raises(WrongState, match="voiture partagée"):
        join_ride(ada, car(basile, depot).reference, TEST, now=NOW)


def test_a_pool_car_is_not_moved_into_the_hours_of_a_seat(depot: Site, ada: Agent, basile: Agent) -> None:
    seat(ada, ride(basile))
    later = car(ada, depot, "13", "16")
    with pytest.raises(Refused, match="voiture partagée"):
        service.change(later.pk, TEST, start=at(TUESDAY, "8"), end=at(TUESDAY, "12"), now=NOW)
    later.refresh_from_db()
    assert later.start == at(TUESDAY, "13")


def test_a_pool_car_that_is_opened_moves_with_its_own_ride(depot: Site, ada: Agent) -> None:
    loan = car(ada, depot)
    offer = ride(ada, reference=loan.reference)
    service.change(loan.pk, TEST, start=at(TUESDAY, "10"), end=at(TUESDAY, "14"), now=NOW)
    keep_up(offer.pk)
    offer.refresh_from_db()
    assert (offer.state, offer.depart) == ("open", at(TUESDAY, "10"))


# -- pool car against pool car ----------------------------------------------------------------------------------------


def test_who_drives_or_rides_in_a_pool_car_joins_no_other_then(
    metz: Territory, depot: Site, ada: Agent, basile: Agent
) -> None:
    first, second = car(basile, depot), car(driver(metz), depot)
    with pytest.raises(WrongState, match="voiture du parc"):
        join_ride(basile, second.reference, TEST, now=NOW)
    join_ride(ada, first.reference, TEST, now=NOW)
    join_ride(ada, first.reference, TEST, now=NOW)
    with pytest.raises(WrongState, match="voiture du parc"):
        join_ride(ada, second.reference, TEST, now=NOW)
    with pytest.raises(Refused, match="voiture du parc"):
        car(ada, depot)
    assert Passenger.objects.count() == 1


def test_a_seat_that_was_joined_is_given_back_and_the_driver_is_told(depot: Site, ada: Agent, basile: Agent) -> None:
    loan = car(basile, depot)
    join_ride(ada, loan.reference, TEST, now=NOW)
    assert [s.trip.pk for s in joined_ahead(ada, NOW)] == [loan.pk]
    with pytest.raises(WrongState, match="parti"):
        leave(ada, loan.reference, TEST, now=at(TUESDAY, "9"))
    leave(ada, loan.reference, TEST, now=NOW)
    assert (Trip.objects.get().people, joined_ahead(ada, NOW)) == (1, [])
    assert Notice.objects.filter(recipient=basile, kind="ride.left").count() == 1
    with pytest.raises(NotFound):
        leave(ada, loan.reference, TEST, now=NOW)
    assert car(ada, depot)


def test_a_seat_of_covoiturage_is_not_left_by_the_other_door(depot: Site, ada: Agent, basile: Agent) -> None:
    loan = car(basile, depot)
    accept(basile, seat(ada, ride(basile, "8", loan.reference)), TEST, now=NOW)
    assert joined_ahead(ada, NOW) == []
    with pytest.raises(NotFound):
        leave(ada, loan.reference, TEST, now=NOW)


def test_who_rides_in_a_pool_car_by_covoiturage_is_free_before_and_after_the_ride(
    metz: Territory, depot: Site, ada: Agent, basile: Agent
) -> None:
    loan = car(basile, depot, "8", "17")
    accept(basile, seat(ada, ride(basile, "8", loan.reference)), TEST, now=NOW)
    assert Passenger.objects.filter(agent=ada).exists()
    assert car(ada, depot, "10", "12")


# -- hours that move --------------------------------------------------------------------------------------------------


def test_nobody_is_moved_into_the_hours_of_their_own_pool_car(
    metz: Territory, depot: Site, ada: Agent, basile: Agent
) -> None:
    offer = ride(basile, "9")
    accept(basile, seat(ada, offer), TEST, now=NOW)
    dropped = offer.requests.get(passenger=ada).dropped_at
    car(ada, depot, f"{dropped.astimezone(metz.zone):%H:%M}"[:-1] + "9", "15")
    # Whoever gets in on the way, off the road, makes everybody later.
    aside = Place("À côté", Point(49.05, 6.20))
    third = seat(driver(metz), offer, aside)
    with pytest.raises(WrongState, match="l'un de vous"):
        accept(basile, third, TEST, now=NOW)
    assert offer.requests.get(pk=third).state == "asked"
    assert offer.requests.get(passenger=ada).dropped_at == dropped
