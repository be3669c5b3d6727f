"""Offering a ride, asking for a seat, answering, changing one's mind; nobody is forgotten, no seat is given twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import NotFound, Refused, WrongState
from bureaux_volants.booking.models import Kind
from bureaux_volants.events.follow import catch_up
from bureaux_volants.fleet.models import Passenger, Trip
from bureaux_volants.fleet.trips import Destination, book_trip, join_ride
from bureaux_volants.messages.about import holds
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.planner.retention import forget
from bureaux_volants.planner.rides import export
from bureaux_volants.planner.rides.following import keep_up
from bureaux_volants.planner.rides.giving_up import cancel_ride
from bureaux_volants.planner.rides.offers import Offer, offer_ride, open_rides
from bureaux_volants.planner.rides.seats import NoFit, accept, ask_seat, lapse, refuse, withdraw
from bureaux_volants.territory.models import Agent, Territory
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at
from tests.fleet.words import driver, pool_rules, vehicle

pytestmark = pytest.mark.django_db

SOUTH, MIDDLE, NORTH = (Place(n, Point(lat, 6.17)) for n, lat in (("Sud", 49.0), ("Milieu", 49.05), ("Nord", 49.1)))
HOME = Place("Sud", SOUTH.point, "home")
EIGHT = at(TUESDAY, "8")
RIDE = Offer(SOUTH, NORTH, EIGHT, 1, max_detour_minutes=15)


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


def person(metz: Territory, **fields: object) -> Agent:
    return factories.agent(metz, visibility="everyone", **fields)


@pytest.fixture
def basile(metz: Territory) -> Agent:
    return person(metz)


@pytest.fixture
def ada(metz: Territory) -> Agent:
    return person(metz)


def offered(who: Agent, offer: Offer = RIDE) -> RideOffer:
    return offer_ride(who, offer, TEST, now=NOW)


def asked(who: Agent, ride: RideOffer, a: Place = MIDDLE) -> RideRequest:
    return ask_seat(who, ride.pk, a, NORTH, TEST, now=NOW)


def told(who: Agent) -> list[str]:
    return list(Notice.objects.filter(recipient=who).order_by("pk").values_list("kind", flat=True))


def test_a_seat_is_asked_for_accepted_and_both_are_told_once(basile: Agent, ada: Agent) -> None:
    ride = offered(basile)
    request = asked(ada, ride)
    assert asked(ada, ride).pk == request.pk
    accept(basile, request.pk, TEST, now=NOW)
    accept(basile, request.pk, TEST, now=NOW)
    ride.refresh_from_db()
    assert (ride.taken, request.state) == (1, "asked")
    assert [s[0] for s in ride.stops] == [request.pk, request.pk]
    assert told(basile) == ["ride.asked"]
    assert told(ada) == ["ride.accepted"]


def test_mails_of_a_seat_leave_only_while_they_are_true(basile: Agent, ada: Agent) -> None:
    request = asked(ada, offered(basile))
    wish = Notice.objects.get(kind="ride.asked")
    assert holds(wish, NOW)
    accept(basile, request.pk, TEST, now=NOW)
    assert not holds(wish, NOW)
    given = Notice.objects.get(kind="ride.accepted")
    assert holds(given, NOW)
    assert not holds(given, EIGHT + dt.timedelta(hours=1))
    withdraw(ada, request.pk, TEST, now=NOW)
    assert not holds(given, NOW)
    assert holds(Notice.objects.get(kind="ride.withdrawn"), NOW)


def test_the_last_seat_is_held_until_the_driver_answers(metz: Territory, basile: Agent, ada: Agent) -> None:
    ride = offered(basile)
    request = asked(ada, ride)
    with pytest.raises(WrongState):
        asked(person(metz), ride)
    refuse(basile, request.pk, TEST, now=NOW)
    assert told(ada) == ["ride.refused"]
    assert asked(person(metz), ride).state == "asked"


def test_the_database_itself_refuses_one_seat_too_many(basile: Agent) -> None:
    ride = offered(basile)
    ride.taken = 2
    with pytest.raises(IntegrityError, match="ride_never_oversold"), transaction.atomic():
        ride.save()


def test_a_seat_that_is_given_back_is_free_and_the_driver_knows(metz: Territory, basile: Agent, ada: Agent) -> None:
    ride = offered(basile)
    request = asked(ada, ride)
    accept(basile, request.pk, TEST, now=NOW)
    withdraw(ada, request.pk, TEST, now=NOW)
    ride.refresh_from_db()
    assert (ride.taken, ride.stops) == (0, [])
    assert told(basile) == ["ride.asked", "ride.withdrawn"]
    assert open_rides(person(metz), TUESDAY, NOW)[0].seats_left == 1


def test_who_gave_up_before_any_answer_bothers_nobody(basile: Agent, ada: Agent) -> None:
    withdraw(ada, asked(ada, offered(basile)).pk, TEST, now=NOW)
    assert told(basile) == ["ride.asked"]


def test_whoever_counted_on_a_ride_that_is_called_off_is_told(basile: Agent, ada: Agent) -> None:
    ride = offered(basile)
    request = asked(ada, ride)
    cancel_ride(basile, ride.reference, TEST, now=NOW)
    request.refresh_from_db()
    assert request.state == "gone"
    assert told(ada) == ["ride.cancelled"]


def test_one_person_is_in_one_car_at_a_time(metz: Territory, basile: Agent, ada: Agent) -> None:
    asked(ada, offered(basile))
    with pytest.raises(WrongState, match="voiture partagée"):
        asked(ada, offered(person(metz)))
    with pytest.raises(Refused):
        offered(ada)
    with pytest.raises(Refused):
        offered(basile, replace(RIDE, depart=EIGHT + dt.timedelta(minutes=2)))


def test_whose_hour_moves_is_told(metz: Territory, basile: Agent, ada: Agent) -> None:
    ride = offered(basile, replace(RIDE, seats=2, max_detour_minutes=40))
    accept(basile, asked(ada, ride).pk, TEST, now=NOW)
    away = Place("Détour", Point(49.02, 6.2))
    accept(basile, asked(person(metz), ride, away).pk, TEST, now=NOW)
    assert told(ada) == ["ride.accepted", "ride.moved"]


def test_too_long_a_detour_is_no_ride(basile: Agent, ada: Agent) -> None:
    ride = offered(basile, replace(RIDE, max_detour_minutes=5))
    with pytest.raises(NoFit):
        asked(ada, ride, Place("Loin", Point(49.05, 6.5)))


def test_only_colleagues_who_are_shown_it_see_a_ride(metz: Territory, basile: Agent) -> None:
    ride = offered(basile)
    elsewhere = person(factories.territory())
    Agent.objects.filter(pk=basile.pk).update(visibility="nobody")
    for who in (elsewhere, person(metz)):
        assert open_rides(who, TUESDAY, NOW) == []
        with pytest.raises(NotFound):
            asked(who, ride)


def test_a_home_is_told_by_its_neighbourhood_only(metz: Territory, basile: Agent, ada: Agent) -> None:
    home = Place("Sud", Point(49.00371, 6.17123), "home")
    offered(basile, replace(RIDE, origin=home))
    (ride,) = open_rides(ada, TUESDAY, NOW)
    assert ride.origin.point == Point(49.0, 6.17)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"depart": NOW}, "ride-past"),
        ({"depart": NOW + dt.timedelta(days=91)}, "ride-too-far-ahead"),
        ({"seats": 0}, "ride-seats"),
        ({"seats": 9}, "ride-seats"),
        ({"destination": SOUTH}, "ride-nowhere"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(basile: Agent, change: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        offered(basile, replace(RIDE, **change))  # type: ignore[arg-type]
    assert code in [r.code for r in refused.value.refusals]
    assert not RideOffer.objects.exists()


def test_what_nobody_answered_before_the_car_left_has_no_follow_up(basile: Agent, ada: Agent) -> None:
    ride = offered(basile)
    request = asked(ada, ride)
    assert lapse(NOW) == 0
    assert lapse(EIGHT + dt.timedelta(minutes=1)) == 1
    request.refresh_from_db()
    ride.refresh_from_db()
    assert (request.state, ride.taken) == ("gone", 0)


# -- a pool car --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pool_ride(metz: Territory) -> RideOffer:
    """A car of three seats, booked by somebody who opens it."""
    pool_rules(metz, Kind.CAR)
    site = factories.site(metz, lat=49.0, lon=6.17, name="Sud")
    vehicle(site, "Clio", "electric", seats=3)
    who = driver(metz, visibility="everyone")
    booking = book_trip(
        who, Kind.CAR, site.pk, EIGHT, at(TUESDAY, "12"), Destination("Nord", NORTH.point), TEST, now=NOW
    )
    return offer_ride(who, replace(RIDE, seats=8), TEST, reference=booking.reference, now=NOW)


def test_a_pool_cars_seats_are_counted_once_however_people_join(metz: Territory, pool_ride: RideOffer) -> None:
    assert (pool_ride.seats, pool_ride.energy) == (2, "electric")
    assert pool_ride.booking is not None
    join_ride(person(metz), pool_ride.booking.reference, TEST, now=NOW)
    ada = person(metz)
    assert open_rides(ada, TUESDAY, NOW)[0].seats_left == 1
    request = asked(ada, pool_ride)
    assert Trip.objects.get().people == 3
    with pytest.raises(WrongState):
        join_ride(person(metz), pool_ride.booking.reference, TEST, now=NOW)
    with pytest.raises(WrongState):
        asked(person(metz), pool_ride)
    accept(pool_ride.driver, request.pk, TEST, now=NOW)
    assert Passenger.objects.filter(agent=ada).exists()
    withdraw(ada, request.pk, TEST, now=NOW)
    assert Trip.objects.get().people == 2
    assert not Passenger.objects.filter(agent=ada).exists()


def test_a_pool_car_that_is_given_back_tells_its_passengers(metz: Territory, pool_ride: RideOffer) -> None:
    ada = person(metz)
    accept(pool_ride.driver, asked(ada, pool_ride).pk, TEST, now=NOW)
    assert pool_ride.booking is not None
    service.cancel(pool_ride.booking.pk, TEST, now=NOW)
    keep_up(pool_ride.pk)
    keep_up(pool_ride.pk)
    assert told(ada) == ["ride.accepted", "ride.cancelled"]
    assert RideOffer.objects.get().state == "cancelled"


def test_a_pool_car_that_leaves_later_takes_its_ride_along(metz: Territory, pool_ride: RideOffer) -> None:
    ada = person(metz)
    accept(pool_ride.driver, asked(ada, pool_ride).pk, TEST, now=NOW)
    assert pool_ride.booking is not None
    service.change(pool_ride.booking.pk, TEST, start=at(TUESDAY, "10"), end=at(TUESDAY, "12"), now=NOW)
    keep_up(pool_ride.pk)
    assert told(ada) == ["ride.accepted", "ride.moved"]
    assert RideOffer.objects.get().depart == at(TUESDAY, "10")


def test_the_same_car_is_not_offered_twice(pool_ride: RideOffer) -> None:
    assert pool_ride.booking is not None
    with pytest.raises(WrongState):
        offer_ride(pool_ride.driver, RIDE, TEST, reference=pool_ride.booking.reference, now=NOW)


# -- exports and forgetting --------------------------------------------------------------------------------------------

LATER = EIGHT + dt.timedelta(days=1)


def test_a_journey_has_the_registers_columns(metz: Territory, basile: Agent, ada: Agent) -> None:
    commune = factories.commune(metz, code="57463", name="Metz", lat=49.1, lon=6.17)
    accept(basile, asked(ada, offered(basile)).pk, TEST, now=NOW)
    (journey,) = export.journeys(metz.pk, TUESDAY, TUESDAY, factories.PARIS, LATER)
    assert export.journeys(metz.pk, TUESDAY, TUESDAY, factories.PARIS, EIGHT) == []
    row = dict(zip(export.REGISTER, export.register_row(journey, [commune], "Métropole", factories.PARIS), strict=True))
    assert len(export.REGISTER) == 49
    assert row["start_date"] == "2026-12-01"
    assert row["start_datetime"][-4:] == "0:00"
    assert row["end_insee"] == "57463"
    assert row["operator_class"] == "A"
    assert 5 < float(row["distance"]) < 10
    assert row["journey_id"] == row["passenger_identity_key"] == ""


def test_the_allowance_counts_own_cars_between_home_and_work(basile: Agent, ada: Agent) -> None:
    accept(basile, asked(ada, offered(basile, replace(RIDE, origin=HOME))).pk, TEST, now=NOW)
    (mine,) = export.days_of(basile, 2026, factories.PARIS, LATER)
    (hers,) = export.days_of(ada, 2026, factories.PARIS, LATER)
    assert mine.counts
    assert mine.drives
    assert not hers.counts


def test_a_pool_car_does_not_count(metz: Territory, pool_ride: RideOffer) -> None:
    ada = person(metz)
    accept(pool_ride.driver, ask_seat(ada, pool_ride.pk, HOME, NORTH, TEST, now=NOW).pk, TEST, now=NOW)
    assert [d.why_not for d in export.days_of(ada, 2026, factories.PARIS, LATER)] == ["voiture du parc"]


def test_rides_are_forgotten_when_loans_are(metz: Territory, basile: Agent, ada: Agent) -> None:
    asked(ada, offered(basile))
    kept = dt.timedelta(days=metz.vehicle_names_kept_days)
    forget(EIGHT + kept)
    assert RideRequest.objects.exists()
    forget(EIGHT + kept + dt.timedelta(days=1))
    assert not RideOffer.objects.exists()
    assert not RideRequest.objects.exists()


def test_followers_hear_of_bookings_only(metz: Territory, pool_ride: RideOffer) -> None:
    catch_up()
    pool_ride.refresh_from_db()
    assert pool_ride.state == "open"


def test_a_detour_into_the_hours_of_the_driver_s_next_ride_is_refused_and_changes_nothing(
    basile: Agent, ada: Agent
) -> None:
    first = offered(basile)
    aside = Place("À côté", Point(49.05, 6.19))
    offered(basile, replace(RIDE, origin=NORTH, destination=SOUTH, depart=first.arrive))
    request = ask_seat(ada, first.pk, aside, NORTH, TEST, now=NOW)
    with pytest.raises(WrongState, match="déjà dans une autre voiture"):
        accept(basile, request.pk, TEST, now=NOW)
    before = first.arrive
    first.refresh_from_db()
    request.refresh_from_db()
    assert (first.arrive, first.stops, request.state) == (before, [], "asked")
