"""What chance alone would have shown: the order of the openings is drawn again, many times.

Fisher, The Design of Experiments (1935); for stepped wedges Thompson, Davey, Fielding, Hargreaves and Hayes, Statistics in Medicine 37
(2018), and Ji, Fink, Robyn and Small, Annals of Applied Statistics 11 (2017). Exact however few the communes are, because the order of openings was really drawn; it asks nothing
of the shape of the noise. The statistic is the difference-in-differences of the communes' weekly means, unit and period effects removed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np

from .results import NEVER, CannotEstimate, Estimate, Floats, Ints, Panel

PAPER = "Thompson et al., Statistics in Medicine 37 (2018)"
#: Fewer different orders than this cannot give an interval at 95 %.
FEWEST_ORDERS = 40
#: All the orders are gone through when they are not more than this.
_ALL = 5000
_STEPS = 60


def estimate(panel: Panel, *, seed: int, draws: int = 1999) -> Estimate:
    """The mean effect (taken as constant), its interval by inversion of the test, and the p-value of no effect at all.

    Weeks in which a commune has nobody observed are left out, and said. Raises CannotEstimate: `no-comparison`, `few-orders`,
    `missing-weeks`, `mixed-clusters`.
    """
    means, opened, periods, warnings = _collapsed(panel)
    observed = _statistic(_treated(opened[None], periods))
    if observed is None:
        raise CannotEstimate(
            "no-comparison",
            "Rien à comparer : il faut des communes ouvertes et d'autres qui ne le sont pas, aux mêmes semaines, et des semaines d'avant.",
        )
    orders = _orders(opened, seed, draws)
    if len(orders) < FEWEST_ORDERS:
        raise CannotEstimate(
            "few-orders",
            f"L'ordre d'ouverture n'avait que {len(orders)} tirages possibles : trop peu pour distinguer un effet du hasard. "
            "Il faudrait plus de communes ou plus d'étapes.",
        )
    weights = _statistic(_treated(orders, periods))
    if weights is None:
        raise CannotEstimate("no-comparison", "Certains ordres d'ouverture ne laissent rien à comparer.")
    applied = _treated(opened[None], periods)[0]
    flat = means.ravel()
    value = float(observed[0] @ flat)
    # Under an effect of tau, outcomes without it are means - tau * open: each order's statistic is a line in tau.
    at_zero, slope = weights @ flat, weights @ applied.ravel()

    def p_of(tau: float) -> float:
        others = np.abs(at_zero - tau * slope)
        return float((others >= abs(value - tau) - 1e-12).mean())

    reach = max(abs(value), float(np.abs(at_zero).max()), 1e-9)
    low, high = _bound(p_of, value, -reach), _bound(p_of, value, reach)
    rows, units, clusters = panel.count()
    return Estimate(
        "randomisation", PAPER, value, None, low, high, p_of(0.0), rows, units, clusters, seed, tuple(warnings)
    )


def _collapsed(panel: Panel) -> tuple[Floats, Ints, Ints, list[str]]:
    """Means by commune x week, when each commune opened, the weeks kept, and what was left out, in words."""
    clusters, cluster = np.unique(panel.cluster, return_inverse=True)
    periods, period = np.unique(panel.period, return_inverse=True)
    shape = (len(clusters), len(periods))
    place = np.ravel_multi_index((cluster, period), shape)
    counts = np.bincount(place, minlength=len(clusters) * len(periods)).reshape(shape)
    sums = np.bincount(place, panel.outcome, minlength=len(clusters) * len(periods)).reshape(shape)
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
    return sums[:, kept] / counts[:, kept], opened, periods[kept], warnings


def _treated(orders: Ints, periods: Ints) -> Floats:
    """Open or not: order x commune x week, 0.0 or 1.0."""
    is_open = (orders[:, :, None] != NEVER) & (periods[None, None, :] >= orders[:, :, None])
    return is_open.astype(np.float64)


def _statistic(treated: Floats) -> Floats | None:
    """Of each order, the weights (flat) that turn means into the two-way difference; None where one has nothing to compare."""
    inside = (
        treated
        - treated.mean(axis=1, keepdims=True)
        - treated.mean(axis=2, keepdims=True)
        + treated.mean(axis=(1, 2), keepdims=True)
    )
    flat = inside.reshape(len(inside), -1)
    squared = (flat**2).sum(axis=1, keepdims=True)
    if np.any(squared < 1e-9):
        return None
    return np.asarray(flat / squared, dtype=np.float64)


def _orders(opened: Ints, seed: int, draws: int) -> Ints:
    """The orders that could have been drawn: all of them when they are few, else `draws` drawn ones; the real one is among them."""
    _, sizes = np.unique(opened, return_counts=True)
    possible = math.factorial(len(opened)) // math.prod(math.factorial(int(size)) for size in sizes)
    if possible <= _ALL and len(opened) <= 9:
        return np.array(sorted(set(permutations(opened.tolist()))), dtype=np.int64)
    generator = np.random.default_rng(seed)
    drawn = generator.permuted(np.tile(opened, (draws, 1)), axis=1)
    return np.vstack([opened[None], drawn])


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
