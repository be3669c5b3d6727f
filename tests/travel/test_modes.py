"""How far and how long, before a router is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.travel.modes import Mode, Point, leg

CATHEDRAL = Point(49.1203, 6.1757)
STATION = Point(49.1097, 6.1772)

points = st.builds(Point, st.floats(48.9, 49.3), st.floats(5.9, 6.5))


def test_from_the_cathedral_to_the_station_of_metz() -> None:
    """1.2 km as the crow flies, 17 to 20 minutes on foot, and a bike is faster than a car that must be parked."""
    walk, bike, car = (leg(CATHEDRAL, STATION, mode) for mode in (Mode.WALK, Mode.BIKE, Mode.CAR))
    assert walk.km == pytest.approx(1.42, abs=0.05)
    assert 16 < walk.minutes < 20
    assert bike.minutes < car.minutes < walk.minutes


def test_across_the_territory_a_car_is_faster() -> None:
    far = Point(49.0, 6.3)
    assert leg(CATHEDRAL, far, Mode.CAR).minutes < leg(CATHEDRAL, far, Mode.EBIKE).minutes


@given(points, points, st.sampled_from(Mode))
def test_a_way_is_as_long_there_as_back_and_never_shorter_than_the_crow_s(a: Point, b: Point, mode: Mode) -> None:
    there, back = leg(a, b, mode), leg(b, a, mode)
    assert there.km == pytest.approx(back.km)
    assert there.minutes == pytest.approx(back.minutes)
    assert there.km >= leg(a, b, Mode.WALK).km / 1.2 - 1e-9
    assert there.minutes >= 0


@pytest.mark.parametrize("bad", [Point(91, 0), Point(0, 181), Point(float("nan"), 0)])
def test_what_is_no_place_is_refused(bad: Point) -> None:
    with pytest.raises(ValueError, match="no place"):
        leg(CATHEDRAL, bad, Mode.CAR)
