"""A design is drafted, frozen and time-stamped, then only amended in the open."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Phase
from bureaux_volants.trials import cohorts, designing
from bureaux_volants.trials.amending import amend
from bureaux_volants.trials.designing import (
    CohortPlan,
    Expected,
    create_trial,
    draft_of,
    end_trial,
    freeze,
    save_draft,
)
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import Amendment, Cohort, Draw, Trial
from tests import factories

from .words import NOW, STARTS, TEST, Field


def test_a_draft_comes_back_as_it_was_written(lab_field: Field) -> None:
    draft = lab_field.draft()
    trial = create_trial(lab_field.territory.pk, draft, TEST, now=NOW)
    assert draft_of(trial) == draft
    assert trial.state == Trial.State.DRAFT


def test_a_parallel_draft_keeps_its_controls_apart(lab_field: Field) -> None:
    a, b, c, d = (x.pk for x in lab_field.communes)
    trial = lab_field.trial(design=Trial.Design.PARALLEL, communes=(a, b), controls=(c, d), steps=1)
    assert draft_of(trial).controls == (c, d)
    assert set(trial.clusters.filter(opens_on=STARTS).values_list("commune_id", flat=True)) == {a, b}


def test_two_trials_of_one_title_have_two_addresses(lab_field: Field) -> None:
    assert lab_field.trial().slug != lab_field.trial().slug


def test_the_frozen_design_can_be_read_and_its_digest_worked_out_again(lab_field: Field) -> None:
    trial = lab_field.frozen()
    trial.refresh_from_db()
    assert trial.state == Trial.State.RUNNING
    assert trial.frozen_at == NOW
    assert hashlib.sha256(trial.frozen.encode()).hexdigest() == trial.frozen_digest
    told = json.loads(trial.frozen)
    assert told["outcome"] == "car_km"
    assert told["threshold"] == 10.0
    assert told["communes"][0].endswith("Augny")
    assert told["cohort"]["size"] == 6
    event = Event.objects.get(kind="trial.frozen")
    assert event.data["digest"] == trial.frozen_digest


def test_the_seed_is_drawn_at_the_freeze_so_that_none_was_tried(lab_field: Field) -> None:
    trial = lab_field.trial()
    assert trial.seed == 0
    frozen = freeze(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    assert 0 < frozen.seed < 2**53


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outcome": ""}, "critère principal"),
        ({"question": " "}, "question"),
        ({"hypotheses": ()}, "hypothèse"),
        ({"stopping_rules": ""}, "règles d'arrêt"),
        ({"starts_on": dt.date(2026, 11, 30)}, "doit être à venir"),
        ({"communes": ()}, "Choisissez les communes"),
        ({"steps": 1}, "rien à quoi comparer"),
        ({"steps": 5}, "au moins une par étape"),
        ({"steps": 4, "step_weeks": 12}, "après la fin de l'essai"),
        (
            {"design": Trial.Design.PARALLEL, "steps": 1, "cohort": CohortPlan("V", Cohort.MadeBy.VOLUNTEERING)},
            "rien à quoi comparer",
        ),
    ],
)
def test_an_incomplete_design_is_not_frozen(lab_field: Field, wrong: dict[str, Any], said: str) -> None:
    trial = lab_field.trial(**wrong)
    with pytest.raises(TrialRefused, match=said):
        freeze(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    trial.refresh_from_db()
    assert trial.state == Trial.State.DRAFT
    assert not trial.frozen


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"threshold": 0.0}, "seuil"),
        ({"ends_on": dt.date(2026, 11, 1)}, "ne se suivent pas"),
        ({"outcome": "bonheur"}, "n'existe pas"),
        ({"hypotheses": (Expected("Les émissions baissent.", "co2"),)}, "« Les émissions baissent. »"),
        ({"cohort": CohortPlan("T", Cohort.MadeBy.DRAWN)}, "combien de personnes"),
        ({"communes": (999999999,)}, "pas du territoire"),
    ],
)
def test_a_draft_that_contradicts_itself_is_not_kept(lab_field: Field, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TrialRefused, match=said):
        lab_field.trial(**wrong)
    assert not Trial.objects.exists()


def test_a_commune_of_another_territory_is_none(lab_field: Field) -> None:
    theirs = factories.commune(factories.territory())
    with pytest.raises(TrialRefused, match="pas du territoire"):
        lab_field.trial(communes=(theirs.pk,))


def test_a_commune_is_not_both_opened_and_a_control(lab_field: Field) -> None:
    augny = lab_field.communes[0].pk
    with pytest.raises(TrialRefused, match=r"à la fois ouverte et témoin : Augny"):
        lab_field.trial(design=Trial.Design.PARALLEL, communes=(augny,), controls=(augny,))


def test_a_site_that_is_open_already_is_no_before(lab_field: Field) -> None:
    site = lab_field.mairies[0]
    site.phase = Phase.objects.create(
        territory=lab_field.territory, number=1, name="Phase 1", opens_on=dt.date(2026, 9, 1)
    )
    site.save()
    trial = lab_field.trial()
    with pytest.raises(TrialRefused, match=r"Déjà ouvert : Mairie de Augny \(Phase 1\)"):
        freeze(lab_field.territory.pk, trial.pk, TEST, now=NOW)


def test_overlapping_trials_are_refused_and_the_shared_communes_named(lab_field: Field) -> None:
    a, b, c, d = (x.pk for x in lab_field.communes)
    lab_field.frozen(communes=(a, b), cohort=None)
    second = lab_field.trial(title="Autre", communes=(b, c), cohort=None)
    with pytest.raises(TrialRefused, match=r"« Ouvrir par étapes » est en cours dans les mêmes communes : Marly\."):
        freeze(lab_field.territory.pk, second.pk, TEST, now=NOW)
    third = lab_field.trial(title="Ailleurs", communes=(c, d), cohort=None)
    assert freeze(lab_field.territory.pk, third.pk, TEST, now=NOW).state == Trial.State.RUNNING


def test_a_trial_that_begins_after_the_other_overlaps_nothing(lab_field: Field) -> None:
    lab_field.frozen(cohort=None)
    later = {
        "baseline_from": dt.date(2027, 4, 5),
        "starts_on": dt.date(2027, 6, 7),
        "ends_on": dt.date(2027, 12, 31),
    }
    second = lab_field.trial(title="Plus tard", cohort=None, **later)
    assert freeze(lab_field.territory.pk, second.pk, TEST, now=NOW).frozen


def test_two_trials_do_not_share_people(lab_field: Field) -> None:
    a, b, c, d = (x.pk for x in lab_field.communes)
    employer = lab_field.people[0].organisation_id
    assert employer is not None
    plan = CohortPlan("Tous", Cohort.MadeBy.ORGANISATION, organisations=(employer,))
    first = lab_field.frozen(communes=(a, b), cohort=plan)
    cohorts.make_cohort(lab_field.territory.pk, first.cohorts.get().pk, TEST, now=NOW)
    second = lab_field.trial(title="Autre", communes=(c, d), cohort=plan)
    with pytest.raises(TrialRefused, match="sont déjà de l'essai « Ouvrir par étapes »"):
        freeze(lab_field.territory.pk, second.pk, TEST, now=NOW)


def test_two_trials_are_not_frozen_to_take_the_same_people(lab_field: Field) -> None:
    """Neither cohort is made yet: made second, it could not be."""
    a, b, c, d = (x.pk for x in lab_field.communes)
    employer = lab_field.people[0].organisation_id
    assert employer is not None
    plan = CohortPlan("Tous", Cohort.MadeBy.ORGANISATION, organisations=(employer,))
    lab_field.frozen(communes=(a, b), cohort=plan)
    second = lab_field.trial(title="Autre", communes=(c, d), cohort=plan)
    with pytest.raises(TrialRefused, match="sont déjà de l'essai « Ouvrir par étapes »"):
        freeze(lab_field.territory.pk, second.pk, TEST, now=NOW)
    other = factories.organisation(lab_field.territory)
    elsewhere = CohortPlan("Autres", Cohort.MadeBy.ORGANISATION, organisations=(other.pk,))
    third = lab_field.trial(title="Ailleurs", communes=(c, d), cohort=elsewhere)
    assert freeze(lab_field.territory.pk, third.pk, TEST, now=NOW).frozen


def test_after_the_freeze_the_draft_is_closed(lab_field: Field) -> None:
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match="amendement"):
        save_draft(lab_field.territory.pk, trial.pk, lab_field.draft(threshold=1.0), TEST)
    with pytest.raises(TrialRefused, match="déjà figé"):
        freeze(lab_field.territory.pk, trial.pk, TEST, now=NOW)


def test_an_amendment_says_what_was_and_what_is_and_leaves_the_frozen_text(lab_field: Field) -> None:
    trial = lab_field.frozen()
    frozen = trial.frozen
    made = amend(lab_field.territory.pk, trial.pk, "threshold", 15.0, "Le coût a monté.", TEST, now=NOW)
    trial.refresh_from_db()
    assert (made.number, made.before, made.after) == (1, 10.0, 15.0)
    assert trial.threshold == 15.0
    assert trial.frozen == frozen
    again = amend(lab_field.territory.pk, trial.pk, "ends_on", dt.date(2027, 4, 25), "Retard.", TEST, now=NOW)
    assert (again.number, again.after) == (2, "2027-04-25")


@pytest.mark.parametrize(
    ("what", "value", "reason", "said"),
    [
        ("threshold", 12.0, " ", "pourquoi"),
        ("threshold", 10.0, "Rien.", "ne change rien"),
        ("threshold", -1.0, "Erreur.", "positif"),
        ("seed", 7, "Mieux.", "ne se change plus"),
        ("outcome", "bonheur", "Mieux.", "n'existe pas"),
        ("ends_on", dt.date(2026, 1, 1), "Vite.", "ne peut pas précéder"),
        ("question", "", "Court.", "rester vide"),
    ],
)
def test_an_amendment_without_sense_is_refused(lab_field: Field, what: str, value: Any, reason: str, said: str) -> None:
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match=said):
        amend(lab_field.territory.pk, trial.pk, what, value, reason, TEST, now=NOW)
    assert not Amendment.objects.exists()


@pytest.mark.parametrize("field", ["frozen", "frozen_digest", "seed"])
def test_the_database_itself_keeps_what_was_frozen(lab_field: Field, field: str) -> None:
    trial = lab_field.frozen()
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(**{field: 1})


def test_the_database_itself_keeps_amendments_and_draws(lab_field: Field) -> None:
    trial = lab_field.frozen()
    amend(lab_field.territory.pk, trial.pk, "threshold", 15.0, "Le coût a monté.", TEST, now=NOW)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Amendment.objects.update(reason="Autre")
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Draw.objects.update(result=[])


def test_a_trial_ends_at_its_term_or_is_stopped_with_a_reason(lab_field: Field) -> None:
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match="pas à son terme"):
        end_trial(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="règle d'arrêt"):
        end_trial(lab_field.territory.pk, trial.pk, TEST, stopped=True, now=NOW)
    stopped = end_trial(lab_field.territory.pk, trial.pk, TEST, stopped=True, reason="Trop de refus.", now=NOW)
    assert (stopped.state, stopped.end_reason) == (Trial.State.STOPPED, "Trop de refus.")
    with pytest.raises(TrialRefused, match="n'est pas en cours"):
        end_trial(lab_field.territory.pk, trial.pk, TEST, now=NOW)


def test_another_territory_finds_nothing(lab_field: Field) -> None:
    trial, elsewhere = lab_field.trial(), factories.territory().pk
    for act in (
        lambda: freeze(elsewhere, trial.pk, TEST, now=NOW),
        lambda: save_draft(elsewhere, trial.pk, lab_field.draft(), TEST),
        lambda: amend(elsewhere, trial.pk, "title", "X", "Y", TEST, now=NOW),
        lambda: designing.end_trial(elsewhere, trial.pk, TEST, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()
