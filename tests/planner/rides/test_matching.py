"""Who fits into whose car: equal to trying every order of getting in and out by hand; the detour and the hours hold."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.planner.rides import matching
from bureaux_volants.planner.rides.matching import OpenRide, Stop, drive, fit, grams_of, ranked
from bureaux_volants.travel.factors import ADEME_2026_07
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Mode, Point, leg

EIGHT = dt.datetime(2026, 12, 1, 7, tzinfo=dt.UTC)
SOUTH, MIDDLE, NORTH = (Place(n, Point(lat, 6.17)) for n, lat in (("Sud", 49.0), ("Milieu", 49.05), ("Nord", 49.1)))


def ride(**fields: object) -> OpenRide:
    values = {
        "offer_id": 1,
        "driver_name": "Basile",
        "origin": SOUTH,
        "destination": NORTH,
        "depart": EIGHT,
        "flexible_minutes": 0,
        "max_detour_minutes": 10,
        "seats_left": 2,
        "car_energy": "diesel",
    }
    return OpenRide(**{**values, **fields})  # type: ignore[arg-type]


points = st.builds(
    lambda lat, lon: Place("", Point(49 + lat / 100, 6.1 + lon / 100)), st.integers(0, 12), st.integers(0, 12)
)


def minutes_of(places: list[Place]) -> float:
    """By hand: the wheel, and a minute at each halt that is not the start."""
    halts = [places[0]]
    for place in places[1:]:
        if place.point != halts[-1].point:
            halts.append(place)
    total = sum(drive(a, b)[1] for a, b in itertools.pairwise(halts))
    return total + sum(1.0 for h in halts[1:-1] if h.point != places[0].point)


def by_hand(r: OpenRide, a: Place, b: Place) -> float | None:
    """The least detour and walk over every order of all stops that keeps the others' order."""
    if r.seats_left < 1 or a.point == b.point:
        return None

    def spots(wanted: Place) -> list[tuple[Place, float]]:
        near = [r.origin, *(s.place for s in r.stops), r.destination]
        walks = [(p, leg(wanted.point, p.point, Mode.WALK)) for p in near if p.key != "home"]
        return [(wanted, 0.0), *((p, w.minutes) for p, w in walks if w.km <= matching.WALK_KM)]

    old = [r.origin, *(s.place for s in r.stops), r.destination]
    direct = minutes_of([r.origin, r.destination])
    best = None
    for (up, walk_up), (down, walk_down) in itertools.product(spots(a), spots(b)):
        if up.point == down.point or drive(up, down)[0] < drive(a, b)[0] * matching.LEAST_SHARE:
            continue
        inner = [*(s.place for s in r.stops), "up", "down"]
        for order in set(itertools.permutations(range(len(inner)))):
            kept = [k for k in order if k < len(r.stops)]
            if kept != sorted(kept) or order.index(len(inner) - 2) > order.index(len(inner) - 1):
                continue
            named = {len(inner) - 2: up, len(inner) - 1: down}
            way = [r.origin, *(named.get(k) or r.stops[k].place for k in order), r.destination]
            if minutes_of(way) - direct > r.max_detour_minutes + 1e-6:
                continue
            burden = max(0.0, minutes_of(way) - minutes_of(old)) + walk_up + walk_down
            best = burden if best is None else min(best, burden)
    return best


@settings(max_examples=150, deadline=None)
@given(points, points, st.lists(points, max_size=3), points, points, st.integers(0, 40), st.integers(0, 2))
def test_the_best_way_to_take_one_more_is_that_of_trying_every_order(
    origin: Place, destination: Place, stops: list[Place], a: Place, b: Place, most: int, seats: int
) -> None:
    r = ride(
        origin=origin,
        destination=destination,
        stops=tuple(Stop(n, p) for n, p in enumerate(stops, 1)),
        max_detour_minutes=most,
        seats_left=seats,
    )
    found, wanted = fit(r, a, b), by_hand(r, a, b)
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert found.burden == pytest.approx(wanted, abs=1e-5)
        assert [s for s in found.stops if s.who] == list(r.stops)
        assert found.depart <= found.picked < found.dropped <= found.arrive
        assert seats > 0


@settings(max_examples=100, deadline=None)
@given(points, points, st.integers(0, 20), st.integers(-60, 60), st.integers(-30, 90))
def test_nobody_leaves_before_they_are_ready_nor_comes_after_the_hour(
    a: Place, b: Place, flexible: int, ready: int, by: int
) -> None:
    soonest, latest = EIGHT + dt.timedelta(minutes=ready), EIGHT + dt.timedelta(minutes=by)
    found = fit(ride(flexible_minutes=flexible, max_detour_minutes=60), a, b, ready=soonest, by=latest)
    if found is not None:
        assert abs(found.leaves - EIGHT) <= dt.timedelta(minutes=flexible)
        assert found.depart >= soonest - dt.timedelta(seconds=1)
        assert found.arrive <= latest + dt.timedelta(seconds=1)
        assert found.waiting_minutes >= -0.02


def test_on_the_way_there_is_no_detour_but_the_halt() -> None:
    found = fit(ride(), MIDDLE, NORTH)
    assert found is not None
    # Two short stretches are slower than one long one, by the outline's own town speeds.
    assert found.detour_km == pytest.approx(0, abs=0.01)
    assert found.detour_minutes < 10


def test_a_full_car_and_the_other_direction_do_not_fit() -> None:
    assert fit(ride(seats_left=0), MIDDLE, NORTH) is None
    assert fit(ride(), NORTH, SOUTH) is None


def test_whoever_is_aboard_already_keeps_their_hour() -> None:
    aboard = ride(flexible_minutes=30, stops=(Stop(1, MIDDLE), Stop(1, NORTH)))
    assert fit(aboard, SOUTH, NORTH, ready=EIGHT + dt.timedelta(minutes=10)) is None
    assert fit(ride(flexible_minutes=30), SOUTH, NORTH, ready=EIGHT + dt.timedelta(minutes=10)) is not None


def test_nobody_is_told_to_meet_at_a_colleagues_home() -> None:
    home = Place("Sud", SOUTH.point, "home")
    behind = Place("Derrière", Point(48.997, 6.17))
    walked = fit(ride(max_detour_minutes=1), behind, NORTH)
    assert walked is not None
    assert walked.pick_up == SOUTH
    assert walked.walk_minutes > 0
    assert fit(ride(origin=home, max_detour_minutes=1), behind, NORTH) is None


def test_the_least_burdensome_comes_first() -> None:
    far = ride(offer_id=2, origin=Place("Loin", Point(49.0, 6.2)))
    assert next(r.offer_id for r, _ in ranked([far, ride()], SOUTH, NORTH)) == 1


def test_a_cars_emissions_are_divided_by_the_people_aboard() -> None:
    assert grams_of(10, "diesel", 2, ADEME_2026_07) == pytest.approx(1138, abs=0.5)
