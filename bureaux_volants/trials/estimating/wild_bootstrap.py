"""The ordinary difference with the uncertainty of the wild cluster bootstrap: for few communes, and an effect that is constant.

Cameron, Gelbach and Miller, Review of Economics and Statistics 90 (2008): the statistic is Student's, the hypothesis is imposed, the
residuals of each commune keep or change their sign together (Rademacher). Every one of the 2^G signs is tried where that is not more
than the draws asked for; the interval holds the effects that the test does not reject at 5 %.

Signs act on whole communes and the regression is linear, so that a draw is a product with two G x G matrices: `_moments`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from .difference import without_effects
from .results import NEVER, CannotEstimate, Estimate, Floats, Panel

PAPER = "Cameron, Gelbach et Miller, REStat 90 (2008)"
#: With five communes, 32 signs: no effect however large could be told from none at 5 %.
FEWEST_CLUSTERS = 6
LEVEL = 0.05
#: Doublings of the distance to where an effect is rejected, and halvings to find the edge.
_REACH, _HALVINGS = 40, 40


def estimate(panel: Panel, *, seed: int, draws: int = 1999) -> Estimate:
    """The mean effect of being open, in the unit of the outcome; deterministic for a seed. Raises CannotEstimate.

    Codes: `few-clusters` (fewer than six), `no-comparison`, `no-spread` (nothing varies beside the effect), `no-edge` (nothing is rejected).
    """
    rows, units, clusters = panel.count()
    if clusters < FEWEST_CLUSTERS:
        raise CannotEstimate(
            "few-clusters",
            f"Il faut au moins {FEWEST_CLUSTERS} communes pour cette incertitude ; il y en a {clusters}.",
        )
    unit, period, cluster = (np.unique(a, return_inverse=True)[1] for a in (panel.unit, panel.period, panel.cluster))
    treated = without_effects(panel.is_open.astype(np.float64), unit, period)
    size = float(treated @ treated)
    if size < 1e-8 * max(1, rows):
        raise CannotEstimate(
            "no-comparison",
            "Rien à comparer : il faut des communes ouvertes et d'autres qui ne le sont pas, aux mêmes semaines, et des semaines d'avant.",
        )
    outcome = without_effects(panel.outcome, unit, period)
    value = float(treated @ outcome) / size
    own: Floats = np.bincount(cluster, treated * treated).astype(np.float64)
    of_outcome, of_treated = (_moments(a, treated, unit, period, cluster) for a in (outcome, treated))
    left = of_outcome - value * of_treated
    if float(np.abs(left).max()) < 1e-9 * max(1.0, float(np.abs(of_outcome).max())):
        raise CannotEstimate("no-spread", "Rien ne varie à côté de l'effet : il n'y a pas d'incertitude à estimer.")
    signs = _signs(clusters, seed, draws)

    def p_of(effect: float) -> float:
        """How often a trial in which this is the effect is as far from it as ours."""
        by_cluster = (of_outcome - effect * of_treated).T
        ours = _student(np.ones((1, clusters)) @ by_cluster, own, size)[0]
        drawn = _student(signs @ by_cluster, own, size)
        return float(np.mean(np.abs(drawn) >= abs(ours) * (1 - 1e-9)))

    scale = float(np.sqrt(np.sum(left.sum(axis=1) ** 2))) / size
    low, high = (_edge(p_of, value, side * scale) for side in (-1, 1))
    warnings = []
    if len(np.unique(panel.opened[panel.opened != NEVER])) > 1:
        warnings.append(
            "Les communes ouvrent à des dates différentes : ce chiffre mêle des comparaisons qui peuvent tromper ; "
            "l'estimation par date d'ouverture est préférable."
        )
    return Estimate(
        "wild_bootstrap",
        PAPER,
        value,
        None,
        low,
        high,
        p_of(0.0),
        rows,
        units,
        clusters,
        seed,
        tuple(warnings),
    )


def _moments(values: Floats, treated: Floats, unit: np.ndarray, period: np.ndarray, cluster: np.ndarray) -> Floats:
    """[h, g]: the score that commune h has when only commune g keeps its values."""
    clusters = int(cluster.max()) + 1
    found = np.zeros((clusters, clusters))
    for g in range(clusters):
        kept = without_effects(np.where(cluster == g, values, 0.0), unit, period)
        found[:, g] = np.bincount(cluster, treated * kept, minlength=clusters)
    return found


def _signs(clusters: int, seed: int, draws: int) -> Floats:
    if 2**clusters <= draws + 1:
        return np.array(list(itertools.product((-1.0, 1.0), repeat=clusters)))
    drawn: Floats = np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), size=(draws, clusters))
    return drawn


def _student(scores: Floats, own: Floats, size: float) -> Floats:
    """Student's statistic of each row of scores by commune, about the effect that they leave out."""
    off = scores.sum(axis=1) / size
    rest = scores - off[:, None] * own[None, :]
    clusters = scores.shape[1]
    error = np.sqrt(clusters / (clusters - 1) * np.sum(rest * rest, axis=1)) / size
    found: Floats = np.divide(off, error, out=np.full_like(off, np.inf), where=error > 0)
    return found


def _edge(p_of: Callable[[float], float], value: float, step: float) -> float:
    """The last effect on that side that is not rejected."""
    inside, outside = value, value + step
    for _ in range(_REACH):
        if p_of(outside) <= LEVEL:
            break
        inside, outside = outside, value + 2 * (outside - value)
    else:
        raise CannotEstimate(
            "no-edge", "Aucune valeur n'est exclue : les communes sont trop peu nombreuses pour un intervalle."
        )
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if p_of(middle) > LEVEL:
            inside = middle
        else:
            outside = middle
    return inside
