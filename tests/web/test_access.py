"""Who may open what: signed out, somebody else's, another territory's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.service import book
from tests import factories

from .conftest import World

PAGES = [
    ("day", []),
    ("search", []),
    ("contours", []),
    ("book", []),
    ("series", []),
    ("site", ["marly"]),
    ("site_photo", ["marly"]),
    ("bookings", []),
    ("cancel_period", []),
    ("booking", ["AAAAA-BBBBB"]),
    ("change", ["AAAAA-BBBBB"]),
    ("arrival", ["abc"]),
    ("notices", []),
    ("preferences", []),
    ("my_data", []),
]
POSTS = [
    ("book", []),
    ("change", ["AAAAA-BBBBB"]),
    ("cancel", ["AAAAA-BBBBB"]),
    ("arrive", ["AAAAA-BBBBB"]),
    ("leave", ["AAAAA-BBBBB"]),
    ("counterfactual", ["AAAAA-BBBBB"]),
    ("cancel_period", []),
    ("waiting_join", []),
    ("waiting_leave", [1]),
    ("arrival", ["abc"]),
    ("notices_read", []),
    ("notice", [1]),
    ("preferences", []),
    ("token_revoke", [1]),
]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_a_page_asks_whoever_is_signed_out_to_sign_in(db: None, name: str, args: list[object]) -> None:
    url = reverse(name, args=args)
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(("name", "args"), POSTS)
def test_an_action_asks_whoever_is_signed_out_to_sign_in(db: None, name: str, args: list[object]) -> None:
    answer = Client().post(reverse(name, args=args))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "name", ["cancel", "arrive", "leave", "counterfactual", "waiting_join", "notices_read", "persona"]
)
def test_nothing_is_changed_by_following_a_link(world: World, name: str) -> None:
    args = ["AAAAA-BBBBB"] if name in {"cancel", "arrive", "leave", "counterfactual"} else []
    assert world.client.get(reverse(name, args=args)).status_code == 405


@pytest.mark.parametrize("name", ["booking", "change"])
def test_somebody_elses_booking_is_not_found(world: World, name: str) -> None:
    theirs = book(world.other, factories.ask(world.mairie), factories.TEST)
    assert world.client.get(reverse(name, args=[theirs.reference])).status_code == 404


@pytest.mark.parametrize("name", ["change", "cancel", "arrive", "leave", "counterfactual"])
def test_somebody_elses_booking_cannot_be_touched(world: World, name: str) -> None:
    theirs = book(world.other, factories.ask(world.mairie), factories.TEST)
    assert world.client.post(reverse(name, args=[theirs.reference])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == Booking.objects.get(pk=theirs.pk).state == "confirmed"


def test_a_site_of_another_territory_is_not_found(world: World) -> None:
    elsewhere = factories.site(factories.territory(), slug="ailleurs")
    assert world.client.get(reverse("site", args=["ailleurs"])).status_code == 404
    assert world.client.get(reverse("book"), {"site": "ailleurs"}).status_code == 404
    assert world.client.post(reverse("book"), {"site": "ailleurs"}).status_code == 404
    assert world.client.post(reverse("waiting_join"), {"site": "ailleurs"}).status_code == 404
    assert world.client.get(reverse("arrival", args=[elsewhere.check_in_code])).status_code == 404


def test_the_search_shows_no_place_of_another_territory(world: World) -> None:
    factories.site(factories.territory(), slug="ailleurs", name="Mairie d'ailleurs")
    assert "Mairie d&#x27;ailleurs" not in world.client.get(reverse("search")).content.decode()


def test_an_account_without_a_territory_has_no_page(db: None) -> None:
    from bureaux_volants.territory.models import Agent

    nobody = Agent.objects.create_user("personne@exemple.test")
    client = Client()
    client.force_login(nobody, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/").status_code == 404
    nobody.is_staff = True
    nobody.save()
    assert client.get("/")["Location"] == reverse("admin:index")


def test_nobody_signs_up_or_changes_their_own_address(world: World) -> None:
    assert Client().get(reverse("account_signup")).status_code == 404
    assert world.client.get(reverse("account_email")).status_code == 404


def test_a_page_of_one_person_is_kept_by_no_cache(world: World) -> None:
    assert "no-store" in world.client.get("/")["Cache-Control"]
