"""What chance alone would have shown: the order of the openings is drawn again, many times.

Fisher, The Design of Experiments (1935); for stepped wedges Thompson, Davey, Fielding, Hargreaves and Hayes, Statistics in Medicine 37
(2018), and Ji, Fink, Robyn and Small, Annals of Applied Statistics 11 (2017). Exact however few the communes are, because the order of openings was really drawn; it asks nothing
of the shape of the noise. Two statistics of the communes' weekly means: the difference-in-differences, commune and week effects removed; and the
mean of the group-time effects by time since the opening (group_time.py), which stays right when the effect changes with time. The interval is
that of an effect that is constant.

The order is drawn again as it was drawn (drawing.py): among the communes of that draw and no other, and within its strata where it had
some, each keeping what it has of each step. One that withdrew since keeps its place in the draw; one that was not in it (a control of
another design, one that withdrew before) stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from .group_time import PAPER as GROUP_TIME
from .results import NEVER, CannotEstimate, Estimate, Floats, Ints, Panel

PAPER = "Thompson et al., Statistics in Medicine 37 (2018)"
#: Fewer different orders than this cannot give an interval at 95 %.
FEWEST_ORDERS = 40
#: All the orders are gone through when they are not more than this.
_ALL = 5000
_STEPS = 60


def estimate(panel: Panel, *, seed: int, draws: int = 1999, by_time: bool = False) -> Estimate:
    """The mean effect, its interval by inversion of the test, and the p-value of no effect at all.

    `by_time`: by the mean of the group-time effects rather than by the ordinary difference. Weeks in which a commune has nobody
    observed are left out, and said. Raises CannotEstimate: `no-comparison`, `not-drawn`, `few-orders`, `missing-weeks`,
    `mixed-clusters`.
    """
    there = collapsed(panel)
    # A commune weighs by when it opens alone: another order moves the weights, and does not change them.
    slots, slot = np.unique(there.opened, return_inverse=True)
    weights = weights_of(slots, np.bincount(slot), there.periods, by_time=by_time)
    orders = drawn_again(there, slot.astype(np.int64), seed, draws)
    value = float((weights[slot] * there.means).sum())
    # Under an effect of tau, outcomes without it are means - tau * open: each order's statistic is a line in tau.
    at_zero = np.einsum("oct,ct->o", weights[orders], there.means)
    slope = np.einsum("oct,ct->o", weights[orders], there.is_open)

    def p_of(tau: float) -> float:
        seen = abs(value - tau)
        others = np.abs(at_zero - tau * slope)
        return float((others >= seen - 1e-9 * max(1.0, abs(value), abs(tau))).mean())

    reach = max(abs(value), float(np.abs(at_zero).max()), 1e-9)
    low, high = _bound(p_of, value, -reach), _bound(p_of, value, reach)
    rows, units, clusters = panel.count()
    return Estimate(
        "randomisation_by_time" if by_time else "randomisation",
        f"{PAPER} ; {GROUP_TIME}" if by_time else PAPER,
        value,
        None,
        low,
        high,
        p_of(0.0),
        rows,
        units,
        clusters,
        seed,
        there.warnings,
    )


@dataclass(frozen=True, slots=True)
class Collapsed:
    """A panel by commune x week: means of the outcome and of `took_up`, when each commune opened, whether the draw said so, its stratum.

    `periods`: the weeks kept; `warnings`: what was left out, in words.
    """

    means: Floats
    took_up: Floats | None
    opened: Ints
    drawn: npt.NDArray[np.bool_]
    stratum: Ints
    periods: Ints
    warnings: tuple[str, ...]

    @property
    def is_open(self) -> Floats:
        """Commune x week: 1.0 from the opening on."""
        found = (self.opened[:, None] != NEVER) & (self.periods[None] >= self.opened[:, None])
        return np.asarray(found, dtype=np.float64)


def collapsed(panel: Panel) -> Collapsed:
    """Means by commune and week, of the weeks in which every commune has somebody. Raises CannotEstimate."""
    clusters, cluster = np.unique(panel.cluster, return_inverse=True)
    periods, period = np.unique(panel.period, return_inverse=True)
    shape = (len(clusters), len(periods))
    place = np.ravel_multi_index((cluster, period), shape)
    counts = np.bincount(place, minlength=len(clusters) * len(periods)).reshape(shape)
    kept = (counts > 0).all(axis=0)
    if not kept.any():
        raise CannotEstimate("missing-weeks", "Aucune semaine n'est observée dans toutes les communes.")
    warnings = []
    if not kept.all():
        left = int((~kept).sum())
        warnings.append(f"Semaines laissées de côté parce qu'une commune n'y a pas de réponse : {left}.")
    opened = np.zeros(len(clusters), dtype=np.int64)
    opened[cluster] = panel.opened
    if np.any(opened[cluster] != panel.opened):
        raise CannotEstimate(
            "mixed-clusters",
            "Dans une même commune, des personnes sont ouvertes et d'autres témoins : l'ordre des communes n'est pas ce qui a été tiré.",
        )
    drawn = np.ones(len(clusters), dtype=np.bool_)
    if panel.drawn is not None:
        drawn[cluster] = panel.drawn
    stratum = np.zeros(len(clusters), dtype=np.int64)
    if panel.stratum is not None:
        stratum[cluster] = panel.stratum

    def means(values: Floats) -> Floats:
        sums = np.bincount(place, values, minlength=len(clusters) * len(periods)).reshape(shape)
        found: Floats = sums[:, kept] / counts[:, kept]
        return found

    took_up = None if panel.took_up is None else means(panel.took_up)
    return Collapsed(means(panel.outcome), took_up, opened, drawn, stratum, periods[kept], tuple(warnings))


def drawn_again(there: Collapsed, slot: Ints, seed: int, draws: int) -> Ints:
    """The openings (orders x communes) that could have come out of the draw, communes that were not in it as they are.

    Raises CannotEstimate: `not-drawn`, `few-orders`.
    """
    if not there.drawn.any():
        raise CannotEstimate(
            "not-drawn",
            "L'ordre d'ouverture n'a pas été tiré au sort : rien ne dit ce que le hasard seul aurait donné.",
        )
    among = orders_of(slot[there.drawn], seed, draws, there.stratum[there.drawn])
    if len(among) < FEWEST_ORDERS:
        raise CannotEstimate(
            "few-orders",
            f"L'ordre d'ouverture n'avait que {len(among)} tirages possibles : trop peu pour distinguer un effet du hasard. "
            "Il faudrait plus de communes ou plus d'étapes.",
        )
    orders = np.tile(slot, (len(among), 1))
    orders[:, there.drawn] = among
    return orders


def _nothing() -> CannotEstimate:
    return CannotEstimate(
        "no-comparison",
        "Rien à comparer : il faut des communes ouvertes et d'autres qui ne le sont pas, aux mêmes semaines, et des semaines d'avant.",
    )


def weights_of(slots: Ints, sizes: Ints, periods: Ints, *, by_time: bool) -> Floats:
    """What the estimate makes of one commune's weekly means, by when it opens (`slots`, of which there are `sizes`): openings x weeks.

    Raises CannotEstimate `no-comparison`.
    """
    return (_by_time if by_time else _ordinary)(slots, sizes, periods)


def _ordinary(slots: Ints, sizes: Ints, periods: Ints) -> Floats:
    """Weights (opening x week) of one commune's means in the two-way difference-in-differences."""
    treated = ((slots[:, None] != NEVER) & (periods[None] >= slots[:, None])).astype(np.float64)
    by_week = (sizes @ treated) / sizes.sum()
    inside = treated - treated.mean(axis=1, keepdims=True) - by_week[None] + by_week.mean()
    squared = float((sizes @ inside**2).sum())
    if squared < 1e-9:
        raise _nothing()
    return np.asarray(inside / squared, dtype=np.float64)


def _by_time(slots: Ints, sizes: Ints, periods: Ints) -> Floats:
    """Weights (opening x week) of one commune's means in the mean, over the time since openings, of the group-time effects."""
    cells: dict[int, list[tuple[int, Floats]]] = {}
    for one, group in enumerate(slots):
        before = np.flatnonzero(periods < group)
        if group == NEVER or not len(before):
            continue
        start = int(np.searchsorted(periods, group))
        for now in range(start, len(periods)):
            others = (slots == NEVER) | (slots > periods[now])
            if not others.any():
                continue
            weight = np.zeros((len(slots), len(periods)))
            weight[one, now] += 1 / sizes[one]
            weight[one, before[-1]] -= 1 / sizes[one]
            weight[others, now] -= 1 / sizes[others].sum()
            weight[others, before[-1]] += 1 / sizes[others].sum()
            cells.setdefault(int(periods[now] - group), []).append((int(sizes[one]), weight))
    if not cells:
        raise _nothing()
    curve = [sum(n * w for n, w in same) / sum(n for n, _ in same) for same in cells.values()]
    return np.asarray(sum(curve) / len(curve), dtype=np.float64)


def possible_orders(slot: Ints, stratum: Ints | None = None) -> int:
    """How many different orders these openings could have been drawn in, within strata."""
    return math.prod(
        math.factorial(len(where)) // math.prod(math.factorial(int(size)) for size in np.bincount(slot[where]))
        for where in _strata(slot, stratum)
    )


def orders_of(slot: Ints, seed: int, draws: int, stratum: Ints | None = None) -> Ints:
    """The orders that could have been drawn: all of them when they are few, else `draws` drawn ones; the real one is among them."""
    strata = _strata(slot, stratum)
    if possible_orders(slot, stratum) <= _ALL and max(map(len, strata)) <= 8:
        by_stratum = [sorted(set(permutations(slot[where].tolist()))) for where in strata]
        found = np.empty((math.prod(map(len, by_stratum)), len(slot)), dtype=np.int64)
        for n, parts in enumerate(product(*by_stratum)):
            for where, part in zip(strata, parts, strict=True):
                found[n, where] = part
        return found
    generator = np.random.default_rng(seed)
    drawn = np.tile(slot, (draws, 1))
    for where in strata:
        drawn[:, where] = generator.permuted(drawn[:, where], axis=1)
    return np.vstack([slot[None], drawn])


def _strata(slot: Ints, stratum: Ints | None) -> list[npt.NDArray[np.intp]]:
    """Where the communes of each stratum are; without strata, all of them in one."""
    if stratum is None:
        return [np.arange(len(slot))]
    return [np.flatnonzero(stratum == one) for one in np.unique(stratum)]


def _bound(p_of: Callable[[float], float], value: float, reach: float) -> float:
    """The furthest effect on one side that the test does not reject at 5 %."""
    outside = value + 4 * reach if reach * 4 != 0 else value
    for _ in range(20):
        if p_of(outside) <= 0.05:
            break
        outside = value + 2 * (outside - value)
    else:
        return -math.inf if reach < 0 else math.inf
    inside = value
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        if p_of(middle) > 0.05:
            inside = middle
        else:
            outside = middle
    return inside
