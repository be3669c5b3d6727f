"""A day asked, in the planner's words: what is proposed, what is refused, and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bureaux_volants.planner.asked import Appointment, Asked, Impossible
from bureaux_volants.planner.day import Answer, Workplace, plan_day
from bureaux_volants.planner.plans import DESK, MEETING, REMOTE, TRAVEL, Plan
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Point

PARIS = ZoneInfo("Europe/Paris")
DAY = dt.date(2026, 11, 24)


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute, tzinfo=PARIS)


HOME = Place("chez vous", Point(49.06, 6.15), "home")
SEAT = Place("Siège", Point(49.1097, 6.1772), "site:siege")
MARLY = Place("Mairie de Marly", Point(49.062, 6.152), "site:marly")
WOIPPY = Place("Woippy", Point(49.15, 6.15))
OPEN = (Interval(at(8), at(18)),)
DRIVER = Traveller(has_car=True, has_licence=True)
ASKED = Asked(DAY, (at(8, 30), at(17, 30)), home=HOME, traveller=DRIVER)


def ask(asked: Asked = ASKED, *workplaces: Workplace) -> Answer:
    return plan_day(asked, workplaces or (Workplace(SEAT, OPEN), Workplace(MARLY, OPEN)), SEAT, at(0))


def ways(answer: Answer, plan: Plan) -> set[Way]:
    return {answer.options[s.option].way for s in plan.travels}


def best(answer: Answer, virtue: str) -> Plan:
    return next(p for p in answer.plans if virtue in p.virtues)


def meeting(start: dt.datetime, end: dt.datetime, place: Place = WOIPPY, *, remote: bool = False) -> Appointment:
    return Appointment(place, start, end, remote)


def test_a_day_without_appointments_is_best_spent_near_home_and_compared_with_the_usual_one() -> None:
    answer = ask()
    sober = best(answer, "sober")
    assert [answer.places[d.place].name for d in sober.desks] == ["Mairie de Marly"]
    assert answer.reference is not None
    assert [answer.places[d.place].name for d in answer.reference.desks] == ["Siège"]
    assert answer.reference.total("car_km") > 10 > sober.total("car_km")


def test_steps_follow_each_other_in_place_and_time_and_the_day_ends_at_home() -> None:
    asked = replace(ASKED, appointments=(meeting(at(10), at(11)), meeting(at(14), at(15), SEAT)))
    for plan in ask(asked).plans:
        where = 0
        for step, following in pairwise(plan.steps):
            assert step.end <= following.start
        for step in plan.steps:
            if step.what == TRAVEL:
                assert step.origin == where
            assert step.start <= step.end
            where = step.place
        assert where == 0
        met = [s for s in plan.steps if s.what == MEETING]
        assert [(s.start, s.end) for s in met] == [(595, 660), (835, 900)]


def test_a_car_left_at_home_is_not_driven_from_the_office_and_one_taken_comes_back() -> None:
    asked = replace(ASKED, appointments=(meeting(at(10), at(11)),))
    answer = ask(asked)
    for plan in answer.plans:
        stands = 0
        for step in plan.travels:
            if answer.options[step.option].way is Way.OWN_CAR:
                assert step.origin == stands
                stands = step.place
        assert stands == 0


def test_a_pool_bike_is_had_from_its_base_until_it_is_back_there() -> None:
    near = Place("Rendez-vous", Point(49.125, 6.17))
    asked = replace(ASKED, traveller=Traveller(), appointments=(meeting(at(14), at(15), near),))
    base = Workplace(SEAT, OPEN, {"bike": (Interval(at(8), at(18)),)})
    answer = ask(asked, base)
    (loan,) = best(answer, "quick").loans
    assert answer.places[loan.base] == SEAT
    assert loan.start < 14 * 60 - 5 < 15 * 60 < loan.end
    gone = replace(base, pool={"bike": (Interval(at(8), at(14)),)})
    assert all(not p.loans for p in ask(asked, gone).plans)


def test_an_appointment_that_may_be_remote_is_attended_from_a_desk_when_that_is_better() -> None:
    far = Place("Thionville", Point(49.36, 6.17))
    asked = replace(ASKED, appointments=(meeting(at(10), at(11), far, remote=True),))
    plan = best(ask(asked), "sober")
    assert [s.what for s in plan.steps if s.what in (MEETING, REMOTE)] == [REMOTE]
    (desk,) = plan.desks
    assert desk.start <= 595
    assert desk.end >= 660


def test_a_full_desk_is_proposed_for_the_hours_that_are_left_alone() -> None:
    morning = Workplace(MARLY, (Interval(at(8), at(12)),))
    for plan in ask(ASKED, Workplace(SEAT, OPEN), morning).plans:
        for step in plan.desks:
            assert step.end <= 12 * 60 or step.place != 2


def test_at_most_five_plans_and_no_two_alike() -> None:
    asked = replace(
        ASKED,
        traveller=replace(DRIVER, has_bike=True),
        may_work_at_home=True,
        appointments=(meeting(at(10), at(11)), meeting(at(15), at(16), SEAT)),
    )
    answer = ask(asked)
    shapes = [tuple((s.what, s.place, s.option) for s in p.steps if s.what in (TRAVEL, DESK)) for p in answer.plans]
    assert 1 < len(shapes) == len(set(shapes)) <= 5
    assert sorted(v for p in answer.plans for v in p.virtues)[:2] == ["cheap", "near"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (replace(ASKED, hours=(at(17), at(9))), "hours-reversed"),
        (replace(ASKED, appointments=(meeting(at(11), at(10)),)), "appointment-reversed"),
        (replace(ASKED, appointments=(meeting(at(10), at(12)), meeting(at(11), at(13)))), "appointments-overlap"),
        (replace(ASKED, appointments=(meeting(at(9), at(9, 5)),) * 40), "too-many-appointments"),
        (
            replace(ASKED, appointments=(meeting(at(10), at(11)), meeting(at(11, 10), at(12), MARLY))),
            "appointments-too-close",
        ),
    ],
)
def test_a_day_that_cannot_be_says_what_to_change(asked: Asked, code: str) -> None:
    with pytest.raises(Impossible) as said:
        ask(asked)
    assert said.value.code == code
    assert said.value.message.endswith((".", " distance."))


def test_without_home_nor_usual_site_one_is_asked_where_the_day_begins() -> None:
    with pytest.raises(Impossible) as said:
        plan_day(replace(ASKED, home=None), (), None, at(0))
    assert said.value.code == "no-start"
