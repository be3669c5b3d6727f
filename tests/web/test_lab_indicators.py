"""The glossary, an indicator month by month, and what uses say of a trial: what was kept, and nothing of fewer than five people."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from bureaux_volants.territory.models import Grant, Territory
from bureaux_volants.trials.indicators.registry import INDICATORS
from bureaux_volants.trials.models import KeptFigure, Trial
from bureaux_volants.web.lab.indicators import part_words
from tests import factories
from tests.factories import NOW

from .conftest import World


@pytest.fixture
def lab(world: World) -> Client:
    who = factories.agent(world.territory)
    factories.grant(who, Grant.Role.LAB)
    return world.signed_in(who)


def kept(territory: Territory, code: str = "stays", month: int = 10, **fields: Any) -> KeptFigure:
    first = dt.date(2026, month, 1)
    values: dict[str, Any] = {"value": 41.5, "numerator": 41.5, "people": 17, "version": 1, "data_digest": "0" * 64}
    values |= {"first_day": first, "last_day": first + dt.timedelta(days=27), "computed_at": NOW}
    return KeptFigure.objects.create(territory=territory, code=code, **{**values, **fields})


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_glossary_defines_every_indicator_and_shows_its_latest_month(world: World, lab: Client) -> None:
    kept(world.territory, month=9, value=12)
    kept(world.territory, month=10, low=30, high=50)
    page = text(lab, "/labo/indicateurs/")
    for code in INDICATORS:
        assert f'id="i-{code}"' in page
    assert "41,5" in page
    assert "(de 30 à 50)" in page
    assert "17 personnes" in page
    assert "septembre 2026" in page  # kept since


def test_few_people_are_shown_on_no_page(world: World, lab: Client) -> None:
    kept(world.territory, value=4321, people=3, is_hidden=True)
    kept(world.territory, part="commune:1", value=8765, people=2, is_hidden=True)
    for path in ("/labo/indicateurs/", "/labo/indicateurs/stays/"):
        page = text(lab, path)
        assert "moins de cinq personnes" in page
        assert "4 321" not in page.replace("\u202f", " ").replace("\xa0", " ")
        assert "4321" not in page
        assert "8765" not in page


def test_months_of_another_territory_are_not_there(world: World, lab: Client) -> None:
    kept(factories.territory(), value=777)
    assert "777" not in text(lab, "/labo/indicateurs/stays/")


def test_an_indicator_is_drawn_and_listed_by_month_and_by_group(world: World, lab: Client) -> None:
    commune = factories.commune(world.territory, name="Vantoux")
    for month, value in ((9, 20.0), (10, 30.0)):
        kept(world.territory, "participation", month, value=value, low=10.0, high=40.0)
    kept(world.territory, "participation", 10, part=f"commune:{commune.pk}", value=25.0)
    page = text(lab, "/labo/indicateurs/participation/")
    assert 'role="img"' in page
    assert "2 mois, de 20" in page
    assert "Commune : Vantoux" in page


def test_an_unknown_indicator_is_not_found(world: World, lab: Client) -> None:
    assert lab.get("/labo/indicateurs/bonheur/").status_code == 404
    assert world.client.get("/labo/indicateurs/").status_code == 404


def test_a_trials_page_and_report_tell_its_uses(world: World, lab: Client) -> None:
    trial = Trial.objects.create(
        territory=world.territory, slug="essai", title="Essai", question="?", outcome="car_km", threshold=5, state="running",
        baseline_from=dt.date(2026, 9, 1), starts_on=dt.date(2026, 10, 1), ends_on=dt.date(2027, 3, 28), seed=1,
        created_at=NOW, frozen_at=NOW,
    )  # fmt: skip
    kept(world.territory, "stays", 9, trial=trial, value=9)
    kept(world.territory, "stays", 10, trial=trial, value=44)
    kept(world.territory, "arrivals_told", 10, trial=trial, value=88)
    kept(world.territory, "meetings", 10, trial=trial, value=3, people=2, is_hidden=True)
    for path in ("/labo/essais/essai/", "/labo/essais/essai/rapport/"):
        page = text(lab, path)
        assert "Ce que disent les usages" in page
        assert "<strong>9</strong>" in page
        assert "<strong>44</strong>" in page
        assert "non montré : moins de cinq personnes, ou un autre chiffre s’en déduirait" in page
    assert "<strong>88</strong> %" in text(lab, "/labo/essais/essai/")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("mode:bus+car", "mode : bus et voiture"),
        ("telework:no", "jours de télétravail convenus : pas de télétravail convenu"),
        ("commune:other", "commune : autres groupes, réunis"),
        ("commune:0", "commune : sans commune"),
        ("commune:12", "commune : Marly"),
        ("distance:far", "domicile – site d'affectation : 15 km et plus"),
        ("answer:none", "réponse : sans réponse"),
        ("kind:bike", "nature : vélo"),
    ],
)
def test_a_group_is_named_in_french(part: str, words: str) -> None:
    assert part_words(part, {"12": "Marly"}) == words
