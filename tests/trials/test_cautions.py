"""Drafts that contradict themselves are refused, those that are only weak say so."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

import pytest

from bureaux_volants.trials import foresight
from bureaux_volants.trials.cautions import cautions
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import Cohort, Trial
from tests import factories

from .words import Field


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ends_on": dt.date(9999, 12, 31)}, "de 2000 à 2099"),
        ({"baseline_from": dt.date(1, 1, 1)}, "de 2000 à 2099"),
        ({"steps": 0}, "étapes"),
        ({"step_weeks": 0}, "semaines entre deux"),
        ({"steps": 40_000}, "étapes"),
        ({"cohort": CohortPlan("T", Cohort.MadeBy.DRAWN, size=-1)}, "nombre de personnes"),
        ({"cohort": CohortPlan("T", Cohort.MadeBy.DRAWN, size=2, strata=("salaire",))}, "équilibrer"),
        ({"order_strata": ("salaire",)}, "équilibrer l'ordre"),
    ],
)
def test_a_draft_of_no_sense_is_not_kept(lab_field: Field, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TrialRefused, match=said):
        lab_field.trial(**wrong)
    assert not Trial.objects.exists()


def test_nothing_of_another_territory_is_in_a_draft(lab_field: Field) -> None:
    theirs = factories.organisation(factories.territory())
    for plan, said in (
        (CohortPlan("T", Cohort.MadeBy.ORGANISATION, organisations=(theirs.pk,)), "employeurs"),
        (CohortPlan("T", Cohort.MadeBy.SERVICE, services=(factories.service(theirs).pk,)), "services"),
    ):
        with pytest.raises(TrialRefused, match=f"Un de ces {said} n'est pas du territoire"):
            lab_field.trial(cohort=plan)


def test_the_frozen_text_says_whose_people_in_words(lab_field: Field) -> None:
    employer = lab_field.people[0].organisation
    assert employer is not None
    plan = CohortPlan("Tous", Cohort.MadeBy.ORGANISATION, organisations=(employer.pk,))
    assert json.loads(lab_field.frozen(cohort=plan).frozen)["cohort"]["names"] == [employer.name]


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ({"cohort": None}, "personne n'est suivi"),
        ({"design": "parallel", "steps": 1, "n": 1, "controls": 1}, "aucune incertitude ne s'estime"),
        ({"steps": 2}, "Il n'y aurait que 6 ordres"),
        ({"starts_on": dt.date(2026, 12, 25)}, "un jour férié (Noël)"),
        ({"starts_on": dt.date(2026, 12, 12)}, "fin de semaine"),
        ({"starts_on": dt.date(2026, 12, 9)}, "n'est pas un lundi"),
        ({}, "Ce que ce plan verrait n'est pas calculé"),
    ],
)
def test_a_weak_design_says_so_and_may_be_frozen(lab_field: Field, weak: dict[str, Any], said: str) -> None:
    communes = [c.pk for c in lab_field.communes]
    n, controls = weak.pop("n", 4), weak.pop("controls", 0)
    chosen = {"communes": tuple(communes[:n]), "controls": tuple(communes[n : n + controls])}
    trial = lab_field.trial(**chosen, **weak)
    assert any(said in c for c in cautions(trial)), cautions(trial)
    assert lab_field.frozen(title="Autre", **chosen, **weak).frozen


def test_a_strong_design_has_nothing_to_be_told(lab_field: Field) -> None:
    trial = lab_field.trial(steps=4)
    kept = asdict(foresight.of_design(trial))
    Trial.objects.filter(pk=trial.pk).update(guesses=kept)
    trial.refresh_from_db()
    # Four communes in four steps: twenty-four orders are too few, whatever else is right.
    assert [c for c in cautions(trial) if "ordres d'ouverture" not in c] == []
    Trial.objects.filter(pk=trial.pk).update(guesses={**kept, "communes": 9})
    trial.refresh_from_db()
    assert any("calculé pour un autre plan" in c for c in cautions(trial))


def test_a_commune_without_a_desk_is_told_before_the_freeze(lab_field: Field) -> None:
    empty = factories.commune(lab_field.territory, name="Jury")
    trial = lab_field.trial(communes=(empty.pk, *(c.pk for c in lab_field.communes)))
    assert any("Aucun site ne prête encore de bureau : Jury" in c for c in cautions(trial))
