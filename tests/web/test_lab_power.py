"""The power page: what a plan would see, in French, without anything written until it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from bureaux_volants.territory.models import Grant
from bureaux_volants.trials import foresight
from bureaux_volants.trials.models import Trial
from tests import factories

from .conftest import World
from .test_lab import Lab, lab

__all__ = ["lab"]

PLAN = {
    "people": "12",
    "communes": "10",
    "steps": "5",
    "step_weeks": "4",
    "weeks_before": "8",
    "weeks_after": "6",
    "noise": "40",
    "drift": "4",
    "effect": "40",
}


def address(trial: Trial) -> str:
    return f"/labo/essais/{trial.slug}/puissance/"


def computed(lab: Lab, trial: Trial, status: int = 200, **fields: Any) -> str:
    answer = lab.client.get(address(trial), {**PLAN, **fields})
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_begins_with_the_draft_and_says_that_the_spread_is_guessed(lab: Lab) -> None:
    trial = lab.field.trial()
    page = lab.page(address(trial))
    assert "aucun essai de ce territoire" in page
    assert "6 tirages possibles" in page
    assert lab.page(f"/labo/essais/{trial.slug}/protocole/").count("puissance/") == 1


def test_a_plan_that_sees_the_effect_and_one_that_does_not(lab: Lab) -> None:
    trial = lab.field.trial(threshold=12.5)
    page = computed(lab, trial, effect="40")
    assert "Un effet de 40 km par agent et par semaine peut être vu." in page
    assert "12,5 km par agent et par semaine\u00a0: trop petit pour ce plan" in page
    assert "Il en faudrait" not in page
    page = computed(lab, trial, effect="12,5", drift="1")
    assert "Un effet de 12,5 km par agent et par semaine passerait sans doute inaperçu." in page
    assert "Il en faudrait" in page


def test_looking_writes_nothing_and_keeping_does(lab: Lab) -> None:
    trial = lab.field.trial()
    computed(lab, trial)
    trial.refresh_from_db()
    assert trial.guesses == {}
    assert "gardées avec le brouillon" in lab.send(address(trial), **PLAN)
    trial.refresh_from_db()
    kept = foresight.kept_in(trial)
    assert kept is not None
    assert (kept.people, kept.noise, trial.guesses["source"]) == (12, 40.0, "")
    assert "Puissance prévue" in lab.page(f"/labo/essais/{trial.slug}/protocole/")


def test_once_frozen_one_may_try_but_nothing_is_kept(lab: Lab) -> None:
    trial = lab.field.frozen()
    assert "rien ne s’enregistre plus" in computed(lab, trial)
    assert "ne se change plus" in lab.send(address(trial), **PLAN)
    trial.refresh_from_db()
    assert trial.guesses == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"people": "0"}, "De 1 à 500."),
        ({"people": "beaucoup"}, "De 1 à 500."),
        ({"steps": "11"}, "au moins une commune par étape"),
        ({"noise": "-3"}, "Donnez un nombre"),
        ({"noise": "nan"}, "Donnez un nombre"),
        ({"weeks_before": "104", "weeks_after": "104"}, "224 semaines"),
        ({"effect": ""}, "Donnez un nombre"),
    ],
)
def test_a_plan_that_makes_no_sense_is_explained(lab: Lab, fields: dict[str, str], said: str) -> None:
    assert said in computed(lab, lab.field.trial(), 422, **fields)


def test_controls_are_asked_for_where_there_are_some(lab: Lab) -> None:
    communes = [c.pk for c in lab.field.communes]
    trial = lab.field.trial(design="parallel", communes=tuple(communes[:2]), controls=tuple(communes[2:]))
    page = lab.page(address(trial))
    assert 'name="controls"' in page
    assert 'name="steps"' not in page
    assert "Plus petit effet visible" in page


def test_a_before_after_is_told_that_it_compares_nothing(lab: Lab) -> None:
    page = lab.page(address(lab.field.trial(design="before_after")))
    assert "Un avant/après ne compare à rien" in page
    assert "Plus petit effet visible" not in page


def test_the_page_is_the_lab_s(lab: Lab, world: World) -> None:
    trial = lab.field.trial()
    assert world.signed_in(lab.field.people[0]).get(address(trial)).status_code == 404
    elsewhere = factories.agent(factories.territory())
    factories.grant(elsewhere, Grant.Role.LAB)
    assert world.signed_in(elsewhere).get(address(trial)).status_code == 404
