"""The estimate answers for every way, and says why where it does not."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.travel.estimate import Estimate
from bureaux_volants.travel.journeys import Place, PoolUnit, Traveller, Way
from bureaux_volants.travel.modes import Mode, Point

HOME = Place("chez moi", Point(49.0400, 6.1500), "home")
SITE = Place("Hôtel de Ville", Point(49.1203, 6.1757), "site:hotel-de-ville")
CAR_PARK = Place("P+R", Point(49.0800, 6.1600))
FAR_PARK = Place("P+R lointain", Point(49.0800, 6.3600))
NINE = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
ALL = Traveller(has_bike=True, has_car=True, has_licence=True, walk_km=None, bike_km=None)
UNITS = {Way.POOL_BIKE: PoolUnit("bike", "assisted"), Way.POOL_CAR: PoolUnit("car", "electric")}
SOURCE = Estimate(car_parks=(FAR_PARK, CAR_PARK), stops=(CAR_PARK,))


@pytest.mark.parametrize("way", Way)
def test_every_way_is_answered_either_from_its_departure_or_for_its_arrival(way: Way) -> None:
    (leaving,) = SOURCE.journeys(way, HOME, SITE, ALL, depart=NINE, unit=UNITS.get(way))
    (arriving,) = SOURCE.journeys(way, HOME, SITE, ALL, arrive=NINE, unit=UNITS.get(way))
    assert leaving.depart >= NINE
    assert abs(arriving.arrive - NINE) < dt.timedelta(milliseconds=1)
    assert leaving.sections[0].origin == HOME
    assert leaving.sections[-1].destination == SITE
    assert leaving.spread_minutes > 1
    for before, after in zip(leaving.sections, leaving.sections[1:], strict=False):
        assert before.end <= after.start
        assert before.destination == after.origin


def test_waiting_for_the_first_bus_is_in_the_minutes() -> None:
    (there,) = SOURCE.journeys(Way.TRANSIT, HOME, SITE, ALL, depart=NINE)
    walk, ride, _out = there.sections
    assert ride.start - walk.end == dt.timedelta(minutes=6)
    assert there.transfers == 1


def test_the_car_waits_at_the_car_park_that_makes_the_shorter_way_and_takes_one_home() -> None:
    (out,) = SOURCE.journeys(Way.PARK_AND_RIDE, HOME, SITE, ALL, depart=NINE)
    (back,) = SOURCE.journeys(Way.PARK_AND_RIDE, SITE, HOME, ALL, depart=NINE)
    assert [s.mode for s in out.sections] == [Mode.CAR, Mode.WALK, Mode.BUS, Mode.WALK]
    assert out.sections[0].destination == CAR_PARK
    assert [s.mode for s in back.sections] == [Mode.WALK, Mode.BUS, Mode.WALK, Mode.CAR]
    assert back.sections[-1].origin == CAR_PARK
    assert out.minutes == pytest.approx(back.minutes)
    assert 0 < out.car_km < out.km


def test_a_pool_bike_is_fetched_at_its_base() -> None:
    base = PoolUnit("bike", "assisted", base=CAR_PARK)
    (walked,) = SOURCE.journeys(Way.POOL_BIKE, HOME, SITE, ALL, depart=NINE, unit=base)
    (at_once,) = SOURCE.journeys(Way.POOL_BIKE, CAR_PARK, SITE, ALL, depart=NINE, unit=UNITS[Way.POOL_BIKE])
    assert [s.mode for s in walked.sections] == [Mode.WALK, Mode.EBIKE]
    assert walked.sections[0].destination == CAR_PARK
    assert [s.mode for s in at_once.sections] == [Mode.EBIKE]
    assert walked.minutes > at_once.minutes


@pytest.mark.parametrize(
    ("way", "traveller", "said"),
    [
        (Way.WALK, Traveller(), "trop loin à pied : 10,9 km"),
        (Way.OWN_BIKE, Traveller(), "pas de vélo déclaré"),
        (Way.OWN_BIKE, Traveller(has_bike=True), "trop loin à vélo : 11,9 km"),
        (Way.OWN_BIKE, Traveller(has_bike=True, carries_things=True), "trop chargé pour un vélo"),
        (Way.OWN_CAR, Traveller(), "pas de voiture déclarée"),
        (Way.OWN_CAR, Traveller(has_car=True), "pas de permis déclaré"),
        (Way.POOL_BIKE, Traveller(), "pas de vélo partagé à prendre"),
        (Way.TRANSIT, Traveller(walk_km=0.1), "trop loin à pied : 0,7 km"),
    ],
)
def test_it_says_why_a_way_is_missing(way: Way, traveller: Traveller, said: str) -> None:
    assert SOURCE.why_not(way, HOME, SITE, traveller) == said
    assert not SOURCE.journeys(way, HOME, SITE, traveller, depart=NINE)


def test_without_a_car_park_on_the_way_there_is_no_park_and_ride() -> None:
    source = Estimate(car_parks=(FAR_PARK,))
    assert source.why_not(Way.PARK_AND_RIDE, HOME, SITE, ALL) == "aucun parking-relais sur le chemin"
    assert not source.journeys(Way.PARK_AND_RIDE, HOME, SITE, ALL, depart=NINE)


@pytest.mark.parametrize("when", [{}, {"depart": NINE, "arrive": NINE}, {"depart": NINE.replace(tzinfo=None)}])
def test_the_hour_is_given_once_and_aware(when: dict[str, dt.datetime]) -> None:
    with pytest.raises(ValueError, match="one aware instant"):
        SOURCE.journeys(Way.WALK, HOME, SITE, ALL, **when)
