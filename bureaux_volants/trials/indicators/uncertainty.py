"""How sure a figure is. Pure.

A mean, or a share of a sum, over people who are each seen several times: ratio of two sums with its error clustered by person, Student's t
of the number of people less one. A share of cases: the interval of Wilson (1927) for as many cases as they are worth: where one person's
cases resemble each other they are worth fewer (effective sample size, Korn and Graubard, Survey Methodology 24, 1998, 193-201).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bureaux_volants.fleet.usage import wilson
from bureaux_volants.trials.estimating.tables import t_quantile

from .rows import Floats, Whole


@dataclass(frozen=True, slots=True)
class Measured:
    """`part` over `whole`, and the 95 % interval of the quotient; None of nothing, of a single person, or where nothing varies."""

    part: float
    whole: float
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


def summed(groups: Whole, values: Floats | None = None) -> tuple[Whole, Floats]:
    """The groups that there are, in order, and the sum of each (how many cases each has, without values)."""
    found, codes = coded(groups)
    return found, np.bincount(codes, values, len(found)).astype(np.float64)


def coded(groups: Whole) -> tuple[Whole, Whole]:
    """The groups that there are, in order, and the place of each row's among them. Numbers close together need no sorting."""
    if not len(groups):
        return groups, groups
    low, high = int(groups.min()), int(groups.max())
    if high - low > 8 * len(groups) + 65_536:
        found, codes = np.unique(groups, return_inverse=True)
        return found, codes
    there = np.zeros(high - low + 1, np.bool_)
    place = groups.astype(np.int64) - low
    there[place] = True
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[place]


def ratio(part: Floats, whole: Floats) -> Measured:
    """Sum of `part` over sum of `whole`, each one value a person (or a day, where days are what differs)."""
    total, size, groups = float(part.sum()), float(whole.sum()), len(part)
    if not size or groups < 2:
        return Measured(total, size)
    value = total / size
    error = math.sqrt(groups / (groups - 1) * float(np.square(part - value * whole).sum())) / size
    if not error:
        # Nothing varies (nobody came, say): that is no certainty.
        return Measured(total, size)
    half = t_quantile(0.975, groups - 1) * error
    return Measured(total, size, value - half, value + half)


def share(hits: Floats, cases: Floats) -> Measured:
    """Share of cases that are hits, both counted by person. Within 0 and 1."""
    total, size, groups = float(hits.sum()), float(cases.sum()), len(cases)
    if not size:
        return Measured(total, size)
    p = total / size
    worth = size
    if groups > 1 and 0 < p < 1:
        clustered = groups / (groups - 1) * float(np.square(hits - p * cases).sum()) / size**2
        worth = min(size, p * (1 - p) / clustered) if clustered > 0 else size
    bounds = wilson(p * worth, worth)
    assert bounds is not None
    return Measured(total, size, *bounds)


def count_people(agent: Whole, start: Whole | None = None, end: Whole | None = None) -> int:
    """How many different people, at least. Those whose names have left: as many as sat at the same time, for nobody has two desks at once."""
    named = len(coded(agent[agent > 0])[0])
    lost = agent == 0
    if start is None or end is None or not lost.any():
        return named
    instants = np.concatenate([start[lost], end[lost]])
    steps = np.repeat([1, -1], int(lost.sum()))
    # Half-open: who leaves at ten makes room for who comes at ten.
    order = np.lexsort((steps, instants))
    return max(named, int(steps[order].cumsum().max()))
