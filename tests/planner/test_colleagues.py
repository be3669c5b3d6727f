"""A colleague's car in the search: it takes one exactly where matching says, at its own hours, and a plan that counts on it can be asked for."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.clock import Frame
from bureaux_volants.planner.colleagues import MOST_WAIT, lifts_of, timed
from bureaux_volants.planner.day import Answer, Known, Workplace, plan_day
from bureaux_volants.planner.plans import TRAVEL, Step
from bureaux_volants.planner.problem import HOME as AT_HOME
from bureaux_volants.planner.problem import NEVER
from bureaux_volants.planner.rides.matching import OpenRide, Stop, fit
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Point

MIDNIGHT = dt.datetime(2026, 11, 24, tzinfo=dt.timezone(dt.timedelta(hours=1)))
ON_FOOT = Traveller(walk_km=1.5)


def at(hour: float) -> dt.datetime:
    return MIDNIGHT + dt.timedelta(hours=hour)


def place(rng: Random, name: str, key: str = "") -> Place:
    return Place(name, Point(49 + rng.randrange(12) / 100, 6.1 + rng.randrange(12) / 100), key)


def drawn(rng: Random, number: int = 1, hours: tuple[float, float] = (6, 19)) -> OpenRide:
    stops = (Stop(7, place(rng, "Arrêt 1")), Stop(7, place(rng, "Arrêt 2"))) if rng.random() < 0.3 else ()
    return OpenRide(
        number,
        "Basile",
        place(rng, "Départ", rng.choice(("", "home"))),
        place(rng, "Arrivée"),
        at(rng.uniform(*hours)).replace(second=0, microsecond=0),
        rng.choice((0, 5, 20)),
        rng.choice((5, 10, 25)),
        rng.choice((1, 2, 3)),
        "diesel",
        stops,
        rng.choice((1, 2)),
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_a_ride_is_weighed_wherever_it_fits_and_nowhere_else(seed: int) -> None:
    rng = Random(seed)
    ride, places = drawn(rng), [place(rng, str(n), "home" if n == 0 else "") for n in range(7)]
    ends = (0, 1, 2)
    lifts = lifts_of([ride], places, ends, replace(ON_FOOT, walk_km=None), MIDNIGHT)
    expected = {
        (a, b)
        for a, b in itertools.permutations(range(7), 2)
        if (a in ends or b in ends) and fit(ride, places[a], places[b]) is not None
    }
    found = {pair for lift in lifts.all for pair in zip(lift.a.tolist(), lift.b.tolist(), strict=True)}
    assert found == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_minutes_of_the_search_are_those_that_matching_answers(seed: int) -> None:
    rng = Random(seed)
    ride, places = drawn(rng), [place(rng, str(n), "home" if n == 0 else "") for n in range(7)]
    node_place, stop_place = np.array([0, 1, 2, 0]), np.array([0, 3, 4, 5, 6])
    start, end = np.array([0, 10 * 60, 14 * 60, 0]), np.array([0, 11 * 60, 15 * 60, 0])
    frame = Frame(MIDNIGHT, places, node_place, stop_place, start, end, (8 * 60, 18 * 60), 6 * 60 + 30, 0, 0)
    lifts = lifts_of([ride], places, (0, 1, 2), replace(ON_FOOT, walk_km=None), MIDNIGHT)
    if not lifts.all:
        return
    found = timed(frame, lifts.all[0])
    for node in (1, 2):
        for s, stop in enumerate(stop_place):
            here, there = places[node], places[int(stop)]
            after = fit(ride, here, there, ready=frame.at(int(end[node])))
            before = fit(ride, there, here, by=frame.at(int(start[node])))
            if after is not None and after.depart - frame.at(int(end[node])) > dt.timedelta(minutes=MOST_WAIT):
                after = None
            if before is not None and frame.at(int(start[node])) - before.arrive > dt.timedelta(minutes=MOST_WAIT):
                before = None
            took = NEVER if after is None else math.ceil((after.arrive - MIDNIGHT).total_seconds() / 60) - end[node]
            went = (
                NEVER if before is None else start[node] - math.floor((before.depart - MIDNIGHT).total_seconds() / 60)
            )
            assert (found.into[node, s], found.out[node, s]) == (took, went)
    for s, stop in enumerate(stop_place[1:], 1):
        hours = [tuple(pair) for pair in found.morning[s] if pair[0] < NEVER]
        nominal = fit(ride, places[AT_HOME], places[int(stop)])
        assert hours == sorted(hours)
        if nominal is not None and ride.stops == () and hours:
            # Each of its minutes can be asked for.
            for leaves, arrives in hours:
                assert leaves >= frame.leaves_from
                ready, by = frame.at(leaves), frame.at(arrives)
                assert fit(ride, places[AT_HOME], places[int(stop)], ready=ready, by=by) is not None


def seats_in(answer: Answer) -> list[tuple[Step, int]]:
    found = []
    for plan in answer.plans:
        found += [(s, answer.options[s.option].offer) for s in plan.travels if answer.options[s.option].offer]
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_every_seat_of_a_plan_can_be_asked_for_at_the_plan_s_hours(seed: int) -> None:
    rng = Random(seed)
    rides = tuple(drawn(rng, n, (6.5, 9.5) if n % 2 else (15.5, 18.5)) for n in range(1, 11))
    by_number = {r.offer_id: r for r in rides}
    workplaces = [Workplace(place(rng, f"Site {n}", f"site:{n}"), (Interval(at(8), at(18)),)) for n in range(6)]
    asked = Asked(
        MIDNIGHT.date(),
        (at(8.5), at(17.5)),
        (Appointment(place(rng, "Réunion"), at(14), at(15)),),
        home=place(rng, "chez vous", "home"),
        may_work_at_home=True,
        traveller=replace(ON_FOOT, has_car=True, has_licence=True),
    )
    answer = plan_day(asked, workplaces, workplaces[0].place, MIDNIGHT, Known(rides=rides))
    for step, offer in seats_in(answer):
        a, b = answer.places[step.origin], answer.places[step.place]
        ready, by = (MIDNIGHT + dt.timedelta(minutes=m) for m in (step.start, step.end))
        how = fit(by_number[offer], a, b, ready=ready, by=by)
        assert how is not None
        (journey,) = step.journeys
        assert (journey.depart, journey.arrive) == (how.depart, how.arrive)
        assert step.car_km == pytest.approx(how.km / (by_number[offer].people + 1))


HOME = Place("chez vous", Point(49.0, 6.17), "home")
OFFICE = Place("Siège", Point(49.12, 6.17), "site:siege")
TO_WORK = OpenRide(1, "Basile", Place("Sud", Point(48.99, 6.17)), OFFICE, at(8.25), 0, 10, 1, "electric")
BACK = OpenRide(2, "Carole", OFFICE, Place("Sud", Point(48.99, 6.17)), at(17.75), 0, 10, 1, "electric")
WALKER = Asked(MIDNIGHT.date(), (at(8.5), at(17.5)), home=HOME, traveller=ON_FOOT, usual=Way.TRANSIT)


def plan_with(*rides: OpenRide, asked: Asked = WALKER) -> Answer:
    return plan_day(asked, [Workplace(OFFICE, (Interval(at(8), at(18)),))], OFFICE, MIDNIGHT, Known(rides=rides))


def test_there_with_one_colleague_and_back_with_another() -> None:
    answer = plan_with(TO_WORK, BACK)
    quick = next(p for p in answer.plans if "quick" in p.virtues)
    assert [answer.options[s.option].offer for s in quick.travels] == [1, 2]
    assert [(s.what, s.journeys[0].way) for s in quick.travels] == [(TRAVEL, Way.SHARED_RIDE)] * 2


def test_whoever_goes_by_their_own_car_brings_it_back() -> None:
    mine = replace(WALKER, traveller=replace(ON_FOOT, has_car=True, has_licence=True))
    for plan in plan_with(BACK, asked=mine).plans:
        ways = [plan_with(BACK, asked=mine).options[s.option].way for s in plan.travels]
        assert ways.count(Way.OWN_CAR) != 1


def test_a_ride_of_another_day_or_full_is_no_way() -> None:
    full, tomorrow = replace(TO_WORK, seats_left=0), replace(TO_WORK, depart=TO_WORK.depart + dt.timedelta(days=1))
    assert seats_in(plan_with(full, tomorrow)) == []


def test_nobody_leaves_before_now() -> None:
    late = plan_day(
        WALKER,
        [Workplace(OFFICE, (Interval(at(8), at(18)),))],
        OFFICE,
        MIDNIGHT,
        Known(rides=(TO_WORK,), leaves_from=at(8.5)),
    )
    assert seats_in(late) == []


def test_the_ordinary_day_counts_on_nobody_s_car() -> None:
    answer = plan_with(TO_WORK, BACK, asked=replace(WALKER, usual=Way.SHARED_RIDE))
    assert answer.reference is None or not [s for s in answer.reference.travels if answer.options[s.option].offer]
