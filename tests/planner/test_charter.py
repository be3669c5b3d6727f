"""The planner obeys the charter: what is refused is not proposed, the rest says what speaks, a booking asks what must be asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import Refused, WrongState
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.states import State
from bureaux_volants.charter import versions
from bureaux_volants.charter.asking import ReasonNeeded, reason_of
from bureaux_volants.charter.models import CharterVersion, Exemption
from bureaux_volants.charter.rules import Effect, Rule, written
from bureaux_volants.fleet.trips import Destination
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner import pool_trips
from bureaux_volants.planner.asked import Appointment, Asked, Impossible
from bureaux_volants.planner.booking import Gone, book_plan
from bureaux_volants.planner.day import Workplace, plan_day
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.obeying import Obeying
from bureaux_volants.planner.proposing import propose
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent, Grant, Site, Territory
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TEST, TUESDAY, at
from tests.fleet.words import driver, pool_rules, vehicle

HOME = Place("chez vous", Point(49.06, 6.15), "home")
SEAT = Place("Siège", Point(49.1097, 6.1772), "site:siege")
NEAR = Place("Mairie de Marly", Point(49.062, 6.152), "site:marly")
MEETING = Place("Rendez-vous", Point(49.085, 6.15))

NO_CAR = Rule("sans-voiture", Effect.REFUSE, "La voiture personnelle ne sert pas au travail.", ways=(Way.OWN_CAR,))
SHORT = Rule("court", Effect.REFUSE, "À pied ou à vélo.", ways=(Way.OWN_CAR, Way.POOL_CAR), km_under=6)


def a_day(*appointments: Appointment, **has: object) -> Asked:
    traveller = replace(Traveller(has_car=True, has_licence=True, walk_km=1.5), **has)  # type: ignore[arg-type]
    hours = (at(TUESDAY, "9"), at(TUESDAY, "17"))
    return Asked(TUESDAY, hours, appointments, home=HOME, traveller=traveller)


def meeting(start: str = "14", end: str = "15") -> Appointment:
    return Appointment(MEETING, at(TUESDAY, start), at(TUESDAY, end))


MIDNIGHT = at(TUESDAY, "0")
OPEN = (Interval(at(TUESDAY, "8"), at(TUESDAY, "18")),)
PLACES = (Workplace(SEAT, OPEN), Workplace(NEAR, OPEN))


# -- the search ----------------------------------------------------------------------------------------------------------


def test_a_way_that_is_refused_everywhere_is_as_if_one_had_it_not() -> None:
    asked = a_day(meeting(), has_bike=True)
    obeying = Obeying((NO_CAR,), asked)
    found = plan_day(asked, PLACES, SEAT, MIDNIGHT, refuses=obeying.refuses)
    without = a_day(meeting(), has_bike=True, has_car=False)
    other = plan_day(without, PLACES, SEAT, MIDNIGHT)
    free = plan_day(asked, PLACES, SEAT, MIDNIGHT)

    def told(answer: object) -> list[object]:
        return [
            (
                p.virtues,
                p.weighs,
                [(s.what, s.start, s.end, answer.options[s.option].way) for s in p.steps if s.option >= 0],
            )  # type: ignore[attr-defined]
            for p in answer.plans  # type: ignore[attr-defined]
        ]

    assert told(found) == told(other) != told(free)
    # What one does otherwise is no proposal: the reference stays as it is.
    assert found.reference is not None
    assert found.reference.weighs == free.reference.weighs  # type: ignore[union-attr]


def test_a_short_drive_is_refused_and_a_long_one_is_not() -> None:
    asked = a_day(meeting())
    answer = plan_day(asked, PLACES, SEAT, MIDNIGHT, refuses=Obeying((SHORT,), asked).refuses)
    drives = [s for p in answer.plans for s in p.travels if answer.options[s.option].way is Way.OWN_CAR]
    assert all(s.km >= 6 for s in drives)
    free = plan_day(asked, PLACES, SEAT, MIDNIGHT)
    assert any(s.km < 6 for p in free.plans for s in p.travels if free.options[s.option].way is Way.OWN_CAR)


def test_a_day_that_only_the_charter_prevents_says_so() -> None:
    asked = a_day(meeting("9", "10"), meeting("10:25", "11"))
    far = replace(asked.appointments[1], place=Place("Loin", Point(49.0, 6.4)))
    asked = replace(
        asked, appointments=(asked.appointments[0], replace(far, start=at(TUESDAY, "11"), end=at(TUESDAY, "12")))
    )
    assert plan_day(asked, PLACES, SEAT, MIDNIGHT).plans
    everything = Rule("rien", Effect.REFUSE, "On reste.", km_from=1, ways=tuple(Way))
    with pytest.raises(Impossible) as told:
        plan_day(asked, PLACES, SEAT, MIDNIGHT, refuses=Obeying((everything,), asked).refuses)
    assert told.value.code == "charter"


def test_each_step_says_what_speaks_of_it_the_heaviest_first() -> None:
    rules = (
        Rule("conseil", Effect.ADVISE, "Doucement.", ways=(Way.OWN_CAR,)),
        Rule("motif", Effect.REASON, "Pourquoi ?", ways=(Way.OWN_CAR,), km_from=5),
        Rule("soir", Effect.ADVISE, "Il fait nuit.", hour_from=dt.time(16), hour_until=dt.time(20)),
    )
    asked = a_day()
    obeying = Obeying(rules, asked)
    answer = plan_day(asked, (Workplace(SEAT, OPEN),), SEAT, MIDNIGHT, refuses=obeying.refuses)
    by_car = next(p for p in answer.plans if any(answer.options[s.option].way is Way.OWN_CAR for s in p.travels))
    said = [(step, one.code) for step, one in obeying.says(by_car, at(TUESDAY, "0").astimezone(factories.PARIS))]
    first, last = (k for k, s in enumerate(by_car.steps) if s.what == "travel")
    assert said == [(first, "motif"), (last, "motif"), (first, "conseil"), (last, "conseil"), (last, "soir")]


# -- asked and booked ----------------------------------------------------------------------------------------------------


@pytest.fixture
def metz(db: None) -> Territory:
    made = factories.territory()
    factories.rules(made)
    pool_rules(made)
    return made


@pytest.fixture
def marly(metz: Territory) -> Site:
    site = factories.site(metz, desks=1, slug="marly", name="Mairie de Marly", lat=49.062, lon=6.152)
    vehicle(site, "Zoé", "electric")
    vehicle(site, "Vélo", "assisted", kind=Kind.BIKE)
    return site


@pytest.fixture
def agent(metz: Territory, marly: Site) -> Agent:
    employer = factories.organisation(metz)
    return driver(metz, organisation=employer, usual_site=factories.site(metz, slug="siege", lat=49.15, lon=6.2))


def in_force(where: Territory, *rules: Rule) -> CharterVersion:
    draft = versions.begin(where.pk, TEST)
    draft.rules = [written(r) for r in rules]
    draft.save()
    return versions.publish(where.pk, TEST)


APPROVAL = Rule("accord", Effect.APPROVAL, "Votre encadrement décide.", ways=(Way.POOL_CAR,))
REASON = Rule("motif", Effect.REASON, "Dites pourquoi.", ways=(Way.POOL_CAR, Way.POOL_BIKE))


def with_a_loan(plan: DayPlan, kind: str) -> int:
    return next(k for k, p in enumerate(plan.answer["plans"]) if any(loan["kind"] == kind for loan in p["loans"]))


def lone_pool(agent: Agent) -> DayPlan:
    """Somebody with nothing of their own but feet, and a meeting."""
    asked = replace(a_day(meeting()), traveller=Traveller(has_licence=True, walk_km=1.5))
    return propose(agent, asked, now=NOW)


def test_plans_keep_what_speaks_and_the_version_that_said_it(metz: Territory, agent: Agent) -> None:
    in_force(metz, REASON)
    plan = lone_pool(agent)
    assert plan.answer["charter"] == 1
    kept = plan.answer["plans"][with_a_loan(plan, "bike")]["rules"]
    assert {(r["code"], r["effect"], r["sentence"]) for r in kept} == {("motif", "reason", "Dites pourquoi.")}
    steps = plan.answer["plans"][with_a_loan(plan, "bike")]["steps"]
    assert all(steps[r["step"]]["unit"] == "bike" for r in kept)


def test_the_usual_day_that_the_charter_refuses_is_missing_with_its_sentence(metz: Territory, agent: Agent) -> None:
    in_force(metz, NO_CAR)
    plan = propose(agent, a_day(meeting()), now=NOW)
    assert any(NO_CAR.sentence in told for told in plan.answer["missing"])
    assert not any(s.get("way") == "own_car" for p in plan.answer["plans"] for s in p["steps"])


def test_an_exempt_person_hears_nothing(metz: Territory, agent: Agent) -> None:
    in_force(metz, NO_CAR)
    Exemption.objects.create(territory=metz, agent=agent, valid_from=TUESDAY, valid_until=TUESDAY)
    plan = propose(agent, a_day(meeting()), now=NOW)
    assert any(s.get("way") == "own_car" for p in plan.answer["plans"] for s in p["steps"])


def test_a_plan_that_asks_why_is_booked_with_a_reason_and_not_without(metz: Territory, agent: Agent) -> None:
    in_force(metz, REASON)
    plan = lone_pool(agent)
    number = with_a_loan(plan, "bike")
    with pytest.raises(ReasonNeeded, match="Dites pourquoi"):
        book_plan(agent, plan.reference, number, by(agent), now=NOW)
    assert not Booking.objects.exists()
    book_plan(agent, plan.reference, number, by(agent), reason="trois sacs", now=NOW)
    assert reason_of(agent, plan.reference) == "trois sacs"
    assert {b.state for b in Booking.objects.all()} == {State.CONFIRMED}


def test_a_plan_made_under_another_version_is_not_booked(metz: Territory, agent: Agent) -> None:
    plan = lone_pool(agent)
    in_force(metz, REASON)
    with pytest.raises(Gone, match="charte"):
        book_plan(agent, plan.reference, 0, by(agent), reason="x", now=NOW)
    assert not Booking.objects.exists()


def waiting_car(agent: Agent) -> Booking:
    Resource.objects.filter(kind=Kind.BIKE).update(is_active=False)
    plan = lone_pool(agent)
    book_plan(agent, plan.reference, with_a_loan(plan, "car"), by(agent), now=NOW)
    return Booking.objects.get(kind=Kind.CAR)


def test_a_car_that_needs_an_agreement_is_kept_until_the_manager_answers(
    metz: Territory, marly: Site, agent: Agent
) -> None:
    boss = factories.agent(metz, organisation=agent.organisation)
    factories.grant(boss, Grant.Role.MANAGER, over=agent.organisation)
    in_force(metz, APPROVAL)
    car = waiting_car(agent)
    assert (car.state, car.awaits_manager, car.answer_by) == (State.REQUESTED, True, car.start)
    assert car.approval_asked.said == [{"code": "accord", "sentence": APPROVAL.sentence}]
    assert Booking.objects.filter(kind=Kind.DESK, state=State.CONFIRMED).exists()
    assert Notice.objects.filter(recipient=boss, kind="manager.request").count() == 1
    with pytest.raises(WrongState, match="encadrement"):
        service.approve(car.pk, TEST, now=NOW)
    granted = service.approve(car.pk, by(boss), now=NOW, as_manager=True)
    assert (granted.state, granted.awaits_manager) == (State.CONFIRMED, False)
    with pytest.raises(WrongState):
        service.approve(car.pk, by(boss), now=NOW, as_manager=True)


def test_moved_while_it_waits_it_still_waits(metz: Territory, agent: Agent, marly: Site) -> None:
    in_force(metz, APPROVAL)
    car = waiting_car(agent)
    moved = service.change(car.pk, by(agent), start=car.start, end=car.end + dt.timedelta(minutes=30), now=NOW)
    assert (moved.state, moved.awaits_manager) == (State.REQUESTED, True)


def test_without_an_answer_it_is_refused_when_it_would_begin_even_where_silence_means_yes(
    metz: Territory, marly: Site, agent: Agent
) -> None:
    RuleSet.objects.filter(territory=metz, kind="car").update(
        approval="asked", approval_default="granted", approval_hours=4
    )
    in_force(metz, APPROVAL)
    car = waiting_car(agent)
    jobs.tick(car.start - dt.timedelta(minutes=1))
    assert Booking.objects.get(pk=car.pk).state == State.REQUESTED
    jobs.tick(car.start)
    assert Booking.objects.get(pk=car.pk).state == State.REFUSED


def test_a_site_that_answers_itself_is_asked_after_the_manager(metz: Territory, marly: Site, agent: Agent) -> None:
    RuleSet.objects.filter(territory=metz, kind="car").update(
        approval="asked", approval_default="refused", approval_hours=4
    )
    in_force(metz, APPROVAL)
    car = service.approve(waiting_car(agent).pk, TEST, now=NOW, as_manager=True)
    assert (car.state, car.awaits_manager) == (State.REQUESTED, False)
    assert service.approve(car.pk, TEST, now=NOW).state == State.CONFIRMED


# -- taken directly ------------------------------------------------------------------------------------------------------

THERE = Destination("Rendez-vous", MEETING.point)


def take(agent: Agent, marly: Site, kind: str = Kind.CAR, **more: object) -> Booking:
    site = get_directory(marly.territory_id).site_by_id(marly.pk)
    hours = at(TUESDAY, "9"), at(TUESDAY, "12")
    return pool_trips.take(agent, kind, site, *hours, THERE, by(agent), now=NOW, **more)  # type: ignore[arg-type]


def test_taking_a_car_directly_is_judged_the_same(metz: Territory, marly: Site, agent: Agent) -> None:
    in_force(metz, SHORT, REASON, APPROVAL)
    with pytest.raises(Refused) as told:
        take(agent, marly)
    assert [r.code for r in told.value.refusals] == ["charter-court"]
    with pytest.raises(ReasonNeeded):
        take(agent, marly, Kind.BIKE)
    booking = take(agent, marly, Kind.BIKE, reason="carton")
    assert (booking.state, reason_of(agent, booking.reference)) == (State.CONFIRMED, "carton")
    in_force(metz, APPROVAL)
    assert take(agent, marly).awaits_manager
    assert Booking.objects.count() == 2


def test_the_trips_of_the_past_month_are_known_for_a_trial(metz: Territory, marly: Site, agent: Agent) -> None:
    take(agent, marly)
    other = driver(metz)
    take(other, marly, Kind.BIKE)
    found = pool_trips.past_trips(metz.pk, at(TUESDAY, "0"), at(TUESDAY, "23"))
    assert sorted((f.way, f.energy, f.others) for f in found) == [
        (Way.POOL_BIKE, "assisted", 0),
        (Way.POOL_CAR, "electric", 0),
    ]
    assert all(f.km > 2 and Way.TRANSIT in f.instead and f.minutes > 0 for f in found)
    assert pool_trips.past_trips(metz.pk, at(TUESDAY, "13"), at(TUESDAY, "23")) == []
    assert pool_trips.past_trips(factories.territory().pk, at(TUESDAY, "0"), at(TUESDAY, "23")) == []
