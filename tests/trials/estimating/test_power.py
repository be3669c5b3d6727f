"""What a plan would see: compared with simulated trials, and moving the way it must."""

from __future__ import annotations

import numpy as np
import pytest

from bureaux_volants.benchmarks import trials as simulated
from bureaux_volants.trials.estimating import power, randomisation
from bureaux_volants.trials.estimating.power import Needed, Plan, Spread
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel

METZ = Plan([7, 7, 10, 10, 13, 13, 16, 16, 19, 19], 26, 18)
KNOWN = Spread(simulated.NOISE, simulated.DRIFT)


def test_two_communes_and_two_weeks_by_hand() -> None:
    """Three communes, one opens in week 2 of 2, nobody drifts: the error is that of a mean of one change against a mean of two."""
    plan, spread = Plan([2, 0, 0], 2, 4), Spread(10.0, 0.0)
    # Var = 2 s^2/n (1 + 1/2) = 2 * 25 * 1.5 = 75.
    quantiles = 4.302653 + 1.060660
    assert power.detectable(plan, spread) == pytest.approx(quantiles * np.sqrt(75), rel=1e-5)


def textbook_variance(opened: list[int], weeks: int, sigma2: float, tau2: float) -> float:
    """Hussey and Hughes (2007), equation 8: of the effect in a stepped wedge, from the variance of a cell and that between communes."""
    cells = np.array([[float(0 < o <= week) for week in range(1, weeks + 1)] for o in opened])
    i, t, u = len(opened), weeks, cells.sum()
    w, v = (cells.sum(axis=0) ** 2).sum(), (cells.sum(axis=1) ** 2).sum()
    return float(i * sigma2 * (sigma2 + t * tau2) / ((i * u - w) * sigma2 + (u**2 + i * t * u - t * w - i * v) * tau2))


@pytest.mark.parametrize(
    ("opened", "weeks", "people"),
    [([2, 3, 4, 5], 5, 10), ([9, 9, 13, 13, 17, 17, 21, 21, 25, 25], 30, 18), ([3, 3, 3, 5, 5], 8, 4)],
)
def test_without_drift_the_error_is_the_textbook_s(opened: list[int], weeks: int, people: int) -> None:
    """Levels of communes count for nothing here: it is their formula where these differ without limit."""
    found = power._error(Plan(opened, weeks, people), Spread(40.0, 0.0)) ** 2
    assert found == pytest.approx(textbook_variance(opened, weeks, 1600 / people, 1e12), rel=1e-6)


def test_communes_and_controls_are_the_ordinary_formula_of_two_groups() -> None:
    """Four communes against two, ten weeks before and six after: s^2/n (1/10 + 1/6) (1/4 + 1/2)."""
    plan = Plan([11] * 4 + [0] * 2, 16, 12)
    by_hand = 1600 / 12 * (1 / 10 + 1 / 6) * (1 / 4 + 1 / 2)
    assert power._error(plan, Spread(40.0, 0.0)) ** 2 == pytest.approx(by_hand)


def test_the_error_is_the_spread_of_simulated_trials() -> None:
    generator = np.random.default_rng(11)
    truth = simulated.Truth("", 0.0)
    values = [randomisation.estimate(simulated.draw(generator, truth)[0], seed=1, draws=60).value for _ in range(400)]
    assert power._error(METZ, KNOWN) == pytest.approx(float(np.std(values)), rel=0.12)


def test_more_people_help_until_the_drift_of_communes_is_all_that_is_left() -> None:
    many = [power.detectable(Plan(METZ.opened, METZ.weeks, n), KNOWN) for n in (5, 20, 80, 100_000)]
    assert many == sorted(many, reverse=True)
    floor = power.detectable(Plan(METZ.opened, METZ.weeks, 10**9), KNOWN)
    assert many[-1] == pytest.approx(floor, rel=1e-2)
    assert power.needed(METZ, KNOWN, floor / 2).people is None


def test_what_is_needed_is_just_enough() -> None:
    aim = 0.9 * power.detectable(METZ, KNOWN)
    found = power.needed(METZ, KNOWN, aim)
    assert found.people is not None
    assert power.detectable(Plan(METZ.opened, METZ.weeks, found.people), KNOWN) <= aim
    assert power.detectable(Plan(METZ.opened, METZ.weeks, found.people - 1), KNOWN) > aim
    assert found.communes == 20
    assert power.needed(METZ, KNOWN, 1e-6) == Needed(None, None)


def test_a_history_tells_its_spread() -> None:
    generator = np.random.default_rng(3)
    told = []
    for _ in range(20):
        panel, _effect = simulated.draw(generator, simulated.Truth("", 0.0))
        never = Panel(panel.unit, panel.cluster, panel.period, panel.outcome, np.zeros_like(panel.opened))
        told.append(power.spread_of(never))
    assert np.mean([s.noise for s in told]) == pytest.approx(simulated.NOISE, rel=0.03)
    assert np.mean([s.drift for s in told]) == pytest.approx(simulated.DRIFT, rel=0.4)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(CannotEstimate) as refused:
        power.detectable(Plan([3] * 6, 10, 10), KNOWN)
    assert refused.value.code == "no-comparison"
    with pytest.raises(CannotEstimate):
        power.detectable(Plan([3, 0], 10, 10), KNOWN)
    short = Panel(np.arange(6), np.arange(6), np.ones(6, int), np.ones(6), np.zeros(6, int))
    with pytest.raises(CannotEstimate) as refused:
        power.spread_of(short)
    assert refused.value.code == "short-history"


def test_so_many_times_the_communes_is_so_many_times_less_variance() -> None:
    """Nearer: the whole error worked out anew for twice and five times the communes."""
    plan = Plan([7, 7, 10, 13, 13], 20, 9, by_time=True)
    for times in (2, 5):
        more = Plan(list(plan.opened) * times, 20, 9, by_time=True)
        assert power._error(more, KNOWN) ** 2 * times == pytest.approx(power._error(plan, KNOWN) ** 2)


def test_a_calendar_longer_than_anybody_measures_is_not_looked_at() -> None:
    asked: list[int] = []

    def stretched(n: int) -> Plan:
        asked.append(n)
        return Plan([7, 7, 10, 10], 20 + 10 * n, 5)

    assert power.weeks_needed(stretched, KNOWN, 1e-6, most_weeks=60) is None
    assert asked == [0, 1, 2, 3, 4, 5]
