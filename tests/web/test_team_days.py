"""Team days: set and taken back by who manages the team; who hides is neither named nor counted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from bureaux_volants.booking import service
from bureaux_volants.booking.team_days import Overlaps, end, set_team_day, skip, team_days_of
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Grant, Service, TeamDay
from tests import factories
from tests.booking.words import by
from tests.factories import TEST, TUESDAY, ask

from .conftest import World

NEXT = TUESDAY + dt.timedelta(days=7)


@pytest.fixture
def mobility(world: World) -> Service:
    assert world.agent.organisation is not None
    made = factories.service(world.agent.organisation, name="Mobilités")
    Agent.objects.filter(pk=world.agent.pk).update(service=made, last_name="Durand")
    world.agent.refresh_from_db()
    return made


@pytest.fixture
def manager(world: World, mobility: Service) -> Agent:
    made = factories.agent(world.territory, organisation=mobility.organisation, service=mobility, first_name="Malika")
    factories.grant(made, Grant.Role.MANAGER, over=mobility.organisation)
    return made


@pytest.fixture
def browser(world: World, manager: Agent) -> Client:
    return world.signed_in(manager)


def sent(mobility: Service, world: World, **more: object) -> dict[str, object]:
    return {"service": mobility.pk, "site": world.usual.pk, "date": TUESDAY.isoformat(), "repeat": "weekly", **more}


def test_a_weekly_day_is_set_shown_skipped_once_then_ended(world: World, mobility: Service, browser: Client) -> None:
    done = browser.post(reverse("team_day_set"), sent(mobility, world), follow=True).content.decode()
    assert "Journée d&#x27;équipe fixée\u00a0: mardi 1er décembre, Siège." in done
    assert "chaque semaine" in done
    row = TeamDay.objects.get()
    assert set(team_days_of(mobility.pk, TUESDAY, NEXT)) == {TUESDAY, NEXT}
    take_back = reverse("team_day_remove", args=[row.pk])
    browser.post(take_back, {"date": TUESDAY.isoformat()})
    assert set(team_days_of(mobility.pk, TUESDAY, NEXT)) == {NEXT}
    gone = browser.post(take_back, {"date": NEXT.isoformat(), "whole": "1"}, follow=True).content.decode()
    assert "Il n&#x27;y a plus de journée d&#x27;équipe à partir du mardi 8 décembre." in gone
    assert team_days_of(mobility.pk, TUESDAY, NEXT + dt.timedelta(days=70)) == {}
    kinds = Event.objects.filter(subject_kind="team_day").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["team_day.set", "team_day.skipped", "team_day.ended"]


def test_who_told_to_be_elsewhere_is_named_and_who_hides_is_not(
    world: World, mobility: Service, browser: Client
) -> None:
    hidden = factories.agent(
        world.territory, service=mobility, first_name="Cachée", visibility=Agent.Visibility.NOBODY, usual_site=None
    )
    at_home = factories.agent(world.territory, service=mobility, first_name="Zoé", telework_weekdays=[2])
    for who in (world.agent, hidden):
        service.book(who, ask(world.mairie), TEST)
    done = browser.post(reverse("team_day_set"), sent(mobility, world), follow=True).content.decode()
    assert f"Ada Durand et {at_home} ont déjà prévu d&#x27;être ailleurs ce jour-là." in done
    page = browser.get(reverse("team"), {"week": TUESDAY.isoformat()}).content.decode()
    assert "Prévoient d'être ailleurs" in page
    shown = page.split("Prévoient", 1)[1].split("</p>", 1)[0]
    assert "Ada Durand" in shown
    assert "Cachée" not in shown


def test_who_booked_at_the_team_s_site_is_not_elsewhere(world: World, mobility: Service, browser: Client) -> None:
    service.book(world.agent, ask(world.mairie), TEST)
    done = browser.post(reverse("team_day_set"), sent(mobility, world, site=world.mairie.pk), follow=True)
    assert "ailleurs" not in done.content.decode()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"date": ""}, "Indiquez le jour."),
        ({"date": "2026-11-20"}, "Ce jour est passé"),
        ({"date": "2026-12-05"}, "Choisissez un jour du lundi au vendredi."),
        ({"date": "2099-01-01"}, "Ce jour est trop loin."),
        ({"site": ""}, "Choisissez le site où l&#x27;équipe se retrouve."),
        ({"until": "2026-11-30"}, "Le dernier jour doit suivre le premier."),
        ({"repeat": ""}, "Dites si c&#x27;est chaque semaine"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_set(
    world: World, mobility: Service, browser: Client, more: dict[str, object], told: str
) -> None:
    answer = browser.post(reverse("team_day_set"), sent(mobility, world, **more))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not TeamDay.objects.exists()


def test_two_days_of_one_service_never_fall_on_the_same_date(world: World, mobility: Service, browser: Client) -> None:
    set_team_day(mobility, world.usual, NEXT, NEXT, by(world.agent))
    answer = browser.post(reverse("team_day_set"), sent(mobility, world))
    assert "déjà une journée d&#x27;équipe le mardi 8 décembre" in answer.content.decode()
    assert TeamDay.objects.count() == 1
    with pytest.raises(Overlaps):
        set_team_day(mobility, world.mairie, NEXT, NEXT, by(world.agent))
    set_team_day(mobility, world.usual, TUESDAY, TUESDAY, by(world.agent))
    other = factories.service(mobility.organisation)
    set_team_day(other, world.usual, NEXT, None, by(world.agent))


def test_taken_back_twice_is_taken_back_once(world: World, mobility: Service) -> None:
    row = set_team_day(mobility, world.usual, TUESDAY, TUESDAY, by(world.agent))
    for _ in range(2):
        skip(row, TUESDAY, by(world.agent))
        end(row, TUESDAY, by(world.agent))
    assert Event.objects.filter(kind="team_day.removed").count() == 1


def test_a_past_day_stays_and_another_service_s_is_not_found(world: World, mobility: Service, browser: Client) -> None:
    monday = dt.date(2026, 11, 23)
    row = set_team_day(mobility, world.usual, monday, None, by(world.agent))
    answer = browser.post(reverse("team_day_remove", args=[row.pk]), {"date": monday.isoformat()}, follow=True)
    assert "il reste tel qu&#x27;il a été" in answer.content.decode()
    foreign = factories.service(factories.organisation(world.territory))
    theirs = set_team_day(foreign, world.usual, TUESDAY, None, by(world.agent))
    assert browser.post(reverse("team_day_remove", args=[theirs.pk]), {"date": "2026-12-01"}).status_code == 404
    assert browser.post(reverse("team_day_set"), sent(foreign, world)).status_code == 404
    assert browser.post(reverse("team_day_remove", args=[row.pk]), {"date": "demain"}).status_code == 404
    elsewhere = factories.site(factories.territory())
    assert browser.post(reverse("team_day_set"), sent(mobility, world, site=elsewhere.pk)).status_code == 422
