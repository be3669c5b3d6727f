"""Difference-in-differences with unit and period effects, errors clustered by commune.

Sound when all clusters open in one period. With staggered openings it compares late openings with early ones and can be wrong even in
sign when effects change with time (Goodman-Bacon, Journal of Econometrics 225 (2021)): then a warning goes with the figure, and
group_time.py is to be preferred. Errors: Liang and Zeger (1986) by statsmodels, intervals by Student's t with clusters - 1 degrees.
"""

from __future__ import annotations

import numpy as np

from .results import NEVER, CannotEstimate, Estimate, Floats, Panel
from .tables import t_quantile, t_two_sided

PAPER = "Liang et Zeger, Biometrika 73 (1986) ; Bertrand, Duflo et Mullainathan, QJE 119 (2004)"
#: Fewer clusters than this: clustered errors are too small, said beside the figure.
ENOUGH_CLUSTERS = 30
#: Sweeps of the alternating projections, and what change ends them, of the largest value.
_SWEEPS, _SMALL = 10_000, 1e-10


def estimate(panel: Panel) -> Estimate:
    """The mean effect of being open, in the unit of the outcome. Raises CannotEstimate.

    Codes: `no-comparison` (all open, or none, at every moment), `few-clusters` (fewer than three), `no-convergence` (without_effects).
    """
    rows, units, clusters = panel.count()
    is_open = panel.is_open.astype(np.float64)
    if clusters < 3:
        raise CannotEstimate("few-clusters", "Il faut au moins trois communes pour estimer une incertitude.")
    unit = np.unique(panel.unit, return_inverse=True)[1]
    period = np.unique(panel.period, return_inverse=True)[1]
    treated = without_effects(is_open, unit, period)
    if float(treated @ treated) < 1e-8 * max(1, rows):
        raise CannotEstimate(
            "no-comparison",
            "Rien à comparer : il faut des communes ouvertes et d'autres qui ne le sont pas, aux mêmes semaines, et des semaines d'avant.",
        )
    outcome = without_effects(panel.outcome, unit, period)
    # Seventy megabytes and half a second, for whoever estimates and nobody else.
    import statsmodels.api as sm

    fitted = sm.OLS(outcome, treated[:, None]).fit(
        cov_type="cluster", cov_kwds={"groups": np.unique(panel.cluster, return_inverse=True)[1]}, use_t=True
    )
    value, se = float(fitted.params[0]), float(fitted.bse[0])
    half = t_quantile(0.975, clusters - 1) * se
    warnings: list[str] = []
    if len(np.unique(panel.opened[panel.opened != NEVER])) > 1:
        warnings.append(
            "Les communes ouvrent à des dates différentes : ce chiffre mêle des comparaisons qui peuvent tromper ; "
            "l'estimation par date d'ouverture est préférable."
        )
    if clusters < ENOUGH_CLUSTERS:
        warnings.append(f"Avec {clusters} communes, cette incertitude est plutôt trop petite.")
    return Estimate(
        "difference",
        PAPER,
        value,
        se,
        value - half,
        value + half,
        t_two_sided(value / se, clusters - 1) if se > 0 else None,
        rows,
        units,
        clusters,
        warnings=tuple(warnings),
    )


def without_effects(values: Floats, unit: np.ndarray, period: np.ndarray) -> Floats:
    """What is left of values without the means of units and periods, whatever rows are missing (alternating projections).

    Raises CannotEstimate `no-convergence` where people and weeks hang together by so few rows that the means cannot be told apart.
    """
    left: Floats = values.astype(np.float64) - values.mean()
    small = _SMALL * max(1.0, float(np.abs(left).max(initial=0.0)))
    in_unit, in_period = np.bincount(unit), np.bincount(period)
    for _ in range(_SWEEPS):
        by_unit = np.bincount(unit, left) / in_unit
        left = left - by_unit[unit]
        by_period = np.bincount(period, left) / in_period
        left = left - by_period[period]
        if np.abs(by_unit).max() + np.abs(by_period).max() < small:
            return left
    raise CannotEstimate(
        "no-convergence",
        "Trop peu de personnes ont été mesurées plusieurs semaines de suite : ce qui tient aux personnes et ce qui tient aux semaines "
        "ne se séparent pas.",
    )
