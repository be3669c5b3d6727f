"""Before starting: the plan that a calendar comes to, what it would see, where its spread comes from, and that it is frozen with the protocol."""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bureaux_volants.trials import designing, foresight
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.estimating import power
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel
from bureaux_volants.trials.foresight import Guess
from bureaux_volants.trials.models import Trial

from .words import NOW, STARTS, TEST, Field

GUESS = Guess(
    people=12,
    communes=10,
    controls=0,
    steps=5,
    step_weeks=4,
    weeks_before=8,
    weeks_after=6,
    noise=40.0,
    drift=4.0,
    effect=40.0,
)
WEDGE, PARALLEL = Trial.Design.STEPPED_WEDGE, Trial.Design.PARALLEL


def test_a_stepped_wedge_opens_larger_steps_first_and_is_read_by_time_since_the_opening() -> None:
    plan = foresight.plan_of(replace(GUESS, communes=7, steps=3), WEDGE)
    assert list(plan.opened) == [9, 9, 9, 13, 13, 17, 17]
    assert (plan.weeks, plan.by_time) == (16 + 6, True)


def test_strata_are_spread_over_the_steps_and_leave_fewer_orders() -> None:
    """Two strata of five in five steps: each has each step once, 5! x 5! orders; without strata 10! / 2^5."""
    plan = foresight.plan_of(GUESS, WEDGE, (5, 5))
    opened, stratum = np.array(plan.opened), np.array(plan.stratum)
    assert sorted(opened[stratum == 0]) == sorted(opened[stratum == 1]) == [9, 13, 17, 21, 25]
    assert plan.weeks == foresight.plan_of(GUESS, WEDGE).weeks
    assert foresight.foresee(GUESS, WEDGE, (5, 5)).orders == 120 * 120
    assert foresight.foresee(GUESS, WEDGE).orders == 113_400
    # A guess of other communes than the design's has no strata that anybody knows.
    assert foresight.plan_of(replace(GUESS, communes=9), WEDGE, (5, 5)) == foresight.plan_of(
        replace(GUESS, communes=9), WEDGE
    )


def test_controls_never_open() -> None:
    plan = foresight.plan_of(replace(GUESS, communes=3, controls=2), PARALLEL)
    assert list(plan.opened) == [9, 9, 9, 0, 0]
    assert (plan.weeks, plan.by_time) == (14, False)


def test_an_effect_of_the_least_size_is_seen_four_times_in_five_by_the_test_that_will_judge() -> None:
    least = foresight.foresee(GUESS, WEDGE).least
    found = foresight.foresee(replace(GUESS, effect=least), WEDGE)
    assert found.sees
    assert found.chances == pytest.approx(0.8, abs=0.06)
    assert foresight.foresee(replace(GUESS, effect=0.001), WEDGE).chances == pytest.approx(0.05, abs=0.03)
    smaller = foresight.foresee(replace(GUESS, effect=0.7 * least), WEDGE)
    assert not smaller.sees
    assert smaller.chances is not None
    assert smaller.chances < 0.65


def test_what_is_needed_would_do() -> None:
    guess = replace(GUESS, drift=1.0, effect=20.0)
    found = foresight.foresee(guess, WEDGE)
    assert not found.sees
    assert found.needed.people is not None
    assert foresight.foresee(replace(guess, people=found.needed.people), WEDGE).sees
    assert found.needed.communes is not None
    assert foresight.foresee(replace(guess, communes=found.needed.communes), WEDGE).sees
    long = foresight.foresee(replace(GUESS, communes=6, controls=6, drift=0.0, effect=10.0), PARALLEL)
    assert not long.sees
    assert long.weeks is not None
    more = replace(GUESS, communes=6, controls=6, drift=0.0, effect=10.0)
    more = replace(more, weeks_before=8 + long.weeks, weeks_after=6 + long.weeks)
    assert foresight.foresee(more, PARALLEL).sees


def test_measuring_longer_does_not_help_communes_that_drift() -> None:
    assert foresight.foresee(replace(GUESS, noise=1.0, drift=20.0, effect=10.0), WEDGE).weeks is None


def test_too_few_orders_prove_nothing_however_large_the_effect() -> None:
    found = foresight.foresee(replace(GUESS, communes=4, steps=2, effect=10_000.0), WEDGE)
    assert (found.orders, found.chances, found.sees) == (6, None, False)
    assert "6 tirages possibles" in found.warning


def test_the_largest_plan_that_the_page_takes_is_answered_in_seconds() -> None:
    """It took a minute and a half: everything was worked out anew for every number of people and of communes tried."""
    largest = replace(
        GUESS, communes=100, steps=20, step_weeks=2, weeks_before=50, weeks_after=60, effect=0.001, people=500
    )
    began = time.process_time()
    assert not foresight.foresee(largest, WEDGE).sees
    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    "absurd",
    [
        {"drift": 0.0},
        {"noise": 0.001, "drift": 100_000.0},
        {"noise": 0.001, "drift": 0.0},
        {"weeks_before": 1, "weeks_after": 1, "step_weeks": 1},
        {"people": 1},
        {"effect": 100_000.0},
    ],
)
def test_absurd_guesses_have_an_answer(absurd: dict[str, Any]) -> None:
    """A correlation of 0 and of 1, nobody who varies, one week, one person."""
    for design in (WEDGE, PARALLEL):
        found = foresight.foresee(replace(GUESS, **{**absurd, "controls": 4 if design == PARALLEL else 0}), design)
        assert math.isfinite(found.least)
        assert found.least > 0
        assert 0 <= found.correlation <= 1


def test_a_before_after_compares_nothing() -> None:
    with pytest.raises(CannotEstimate) as refused:
        foresight.foresee(GUESS, Trial.Design.BEFORE_AFTER)
    assert refused.value.code == "no-comparison"


def test_communes_of_which_the_changes_go_together_are_correlated() -> None:
    assert power.correlation(power.Spread(10.0, 0.0)) == 0
    assert power.correlation(power.Spread(1.0, 1.0)) == pytest.approx(1 / 3)
    assert power.correlation(power.Spread(0.0, 0.0)) == 0


def test_the_form_begins_with_the_calendar_of_the_draft(lab_field: Field) -> None:
    trial = lab_field.trial()
    known = foresight.known_of(trial)
    guess = foresight.beginning(trial, known)
    assert known.title == ""
    assert (guess.communes, guess.controls, guess.steps, guess.step_weeks) == (4, 0, 2, 4)
    # From 5 October to 7 December: nine weeks. From 4 January, the last opening, to 28 March: twelve.
    assert (guess.weeks_before, guess.weeks_after) == (9, 12)
    # Six people are to be drawn for four communes.
    assert (guess.people, guess.effect) == (1, 10.0)


def test_a_history_takes_the_place_of_the_guess(lab_field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    former = lab_field.frozen(title="Phase 1")
    generator = np.random.default_rng(5)
    unit, period = (a.ravel() for a in np.mgrid[0:40, 1:13])
    outcome = generator.normal(100, 25, unit.size)
    history = Panel(unit, unit // 10, period, outcome, np.zeros(unit.size, np.int64))
    monkeypatch.setattr(foresight, "panel_of", lambda trial, code: history)
    later = lab_field.trial(title="Phase 2", ends_on=STARTS + dt.timedelta(days=400))
    known = foresight.known_of(later)
    assert known.title == former.title
    assert known.spread.noise == pytest.approx(25, rel=0.1)


def test_a_history_that_is_too_short_says_nothing(lab_field: Field) -> None:
    lab_field.opened()
    assert foresight.history_of(lab_field.trial(title="Suite")) is None


def test_what_was_known_is_frozen_with_the_protocol_and_not_rewritten(lab_field: Field) -> None:
    trial = lab_field.trial()
    foresight.keep(lab_field.territory.pk, trial.pk, GUESS, TEST)
    trial.refresh_from_db()
    assert foresight.kept_in(trial) == GUESS
    assert foresight.beginning(trial, foresight.known_of(trial)) == GUESS
    frozen = designing.freeze(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    assert json.loads(frozen.frozen)["guesses"]["noise"] == 40.0
    with pytest.raises(TrialRefused, match="figé"):
        foresight.keep(lab_field.territory.pk, trial.pk, replace(GUESS, noise=1.0), TEST)


def test_saving_the_draft_again_keeps_what_was_guessed(lab_field: Field) -> None:
    trial = lab_field.trial()
    foresight.keep(lab_field.territory.pk, trial.pk, GUESS, TEST)
    designing.save_draft(lab_field.territory.pk, trial.pk, lab_field.draft(title="Autre"), TEST)
    trial.refresh_from_db()
    assert foresight.kept_in(trial) == GUESS
