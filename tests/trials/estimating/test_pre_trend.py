"""The test of the weeks before: by counting, right in size, and it sees communes that were already moving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bureaux_volants.trials.estimating import pre_trend
from bureaux_volants.trials.estimating.results import NEVER, CannotEstimate, Panel

from .words import kept, wedge


def parallel(generator: np.random.Generator, trend: float = 0.0) -> Panel:
    """Seven communes that open in week 6 and five that do not; `trend` a week more in those that open."""
    unit, week = (a.ravel() for a in np.mgrid[0:60, 1:9])
    cluster = unit // 5
    opened = np.where(cluster < 7, 6, NEVER)
    moves = generator.normal(0, 3, (12, 8)).cumsum(axis=1)
    outcome = moves[cluster, week - 1] + generator.normal(0, 8, len(unit)) + trend * week * (cluster < 7)
    return Panel(unit, cluster, week, outcome, opened)


def test_it_rejects_once_in_twenty_when_nothing_differs() -> None:
    """300 trials each: binomial(300, 0.05) is at most 27 in all but one case in five hundred."""
    generator = np.random.default_rng(1)
    drawn = [pre_trend.assess(wedge(generator), drawn=True, seed=n, draws=199).p_value <= 0.05 for n in range(300)]
    alike = [pre_trend.assess(parallel(generator), drawn=False, seed=n, draws=199).p_value <= 0.05 for n in range(300)]
    assert sum(drawn) <= 27
    assert sum(alike) <= 27
    assert sum(drawn) + sum(alike) >= 10


def test_communes_that_were_already_moving_are_seen() -> None:
    generator = np.random.default_rng(2)
    found = pre_trend.assess(parallel(generator, trend=8.0), drawn=False, seed=1)
    assert found.code == "permutation"
    assert found.p_value < 0.05


def test_what_happens_once_open_says_nothing_of_before() -> None:
    panel = wedge(np.random.default_rng(3))
    moved = replace(panel, outcome=panel.outcome - 500.0 * panel.is_open)
    assert pre_trend.assess(panel, drawn=True, seed=1) == pre_trend.assess(moved, drawn=True, seed=1)


def test_a_commune_outside_the_draw_is_not_dealt_another_opening() -> None:
    """Three communes drawn among three steps: six deals, too few, however many others never open."""
    panel = parallel(np.random.default_rng(4))
    opened = np.select([panel.cluster == c for c in (0, 1, 2)], [4, 5, 6], NEVER)
    few = replace(panel, opened=opened, drawn=panel.cluster < 3)
    with pytest.raises(CannotEstimate) as refused:
        pre_trend.assess(few, drawn=True, seed=1)
    assert refused.value.code == "few-orders"
    assert pre_trend.assess(few, drawn=False, seed=1).code == "permutation"


def test_one_week_before_is_no_trend() -> None:
    panel = wedge(np.random.default_rng(5))
    with pytest.raises(CannotEstimate) as refused:
        pre_trend.assess(kept(panel, panel.period >= 3), drawn=True, seed=1)
    assert refused.value.code == "no-before"
