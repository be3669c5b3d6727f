"""Group-time effects: worked by hand, compared with the published example, and right on staggered openings where the ordinary way is not."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from bureaux_volants.trials.estimating import difference, group_time
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel

from .words import kept

REFERENCE = Path(__file__).parents[4] / "shared" / "data" / "did" / "mpdta.csv"


def world(effect: float = -10.0, growing: float = 0.0, noise: float = 0.0, seed: int = 1) -> Panel:
    """Four communes of six people over eight weeks: two open in week 3, one in week 6, one never. A common rise of 2 a week."""
    generator = np.random.default_rng(seed)
    opened_of = {1: 3, 2: 3, 3: 6, 4: 0}
    rows = []
    for cluster, opened in opened_of.items():
        for person in range(6):
            level = 100 + 10 * person + 30 * cluster
            for week in range(1, 9):
                since = week - opened + 1 if opened and week >= opened else 0
                change = (effect + growing * (since - 1)) if since else 0.0
                rows.append(
                    (
                        cluster * 100 + person,
                        cluster,
                        week,
                        level + 2 * week + change + noise * generator.normal(),
                        opened,
                    )
                )
    unit, cluster, period, outcome, opened = (np.array(column) for column in zip(*rows, strict=True))
    return Panel(unit, cluster, period, outcome, opened)


@pytest.mark.parametrize("against", ["never", "not_yet"])
def test_a_constant_effect_is_found_whole_at_every_time(against: str) -> None:
    study = group_time.estimate(world(), seed=7, against=against)
    assert study.overall.value == pytest.approx(-10)
    for point in study.points:
        assert point.value == pytest.approx(-10 if point.when >= 0 else 0, abs=1e-9)


def test_an_effect_that_grows_is_told_by_time_since_the_opening() -> None:
    study = group_time.estimate(world(growing=-4.0), seed=7)
    told = {p.when: p.value for p in study.points}
    assert [told[w] for w in range(6)] == pytest.approx([-10, -14, -18, -22, -26, -30])
    assert study.overall.value == pytest.approx(-20)


def test_a_week_missing_for_everybody_shifts_no_time_since_the_opening() -> None:
    """Nobody is observed in week 4: one week after the opening of week 3 is not known, two weeks after is what it was."""
    panel = world(growing=-4.0)
    told = {p.when: p.value for p in group_time.estimate(kept(panel, panel.period != 4), seed=7).points}
    assert {w: told[w] for w in (0, 2, 3, 4, 5)} == pytest.approx({0: -10, 2: -18, 3: -22, 4: -26, 5: -30})
    # Those of week 6 alone, one week after.
    assert told[1] == pytest.approx(-14)


def test_the_week_of_the_opening_missing_is_no_first_week_of_it() -> None:
    panel = world(growing=-4.0)
    told = {p.when: p.value for p in group_time.estimate(kept(panel, panel.period != 6), seed=7).points}
    assert told[1] == pytest.approx(-14)
    assert told[2] == pytest.approx(-18)


def test_the_ordinary_difference_goes_wrong_there() -> None:
    """Why this file exists: with effects that grow, it takes the early ones for a comparison."""
    panel = world(growing=-4.0)
    true = float(np.mean([-10 - 4 * (p - g) for p, g in zip(panel.period, panel.opened, strict=True) if g and p >= g]))
    assert abs(difference.estimate(panel).value - true) > 1


def test_the_order_of_rows_says_nothing_and_the_seed_says_all() -> None:
    panel = world(noise=5.0)
    turned = np.random.default_rng(3).permutation(len(panel.unit))
    other = Panel(*(a[turned] for a in (panel.unit, panel.cluster, panel.period, panel.outcome, panel.opened)))
    one, two = group_time.estimate(panel, seed=4), group_time.estimate(other, seed=4)
    assert [p.value for p in one.points] == pytest.approx([p.value for p in two.points])
    assert [p.band_low for p in one.points] == pytest.approx([p.band_low for p in two.points])
    assert one == group_time.estimate(panel, seed=4)


def test_somebody_who_leaves_counts_until_then() -> None:
    """One person of an opened commune is gone after week 4, and what the others did does not change."""
    panel = world()
    stays = ~((panel.unit == 100) & (panel.period > 4))
    gone = Panel(*(a[stays] for a in (panel.unit, panel.cluster, panel.period, panel.outcome, panel.opened)))
    assert group_time.estimate(gone, seed=7).overall.value == pytest.approx(-10)


def test_fewer_than_five_people_are_never_a_comparison() -> None:
    panel = world()
    few = (panel.opened != 0) | (panel.unit < 404)
    alone = Panel(*(a[few] for a in (panel.unit, panel.cluster, panel.period, panel.outcome, panel.opened)))
    kept = group_time.effects(alone, against="not_yet")
    assert {one.period for one in kept if one.group == 3} <= {2, 3, 4, 5}
    with pytest.raises(CannotEstimate) as refused:
        group_time.effects(alone, against="never")
    assert refused.value.code == "no-comparison"


def test_a_band_is_never_narrower_than_the_intervals_in_it() -> None:
    for point in group_time.estimate(world(noise=8.0), seed=2).points:
        assert point.band_low <= point.low <= point.value <= point.high <= point.band_high


# -- the published example --------------------------------------------------------------------------------------------

#: Standard errors there are bootstrapped: good to about a tenth.
CELLS = {
    (2004, 2004): (-0.0105, 0.0246),
    (2004, 2005): (-0.0704, 0.0332),
    (2004, 2006): (-0.1373, 0.0397),
    (2004, 2007): (-0.1008, 0.0357),
    (2006, 2004): (0.0065, 0.0229),
    (2006, 2005): (-0.0028, 0.0197),
    (2006, 2006): (-0.0046, 0.0179),
    (2006, 2007): (-0.0412, 0.0192),
    (2007, 2004): (0.0305, 0.0154),
    (2007, 2005): (-0.0027, 0.0164),
    (2007, 2006): (-0.0311, 0.0184),
    (2007, 2007): (-0.0261, 0.0170),
}
BY_TIME = [0.0305, -0.0006, -0.0245, -0.0199, -0.0510, -0.1373, -0.1008]


@pytest.fixture(scope="module")
def counties() -> Panel:
    if not REFERENCE.is_file():
        pytest.skip("the reference data set mpdta is not beside the project")
    with REFERENCE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    unit = np.array([int(float(r["countyreal"])) for r in rows])
    opened = np.array([int(float(r["first_treat"])) for r in rows])
    return Panel(
        unit, unit, np.array([int(r["year"]) for r in rows]), np.array([float(r["lemp"]) for r in rows]), opened
    )


def test_every_published_cell_is_found(counties: Panel) -> None:
    found = {(one.group, one.period): one for one in group_time.effects(counties, against="never")}
    assert set(found) == set(CELLS)
    for cell, (value, se) in CELLS.items():
        assert found[cell].value == pytest.approx(value, abs=6e-5)
        assert found[cell].se == pytest.approx(se, rel=0.12)


def test_the_published_curve_mean_and_test_are_found(counties: Panel) -> None:
    study = group_time.estimate(counties, seed=57, against="never")
    assert [p.when for p in study.points] == list(range(-3, 4))
    assert [p.value for p in study.points] == pytest.approx(BY_TIME, abs=6e-5)
    assert study.overall.value == pytest.approx(-0.0772, abs=6e-5)
    assert study.overall.se == pytest.approx(0.0219, rel=0.12)
    assert study.pre_trend_p == pytest.approx(0.168, abs=0.002)
