"""What an interval says of the threshold that was frozen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.estimating.conclusion import Verdict, beside, conclude, number
from bureaux_volants.trials.estimating.results import Estimate


def estimate(low: float, high: float) -> Estimate:
    return Estimate("did", "", (low + high) / 2, None, low, high, None, 100, 50, 8)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "conclusive"),
    [
        (-20.0, -11.0, Verdict.REACHED, True),
        (-15.0, -3.0, Verdict.EFFECT, False),
        (-8.0, -3.0, Verdict.TOO_SMALL, True),
        (-8.0, 2.0, Verdict.TOO_SMALL, True),
        (-12.0, 2.0, Verdict.NOTHING, False),
        (1.0, 6.0, Verdict.CONTRARY, True),
    ],
)
def test_the_interval_says_where_the_threshold_is(low: float, high: float, verdict: Verdict, conclusive: bool) -> None:
    found = conclude(estimate(low, high), 10.0, decrease=True)
    assert (found.verdict, found.is_conclusive) == (verdict, conclusive)


@given(st.floats(-50, 50), st.floats(0, 50), st.floats(0.5, 40))
def test_an_outcome_that_should_rise_is_read_the_same_way_in_a_mirror(
    low: float, width: float, threshold: float
) -> None:
    high = low + width
    fall, rise = (
        conclude(estimate(-high, -low), threshold, decrease=True),
        conclude(estimate(low, high), threshold, decrease=False),
    )
    assert fall == rise


def test_numbers_are_written_as_in_french() -> None:
    assert (number(-7.46), number(212.4)) == ("−7,5", "212")


@pytest.mark.parametrize(
    ("value", "p_value", "decrease", "said"),
    [
        (-3.0, 0.01, True, "Établi"),
        (-3.0, 0.01, False, "Contraire"),
        (3.0, 0.01, False, "Établi"),
        (3.0, 0.01, None, "Un changement est établi"),
        (-3.0, 0.06, True, "Rien n'est établi"),
        (-3.0, None, True, "Rien n'est établi"),
    ],
)
def test_a_hypothesis_is_established_by_its_corrected_p_and_its_direction(
    value: float, p_value: float | None, decrease: bool | None, said: str
) -> None:
    assert beside(value, p_value, decrease=decrease).startswith(said)
