"""What is no panel is refused before anything is estimated of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bureaux_volants.trials.estimating import treated
from bureaux_volants.trials.estimating.results import CannotEstimate, Panel


def panel() -> Panel:
    unit, period = np.repeat(np.arange(12), 6), np.tile(np.arange(1, 7), 12)
    return Panel(unit, unit // 2, period, np.sin(unit * 7.0 + period), np.where(unit < 6, 3, 0))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_outcome_that_is_no_number_is_refused(value: float) -> None:
    made = panel()
    with pytest.raises(CannotEstimate, match="n'est pas un nombre"):
        replace(made, outcome=np.where(made.unit == 3, value, made.outcome))


def test_somebody_measured_twice_in_a_week_is_refused() -> None:
    made = panel()
    with pytest.raises(CannotEstimate, match="deux mesures"):
        replace(made, period=np.where((made.unit == 3) & (made.period == 2), 1, made.period))


def test_when_nobody_knows_any_more_who_came_there_is_no_effect_on_them() -> None:
    lost = replace(panel(), took_up=np.full(72, np.nan))
    with pytest.raises(CannotEstimate):
        treated.estimate(lost)
