"""Days with a real timetable: what is proposed can be ridden, at the hours that are told."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.planner.asked import Appointment, Asked, Impossible
from bureaux_volants.planner.clock import Frame, rides
from bureaux_volants.planner.day import KINDS, Answer, Known, Workplace, plan_day
from bureaux_volants.planner.plans import TRAVEL
from bureaux_volants.planner.problem import NEVER
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.travel.footprint import CARD
from bureaux_volants.travel.gtfs.layout import lay_out
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.reading import read
from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Mode, Point
from tests.travel.gtfs.feeds import clock, draw, write

PARIS = ZoneInfo("Europe/Paris")
DAY = dt.date(2026, 3, 10)
MIDNIGHT = dt.datetime(2026, 3, 10, tzinfo=PARIS)

HOME = Place("chez vous", Point(49.06, 6.15), "home")
PARK = Place("P+R du Sud", Point(49.07, 6.155), "park:1")
SEAT = Place("Siège", Point(49.11, 6.177), "site:siege")
FAR = Place("Zone du Nord", Point(49.15, 6.2), "site:nord")


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, 10, hour, minute, tzinfo=PARIS)


def buses(folder: Path, first: int = 6, last: int = 20, every: int = 30) -> Timetable:
    """A line from home by the car park and the seat to the north and back, every half hour, 40 minutes from end to end."""
    stops = [
        (name, name, place.point.lat, place.point.lon)
        for name, place in (("h", HOME), ("p", PARK), ("s", SEAT), ("n", FAR))
    ]
    trips, calls = [], []
    for way, names in (("go", "hpsn"), ("back", "nsph")):
        minutes = (0, 8, 25, 40) if way == "go" else (0, 15, 32, 40)
        for start in range(first * 60, last * 60, every):
            trip = f"{way}{start}"
            trips.append((trip, "r", "s", "Nord" if way == "go" else "Sud"))
            for n, (stop, plus) in enumerate(zip(names, minutes, strict=True)):
                hour = clock((start + plus) * 60)
                calls.append((trip, n, stop, hour, hour))
    return Timetable(
        lay_out([read(write(folder / "buses.zip", stops=stops, trips=trips, stop_times=calls), Problems())])
    )


ASKED = Asked(DAY, (at(8, 30), at(17, 30)), home=HOME, traveller=Traveller(walk_km=2))
OPEN = (Interval(at(8), at(18)),)


def ask(timetable: Timetable, asked: Asked = ASKED, *workplaces: Workplace, **known: object) -> Answer:
    return plan_day(
        asked,
        workplaces or (Workplace(SEAT, OPEN), Workplace(FAR, OPEN)),
        SEAT,
        MIDNIGHT,
        Known(timetable, **known),  # type: ignore[arg-type]
    )


def test_one_leaves_by_the_last_bus_that_is_there_in_time_and_returns_by_the_first_that_goes(tmp_path: Path) -> None:
    answer = ask(buses(tmp_path), ASKED, Workplace(SEAT, OPEN))
    (plan,) = (p for p in answer.plans if "simple" in p.virtues)
    going, coming = plan.travels
    assert [(s.line, s.headsign) for s in going.journeys[0].sections if s.line] == [("L1", "Nord")]
    # The bus of 8:00 is at the seat at 8:25; one more minute of walking at either end at most.
    assert (going.start, going.end) == (480, 510)
    assert going.journeys[0].arrive <= at(8, 30)
    # From the seat towards home at 17:45 (the bus that left the north at 17:30).
    assert coming.journeys[0].sections[-1].end >= at(18, 10)
    assert (coming.start, coming.end) == (1050, 1090)
    assert coming.transfers == 0


def test_a_day_after_the_last_bus_is_not_promised(tmp_path: Path) -> None:
    with pytest.raises(Impossible):
        ask(buses(tmp_path, last=16), ASKED, Workplace(SEAT, (Interval(at(8), at(18)),)))


def test_nobody_is_told_to_leave_before_now(tmp_path: Path) -> None:
    asked = replace(ASKED, traveller=Traveller(has_car=True, has_licence=True), hours=(at(10, 10), at(17, 30)))
    for plan in ask(buses(tmp_path), asked, leaves_from=at(10, 10)).plans:
        assert plan.steps[0].start >= 610


def test_a_car_is_left_at_the_car_park_and_driven_home_from_there(tmp_path: Path) -> None:
    outside = Place("chez vous", Point(49.03, 6.13), "home")
    asked = replace(ASKED, home=outside, traveller=Traveller(has_car=True, has_licence=True, has_pass=True))
    answer = ask(buses(tmp_path), asked, Workplace(SEAT, OPEN), park_and_ride=(PARK,))
    found = [p for p in answer.plans if any(answer.options[s.option].way is Way.PARK_AND_RIDE for s in p.travels)]
    for plan in found:
        assert [answer.options[s.option].way for s in plan.travels] == [Way.PARK_AND_RIDE] * 2
        going, coming = plan.travels
        assert going.journeys[0].sections[0].mode is Mode.CAR
        assert coming.journeys[-1].sections[-1].mode is Mode.CAR
        for step in plan.travels:
            for one, following in zip(step.journeys, step.journeys[1:], strict=False):
                assert one.arrive <= following.depart
    assert found


def test_a_stop_too_far_to_cycle_to_is_no_place_to_leave_a_bike_at(tmp_path: Path) -> None:
    asked = replace(ASKED, traveller=Traveller(has_bike=True, bike_km=1.5))
    answer = ask(buses(tmp_path), asked, Workplace(SEAT, OPEN), bike_and_ride=(Place("Loin", SEAT.point, "stop:Loin"),))
    assert all(answer.options[s.option].way is not Way.BIKE_AND_RIDE for p in answer.plans for s in p.travels)


def test_a_card_is_lent_for_the_ride_and_comes_back_where_it_was_taken(tmp_path: Path) -> None:
    meeting = Appointment(FAR, at(10), at(11))
    asked = replace(ASKED, appointments=(meeting,), traveller=Traveller(has_bike=True, bike_km=9))
    seat = Workplace(SEAT, OPEN, {CARD: OPEN})
    answer = ask(buses(tmp_path), asked, seat)
    kind = next(k for k, (_way, unit) in enumerate(KINDS) if unit.kind == CARD)
    lent = [loan for p in answer.plans for loan in p.loans if loan.kind == kind]
    assert lent
    for loan in lent:
        assert answer.places[loan.base] == SEAT
        assert loan.start < 600 < 660 < loan.end


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_every_ride_of_every_plan_can_be_made_within_its_step(seed: int) -> None:
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        feed = read(draw(Path(folder) / "f.zip", rng), Problems())
    layout = lay_out([feed])
    if not layout.patterns:
        return
    timetable = Timetable(layout)
    # The stops of such a feed lie close together: spread them, so that nobody walks everywhere.
    layout.lat[:] = 48 + (layout.lat - 48) * 8
    timetable = Timetable(layout)
    points = [Point(float(a), float(b)) for a, b in zip(layout.lat, layout.lon, strict=True)]
    home, seat = (Place(n, rng.choice(points), k) for n, k in (("h", "home"), ("s", "site:s")))
    meeting = Appointment(Place("m", rng.choice(points)), at(0, 40), at(0, 50))
    asked = replace(ASKED, hours=(at(0, 5), at(2)), home=home, appointments=(meeting,))
    try:
        answer = ask(timetable, asked, Workplace(seat, (Interval(at(0), at(3)),)))
    except Impossible:
        return
    for plan in answer.plans:
        for step in plan.steps:
            if step.what != TRAVEL or answer.options[step.option].way is not Way.TRANSIT:
                continue
            assert step.journeys
            assert step.journeys[0].depart >= MIDNIGHT + dt.timedelta(minutes=step.start)
            assert step.journeys[-1].arrive <= MIDNIGHT + dt.timedelta(minutes=step.end)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_the_minutes_of_the_search_are_those_that_the_timetable_answers(seed: int) -> None:
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        layout = lay_out([read(draw(Path(folder) / "f.zip", rng), Problems())])
    timetable = Timetable(layout)
    places = [
        Place(str(n), Point(float(a), float(b))) for n, (a, b) in enumerate(zip(layout.lat, layout.lon, strict=True))
    ]
    place = np.array([0, 1, 2, 0])
    stops = np.arange(len(places))
    frame = Frame(
        MIDNIGHT,
        places,
        place,
        stops,
        np.array([0, 60, 120, 0]),
        np.array([0, 70, 130, 0]),
        (30, 180),
        0,
        30,
        180,
    )
    (found,) = rides(frame, timetable)
    points = [p.point for p in places]
    for node in (1, 2):
        arrivals = timetable.depart(points[node], points, frame.at(frame.end[node])).times()
        departures = timetable.arrive(points, points[node], frame.at(frame.start[node])).times()
        for stop in range(len(places)):
            told = int(found.into[node, stop]), int(found.out[node, stop])
            if stop == node:
                assert told == (NEVER, NEVER)
                continue
            arrival, departure = arrivals[stop], departures[stop]
            went = None if arrival is None else -(-(arrival - frame.at(frame.end[node])) // dt.timedelta(minutes=1))
            came = (
                None if departure is None else -((departure - frame.at(frame.start[node])) // dt.timedelta(minutes=1))
            )
            assert told == (NEVER if went is None else went, NEVER if came is None else came)
