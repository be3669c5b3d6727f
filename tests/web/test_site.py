"""A site's page."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bureaux_volants.booking.service import book
from bureaux_volants.territory.models import Agent, Closure, Grant, OpeningHours, Phase, Season
from tests import factories
from tests.factories import TEST, TUESDAY, ask, at

from .conftest import World

TODAY = TUESDAY - dt.timedelta(days=1)


def _page(world: World) -> str:
    answer = world.client.get(reverse("site", args=["marly"]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_says_when_it_opens_season_by_season(world: World) -> None:
    summer = Season.objects.create(site=world.mairie, name="Été", first_day="07-01", last_day="08-31")
    OpeningHours.objects.create(site=world.mairie, season=summer, weekday=1, opens_at="08:00", closes_at="14:30")
    text = _page(world)
    assert "Été" in text
    assert "14\u00a0h\u00a030" in text


def test_it_announces_closures(world: World) -> None:
    Closure.objects.create(
        territory=world.territory, site=world.mairie, start=at(TUESDAY, "0"), end=at(TUESDAY, "23"), reason="inventaire"
    )
    assert "inventaire" in _page(world)


def test_it_names_who_receives_only_by_a_role_there(world: World) -> None:
    host = factories.agent(world.territory, first_name="Hôte", last_name="D'Accueil")
    factories.grant(host, Grant.Role.HOST, over=world.mairie)
    elsewhere = factories.agent(world.territory, first_name="Autre", last_name="Lieu")
    factories.grant(elsewhere, Grant.Role.HOST, over=world.usual)
    text = _page(world)
    assert "Hôte D&#x27;Accueil" in text
    assert "Autre Lieu" not in text


def test_it_shows_who_is_there_if_they_allow_it(world: World) -> None:
    open_one = factories.agent(world.territory, first_name="Visible", visibility=Agent.Visibility.EVERYONE)
    shy = factories.agent(world.territory, first_name="Discret", visibility=Agent.Visibility.NOBODY)
    for who in (open_one, shy):
        book(who, factories.ask(world.mairie, TODAY, "10", "12"), TEST)
    text = _page(world)
    assert "Visible" in text
    assert "Discret" not in text


def test_each_free_half_day_leads_to_its_booking(world: World) -> None:
    link = f"{reverse('book')}?site=marly&amp;date={TUESDAY}&amp;part=morning"
    assert link in _page(world)


def test_a_place_out_of_service_says_so(world: World) -> None:
    world.mairie.is_active = False
    world.mairie.save()
    text = _page(world)
    assert "plus en service" in text
    assert reverse("book") not in text
    assert world.client.get(reverse("book"), {"site": "marly"}).status_code == 404


def test_without_a_picture_there_is_none(world: World) -> None:
    assert world.client.get(reverse("site_photo", args=["marly"])).status_code == 404


def test_the_page_costs_the_same_whoever_is_there(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            _page(world)
        return len(found)

    _page(world)
    few = queries()
    for _ in range(2):
        who = factories.agent(world.territory, visibility=Agent.Visibility.EVERYONE)
        book(who, factories.ask(world.mairie, TODAY, "10", "12"), TEST)
    assert queries() <= few + 1


def test_a_place_of_a_later_phase_shows_its_first_days(world: World) -> None:
    later = TUESDAY + dt.timedelta(days=21)
    world.mairie.phase = Phase.objects.create(territory=world.territory, number=2, name="suite", opens_on=later)
    world.mairie.save()
    answer = world.client.get(reverse("site", args=["marly"]))
    assert "Ce site ouvrira le mardi 22 décembre 2026 (suite)." in answer.content.decode()
    first = answer.context["days"][0]
    assert (first.date, first.morning.free) == (later, 2)


def test_a_site_does_not_reproach_a_day_that_nobody_asked_about(world: World) -> None:
    book(world.agent, ask(world.mairie, TODAY, "10", "12"), TEST)
    page = _page(world)
    assert "déjà un bureau" not in page
    assert "Choisir un jour" in page or "Réserver ici" in page
