"""Mes préférences."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from bureaux_volants.api.models import Token
from bureaux_volants.booking.service import book
from bureaux_volants.events.models import Event
from tests import factories
from tests.factories import TEST

from .conftest import World

URL = "/preferences/"


def test_preferences_are_kept_and_the_log_says_which_not_what(world: World) -> None:
    commune = world.usual.commune
    given = {"visibility": "nobody", "home_commune": commune.pk}
    assert world.client.post(URL, given)["Location"] == URL
    world.agent.refresh_from_db()
    assert (world.agent.visibility, world.agent.home_commune) == ("nobody", commune)
    event = Event.objects.get(kind="agent.preferences")
    assert "home_commune" in event.data["fields"]
    assert commune.name not in str(event.data)


@pytest.mark.parametrize("wrong", [{"visibility": "voisins"}, {"home_commune": "999999"}, {"home_commune": "x"}])
def test_what_makes_no_sense_changes_nothing(world: World, wrong: dict[str, object]) -> None:
    answer = world.client.post(URL, {"visibility": "everyone", **wrong})
    assert answer.status_code == 422
    world.agent.refresh_from_db()
    assert world.agent.visibility == "team"


def test_what_is_agreed_with_the_employer_is_shown_and_cannot_be_changed(world: World) -> None:
    type(world.agent).objects.filter(pk=world.agent.pk).update(telework_weekdays=[1, 5], usual_site=world.usual)
    assert "lundi et vendredi" in world.client.get(URL).content.decode()
    given = {"visibility": "team", "usual_site": world.mairie.pk, "telework_weekdays": ["1", "2", "3", "4", "5"]}
    world.client.post(URL, given)
    world.agent.refresh_from_db()
    assert (world.agent.usual_site, world.agent.telework_weekdays) == (world.usual, [1, 5])


def test_a_commune_of_another_territory_cannot_be_chosen(world: World) -> None:
    elsewhere = factories.site(factories.territory())
    answer = world.client.post(URL, {"visibility": "team", "home_commune": elsewhere.commune.pk})
    assert answer.status_code == 422


def test_everything_kept_can_be_taken_away(world: World) -> None:
    mine = book(world.agent, factories.ask(world.mairie), TEST)
    theirs = book(world.other, factories.ask(world.mairie), TEST)
    answer = world.client.get(reverse("my_data"))
    assert "attachment" in answer["Content-Disposition"]
    told = answer.json()
    assert [b["reference"] for b in told["bookings"]] == [mine.reference]
    assert theirs.reference not in answer.content.decode()
    assert told["agent"]["home_commune"] == "Marly"


def test_ones_own_token_can_be_revoked_and_nobody_elses(world: World) -> None:
    now = timezone.now()
    mine = Token.objects.create(
        agent=world.agent, label="tableur", prefix="bv_aaaaaaaa", digest="a" * 64, created_at=now
    )
    theirs = Token.objects.create(
        agent=world.other, label="autre", prefix="bv_bbbbbbbb", digest="b" * 64, created_at=now
    )
    text = world.client.get(URL).content.decode()
    assert "tableur" in text
    assert "bv_bbbbbbbb" not in text
    assert world.client.post(reverse("token_revoke", args=[theirs.pk])).status_code == 404
    world.client.post(reverse("token_revoke", args=[mine.pk]))
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.revoked_at is not None
    assert theirs.revoked_at is None
    assert "tableur" not in world.client.get(URL).content.decode()
