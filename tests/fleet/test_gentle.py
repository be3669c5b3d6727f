"""A short way by car is told to the person first, with what else was there; and only when it really was."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.gentle import Hint, LentBike, ShortTrip, hint, hints
from bureaux_volants.fleet.models import Trip
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.travel.modes import Mode, Point, leg
from tests import factories
from tests.factories import TUESDAY, at

HERE = Point(49.1, 6.17)
#: 1.56 km as the crow flies: 2.1 by car, 2.0 by bike.
THERE = Point(49.114, 6.17)
FAR = Point(49.14, 6.17)
BIKE = LentBike(1, is_assisted=True)


def way(**said: Any) -> ShortTrip:
    values: dict[str, Any] = {"to_point": THERE, "start": at(TUESDAY, "9"), "end": at(TUESDAY, "11"), **said}
    return ShortTrip(7, 1, HERE, **values)


def taken(start: str, end: str) -> LentBike:
    return LentBike(1, is_assisted=True, taken=((at(TUESDAY, start), at(TUESDAY, end)),))


def test_a_short_way_is_told_with_its_minutes_by_the_best_bike_that_was_there() -> None:
    found = hint(way(), [BIKE])
    # 2.02 km at 18 km/h, and two minutes to unlock and park.
    assert found is not None
    assert (round(found.km, 1), found.minutes) == (2.0, 9)
    plain = hint(way(), [LentBike(1, is_assisted=False)])
    assert plain is not None
    assert plain.minutes == 11


@pytest.mark.parametrize(
    "trip",
    [
        way(to_point=FAR),
        way(people=2),
        way(needs=frozenset({"large_boot"})),
        way(needs=frozenset({"child_seat", "range:25"})),
    ],
    ids=["three kilometres and more", "several people", "a load", "a child"],
)
def test_nothing_is_said_where_a_car_is_of_use(trip: ShortTrip) -> None:
    assert hint(trip, [BIKE]) is None


def test_a_need_that_a_bike_meets_is_no_excuse() -> None:
    assert hint(way(needs=frozenset({"range:25", "automatic"})), [BIKE]) is not None


@pytest.mark.parametrize(
    ("bikes", "is_told"),
    [
        ([], False),
        ([LentBike(2, is_assisted=True)], False),
        ([taken("8", "9:15")], False),
        ([taken("10:59", "12")], False),
        ([taken("9:30", "10")], False),
        ([taken("7", "9"), taken("11", "12")], True),
        ([taken("9", "11"), BIKE], True),
    ],
    ids=["none", "elsewhere", "not back yet", "taken before the end", "within", "before and after", "one of two"],
)
def test_it_is_told_only_when_a_bike_was_free_all_the_while(bikes: list[LentBike], is_told: bool) -> None:
    assert (hint(way(), bikes) is not None) is is_told


# -- from rows --------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(db: None) -> Site:
    return factories.site(factories.territory(), desks=0, lat=HERE.lat, lon=HERE.lon)


@pytest.fixture
def bike(site: Site) -> Resource:
    return Resource.objects.create(territory_id=site.territory_id, site=site, kind=Kind.BIKE, name="Vélo 1")


@pytest.fixture
def who(site: Site) -> Agent:
    return factories.agent(site.territory)


def lend(who: Agent, site: Site, kind: Kind, start: str, end: str, state: str, **more: Any) -> Booking:
    unit, _ = Resource.objects.get_or_create(
        territory_id=site.territory_id, site=site, kind=kind, name="Vélo 1" if kind == Kind.BIKE else "Clio 1"
    )
    begins, ends = at(TUESDAY, start), at(TUESDAY, end)
    made = Booking.objects.create(
        territory_id=site.territory_id, site=site, kind=kind, resource=unit, agent=who, booked_by=who, start=begins, end=ends,
        held=DateTimeTZRange(begins, ends, "[)"), state=state, created_at=begins - dt.timedelta(days=1), **more,
    )  # fmt: skip
    if kind == Kind.CAR:
        Trip.objects.create(
            booking=made, territory_id=site.territory_id, destination="Gare", lat=THERE.lat, lon=THERE.lon, km=2.1
        )
    return made


def said(booking: Booking) -> Hint | None:
    return hints([booking], get_directory(booking.territory_id)).get(booking.pk)


@pytest.mark.parametrize(
    ("state", "is_told"),
    [
        (State.COMPLETED, True),
        (State.IN_USE, True),
        (State.CONFIRMED, True),
        (State.CANCELLED, False),
        (State.NO_SHOW, False),
    ],
)
def test_it_is_told_of_trips_that_take_place(who: Agent, site: Site, bike: Resource, state: str, is_told: bool) -> None:
    assert (said(lend(who, site, Kind.CAR, "9", "11", state)) is not None) is is_told


@pytest.mark.parametrize(
    ("start", "end", "state", "ended", "is_told"),
    [
        ("8", "12", State.CONFIRMED, None, False),
        ("8", "12", State.CANCELLED, "8", True),
        ("7", "8:30", State.COMPLETED, "9:30", False),
        ("7", "8:30", State.COMPLETED, "8:20", True),
        ("8", "12", State.NO_SHOW, "8:45", True),
        ("8:30", "12", State.NO_SHOW, "9:15", False),
    ],
    ids=["booked", "cancelled", "back late", "back early", "freed before", "freed during"],
)
def test_a_bike_was_free_when_nobody_really_had_it(
    who: Agent, site: Site, bike: Resource, start: str, end: str, state: str, ended: str | None, is_told: bool
) -> None:
    lend(who, site, Kind.BIKE, start, end, state, ended_at=at(TUESDAY, ended) if ended else None)
    assert (said(lend(who, site, Kind.CAR, "9", "11", State.COMPLETED)) is not None) is is_told


def test_a_page_of_trips_costs_one_query_and_a_page_of_desks_none(
    who: Agent, site: Site, bike: Resource, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for hour in range(6, 18):
        lend(who, site, Kind.CAR, str(hour), str(hour + 1), State.COMPLETED)
    directory = get_directory(site.territory_id)
    trips = list(Booking.objects.select_related("trip").order_by("start"))
    with django_assert_num_queries(1):
        assert len(hints(trips, directory)) == 12
    with django_assert_num_queries(0):
        assert hints([], directory) == {}


def test_the_way_is_the_one_that_the_trip_would_have_been_by_bike() -> None:
    found = hint(way(), [BIKE])
    assert found is not None
    assert found.km == leg(HERE, THERE, Mode.EBIKE).km
