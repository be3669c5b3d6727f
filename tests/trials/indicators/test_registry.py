"""Every indicator says what it is."""

from __future__ import annotations

import pytest

from bureaux_volants.trials.indicators.registry import INDICATORS, indicator


@pytest.mark.parametrize("code", sorted(INDICATORS))
def test_an_indicator_says_all_that_defines_it(code: str) -> None:
    one = indicator(code)
    assert one.code == code
    assert one.version >= 1
    for words in (one.name, one.definition, one.denominator, one.unit, one.source):
        assert str(words).strip()


def test_the_main_outcome_exists_per_agent_and_week() -> None:
    assert indicator("car_km").per_agent_week


def test_an_unknown_code_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        indicator("bonheur")
