"""Ma journée."""

from __future__ import annotations

import datetime as dt

import time_machine
from django.urls import reverse

from bureaux_volants.booking import waiting
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.service import book
from bureaux_volants.messages.outbox import write
from tests import factories
from tests.factories import NOW, TEST

from .conftest import World

TODAY = factories.TUESDAY - dt.timedelta(days=1)


def test_an_empty_day_offers_the_days_to_come(world: World) -> None:
    text = world.client.get("/").content.decode()
    assert "Pas de bureau volant aujourd" in text
    assert f"{reverse('search')}?date=2026-12-01" in text


def test_today_shows_the_desk_and_how_to_arrive(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie, TODAY, "9", "12"), TEST)
    text = world.client.get("/").content.decode()
    assert "Mairie de Marly" in text
    assert reverse("arrive", args=[mine.reference]) in text
    assert reverse("cancel", args=[mine.reference]) in text


def test_one_tap_says_that_the_person_is_there_and_another_that_they_leave(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie, TODAY, "9", "12"), TEST)
    answer = world.client.post(reverse("arrive", args=[mine.reference]), {"next": "/"}, follow=True)
    assert "Bienvenue" in answer.content.decode()
    mine.refresh_from_db()
    assert (mine.state, mine.checked_in_by) == ("in_use", Booking.CheckInBy.PHONE)
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=False):
        world.client.post(reverse("leave", args=[mine.reference]))
    mine.refresh_from_db()
    assert mine.state == "completed"
    assert mine.end == NOW + dt.timedelta(hours=1)


def test_arriving_too_early_is_explained(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie, TODAY, "14", "17"), TEST)
    text = world.client.get("/").content.decode()
    assert reverse("arrive", args=[mine.reference]) not in text
    answer = world.client.post(reverse("arrive", args=[mine.reference]), follow=True)
    assert "se signale à partir de" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.state == "confirmed"


def test_messages_and_queues_are_there(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie), TEST)
    waiting.join(world.agent, factories.ask(world.mairie), TEST)
    write(world.agent, "test", "Un mot pour vous", "Le voici.")
    text = world.client.get("/").content.decode()
    assert "Un mot pour vous" in text
    assert "J'attends une place" in text


def test_a_past_stay_asks_where_one_would_have_been(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie, TODAY, "9", "10"), TEST)
    Booking.objects.filter(pk=mine.pk).update(state="completed")
    with time_machine.travel(NOW + dt.timedelta(hours=3), tick=False):
        assert reverse("counterfactual", args=[mine.reference]) in world.client.get("/").content.decode()
        world.client.post(reverse("counterfactual", args=[mine.reference]), {"counterfactual": "home"})
        assert reverse("counterfactual", args=[mine.reference]) not in world.client.get("/").content.decode()
    mine.refresh_from_db()
    assert mine.counterfactual == "home"


def test_an_answer_nobody_offered_is_not_taken(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie), TEST)
    answer = world.client.post(reverse("counterfactual", args=[mine.reference]), {"counterfactual": "mars"})
    assert answer.status_code == 404


def test_the_day_costs_the_same_whatever_is_booked(world: World, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for day in range(1, 6):
        book(world.agent, factories.ask(world.mairie, factories.TUESDAY + dt.timedelta(days=7 * day)), TEST)
    world.client.get("/")
    with django_assert_max_num_queries(13):
        world.client.get("/")
