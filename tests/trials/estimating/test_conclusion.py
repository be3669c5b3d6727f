"""What an interval says of the threshold that was frozen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.estimating.conclusion import Verdict, beside, conclude, number, plain
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
    assert (number(-7.46), number(212.4), number(-5899.4), number(-0.04)) == ("−7,5", "212", "−5\u00a0899", "0,0")


def test_a_figure_of_use_has_the_decimals_that_it_bears() -> None:
    said = [plain(value) for value in (14.0, 0.2437, -0.04, 78.24, 27648.3, 0.0)]
    assert said == ["14", "0,24", "−0,04", "78,2", "27\u00a0648", "0"]


def test_the_threshold_is_said_with_its_unit() -> None:
    said = conclude(estimate(-15.0, -3.0), 10.0, decrease=True, unit="km par semaine").sentence
    assert "le seuil de 10 km par semaine :" in said


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
