"""The QR code at the door."""

from __future__ import annotations

import datetime as dt

from django.test import Client
from django.urls import reverse

from bureaux_volants.booking.service import book
from tests import factories
from tests.factories import TEST, TUESDAY

from .conftest import World

TODAY = TUESDAY - dt.timedelta(days=1)


def _url(world: World) -> str:
    return reverse("arrival", args=[world.mairie.check_in_code])


def test_looking_asks_and_only_the_button_says_it(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie, TODAY, "9", "12"), TEST)
    assert "Je suis là" in world.client.get(_url(world)).content.decode()
    mine.refresh_from_db()
    assert mine.state == "confirmed"
    answer = world.client.post(_url(world), follow=True)
    assert "Bienvenue" in answer.content.decode()
    mine.refresh_from_db()
    assert (mine.state, mine.checked_in_by) == ("in_use", "qr")


def test_scanning_twice_changes_nothing(world: World) -> None:
    book(world.agent, factories.ask(world.mairie, TODAY, "9", "12"), TEST)
    for _ in range(2):
        assert "Votre arrivée est notée" in world.client.post(_url(world), follow=True).content.decode()


def test_too_early_says_from_when(world: World) -> None:
    book(world.agent, factories.ask(world.mairie, TODAY, "14", "17"), TEST)
    assert "Vous êtes en avance" in world.client.get(_url(world)).content.decode()
    assert "se signale à partir de" in world.client.post(_url(world), follow=True).content.decode()


def test_without_a_booking_it_says_so_and_where_one_is_expected(world: World) -> None:
    book(world.agent, factories.ask(world.usual, TODAY, "10", "12"), TEST)
    text = world.client.get(_url(world)).content.decode()
    assert "pas de réservation ici" in text
    assert "Siège" in text
    assert world.client.post(_url(world)).status_code == 200


def test_a_request_not_yet_granted_is_explained(world: World) -> None:
    factories.rules(world.territory, at_site=world.mairie, approval="asked")
    book(world.agent, factories.ask(world.mairie, TODAY, "10", "12"), TEST)
    assert "attend encore" in world.client.get(_url(world)).content.decode()


def test_an_unknown_code_is_not_found(world: World) -> None:
    assert world.client.get(reverse("arrival", args=["inconnu"])).status_code == 404


def test_whoever_is_signed_out_comes_back_after_signing_in(world: World) -> None:
    answer = Client().get(_url(world))
    assert answer["Location"].endswith(f"?next={_url(world)}")
