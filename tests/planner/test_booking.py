"""A plan is booked whole or not at all, and given up whole."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from icalendar import Calendar

from bureaux_volants.booking import service
from bureaux_volants.booking.entries import calendar_of, changes_of
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Trip, Vehicle
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner import retention
from bureaux_volants.planner.asked import Appointment, Asked, Impossible
from bureaux_volants.planner.booking import Gone, book_plan, cancel_plan
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.proposing import propose
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, PARIS, TUESDAY, at

pytestmark = pytest.mark.django_db

HOME = Place("chez vous", Point(49.06, 6.15), "home")
MEETING = Place("Rendez-vous", Point(49.085, 6.15))


@pytest.fixture
def territory() -> Territory:
    made = factories.territory()
    factories.rules(made)
    RuleSet.objects.create(territory=made, kind="bike", is_round_the_clock=True)
    return made


@pytest.fixture
def marly(territory: Territory) -> Site:
    """A mairie near home with one desk and one bike."""
    commune = factories.commune(territory, name="Marly", lat=49.062, lon=6.152)
    site = factories.site(
        territory, desks=1, slug="marly", name="Mairie de Marly", commune=commune, lat=49.062, lon=6.152
    )
    bike = Resource.objects.create(territory=territory, site=site, kind=Kind.BIKE, name="Vélo 1")
    Vehicle.objects.create(resource=bike, territory=territory, energy="assisted")
    return site


@pytest.fixture
def agent(territory: Territory, marly: Site) -> Agent:
    far = factories.site(territory, slug="siege", name="Siège", lat=49.15, lon=6.2)
    return factories.agent(territory, usual_site=far)


def a_day(*appointments: Appointment) -> Asked:
    return Asked(
        TUESDAY,
        (at(TUESDAY, "9"), at(TUESDAY, "17")),
        appointments,
        home=HOME,
        traveller=Traveller(walk_km=1.5, has_car=True, has_licence=True),
    )


def with_the_bike(plan: DayPlan) -> int:
    return next(k for k, p in enumerate(plan.answer["plans"]) if p["loans"])


@pytest.fixture
def plan(agent: Agent) -> DayPlan:
    return propose(agent, a_day(Appointment(MEETING, at(TUESDAY, "14"), at(TUESDAY, "15"))), now=NOW)


def test_desk_and_bike_are_booked_together_under_one_reference(plan: DayPlan, agent: Agent) -> None:
    number = with_the_bike(plan)
    booked = book_plan(agent, plan.reference, number, by(agent), now=NOW)
    kinds = sorted(Booking.objects.filter(plan_part__plan=booked).values_list("kind", flat=True))
    assert set(kinds) == {"bike", "desk"}
    assert Trip.objects.get().destination == "Rendez-vous"
    assert Event.objects.filter(kind="plan.booked", subject_id=plan.pk).count() == 1
    again = book_plan(agent, plan.reference, number, by(agent), now=NOW)
    assert again.pk == booked.pk
    assert Booking.objects.count() == len(kinds)


def test_when_the_bike_has_just_gone_not_even_the_desk_is_booked(
    plan: DayPlan, agent: Agent, marly: Site, territory: Territory
) -> None:
    number = with_the_bike(plan)
    service.book(
        factories.agent(territory), Ask(Kind.BIKE, marly.pk, at(TUESDAY, "9"), at(TUESDAY, "17")), by(agent), now=NOW
    )
    with pytest.raises(Gone):
        book_plan(agent, plan.reference, number, by(agent), now=NOW)
    assert not Booking.objects.filter(agent=agent).exists()
    plan.refresh_from_db()
    assert plan.booked_at is None
    nearest = propose(agent, a_day(Appointment(MEETING, at(TUESDAY, "14"), at(TUESDAY, "15"))), now=NOW)
    assert all(not p["loans"] for p in nearest.answer["plans"])


def test_a_day_given_up_gives_everything_back_and_can_be_booked_again(plan: DayPlan, agent: Agent) -> None:
    number = with_the_bike(plan)
    book_plan(agent, plan.reference, number, by(agent), now=NOW)
    cancel_plan(agent, plan.reference, by(agent), now=NOW)
    assert not Booking.objects.filter(state__in=HOLDING).exists()
    with pytest.raises(WrongState):
        cancel_plan(agent, plan.reference, by(agent), now=NOW)
    book_plan(agent, plan.reference, number, by(agent), now=NOW)
    assert set(Booking.objects.filter(state=State.CONFIRMED).values_list("kind", flat=True)) == {"bike", "desk"}


def test_another_proposal_of_a_booked_day_waits_until_the_first_is_given_up(plan: DayPlan, agent: Agent) -> None:
    number = with_the_bike(plan)
    assert len(plan.answer["plans"]) > 1
    book_plan(agent, plan.reference, number, by(agent), now=NOW)
    other = next(k for k in range(len(plan.answer["plans"])) if k != number)
    with pytest.raises(WrongState):
        book_plan(agent, plan.reference, other, by(agent), now=NOW)


def test_a_part_can_be_given_up_alone(plan: DayPlan, agent: Agent) -> None:
    book_plan(agent, plan.reference, with_the_bike(plan), by(agent), now=NOW)
    bike = Booking.objects.get(kind=Kind.BIKE)
    service.cancel(bike.pk, by(agent), now=NOW)
    assert Booking.objects.filter(kind=Kind.DESK, state__in=HOLDING).exists()


def test_nobody_sees_or_books_another_s_day(plan: DayPlan, territory: Territory) -> None:
    stranger, other = factories.agent(factories.territory()), factories.agent(territory)
    for who in (stranger, other):
        with pytest.raises(NotFound):
            book_plan(who, plan.reference, 0, by(who), now=NOW)
    with pytest.raises(NotFound):
        book_plan(plan.agent, plan.reference, 99, by(other), now=NOW)
    with pytest.raises(NotFound):
        book_plan(plan.agent, "a\0b", 0, by(other), now=NOW)


def test_a_past_day_is_not_organised(agent: Agent) -> None:
    with pytest.raises(Impossible) as said:
        propose(agent, a_day(), now=NOW + dt.timedelta(days=30))
    assert said.value.code == "past"


def test_a_day_is_asked_with_few_queries(agent: Agent, django_assert_max_num_queries: object) -> None:
    propose(agent, a_day(), now=NOW)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        propose(agent, a_day(), now=NOW)


def test_days_are_erased_with_the_names_and_those_never_booked_after_a_week(plan: DayPlan, agent: Agent) -> None:
    booked = propose(agent, a_day(), now=NOW)
    DayPlan.objects.filter(pk=booked.pk).update(booked_at=NOW)
    retention.forget(now=at(TUESDAY, "12") + dt.timedelta(days=7))
    assert DayPlan.objects.count() == 2
    retention.forget(now=at(TUESDAY, "12") + dt.timedelta(days=8))
    assert DayPlan.objects.get() == booked
    retention.forget(now=at(TUESDAY, "12") + dt.timedelta(days=agent.territory.names_kept_days + 2))
    assert not DayPlan.objects.exists()


def test_what_is_asked_in_the_middle_of_a_day_is_kept_as_it_was_said(agent: Agent) -> None:
    noon = at(TUESDAY, "12")
    plan = propose(agent, a_day(), now=noon)
    assert [dt.datetime.fromisoformat(t) for t in plan.asked["hours"]] == list(a_day().hours)
    for proposal in plan.answer["plans"]:
        assert dt.datetime.fromisoformat(proposal["steps"][0]["start"]) >= noon


def test_one_message_tells_of_the_whole_day(plan: DayPlan, agent: Agent) -> None:
    book_plan(agent, plan.reference, with_the_bike(plan), by(agent), now=NOW)
    (notice,) = Notice.objects.filter(recipient=agent)
    assert (notice.kind, notice.path) == ("plan.booked", f"/organiser/{plan.reference}/")
    assert "un vélo, Mairie de Marly" in notice.body
    assert notice.body.count("\n") == Booking.objects.count()


def test_giving_the_day_up_is_told_in_one_message_of_what_was_given_back(plan: DayPlan, agent: Agent) -> None:
    book_plan(agent, plan.reference, with_the_bike(plan), by(agent), now=NOW)
    Notice.objects.all().delete()
    cancel_plan(agent, plan.reference, by(agent), now=NOW)
    told = Notice.objects.get(recipient=agent)
    assert told.kind == "plan.cancelled"
    assert told.body.count("Mairie de Marly") == Booking.objects.count() > 1


def test_each_stay_is_one_entry_that_keeps_its_name_and_counts_its_changes(plan: DayPlan, agent: Agent) -> None:
    book_plan(agent, plan.reference, with_the_bike(plan), by(agent), now=NOW)

    def entries() -> list[tuple[str, int, str]]:
        bookings = list(Booking.objects.select_related("site", "resource").order_by("pk"))
        text = calendar_of(bookings, changes_of(bookings), "https://bv.example:8443/", NOW, PARIS)
        return [(str(e["UID"]), int(e["SEQUENCE"]), str(e["STATUS"])) for e in Calendar.from_ical(text).walk("VEVENT")]

    before = {uid: (sequence, status) for uid, sequence, status in entries()}
    bike = Booking.objects.get(kind=Kind.BIKE)
    assert set(before) == {f"{b.reference}@bv.example" for b in Booking.objects.all()}
    assert set(before.values()) == {(0, "CONFIRMED")}
    service.cancel(bike.pk, by(agent), now=NOW)
    after = {uid: (sequence, status) for uid, sequence, status in entries()}
    assert after == before | {f"{bike.reference}@bv.example": (1, "CANCELLED")}


def test_the_day_is_planned_from_the_desk_that_one_has_already(agent: Agent, marly: Site) -> None:
    ask = Ask(Kind.DESK, marly.pk, at(TUESDAY, "9"), at(TUESDAY, "17"))
    mine = service.book(agent, ask, by(agent), now=NOW)
    plan = propose(agent, a_day(Appointment(MEETING, at(TUESDAY, "14"), at(TUESDAY, "15"))), now=NOW)
    assert any(
        re.match(r"Vous avez déjà un bureau, Mairie de Marly, de 9\sh à 17\sh", m) for m in plan.answer["missing"]
    )
    number = with_the_bike(plan)
    stays = [s for s in plan.answer["plans"][number]["steps"] if s["what"] == "desk"]
    assert {(s["place"]["name"], s["held"]) for s in stays} == {("Mairie de Marly", True)}
    book_plan(agent, plan.reference, number, by(agent), now=NOW)
    assert list(Booking.objects.filter(kind=Kind.DESK)) == [mine]
    assert list(Booking.objects.filter(plan_part__plan=plan).values_list("kind", flat=True)) == ["bike"]


def test_the_desk_that_one_had_is_booked_again_when_it_was_given_up_meanwhile(agent: Agent, marly: Site) -> None:
    ask = Ask(Kind.DESK, marly.pk, at(TUESDAY, "9"), at(TUESDAY, "17"))
    mine = service.book(agent, ask, by(agent), now=NOW)
    plan = propose(agent, a_day(), now=NOW)
    service.cancel(mine.pk, by(agent), now=NOW)
    number = next(k for k, p in enumerate(plan.answer["plans"]) if any(s.get("held") for s in p["steps"]))
    book_plan(agent, plan.reference, number, by(agent), now=NOW)
    assert Booking.objects.get(state=State.CONFIRMED).plan_part.plan == plan
