"""What was expected beside the main outcome: estimated by the protocol's method, corrected for being many, or refused with a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from bureaux_volants.trials import hypotheses
from bureaux_volants.trials.designing import Expected
from bureaux_volants.trials.estimating.results import Panel
from bureaux_volants.trials.models import Trial
from bureaux_volants.trials.panels import panel_of
from bureaux_volants.trials.weekly import Source

from .estimating.words import kept
from .words import STARTS, Field

TODAY = STARTS + dt.timedelta(weeks=8)
EXPECTED = (
    Expected("Le temps baisse.", "travel_minutes", "decrease"),
    Expected("Les émissions baissent.", "gco2e", "decrease"),
    Expected("Le bien-être augmente.", "who5", "increase"),
    Expected("On en parle à la cantine."),
    Expected("Les kilomètres baissent.", "car_km", "decrease"),
)


def wedge(effect: float, seed: int = 3) -> Panel:
    """Eight communes of six people that open two by two from week 5."""
    generator = np.random.default_rng(seed)
    opened = generator.permutation(np.repeat(np.arange(5, 9), 2))
    unit, week = (a.ravel() for a in np.mgrid[0:48, 1:13])
    cluster = unit // 6
    outcome = 50 + generator.normal(0, 4, len(unit)) + effect * (week >= opened[cluster])
    return Panel(unit, cluster, week, outcome, opened[cluster])


@pytest.fixture
def trial(lab_field: Field, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """The time falls, emissions rise, nobody answered about their well-being."""
    none = np.array([], np.int64)
    panels = {
        "travel_minutes": wedge(-10.0),
        "gco2e": wedge(10.0, seed=4),
        "who5": Panel(none, none, none, none.astype(float), none),
    }
    monkeypatch.setattr(hypotheses, "panel_of", lambda source, code: panels[code])
    return lab_field.frozen(hypotheses=EXPECTED)


def test_each_is_estimated_corrected_and_said_in_words(trial: Trial) -> None:
    time, carbon, mood, talk, main = hypotheses.said_of(Source(trial, TODAY), {"value": -3.0}).figures
    assert time["estimate"]["method"] == "randomisation_by_time"
    # Three were to be measured, among which one could not: the smallest p counts three times, the next one twice at least.
    alone = sorted(one["estimate"]["p_value"] for one in (time, carbon))
    assert sorted(one["p_adjusted"] for one in (time, carbon)) == pytest.approx(
        [3 * alone[0], max(3 * alone[0], 2 * alone[1])], abs=1e-5
    )
    assert time["sentence"].startswith("Établi")
    assert carbon["sentence"].startswith("Contraire")
    assert (mood["estimate"], mood["reason"]) == (
        None,
        "Moins de cinq personnes ont été mesurées : rien n'en est dit, pour que personne ne soit reconnaissable.",
    )
    assert (talk["estimate"], talk["sentence"], talk["reason"]) == (None, "", "")
    assert (main["main"], main["estimate"], main["p_adjusted"]) == (True, {"value": -3.0}, None)


def test_an_outcome_that_no_longer_exists_is_refused_and_stops_nothing(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypotheses, "panel_of", panel_of)
    trial.hypotheses.filter(number=2).update(outcome="co2")
    found = hypotheses.said_of(Source(trial, TODAY), None).figures
    assert "n'existe pas" in found[1]["reason"]
    assert len(found) == 5


def test_where_the_main_method_cannot_the_next_one_is_asked(trial: Trial) -> None:
    """Without a drawn order there is no randomisation: the group-time effects; in a parallel trial, the difference by signs, else the ordinary one."""
    panel = wedge(-10.0)
    undrawn = replace(panel, drawn=np.zeros(len(panel.unit), np.bool_))
    assert hypotheses.by_protocol(undrawn, trial).method == "group_time"
    trial.design = Trial.Design.PARALLEL
    assert hypotheses.by_protocol(panel, trial).method == "wild_bootstrap"
    assert hypotheses.by_protocol(kept(panel, panel.cluster < 5), trial).method == "difference"
    trial.design = Trial.Design.BEFORE_AFTER
    assert hypotheses.by_protocol(panel, trial).method == "before_after"
