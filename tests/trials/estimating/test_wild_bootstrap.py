"""The wild cluster bootstrap: against what it says it does, word by word, and refused where it cannot say anything."""

import itertools

import numpy as np
import pytest
import statsmodels.api as sm

from bureaux_volants.trials.estimating import difference, wild_bootstrap
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel


def trial(seed: int, clusters: int = 6, effect: float = -4.0, people: int = 2, weeks: int = 4) -> Panel:
    rng = np.random.default_rng(seed)
    unit, period = (a.ravel() for a in np.mgrid[0 : clusters * people, 1 : weeks + 1])
    cluster = unit // people
    opened = np.where(np.arange(clusters) < clusters // 2, 3, 0)[cluster]
    is_open = (opened > 0) & (period >= 3)
    outcome = rng.normal(0, 3, clusters * people)[unit] + period + rng.normal(0, 1, len(unit)) + effect * is_open
    return Panel(unit, cluster, period, outcome, opened)


def by_the_word(panel: Panel, effect: float) -> float:
    """The p-value from ordinary regressions with dummies, every sign in turn."""
    dummies = [
        (panel.unit[:, None] == np.unique(panel.unit)[None, :]),
        (panel.period[:, None] == np.unique(panel.period)[None, 1:]),
    ]
    others = np.hstack(dummies).astype(float)
    both = np.column_stack([panel.is_open.astype(float), others])

    def student(outcome: np.ndarray) -> float:
        fitted = sm.OLS(outcome, both).fit()
        scores = np.linalg.pinv(both)[0] * fitted.resid
        by_cluster = np.bincount(panel.cluster, scores)
        count = len(by_cluster)
        return float((fitted.params[0] - effect) / np.sqrt(count / (count - 1) * (by_cluster @ by_cluster)))

    imposed = panel.outcome - effect * panel.is_open
    restricted = sm.OLS(imposed, others).fit()
    ours = abs(student(panel.outcome))
    signs = itertools.product((-1.0, 1.0), repeat=panel.count()[2])
    drawn = [
        abs(student(restricted.fittedvalues + effect * panel.is_open + np.array(s)[panel.cluster] * restricted.resid))
        for s in signs
    ]
    return float(np.mean(np.array(drawn) >= ours * (1 - 1e-9)))


@pytest.mark.parametrize("seed", [1, 2])
def test_it_does_what_the_paper_says_word_by_word(seed: int) -> None:
    panel = trial(seed, effect=-0.8)
    assert wild_bootstrap.estimate(panel, seed=0).p_value == pytest.approx(by_the_word(panel, 0.0))


def test_it_says_the_same_effect_as_the_ordinary_difference_within_another_interval() -> None:
    panel = trial(3, clusters=8)
    plain, wild = difference.estimate(panel), wild_bootstrap.estimate(panel, seed=0)
    assert wild.value == pytest.approx(plain.value)
    assert wild.low < wild.value < wild.high


def test_the_edges_are_where_the_test_begins_to_reject() -> None:
    panel = trial(4, clusters=7)
    found = wild_bootstrap.estimate(panel, seed=0)
    for edge, out in ((found.low, -0.05), (found.high, 0.05)):
        moved = [
            Panel(panel.unit, panel.cluster, panel.period, panel.outcome - at * panel.is_open, panel.opened)
            for at in (edge - out, edge + out)
        ]
        inside, outside = (wild_bootstrap.estimate(one, seed=0).p_value or 0.0 for one in moved)
        assert outside <= 0.05 < inside


def test_draws_are_those_of_the_seed_where_there_are_too_many_signs() -> None:
    panel = trial(5, clusters=12)
    first, again, other = (wild_bootstrap.estimate(panel, seed=s, draws=199) for s in (1, 1, 2))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


@pytest.mark.parametrize(("clusters", "code"), [(5, "few-clusters"), (8, "no-comparison"), (9, "no-spread")])
def test_it_is_refused_with_its_reason(clusters: int, code: str) -> None:
    panel = trial(6, clusters=clusters)
    if code == "no-comparison":
        panel = Panel(panel.unit, panel.cluster, panel.period, panel.outcome, np.zeros_like(panel.opened))
    if code == "no-spread":
        panel = Panel(panel.unit, panel.cluster, panel.period, -3.0 * panel.is_open, panel.opened)
    with pytest.raises(CannotEstimate) as refused:
        wild_bootstrap.estimate(panel, seed=0)
    assert refused.value.code == code
