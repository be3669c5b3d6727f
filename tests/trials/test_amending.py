"""Amendments that make sense, that are said where the result is, and a design that nobody changed otherwise."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bureaux_volants.trials import cohorts, opening
from bureaux_volants.trials.amending import amend, amendable, caveats, departures, is_late
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import Amendment, Cluster, Cohort, Draw, Hypothesis, Trial

from .words import NOW, STARTS, TEST, Field

WEEK = dt.timedelta(weeks=1)


def amended(field: Field, trial: Trial, what: str, value: Any, *, now: dt.datetime = NOW) -> Amendment:
    made = amend(field.territory.pk, trial.pk, what, value, "Il le faut.", TEST, now=now)
    trial.refresh_from_db()
    return made


def left(trial: Trial) -> list[str]:
    return departures(trial, trial.amendments.all())


@pytest.mark.parametrize(
    ("what", "value", "after", "said"),
    [
        # The last step opens four weeks after the first.
        ("ends_on", STARTS + 3 * WEEK, 0, "La dernière étape ouvre le lundi 4 janvier 2027"),
        # In the tenth week somebody likes what the eighth said.
        ("ends_on", STARTS + 8 * WEEK, 10, "choisir la fin après avoir vu les chiffres"),
        ("threshold", math.nan, 0, "nombre positif"),
        ("threshold", math.inf, 0, "nombre positif"),
        ("threshold", 1e308, 0, "un milliard au plus"),
        ("title", "x" * 121, 0, "120 caractères au plus"),
        ("size", 0, 0, "nombre de personnes"),
        ("starts_on", dt.date(2026, 11, 30), 0, "à venir"),
        ("starts_on", dt.date(2027, 3, 22), 0, "repoussez d'abord la fin"),
        ("starts_on", dt.date(9999, 12, 31), 0, "vont de 2000 à 2099"),
        ("ends_on", dt.date(9999, 12, 31), 0, "vont de 2000 à 2099"),
        ("ends_on", dt.date(2100, 1, 1), 0, "vont de 2000 à 2099"),
        ("baseline_from", dt.date(2026, 11, 1), 0, "ne se change plus"),
        ("steps", 4, 0, "ne se change plus"),
    ],
)
def test_an_amendment_that_makes_no_sense_is_refused(
    lab_field: Field, what: str, value: Any, after: int, said: str
) -> None:
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match=said):
        amended(lab_field, trial, what, value, now=NOW + after * WEEK)
    assert not Amendment.objects.exists()


def test_what_is_no_threshold_of_an_amendment_is_none_of_a_draft_either(lab_field: Field) -> None:
    for value in (math.nan, math.inf, 1e308):
        with pytest.raises(TrialRefused, match="seuil est un nombre positif, d'un milliard au plus"):
            lab_field.trial(threshold=value)


def test_an_opening_is_put_off_while_nothing_has_opened(lab_field: Field) -> None:
    trial = lab_field.frozen(cohort=None)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    days = sorted({c.opens_on for c in trial.clusters.all() if c.opens_on})
    late = NOW + 2 * WEEK
    with pytest.raises(TrialRefused, match="personne n'a pu réserver depuis"):
        opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=late)
    amended(lab_field, trial, "starts_on", STARTS + 3 * WEEK, now=late)
    assert sorted({c.opens_on for c in trial.clusters.all() if c.opens_on}) == [d + 3 * WEEK for d in days]
    opened = opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=late)
    assert [p.phase.opens_on for p in opened.phases] == [d + 3 * WEEK for d in days]
    assert "starts_on" not in amendable(trial)
    with pytest.raises(TrialRefused, match="ne se change plus"):
        amended(lab_field, trial, "starts_on", STARTS + 4 * WEEK, now=late)
    assert left(trial) == []


def test_a_trial_may_open_on_the_very_day(lab_field: Field) -> None:
    trial = lab_field.frozen(cohort=None)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    opened = opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=NOW + WEEK)
    assert opened.phases[0].phase.opens_on == STARTS


def test_the_number_to_draw_changes_until_people_are_drawn(lab_field: Field) -> None:
    trial = lab_field.frozen()
    assert (amended(lab_field, trial, "size", 4).before, trial.cohorts.get().size) == (6, 4)
    cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="ne se change plus"):
        amended(lab_field, trial, "size", 5)


def test_the_number_to_draw_may_change_until_people_are_drawn_for_nobody_knows_the_seed(lab_field: Field) -> None:
    """Accounts close between the two draws: the trial would have to be stopped."""
    trial = lab_field.frozen()
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    amended(lab_field, trial, "size", 5)
    assert trial.cohorts.get().size == 5
    cohorts.make_cohort(lab_field.territory.pk, trial.cohorts.get().pk, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="ne se change plus"):
        amended(lab_field, trial, "size", 4)


def test_what_was_changed_in_sight_of_figures_is_said_beside_them(lab_field: Field) -> None:
    trial = lab_field.opened()
    before = amended(lab_field, trial, "threshold", 12.0)
    assert not is_late(trial, before)
    assert caveats(trial, trial.amendments.all()) == []
    after = NOW + 5 * WEEK
    assert is_late(trial, amended(lab_field, trial, "outcome", "travel_minutes", now=after))
    assert not is_late(trial, amended(lab_field, trial, "title", "Un autre titre", now=after))
    said = caveats(trial, trial.amendments.all())
    assert len(said) == 1
    assert "critère principal" in said[0]
    assert "le protocole figé disait « kilomètres" in said[0].lower()


def test_a_change_that_no_amendment_says_is_seen(lab_field: Field) -> None:
    trial = lab_field.opened()
    amended(lab_field, trial, "threshold", 12.0)
    amended(lab_field, trial, "ends_on", dt.date(2027, 4, 25))
    amended(lab_field, trial, "question", "Et maintenant ?  ")
    assert left(trial) == []
    Trial.objects.filter(pk=trial.pk).update(threshold=1.0)
    trial.refresh_from_db()
    assert left(trial) == ["threshold"]
    Hypothesis.objects.filter(trial=trial).update(text="Ce que l'on a trouvé, on l'attendait.")
    Cohort.objects.filter(trial=trial).update(size=2)
    Cluster.objects.filter(trial=trial).first().delete()  # type: ignore[union-attr]
    assert left(trial) == ["cohort", "communes", "hypotheses", "threshold"]


def test_a_commune_that_changes_its_name_changes_no_design(lab_field: Field) -> None:
    trial = lab_field.frozen()
    commune = lab_field.communes[0]
    commune.name = "Augny-lès-Metz"
    commune.save()
    assert left(trial) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("steps", 3), ("step_weeks", 1), ("design", "parallel"), ("baseline_from", dt.date(2026, 9, 7)), ("guesses", {})],
)
def test_the_database_keeps_the_rest_of_the_design(lab_field: Field, field: str, value: Any) -> None:
    trial = lab_field.frozen(guesses={"sd": 1})
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(**{field: value})


@pytest.mark.parametrize("model", [Amendment, Draw, Trial])
def test_the_database_removes_nothing_of_a_trial_that_was_frozen(lab_field: Field, model: type[Any]) -> None:
    trial = lab_field.frozen()
    amended(lab_field, trial, "threshold", 12.0)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)

    def removed() -> None:
        with transaction.atomic():
            model.objects.all().delete()
            # What is refused at the end of a transaction is refused now.
            connection.check_constraints()

    with pytest.raises(DatabaseError, match="never removed"):
        removed()
    assert model.objects.count() == 1
