"""The ordinary difference-in-differences: worked by hand, and refused where nothing is compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.estimating import difference
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel


def of(rows: list[tuple[int, int, int, float, int]]) -> Panel:
    """Rows of (unit, cluster, period, outcome, opened)."""
    unit, cluster, period, outcome, opened = (np.array(column) for column in zip(*rows, strict=True))
    return Panel(unit, cluster, period, outcome.astype(float), opened)


# Opened communes go from 10 to 6 and from 20 to 16 (-4), the others from 8 to 7 and from 12 to 11 (-1): the effect is -3.
BY_HAND = [
    (1, 1, 1, 10.0, 2),
    (1, 1, 2, 6.0, 2),
    (2, 2, 1, 20.0, 2),
    (2, 2, 2, 16.0, 2),
    (3, 3, 1, 8.0, 0),
    (3, 3, 2, 7.0, 0),
    (4, 4, 1, 12.0, 0),
    (4, 4, 2, 11.0, 0),
]


def test_the_change_of_the_others_is_taken_off() -> None:
    found = difference.estimate(of(BY_HAND))
    assert found.value == pytest.approx(-3)
    assert (found.rows, found.units, found.clusters) == (8, 4, 4)
    assert any("4 communes" in said for said in found.warnings)


def test_missing_rows_are_borne() -> None:
    """A person seen once has nothing of their own to compare: the others decide."""
    found = difference.estimate(of([*BY_HAND, (5, 4, 1, 99.0, 0)]))
    assert found.value == pytest.approx(-3)


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4), st.permutations(range(8)))
def test_neither_the_level_of_each_nor_the_order_of_rows_counts(levels: list[float], order: list[int]) -> None:
    moved = [(u, c, p, y + levels[u - 1], g) for u, c, p, y, g in BY_HAND]
    assert difference.estimate(of([moved[n] for n in order])).value == pytest.approx(-3, abs=1e-6)


def test_all_open_at_once_is_refused() -> None:
    together = [(u, c, p, y, 2) for u, c, p, y, _ in BY_HAND]
    with pytest.raises(CannotEstimate) as refused:
        difference.estimate(of(together))
    assert refused.value.code == "no-comparison"
    assert "ne le sont pas" in refused.value.reason


def test_two_communes_are_too_few() -> None:
    two = [(u, 1 if u < 3 else 2, p, y, g) for u, c, p, y, g in BY_HAND]
    with pytest.raises(CannotEstimate) as refused:
        difference.estimate(of(two))
    assert refused.value.code == "few-clusters"


def test_staggered_openings_are_warned_of() -> None:
    later = [*BY_HAND, *((u, c, 3, y, g) for u, c, p, y, g in BY_HAND if p == 2)]
    staggered = [(u, c, p, y, 3 if u == 2 else g) for u, c, p, y, g in later]
    assert any("dates différentes" in said for said in difference.estimate(of(staggered)).warnings)


def test_people_and_weeks_that_hardly_hang_together_are_said_to_be_so() -> None:
    """A chain: each of 300 people seen two weeks in a row, the one after the other. Sweeps would go on for ever, and say nothing."""
    unit = np.repeat(np.arange(300), 2)
    week = unit + np.tile([0, 1], 300)
    with pytest.raises(CannotEstimate) as refused:
        difference.without_effects(np.random.default_rng(1).normal(size=600), unit, week)
    assert refused.value.code == "no-convergence"


def test_large_values_converge_as_small_ones_do() -> None:
    """Grams of a week are tens of thousands: what is small is small beside them."""
    generator = np.random.default_rng(2)
    seen = generator.random(600) < 0.6
    unit, week = (a.ravel()[seen] for a in np.mgrid[0:50, 0:12])
    left = difference.without_effects(generator.normal(3e7, 1e7, int(seen.sum())), unit, week)
    assert np.abs(np.bincount(unit, left)).max() < 1e-2
    assert np.abs(np.bincount(week, left)).max() < 1e-2
