"""What a trial costs: written down, corrected, removed, each of it in the log."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from bureaux_volants.events.models import Event
from bureaux_volants.trials import spending
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import KeptFigure, RunningCost, Trial
from bureaux_volants.trials.spending import Expense, totals_of
from tests import factories

from .words import NOW, TEST, Field


def expense(**fields: Any) -> Expense:
    said = {"day": NOW.date(), "kind": "staff", "label": "Accueil", "euros": Decimal("120.50"), **fields}
    return Expense(**said)


def spend(trial: Trial, **fields: Any) -> RunningCost:
    return spending.spend(trial.territory_id, trial.pk, expense(**fields), TEST, now=NOW)


def figure(trial: Trial, code: str, **fields: Any) -> KeptFigure:
    return KeptFigure.objects.create(
        territory_id=trial.territory_id,
        trial=trial,
        code=code,
        version=1,
        first_day=NOW.date() - dt.timedelta(days=10),
        last_day=NOW.date(),
        **{"numerator": 0.0, "data_digest": "0" * 64, "computed_at": NOW, **fields},
    )


def test_totals_are_by_kind_and_in_all() -> None:
    found = totals_of([("staff", Decimal("10.10")), ("other", Decimal("5")), ("staff", Decimal("0.90"))])
    assert found.by_kind == (("staff", Decimal("11.00")), ("other", Decimal("5")))
    assert found.whole == Decimal("16.00")
    assert totals_of([]).whole == 0


def test_a_cost_is_written_corrected_and_removed_and_the_log_keeps_what_it_was(lab_field: Field) -> None:
    trial = lab_field.frozen()
    made = spend(trial)
    spending.correct(trial.territory_id, trial.pk, made.pk, expense(euros=Decimal("99")), TEST, now=NOW)
    assert RunningCost.objects.get().euros == Decimal("99.00")
    spending.remove(trial.territory_id, trial.pk, made.pk, TEST)
    assert not RunningCost.objects.exists()
    kinds = ("trial.spent", "trial.cost_corrected", "trial.cost_removed")
    spent, corrected, removed = Event.objects.filter(kind__in=kinds).order_by("pk")
    assert spent.data["after"]["euros"] == "120.50"
    assert (corrected.data["before"]["euros"], corrected.data["after"]["euros"]) == ("120.50", "99.00")
    assert removed.data["before"]["euros"] == "99.00"


def test_a_correction_that_changes_nothing_is_no_event(lab_field: Field) -> None:
    trial = lab_field.frozen()
    made = spend(trial)
    spending.correct(trial.territory_id, trial.pk, made.pk, expense(), TEST, now=NOW)
    assert not Event.objects.filter(kind="trial.cost_corrected").exists()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"euros": Decimal("0")}, "montant"),
        ({"euros": Decimal("-3")}, "montant"),
        ({"euros": Decimal("NaN")}, "montant"),
        ({"euros": Decimal("10000000.01")}, "montant"),
        ({"label": "  "}, "ce qui a été payé"),
        ({"label": "pour ada@exemple.fr"}, "ne nomme personne"),
        ({"kind": "gift"}, "nature"),
        ({"day": NOW.date() + dt.timedelta(days=2)}, "à venir"),
    ],
)
def test_a_wrong_cost_is_refused_in_a_sentence_and_changes_nothing(
    lab_field: Field, fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(TrialRefused, match=why):
        spend(lab_field.frozen(), **fields)
    assert not RunningCost.objects.exists()


def test_a_cost_of_another_trial_or_territory_is_not_there(lab_field: Field) -> None:
    trial, other = lab_field.frozen(), lab_field.trial(title="Autre")
    made = spend(trial)
    with pytest.raises(NotFound):
        spending.correct(other.territory_id, other.pk, made.pk, expense(), TEST, now=NOW)
    with pytest.raises(NotFound):
        spending.remove(factories.territory().pk, trial.pk, made.pk, TEST)
    assert RunningCost.objects.count() == 1


def test_a_stay_costs_what_was_spent_in_the_days_counted_over_the_stays(lab_field: Field) -> None:
    trial = lab_field.frozen()
    spend(trial, euros=Decimal("100"))
    spend(trial, euros=Decimal("900"), day=NOW.date() - dt.timedelta(days=60))
    figure(trial, "cost_per_stay", value=12.5, denominator=8.0)
    figure(trial, "agents", value=3.0, is_hidden=True)
    per_stay, per_person = spending.ratios_of(trial)
    assert per_stay.euros == Decimal("12.50")
    assert "8 venues" in per_stay.basis
    assert per_person.euros is None
    assert "moins de cinq" in per_person.basis


def test_without_figures_or_without_stays_nothing_is_divided(lab_field: Field) -> None:
    trial = lab_field.frozen()
    spend(trial)
    assert [r.euros for r in spending.ratios_of(trial)] == [None, None]
    figure(trial, "cost_per_stay", value=None, denominator=0.0)
    assert "personne n'est encore venu" in spending.ratios_of(trial)[0].basis
