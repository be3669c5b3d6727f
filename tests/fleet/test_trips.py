"""A trip says where to and with how many: the right vehicle is proposed, and two cars do not leave for the same place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import NotFound, Refused, WrongState
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.fleet.models import Licence, Trip, Vehicle
from bureaux_volants.fleet.trips import Destination, RideOffered, book_trip, join_ride
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by, told
from tests.factories import NOW, TUESDAY, at

pytestmark = pytest.mark.django_db

HERE = Point(49.1, 6.17)
NEAR = Destination("Gare de Metz", Point(49.1097, 6.1772))
FAR = Destination("Nancy", Point(48.6921, 6.1844))


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


@pytest.fixture
def site(metz: Territory) -> Site:
    RuleSet.objects.create(territory=metz, kind=Kind.CAR, is_round_the_clock=True)
    RuleSet.objects.create(territory=metz, kind=Kind.BIKE, is_round_the_clock=True)
    return factories.site(metz, desks=0, lat=HERE.lat, lon=HERE.lon)


def vehicle(site: Site, name: str, energy: str = "petrol", kind: str = Kind.CAR, **fields: Any) -> Resource:
    made = Resource.objects.create(
        territory_id=site.territory_id, site=site, kind=kind, name=name, **{"seats": 5, **fields}
    )
    Vehicle.objects.create(resource=made, territory_id=site.territory_id, energy=energy)
    return made


def driver(metz: Territory, **licence: Any) -> Agent:
    who = factories.agent(metz)
    values: dict[str, Any] = {
        "categories": ["B"],
        "valid_from": dt.date(2020, 1, 1),
        "valid_until": dt.date(2030, 1, 1),
        "checked_on": dt.date(2026, 1, 1),
    }
    Licence.objects.create(agent=who, territory=metz, **{**values, **licence})
    return who


def trip(who: Agent, site: Site, where: Destination = NEAR, start: str = "9", end: str = "12", **asked: Any) -> Booking:
    kind = asked.pop("kind", Kind.CAR)
    return book_trip(who, kind, site.pk, at(TUESDAY, start), at(TUESDAY, end), where, by(who), now=NOW, **asked)


def test_an_electric_car_is_proposed_first_when_its_range_allows(metz: Territory, site: Site) -> None:
    petrol, electric = vehicle(site, "A"), vehicle(site, "B", "electric", range_km=100)
    assert trip(driver(metz), site, NEAR).resource_id == electric.pk
    assert trip(driver(metz), site, FAR, "13", "18").resource_id == petrol.pk  # more than 100 km there and back


def test_otherwise_the_one_that_has_stood_longest(metz: Territory, site: Site) -> None:
    one, two, three = (vehicle(site, name) for name in "ABC")
    used = [trip(driver(metz), site, alone=True).resource_id for _ in range(3)]
    assert sorted(used) == [one.pk, two.pk, three.pk]
    again = [trip(driver(metz), site, FAR, start, end).resource_id for start, end in (("14", "15"), ("16", "17"))]
    assert again[0] != again[1]


def test_the_trip_says_how_far_it_is(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    booking = trip(driver(metz), site, people=3)
    kept = Trip.objects.get(booking=booking)
    assert kept.destination == "Gare de Metz"
    assert kept.km == pytest.approx(1.6, abs=0.3)
    assert "seats:3" in booking.features


@pytest.mark.parametrize(
    ("licence", "code"),
    [
        ({"categories": ["A"]}, "licence-category"),
        ({"valid_until": TUESDAY - dt.timedelta(days=1)}, "licence-expired"),
        ({"valid_from": TUESDAY + dt.timedelta(days=1)}, "licence-not-yet-valid"),
    ],
)
def test_driving_needs_a_licence_that_covers_the_trip(
    metz: Territory, site: Site, licence: dict[str, Any], code: str
) -> None:
    vehicle(site, "A")
    with pytest.raises(Refused) as refused:
        trip(driver(metz, **licence), site)
    assert [r.code for r in refused.value.refusals] == [code]
    assert not Booking.objects.exists()
    assert not Trip.objects.exists()


def test_the_last_day_of_a_licence_counts(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    assert trip(driver(metz, valid_until=TUESDAY), site, end="23")


def test_without_a_licence_a_bike_can_be_had_and_a_car_cannot(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    vehicle(site, "Vélo", "human", Kind.BIKE, seats=1)
    who = factories.agent(metz)
    with pytest.raises(Refused) as refused:
        trip(who, site)
    assert [r.code for r in refused.value.refusals] == ["licence-missing"]
    assert trip(who, site, kind=Kind.BIKE).kind == Kind.BIKE


def test_a_licence_is_looked_at_again_at_pick_up(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    who = driver(metz)
    booking = trip(who, site)
    Licence.objects.filter(agent=who).update(valid_until=TUESDAY - dt.timedelta(days=1))
    with pytest.raises(Refused) as refused:
        service.check_in(booking.pk, by(who), Booking.CheckInBy.BOX, now=booking.start)
    assert [r.code for r in refused.value.refusals] == ["licence-expired"]
    booking.refresh_from_db()
    assert booking.state == "confirmed"


def test_all_that_refuses_is_told_together(metz: Territory, site: Site) -> None:
    vehicle(site, "A", seats=2)
    with pytest.raises(Refused) as refused:
        trip(factories.agent(metz), site, people=4)
    assert {r.code for r in refused.value.refusals} == {"features-unavailable", "licence-missing"}


def test_a_second_car_to_the_same_place_is_offered_a_seat_first(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    vehicle(site, "B")
    first = trip(driver(metz), site)
    nearly = Destination("Parvis de la gare", Point(49.1100, 6.1780))
    who = driver(metz)
    with pytest.raises(RideOffered) as offered:
        trip(who, site, nearly, "9:30", "11")
    (ride,) = offered.value.rides
    assert (ride.reference, ride.seats_left) == (first.reference, 4)
    assert Booking.objects.count() == 1
    assert trip(who, site, nearly, "9:30", "11", alone=True)


@pytest.mark.parametrize(
    ("where", "start", "people"), [(FAR, "9", 1), (NEAR, "10", 1), (NEAR, "9", 5)], ids=["elsewhere", "later", "many"]
)
def test_no_ride_is_offered_elsewhere_later_or_to_more_than_there_are_seats(
    metz: Territory, site: Site, where: Destination, start: str, people: int
) -> None:
    vehicle(site, "A")
    vehicle(site, "B")
    trip(driver(metz), site)
    assert trip(driver(metz), site, where, start, people=people)


def test_who_joins_has_a_seat_and_the_driver_is_told(metz: Territory, site: Site) -> None:
    vehicle(site, "A", seats=2)
    first = trip(driver(metz), site)
    ada, bob = factories.agent(metz), factories.agent(metz)
    assert join_ride(ada, first.reference, by(ada), now=NOW).people == 2
    assert join_ride(ada, first.reference, by(ada), now=NOW).people == 2  # twice changes nothing
    assert told(first.agent)[-1] == "ride.joined"
    assert Notice.objects.filter(kind="ride.joined").count() == 1
    with pytest.raises(WrongState):
        join_ride(bob, first.reference, by(bob), now=NOW)
    first.refresh_from_db()
    assert "seats:2" in first.features


def test_a_ride_of_another_territory_does_not_exist(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    first = trip(driver(metz), site)
    stranger = factories.agent(factories.territory())
    with pytest.raises(NotFound):
        join_ride(stranger, first.reference, by(stranger), now=NOW)
    with pytest.raises(NotFound):
        join_ride(first.agent, first.reference, by(first.agent), now=NOW)


def test_a_trip_needs_somebody(metz: Territory, site: Site) -> None:
    vehicle(site, "A")
    with pytest.raises(Refused) as refused:
        trip(driver(metz), site, people=0)
    assert [r.code for r in refused.value.refusals] == ["nobody-travels"]
