"""Decisions and the working group's grid: written down, never rewritten, compared between trials."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bureaux_volants.events.models import Event
from bureaux_volants.trials import deciding
from bureaux_volants.trials.deciding import Evidence
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import Decision, Rating, Trial
from tests import factories

from .words import NOW, TEST, Field


def rate(trial: Trial, mark: str = "plus", **fields: Any) -> Rating:
    said = {"criterion": "skills", "reason": "Deux services forment les autres.", **fields}
    return deciding.rate(trial.territory_id, trial.pk, TEST, mark=mark, **said)


def test_a_decision_is_written_with_who_and_on_what(lab_field: Field) -> None:
    trial = lab_field.frozen()
    deciding.decide(
        trial.territory_id, trial.pk, TEST, day=NOW.date(), who="comité de pilotage", what="Continuer.", now=NOW
    )
    assert Decision.objects.get().who == "comité de pilotage"
    assert Event.objects.filter(kind="trial.decided").count() == 1


def test_a_decision_to_come_is_not_one(lab_field: Field) -> None:
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match="à venir"):
        deciding.decide(
            trial.territory_id,
            trial.pk,
            TEST,
            day=NOW.date() + dt.timedelta(days=2),
            who="comité",
            what="Élargir.",
            now=NOW,
        )
    assert not Decision.objects.exists()


def test_a_mark_without_a_reason_is_refused(lab_field: Field) -> None:
    with pytest.raises(TrialRefused, match="écrivez pourquoi"):
        rate(lab_field.frozen(), reason="  ")


@pytest.mark.parametrize("path", ["javascript:alert(1)", "//ailleurs", "data:x"])
def test_evidence_is_a_page_of_ours_or_of_the_web(lab_field: Field, path: str) -> None:
    with pytest.raises(TrialRefused, match="Une preuve"):
        rate(lab_field.frozen(), evidence=[Evidence("Preuve", path)])


def test_the_last_mark_counts_and_the_former_ones_stay(lab_field: Field) -> None:
    trial = lab_field.frozen()
    rate(trial, "minus", now=NOW)
    rate(trial, "plus2", now=NOW + dt.timedelta(days=30))
    lines = deciding.grid_of(trial.ratings.all())
    assert len(lines) == 7
    assert lines[0].now is not None
    assert lines[0].now.mark == "plus2"
    assert [r.mark for r in lines[0].before] == ["minus"]
    assert all(line.now is None for line in lines[1:])


def test_trials_are_compared_line_by_line(lab_field: Field) -> None:
    first, second = lab_field.frozen(), lab_field.trial(title="Plus tard")
    rate(first, "plus")
    rate(second, "plus3")
    trials, lines = deciding.compared(lab_field.territory.pk)
    assert {t.pk for t in trials} == {first.pk, second.pk}
    marks = [r.mark if r else None for r in lines[0][1]]
    assert sorted(str(m) for m in marks) == ["plus", "plus3"]
    assert lines[1][1] == [None, None]


def test_a_trial_of_another_territory_is_not_there(lab_field: Field) -> None:
    trial = lab_field.frozen()
    with pytest.raises(NotFound):
        deciding.rate(factories.territory().pk, trial.pk, TEST, criterion="skills", mark="plus", reason="Non.")
    assert deciding.compared(factories.territory().pk) == ([], [(str(c.label), []) for c in Rating.Criterion])
