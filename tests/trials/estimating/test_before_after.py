"""Before and after: worked by hand, labelled for what it is, refused where there is no before."""

import numpy as np
import pytest

from bureaux_volants.trials.estimating import before_after
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel

from .test_difference import BY_HAND, of

#: Three people of three communes: 10 to 6, 20 to 18, and 7 and 9 to 5; somebody not opened to counts for nothing.
ALONE = [
    (1, 1, 1, 10.0, 2),
    (1, 1, 2, 6.0, 2),
    (2, 2, 1, 20.0, 2),
    (2, 2, 2, 18.0, 2),
    (3, 3, 1, 7.0, 3),
    (3, 3, 2, 9.0, 3),
    (3, 3, 3, 5.0, 3),
    (4, 4, 1, 50.0, 0),
    (4, 4, 2, 90.0, 0),
]


def test_it_is_the_mean_change_of_those_who_were_opened_to() -> None:
    found = before_after.estimate(of(ALONE))
    assert found.value == pytest.approx(-3)
    # Off by -1, 1 and 0: the square root of 3/2 x 2, over 3.
    assert found.se == pytest.approx(np.sqrt(3) / 3)
    assert (found.rows, found.units, found.clusters) == (7, 3, 3)
    assert before_after.WEAK in found.warnings


def test_people_of_one_commune_are_not_as_many_witnesses() -> None:
    twice = [*ALONE, *((unit + 10, *rest) for unit, *rest in ALONE)]
    assert before_after.estimate(of(twice)).se == pytest.approx(before_after.estimate(of(ALONE)).se)


@pytest.mark.parametrize(
    ("rows", "code"),
    [([r for r in ALONE if r[2] >= r[4]], "no-before"), (BY_HAND, "few-clusters")],
    ids=["measured only since", "two communes opened"],
)
def test_it_is_refused_with_its_reason(rows: list[tuple[int, int, int, float, int]], code: str) -> None:
    with pytest.raises(CannotEstimate) as refused:
        before_after.estimate(of(rows))
    assert refused.value.code == code


def test_what_happened_to_everybody_is_taken_for_the_effect() -> None:
    """Which is why it is weak."""
    panel = of(ALONE)
    warmer = Panel(panel.unit, panel.cluster, panel.period, panel.outcome - 5.0 * panel.period, panel.opened)
    assert before_after.estimate(warmer).value < before_after.estimate(panel).value - 4
