"""A person's week: what is set stays, what is not told is not supposed, and the rules of telework hold."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureaux_volants.booking import service
from bureaux_volants.booking.models import RuleSet
from bureaux_volants.booking.team_days import set_team_day
from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.glance import DayOfWeek, WeekAtAGlance
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.week import By, Where
from bureaux_volants.planner.weekly import week_of
from bureaux_volants.territory.models import Agent, Closure, Service, Site, Territory
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TUESDAY, ask, at

pytestmark = pytest.mark.django_db

#: The week after "now" (a Monday): 7 to 11 December, without holidays.
MONDAY = dt.date(2026, 12, 7)
MEETING = Place("Salle des fêtes", Point(49.14, 6.19))


def on(weekday: int) -> dt.date:
    return MONDAY + dt.timedelta(days=weekday - 1)


@pytest.fixture
def territory() -> Territory:
    made = factories.territory(flying_day_is_telework=True, telework_days_per_week=3, presence_days_per_week=2)
    factories.rules(made)
    return made


@pytest.fixture
def marly(territory: Territory) -> Site:
    commune = factories.commune(territory, name="Marly", lat=49.062, lon=6.152)
    return factories.site(
        territory, desks=2, slug="marly", name="Mairie de Marly", commune=commune, lat=49.066, lon=6.152
    )


@pytest.fixture
def usual(territory: Territory) -> Site:
    return factories.site(territory, slug="siege", name="Siège", lat=49.15, lon=6.2)


@pytest.fixture
def team(territory: Territory) -> Service:
    return factories.service(factories.organisation(territory), name="Mobilités")


@pytest.fixture
def agent(territory: Territory, marly: Site, usual: Site, team: Service) -> Agent:
    return factories.agent(territory, usual_site=usual, home_commune=marly.commune, service=team)


def organised(agent: Agent, day: dt.date, *appointments: Appointment) -> DayPlan:
    home = Place("chez vous", Point(49.062, 6.152), "home")
    has = Traveller(has_car=True, has_licence=True)
    return propose(agent, Asked(day, (at(day, "9"), at(day, "17")), appointments, home=home, traveller=has), now=NOW)


def meeting(day: dt.date, start: str, end: str, **fields: bool) -> Appointment:
    return Appointment(MEETING, at(day, start), at(day, end), **fields)


def week(agent: Agent, by: By = By.MINUTES) -> WeekAtAGlance:
    return week_of(Agent.objects.get(pk=agent.pk), MONDAY, by, now=NOW)


def wheres(found: WeekAtAGlance) -> list[Where | None]:
    return [d.where for d in found.days]


def the(found: WeekAtAGlance, weekday: int) -> DayOfWeek:
    return found.days[weekday - 1]


def test_days_are_spent_near_home_as_far_as_the_rules_allow(agent: Agent) -> None:
    found = week(agent)
    assert wheres(found).count(Where.FLYING) == 3
    assert wheres(found).count(Where.USUAL) == 2
    assert found.saved_minutes is not None
    assert found.saved_minutes > 0
    flying = next(d for d in found.days if d.where is Where.FLYING)
    assert "près de chez vous" in flying.why
    usual = next(d for d in found.days if d.where is Where.USUAL)
    assert "2 jours de présence" in usual.why


def test_where_a_desk_elsewhere_is_no_telework_every_day_may_be_spent_near_home(
    agent: Agent, territory: Territory
) -> None:
    Territory.objects.filter(pk=territory.pk).update(flying_day_is_telework=False)
    assert wheres(week(agent)).count(Where.FLYING) == 5
    RuleSet.objects.update(weekly_limit=1)
    assert wheres(week(agent)).count(Where.FLYING) == 1


def test_desks_booked_elsewhere_in_the_week_count(agent: Agent, marly: Site, territory: Territory) -> None:
    other = factories.site(territory, slug="loin", name="Mairie lointaine", lat=49.3, lon=6.4)
    service.book(agent, ask(other, day=on(2)), by(agent), now=NOW)
    found = week(agent)
    assert wheres(found).count(Where.FLYING) == 3
    booked = the(found, 2)
    assert (booked.is_set, booked.site and booked.site.slug, booked.why) == (
        True,
        "loin",
        "Votre bureau est réservé.",
    )


def test_agreed_home_days_stay_at_home_and_count(agent: Agent) -> None:
    agent.telework_weekdays = [1, 5]
    agent.save()
    found = week(agent)
    assert [the(found, 1).where, the(found, 5).where] == [Where.HOME, Where.HOME]
    assert wheres(found).count(Where.FLYING) == 1
    assert "pas de trajet" in the(found, 1).why


def test_no_desk_left_no_desk_proposed(agent: Agent, marly: Site, territory: Territory) -> None:
    for _ in range(2):
        for weekday in range(1, 6):
            day = on(weekday)
            service.book(factories.agent(territory), ask(marly, day=day, start="8", end="18"), by(agent), now=NOW)
    found = week(agent)
    assert set(wheres(found)) == {Where.USUAL}
    assert the(found, 1).why == "Aucun bureau volant ne vous est ouvert ce jour-là."


def test_a_closed_usual_site_and_a_public_holiday_are_said(agent: Agent, usual: Site, marly: Site) -> None:
    Closure.objects.create(
        territory=usual.territory, site=usual, start=at(on(3), "0"), end=at(on(4), "0"), reason="travaux"
    )
    Closure.objects.create(
        territory=usual.territory, site=marly, start=at(on(3), "0"), end=at(on(4), "0"), reason="travaux"
    )
    found = week(agent)
    assert the(found, 3).where is None
    assert the(found, 3).problem == "Siège : travaux."
    christmas = week_of(agent, dt.date(2026, 12, 21), now=NOW)
    assert (the(christmas, 5).holiday, the(christmas, 5).where) == ("Noël", None)


def test_past_days_and_today_are_left_as_they_are(agent: Agent) -> None:
    now = week_of(agent, NOW.date(), now=NOW)
    assert the(now, 1).where is None
    assert the(now, 2).where is not None


def test_an_appointment_moves_only_when_the_person_said_that_it_can(agent: Agent, territory: Territory) -> None:
    # Else two days are spent at the usual site anyway, next door to the appointments.
    Territory.objects.filter(pk=territory.pk).update(flying_day_is_telework=False)
    organised(agent, on(2), meeting(on(2), "10", "11"))
    organised(agent, on(4), meeting(on(4), "14", "15"))
    assert all(not d.moved_here for d in week(agent).days)
    organised(agent, on(4), meeting(on(4), "14", "15", may_move=True))
    found = week(agent)
    assert [t.date for t in the(found, 2).moved_here] == [on(4)]
    assert the(found, 4).moved_away[0][1] == on(2)
    assert "gagnerait à passer au mardi 8 décembre" in the(found, 4).why
    assert "aux mêmes heures" in the(found, 2).why


def test_appointments_at_the_same_hours_are_not_brought_together(agent: Agent) -> None:
    organised(agent, on(2), meeting(on(2), "10", "11"))
    organised(agent, on(4), meeting(on(4), "10:30", "11:30", may_move=True))
    assert the(week(agent), 2).moved_here == []


def test_a_remote_appointment_keeps_one_at_home_on_an_agreed_day(agent: Agent) -> None:
    agent.telework_weekdays = [2]
    agent.save()
    organised(agent, on(2), meeting(on(2), "10", "11", may_be_remote=True))
    day = the(week(agent), 2)
    assert (day.where, day.spent and day.spent.travel) == (Where.HOME, 0)
    assert "peuvent se tenir à distance" in day.why


def test_a_team_day_is_respected_and_what_does_not_agree_is_said(
    agent: Agent, team: Service, usual: Site, marly: Site
) -> None:
    agent.telework_weekdays = [4]
    agent.save()
    set_team_day(team, usual, on(2), None, by(agent))
    set_team_day(team, usual, on(4), None, by(agent))
    service.book(agent, ask(marly, day=on(2)), by(agent), now=NOW)
    found = week(agent)
    assert (the(found, 4).where, the(found, 4).why) == (Where.USUAL, "Journée d'équipe à Siège.")
    assert "télétravail convenu" in the(found, 4).warnings[0]
    assert "vous avez réservé à Mairie de Marly" in the(found, 2).warnings[0]


def test_a_team_day_elsewhere_asks_for_a_desk_there_and_no_other(
    agent: Agent, team: Service, territory: Territory
) -> None:
    away = factories.site(territory, slug="atelier", name="Atelier", desks=1, lat=49.2, lon=6.3)
    set_team_day(team, away, on(3), None, by(agent))
    day = the(week(agent), 3)
    assert (day.where, day.site and day.site.slug) == (Where.FLYING, "atelier")
    assert "Pensez à réserver votre bureau à Atelier." in day.warnings
    service.book(factories.agent(territory), ask(away, day=on(3), start="8", end="18"), by(agent), now=NOW)
    assert "Plus de bureau libre à Atelier" in the(week(agent), 3).problem


def test_without_home_nor_usual_site_nothing_is_proposed_and_what_is_missing_is_said(territory: Territory) -> None:
    stranger = factories.agent(territory)
    found = week(stranger)
    assert set(wheres(found)) == {None}
    assert "Indiquez votre commune ou votre site" in found.notes[0]


def test_the_figures_are_those_of_the_days(agent: Agent, marly: Site) -> None:
    found = week(agent, By.GRAMS)
    day = next(d for d in found.days if d.where is Where.FLYING)
    plan = organised(agent, day.date)
    best = min(plan.answer["plans"], key=lambda p: p["totals"]["grams_total"])
    assert day.spent is not None
    assert best["totals"]["grams_total"] == day.spent.grams


def test_the_queries_do_not_grow_with_the_sites(agent: Agent, territory: Territory) -> None:
    week(agent)
    with CaptureQueriesContext(connection) as few:
        week(agent)
    for n in range(4):
        factories.site(territory, slug=f"autre-{n}", lat=49.2 + n / 100)
    week(agent)
    with CaptureQueriesContext(connection) as many:
        week(agent)
    assert len(many) == len(few) < 90


def test_another_s_days_are_never_read(agent: Agent, territory: Territory) -> None:
    organised(factories.agent(territory, usual_site=agent.usual_site), on(2), meeting(on(2), "10", "11"))
    assert all(not d.meetings for d in week(agent).days)
    assert TUESDAY < MONDAY
