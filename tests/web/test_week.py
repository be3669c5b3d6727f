"""Ma semaine: each day at a glance, who is there, and a tap that opens the day filled in."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from bureaux_volants.booking import service
from bureaux_volants.booking.team_days import set_team_day
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.booking.words import by
from tests.factories import TEST, TUESDAY, ask

from .conftest import World


def page(world: World, **query: str) -> str:
    answer = world.client.get(reverse("week"), query)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def card(text: str, date: str) -> str:
    return text.split(f'id="j-{date}"', 1)[1].split("</li>\n", 1)[0]


@pytest.fixture
def team(world: World) -> Agent:
    """Somebody of Ada's service who lets the team see."""
    assert world.agent.organisation is not None
    mobility = factories.service(world.agent.organisation)
    Agent.objects.filter(pk__in=[world.agent.pk, world.other.pk]).update(service=mobility)
    world.agent.refresh_from_db()
    world.other.refresh_from_db()
    return world.other


def test_each_day_says_where_why_and_opens_the_day_to_organise(world: World) -> None:
    text = page(world)
    tuesday = card(text, "2026-12-01")
    assert "Mairie de Marly" in tuesday
    assert "Un bureau y est libre, près de chez vous" in tuesday
    assert f'{reverse("organise")}?date=2026-12-01"' in tuesday
    assert "de moins</strong> que votre semaine telle qu'elle est" in text
    assert "Organiser" not in card(page(world, week="2026-11-23"), "2026-11-24")


def test_who_of_my_team_is_there_is_said_unless_they_hide(world: World, team: Agent) -> None:
    service.book(world.agent, ask(world.mairie), TEST)
    service.book(team, ask(world.mairie), TEST)
    assert "Basile" in card(page(world), "2026-12-01")
    assert "réservé" in card(page(world), "2026-12-01")
    Agent.objects.filter(pk=team.pk).update(visibility=Agent.Visibility.NOBODY)
    assert "Basile" not in page(world)


def test_a_team_day_is_shown_and_a_desk_booked_elsewhere_is_warned_of(world: World, team: Agent) -> None:
    assert world.agent.service is not None
    set_team_day(world.agent.service, world.usual, TUESDAY, None, by(team))
    assert "Journée d'équipe à Siège." in card(page(world), "2026-12-01")
    service.book(world.agent, ask(world.mairie), TEST)
    assert "Votre équipe se retrouve à Siège, et vous avez réservé" in card(page(world), "2026-12-01")


def test_an_appointment_brought_together_opens_the_form_with_both(world: World) -> None:
    for day, hours, move in (("2026-12-01", ("10:00", "11:00"), ""), ("2026-12-03", ("14:00", "15:00"), "on")):
        form = {"date": day, "start": "09:00", "end": "17:00", "has": ["car"], "usual": "own_car"}
        lines = {"to_1": "Woippy", "from_1": hours[0], "until_1": hours[1]} | ({"move_1": move} if move else {})
        assert world.client.post(reverse("organise"), {**form, **lines}).status_code == 302
    assert DayPlan.objects.count() == 2
    text = page(world)
    tuesday = card(text, "2026-12-01")
    assert "Woippy (jeudi 3 décembre) tiendrait aussi ce jour-là" in tuesday
    link = re.search(r'href="(/organiser/\?[^"]+)"', tuesday)
    assert link is not None
    form_page = world.client.get(link.group(1)).content.decode()
    assert form_page.count('value="Woippy"') >= 2
    assert 'value="14:00"' in form_page
    assert 'value="2026-12-01"' in form_page


def test_what_an_address_cannot_mean_shows_this_week(world: World) -> None:
    for week in ("demain", "2099-01-01", "0001-01-01"):
        assert "Du lundi 30 novembre au vendredi 4 décembre" in page(world, week=week)
    assert 'value="abc"' not in world.client.get(reverse("organise"), {"date": "abc"}).content.decode()
    assert 'aria-current="true">Le moins d\'émissions' in page(world, par="emissions")
