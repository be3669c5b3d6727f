"""Comparer les trajets: every way with its figures, and clear sentences for what makes no sense."""

from __future__ import annotations

import pytest
from django.test import Client

from .conftest import World

pytestmark = pytest.mark.django_db

WHERE = {
    "origin": "chez moi",
    "destination": "Siège",
    "date": "2026-12-01",
    "time": "08:00",
    "when": "arrive",
    "has": "car",
}


@pytest.fixture
def page(world: World) -> Client:
    return world.signed_in(world.agent)


def test_every_way_has_its_figures_and_what_is_missing_says_why(page: Client) -> None:
    told = page.get("/trajets/", WHERE).content.decode()
    assert "Avec votre voiture" in told
    assert "En transports" in told
    assert "estimée" in told
    assert "pas de vélo déclaré" in told
    assert "Aucun horaire de transport" in told


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"destination": "Atlantide"}, "Nous ne connaissons pas ce lieu"),
        ({"destination": "chez moi"}, "le même lieu"),
        ({"destination": ""}, "obligatoire"),
        ({"date": "2036-12-01"}, "trop loin"),
        ({"time": "25:00"}, "heure"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_lost(page: Client, change: dict[str, str], sentence: str) -> None:
    answer = page.get("/trajets/", {**WHERE, **change})
    assert answer.status_code == 422
    told = answer.content.decode().replace("&#x27;", "'")
    assert sentence in told
    assert 'value="chez moi"' in told
