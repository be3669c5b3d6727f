"""Which counts of people may be told, so that no group under five is shown nor found by subtraction. Pure.

All that is published together is one list of counts, with the sums that a reader knows to hold between them: rows and columns of a table,
two breakdowns of one whole, a release and the one before. A small count is hidden; then others, until no reasoning on the sums that
remain proves the hidden count to be under five. Method: cell suppression audited by linear programming (Fischetti and Salazar, Management
Science 47, 2001), the choice of what else to hide being greedy: the smallest neighbour first.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

#: Groups of fewer people than this are never shown.
FEWEST_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Sum:
    """The count at place `total` is the sum of those at places `parts`."""

    total: int
    parts: tuple[int, ...]


def published(counts: Sequence[int], sums: Sequence[Sum] = ()) -> list[int | None]:
    """The counts as they may be told, None for a hidden one. A nil count is told: it is nobody's."""
    hidden = {n for n, count in enumerate(counts) if _is_small(count)}
    small = sorted(hidden)
    while exposed := [n for n in small if not _is_covered(n, counts, sums, hidden)]:
        hidden.add(_next_to(exposed[0], counts, sums, hidden))
    return [None if n in hidden else count for n, count in enumerate(counts)]


def highest(place: int, counts: Sequence[int], sums: Sequence[Sum], hidden: Collection[int]) -> float:
    """The highest value that a reader of what is not hidden cannot rule out for one hidden count; infinite when nothing bounds it."""
    order = {n: column for column, n in enumerate(sorted(hidden))}
    left = np.zeros((len(sums), len(order)))
    right = np.zeros(len(sums))
    for row, one in enumerate(sums):
        for n, sign in [(one.total, 1.0), *((part, -1.0) for part in one.parts)]:
            if n in order:
                left[row, order[n]] += sign
            else:
                right[row] -= sign * counts[n]
    goal = np.zeros(len(order))
    goal[order[place]] = -1.0
    found = linprog(goal, A_eq=left if len(sums) else None, b_eq=right if len(sums) else None, method="highs")
    return -float(found.fun) if found.status == 0 and found.fun is not None else math.inf


def _is_small(count: int) -> bool:
    return 0 < count < FEWEST_PEOPLE


def _is_covered(place: int, counts: Sequence[int], sums: Sequence[Sum], hidden: Collection[int]) -> bool:
    return highest(place, counts, sums, hidden) >= FEWEST_PEOPLE - 1e-6


def _next_to(place: int, counts: Sequence[int], sums: Sequence[Sum], hidden: Collection[int]) -> int:
    """What to hide next: the smallest count told that shares a sum with it, or else any; nil counts last."""
    near = {n for one in sums if place in (one.total, *one.parts) for n in (one.total, *one.parts)} - set(hidden)
    told = near or set(range(len(counts))) - set(hidden)
    return min(told, key=lambda n: (counts[n] == 0, counts[n], n))
