"""The planner's arrays say what the estimate says, pair by pair."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.travel.estimate import Estimate
from bureaux_volants.travel.journeys import Place, PoolUnit, Traveller, Way
from bureaux_volants.travel.matrix import Option, matrix
from bureaux_volants.travel.modes import Point

MORNING = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)

points = st.builds(Point, st.floats(49.05, 49.2), st.floats(6.0, 6.4))
places = st.lists(st.builds(Place, st.just("ici"), points, st.sampled_from(["", "home"])), min_size=1, max_size=4)
units = st.builds(
    PoolUnit,
    st.sampled_from(["car", "bike", "cargo_bike"]),
    st.sampled_from(["electric", "diesel"]),
    st.integers(1, 3),
    st.none() | st.builds(Place, st.just("base"), points),
)
limits = st.none() | st.floats(0, 12)
travellers = st.builds(
    Traveller,
    has_bike=st.booleans(),
    bike_is_assisted=st.booleans(),
    has_car=st.booleans(),
    car_energy=st.sampled_from(["diesel", "petrol", "hybrid", "electric"]),
    has_licence=st.booleans(),
    has_pass=st.booleans(),
    carries_things=st.booleans(),
    walk_km=limits,
    bike_km=limits,
)


@settings(max_examples=150, deadline=None)
@given(places, travellers, st.sampled_from(Way), st.none() | units, points)
def test_the_matrix_equals_the_journeys(
    found: list[Place], traveller: Traveller, way: Way, unit: PoolUnit | None, hub: Point
) -> None:
    at = Place("relais", hub)
    source = Estimate(car_parks=[at], stops=[at])
    whole = matrix(found, traveller, [Option(way, unit, at)])
    for i, origin in enumerate(found):
        for j, destination in enumerate(found):
            journeys = source.journeys(way, origin, destination, traveller, depart=MORNING, unit=unit)
            why = source.why_not(way, origin, destination, traveller, unit)
            if not journeys:
                assert math.isinf(whole.minutes[0, i, j])
                assert why
                continue
            one = journeys[0]
            assert not why
            expected = {
                "minutes": one.minutes,
                "spread": one.spread_minutes,
                "grams_use": one.footprint.use,
                "grams_total": one.footprint.total,
                "employer": one.cost.employer,
                "agent": one.cost.agent,
                "effort": one.effort_minutes,
                "km": one.km,
                "car_km": one.car_km,
                "transfers": one.transfers,
            }
            for name, value in expected.items():
                assert getattr(whole, name)[0, i, j] == pytest.approx(value, abs=1e-6), name


def test_a_hub_way_needs_a_hub() -> None:
    traveller = Traveller(has_car=True, has_licence=True)
    with pytest.raises(ValueError, match="hub"):
        matrix([Place("", Point(49, 6))], traveller, [Option(Way.PARK_AND_RIDE)])


def test_a_point_outside_the_earth_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        matrix([Place("", Point(91, 6))], Traveller(), [Option(Way.WALK)])
