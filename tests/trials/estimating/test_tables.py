"""The numbers of the printed tables."""

import pytest
from scipy import stats

from bureaux_volants.trials.estimating.tables import chi2_tail, t_quantile, t_two_sided


@pytest.mark.parametrize(("degrees", "printed"), [(1, 12.706), (9, 2.262), (11, 2.201), (30, 2.042)])
def test_the_quantile_of_a_two_sided_interval_is_the_printed_one(degrees: int, printed: float) -> None:
    assert t_quantile(0.975, degrees) == pytest.approx(printed, abs=0.0005)
    assert t_two_sided(printed, degrees) == t_two_sided(-printed, degrees) == pytest.approx(0.05, abs=0.0001)


@pytest.mark.parametrize(("degrees", "printed"), [(1, 3.841), (4, 9.488), (10, 18.307)])
def test_the_tail_of_chi_square_is_the_printed_one(degrees: int, printed: float) -> None:
    assert chi2_tail(printed, degrees) == pytest.approx(0.05, abs=0.0001)


@pytest.mark.parametrize("value", [0.0, 0.3, 2.5, 40.0])
def test_they_are_those_of_scipy_stats(value: float) -> None:
    assert t_two_sided(value, 7) == pytest.approx(2 * stats.t.sf(value, 7))
    assert chi2_tail(value, 5) == pytest.approx(stats.chi2.sf(value, 5))
