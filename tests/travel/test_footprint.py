"""What a kilometre emits and costs, and to whom."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from bureaux_volants.travel.allowances import ORDER_2022
from bureaux_volants.travel.factors import ADEME_2026_07, CAR_ENERGIES, KEYS, Per
from bureaux_volants.travel.fares import ASSUMED_2026
from bureaux_volants.travel.footprint import BUILT_IN, car_km_of, cost_of, footprint_of
from bureaux_volants.travel.journeys import Place, PoolUnit, Section, Traveller, Way
from bureaux_volants.travel.modes import Mode, Point

EIGHT = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
HERE = Place("ici", Point(49.1, 6.1))


def ten_km(mode: Mode) -> list[Section]:
    return [Section(mode, HERE, HERE, EIGHT, EIGHT + dt.timedelta(minutes=20), 10)]


@pytest.mark.parametrize(
    ("mode", "energy", "published"),
    [
        (Mode.WALK, "", 0),
        (Mode.BIKE, "", 0.17),
        (Mode.EBIKE, "", 10.95),
        (Mode.CARGO_BIKE, "", 14.8),
        (Mode.BUS, "", 122.4),
        (Mode.RAPID_BUS, "", 122.4),
        (Mode.COACH, "", 37.6),
        (Mode.TRAM, "", 4.28),
        (Mode.METRO, "", 4.44),
        (Mode.TRAIN, "", 27.7),
        (Mode.CAR, "diesel", 227.6),
        (Mode.CAR, "petrol", 271.5),
        (Mode.CAR, "electric", 107.8),
    ],
)
def test_the_figures_are_the_published_ones(mode: Mode, energy: str, published: float) -> None:
    assert ADEME_2026_07.grams(mode, energy)[1] == pytest.approx(published, abs=0.05)


def test_only_cars_are_counted_by_vehicle_and_shared_among_those_aboard() -> None:
    by_vehicle = {key for key, factor in ADEME_2026_07.factors.items() if factor.per is Per.VEHICLE}
    assert by_vehicle == {f"car_{energy}" for energy in CAR_ENERGIES}
    assert ADEME_2026_07.grams(Mode.CAR, "diesel", 2)[1] == pytest.approx(113.8, abs=0.05)
    assert ADEME_2026_07.grams(Mode.BUS, "", 2) == ADEME_2026_07.grams(Mode.BUS)


def test_a_table_has_every_factor() -> None:
    assert set(ADEME_2026_07.factors) == set(KEYS)


@pytest.mark.parametrize(("mode", "energy", "people"), [(Mode.CAR, "steam", 1), (Mode.CAR, "diesel", 0)])
def test_what_makes_no_sense_is_refused(mode: Mode, energy: str, people: int) -> None:
    with pytest.raises(ValueError, match=r"no factor|somebody"):
        ADEME_2026_07.grams(mode, energy, people)


def test_driver_and_passenger_bear_half_of_the_car_each() -> None:
    sections, two = ten_km(Mode.CAR), PoolUnit("car", "electric", people=2)
    driver = footprint_of(Way.POOL_CAR, sections, Traveller(), two)
    passenger = footprint_of(Way.SHARED_RIDE, sections, Traveller(), two)
    assert driver == passenger
    assert driver.total + passenger.total == pytest.approx(1077.8, abs=0.1)
    assert driver.use == pytest.approx(96.7, abs=0.1)
    assert driver.factors == "ademe-2026-07"
    assert car_km_of(Way.POOL_CAR, sections, two) + car_km_of(Way.SHARED_RIDE, sections, two) == 10


@pytest.mark.parametrize(
    ("way", "mode", "traveller", "unit", "commuting", "employer", "agent"),
    [
        (Way.OWN_CAR, Mode.CAR, Traveller(), None, True, 0, 3.2),
        (Way.OWN_CAR, Mode.CAR, Traveller(), None, False, 3.2, 0),
        (Way.POOL_CAR, Mode.CAR, Traveller(), PoolUnit("car", "electric"), False, 0.84, 0),
        (Way.SHARED_RIDE, Mode.CAR, Traveller(), PoolUnit("car", "diesel", 2), True, 0, 0),
        (Way.TRANSIT, Mode.BUS, Traveller(), None, True, 0, 2),
        (Way.TRANSIT, Mode.BUS, Traveller(), None, False, 2, 0),
        (Way.TRANSIT, Mode.BUS, Traveller(has_pass=True), None, True, 0, 0),
        (Way.TRANSIT, Mode.BUS, Traveller(), PoolUnit("transport_card", ""), False, 0, 0),
        (Way.OWN_BIKE, Mode.BIKE, Traveller(), None, True, 0, 0.2),
        (Way.POOL_BIKE, Mode.EBIKE, Traveller(), PoolUnit("bike", "assisted"), False, 0.4, 0),
        (Way.WALK, Mode.WALK, Traveller(), None, True, 0, 0),
    ],
)
def test_who_pays(
    way: Way, mode: Mode, traveller: Traveller, unit: PoolUnit | None, commuting: bool, employer: float, agent: float
) -> None:
    cost = cost_of(way, ten_km(mode), traveller, unit, commuting)
    assert (cost.employer, cost.agent) == (pytest.approx(employer), pytest.approx(agent))
    assert cost.fares == f"{ASSUMED_2026.version}+{ORDER_2022.version}" == BUILT_IN.money


def test_a_ticket_covers_the_changes() -> None:
    assert cost_of(Way.TRANSIT, ten_km(Mode.BUS) + ten_km(Mode.TRAM), Traveller(), None, True).agent == 2


@pytest.mark.parametrize(
    ("km", "already", "euros"), [(100, 0, 32), (2000, 0, 640), (1000, 1500, 360), (10_100, 0, 3863), (0, 5, 0)]
)
def test_the_allowance_follows_its_bands(km: float, already: float, euros: float) -> None:
    assert ORDER_2022.pay(km, already) == pytest.approx(euros)
    assert math.isinf(ORDER_2022.bands[-1][0])


def test_negative_kilometres_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        ORDER_2022.pay(-1)
