"""Quantiles and tails of the distributions that intervals rest on. Pure.

From scipy.special rather than scipy.stats, which takes half a second and forty megabytes of every process to say the same numbers.
"""

from __future__ import annotations

from scipy import special


def t_quantile(probability: float, degrees: float) -> float:
    """The value that Student's t of so many degrees of freedom stays under with this probability."""
    return float(special.stdtrit(degrees, probability))


def t_two_sided(value: float, degrees: float) -> float:
    """How likely Student's t is to be as far from zero, either way."""
    return float(2 * special.stdtr(degrees, -abs(value)))


def chi2_tail(value: float, degrees: float) -> float:
    """How likely a chi-square of so many degrees of freedom is to be larger."""
    return float(special.chdtrc(degrees, value))
