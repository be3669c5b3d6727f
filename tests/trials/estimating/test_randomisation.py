"""Randomisation inference: exact by construction, so that it can be checked by counting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bureaux_volants.trials.drawing import order_within
from bureaux_volants.trials.estimating import group_time, randomisation
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel

from .words import kept

Draws = Callable[[np.random.Generator, float], Panel]


def wedge(generator: np.random.Generator, effect: float, *, communes: int = 8, weeks: int = 10) -> Panel:
    """Communes of five people that open two by two, in a drawn order; each commune has its own slow drift."""
    order = generator.permutation(np.repeat(np.arange(3, 3 + communes // 2), 2))
    rows = []
    for commune in range(communes):
        drift = generator.normal(0, 3, weeks).cumsum()
        for person in range(5):
            for week in range(1, weeks + 1):
                change = effect if week >= order[commune] else 0.0
                rows.append(
                    (commune * 10 + person, commune, week, 90 + drift[week - 1] + generator.normal(0, 9) + change)
                )
    unit, cluster, period, outcome = (np.array(column) for column in zip(*rows, strict=True))
    return Panel(unit, cluster, period, outcome, order[cluster])


@pytest.mark.parametrize("by_time", [False, True])
def test_without_noise_the_effect_is_found_and_nil_is_excluded(by_time: bool) -> None:
    panel = wedge(np.random.default_rng(5), 0.0)
    clean = Panel(panel.unit, panel.cluster, panel.period, np.where(panel.is_open, -12.0, 0.0), panel.opened)
    found = randomisation.estimate(clean, seed=1, by_time=by_time)
    assert found.value == pytest.approx(-12)
    assert found.low == pytest.approx(-12, abs=1e-6)
    assert found.high == pytest.approx(-12, abs=1e-6)
    assert found.p_value is not None
    assert found.p_value < 0.01


def test_by_time_it_is_the_mean_of_the_group_time_effects() -> None:
    """Communes of one size, nobody missing: the same figure by two ways; and right where the effect grows."""
    panel = wedge(np.random.default_rng(5), -18.0)
    since = np.where(panel.is_open, panel.period - panel.opened, 0)
    growing = Panel(panel.unit, panel.cluster, panel.period, panel.outcome - 4.0 * since, panel.opened)
    for one in (panel, growing):
        assert randomisation.estimate(one, seed=1, by_time=True).value == pytest.approx(
            group_time.estimate(one, seed=1).overall.value
        )


def in_strata(generator: np.random.Generator, effect: float) -> Panel:
    """Eight communes in two strata that drift apart, two steps to each; opened by the draw itself."""
    strata = {"a": [f"{n}" for n in range(4)], "b": [f"{n}" for n in range(4, 8)]}
    order = order_within(strata, 4, int(generator.integers(2**40)))
    opened = np.empty(8, dtype=np.int64)
    for step, codes in enumerate(order):
        opened[[int(code) for code in codes]] = 3 + step
    unit, week = (a.ravel() for a in np.mgrid[0:40, 1:9])
    cluster = unit // 5
    apart = np.where(cluster < 4, 6.0, -6.0) * week
    drift = generator.normal(0, 3, (8, 9)).cumsum(axis=1)[cluster, week]
    outcome = apart + drift + generator.normal(0, 9, len(unit)) + effect * (week >= opened[cluster])
    return Panel(unit, cluster, week, outcome, opened[cluster], stratum=(cluster >= 4).astype(np.int64))


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize("drawn", [wedge, in_strata], ids=["among all", "within strata"])
def test_the_interval_holds_the_truth_as_often_as_it_says(drawn: Draws, by_time: bool) -> None:
    """200 trials, a true effect of -18: binomial(200, 0.95) is at least 181 in all but one case in a thousand."""
    generator = np.random.default_rng(2026)
    held = 0
    for _ in range(200):
        found = randomisation.estimate(drawn(generator, -18.0), seed=3, draws=399, by_time=by_time)
        held += found.low <= -18.0 <= found.high
    assert held >= 181


def test_few_orders_are_refused() -> None:
    panel = wedge(np.random.default_rng(5), -18.0, communes=4)
    with pytest.raises(CannotEstimate) as refused:
        randomisation.estimate(panel, seed=1)
    assert refused.value.code == "few-orders"
    assert "6 tirages possibles" in refused.value.reason


def test_a_week_without_answers_somewhere_is_left_out_and_said() -> None:
    panel = wedge(np.random.default_rng(5), -18.0)
    kept = ~((panel.cluster == 2) & (panel.period == 4))
    partial = Panel(*(a[kept] for a in (panel.unit, panel.cluster, panel.period, panel.outcome, panel.opened)))
    found = randomisation.estimate(partial, seed=1)
    assert any("laissées de côté" in said and said.endswith(": 1.") for said in found.warnings)


def test_all_open_together_is_refused() -> None:
    panel = wedge(np.random.default_rng(5), -18.0)
    together = Panel(panel.unit, panel.cluster, panel.period, panel.outcome, np.full_like(panel.opened, 4))
    with pytest.raises(CannotEstimate) as refused:
        randomisation.estimate(together, seed=1)
    assert refused.value.code == "no-comparison"


def test_witnesses_within_an_opened_commune_are_another_draw() -> None:
    panel = wedge(np.random.default_rng(5), -18.0)
    opened = np.where(panel.unit == 1, 0, panel.opened)
    with pytest.raises(CannotEstimate) as refused:
        randomisation.estimate(Panel(panel.unit, panel.cluster, panel.period, panel.outcome, opened), seed=1)
    assert refused.value.code == "mixed-clusters"


def test_a_week_missing_for_everybody_shifts_no_time_since_the_opening() -> None:
    panel = wedge(np.random.default_rng(5), 0.0)
    since = np.where(panel.is_open, panel.period - panel.opened + 1, 0)
    growing = replace(panel, outcome=-4.0 * since)
    partial = kept(growing, growing.period != 5)
    assert randomisation.estimate(partial, seed=1, by_time=True).value == pytest.approx(
        group_time.estimate(partial, seed=1).overall.value
    )


def test_communes_that_were_not_in_the_draw_are_not_dealt_another_opening() -> None:
    """Two of ten never opened and were never drawn: the orders are those of the eight, and their place is fixed."""
    panel = wedge(np.random.default_rng(5), -18.0, communes=10)
    opened = np.where(panel.cluster >= 8, 0, panel.opened)
    drawn = panel.cluster < 8
    there = randomisation.collapsed(replace(panel, opened=opened, drawn=drawn))
    slot = np.unique(there.opened, return_inverse=True)[1].astype(np.int64)
    orders = randomisation.drawn_again(there, slot, 1, 499)
    assert (orders[:, 8:] == slot[8:]).all()
    assert len(np.unique(orders[:, :8], axis=0)) > 400
    for order in orders[:50]:
        assert sorted(order[:8]) == sorted(slot[:8])


def test_a_commune_that_withdrew_keeps_its_place_and_its_weeks_are_left_out_from_then() -> None:
    panel = wedge(np.random.default_rng(5), -18.0)
    gone = kept(panel, ~((panel.cluster == 1) & (panel.period > 7)))
    found = randomisation.estimate(gone, seed=1)
    assert found.clusters == 8
    assert any(said.endswith(": 3.") for said in found.warnings)


def test_without_a_draw_there_is_nothing_to_draw_again() -> None:
    panel = wedge(np.random.default_rng(5), -18.0)
    with pytest.raises(CannotEstimate) as refused:
        randomisation.estimate(replace(panel, drawn=np.zeros(len(panel.unit), np.bool_)), seed=1)
    assert refused.value.code == "not-drawn"


def test_an_order_drawn_within_strata_is_dealt_again_within_them() -> None:
    """Each stratum has each of four steps once: 24 orders of it, 24 x 24 in all, gone through; without strata 8! / 2^4 = 2520."""
    panel = in_strata(np.random.default_rng(5), 0.0)
    there = randomisation.collapsed(panel)
    slot = np.unique(there.opened, return_inverse=True)[1].astype(np.int64)
    assert randomisation.possible_orders(slot) == 2520
    assert randomisation.possible_orders(slot, there.stratum) == 576
    orders = randomisation.drawn_again(there, slot, 1, 99)
    assert len(np.unique(orders, axis=0)) == len(orders) == 576
    assert (np.sort(orders[:, :4], axis=1) == np.arange(4)).all()
    assert (np.sort(orders[:, 4:], axis=1) == np.arange(4)).all()
    assert (orders == slot).all(axis=1).any()


def test_drawn_orders_of_many_communes_stay_within_strata_and_are_the_same_for_a_seed() -> None:
    slot, stratum = np.arange(20, dtype=np.int64) % 5, np.arange(20, dtype=np.int64) % 2
    orders = randomisation.orders_of(slot, 3, 200, stratum)
    assert (orders[0] == slot).all()
    for one in (0, 1):
        assert (np.sort(orders[:, stratum == one], axis=1) == np.sort(slot[stratum == one])).all()
    assert (orders == randomisation.orders_of(slot, 3, 200, stratum)).all()
    assert len(np.unique(orders, axis=0)) > 190


def test_strata_that_drift_apart_cost_an_order_drawn_without_them_its_precision() -> None:
    """Dealt among all the communes, what the strata do of themselves would pass for chance."""
    panel = in_strata(np.random.default_rng(7), -18.0)
    within, among = (randomisation.estimate(p, seed=3) for p in (panel, replace(panel, stratum=None)))
    assert within.value == among.value
    assert within.high - within.low < 0.7 * (among.high - among.low)
