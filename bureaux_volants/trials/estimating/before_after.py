"""Before and after, of those who were opened to, without anybody to compare with. Weak: it takes whatever else happened for the effect.

Each person's mean once open less their mean before, then the mean over people; errors clustered by commune (Liang and Zeger,
Biometrika 73, 1986). Campbell and Stanley, Experimental and Quasi-Experimental Designs for Research (1963), list what it cannot
tell from an effect: the season, what happened meanwhile, the habit of answering.
"""

from __future__ import annotations

import numpy as np

from .results import CannotEstimate, Estimate, Panel
from .tables import t_quantile, t_two_sided

PAPER = "Campbell et Stanley, 1963"
WEAK = "Sans comparaison, ce chiffre est faible : la saison, les prix ou une grève y comptent autant que l'essai."


def estimate(panel: Panel) -> Estimate:
    """The mean change of a person, in the unit of the outcome. Raises CannotEstimate.

    Codes: `no-before` (nobody measured both before and since the opening), `few-clusters` (fewer than three communes among them).
    """
    unit = np.unique(panel.unit, return_inverse=True)[1]
    people = int(unit.max(initial=-1)) + 1
    since, before = (np.bincount(unit[chosen], minlength=people) for chosen in (panel.is_open, ~panel.is_open))
    both = (since > 0) & (before > 0)
    if not both.any():
        raise CannotEstimate("no-before", "Personne n'a été mesuré à la fois avant et depuis l'ouverture.")
    cluster = np.zeros(people, np.int64)
    cluster[unit] = np.unique(panel.cluster, return_inverse=True)[1]
    where = np.unique(cluster[both], return_inverse=True)[1]
    clusters = int(where.max()) + 1
    if clusters < 3:
        raise CannotEstimate("few-clusters", "Il faut au moins trois communes pour estimer une incertitude.")
    mean_since, mean_before = (
        np.bincount(unit[chosen], panel.outcome[chosen], minlength=people)[both] / count[both]
        for chosen, count in ((panel.is_open, since), (~panel.is_open, before))
    )
    change = mean_since - mean_before
    value = float(change.mean())
    off = np.bincount(where, change - value)
    se = float(np.sqrt(clusters / (clusters - 1) * (off @ off)) / len(change))
    half = t_quantile(0.975, clusters - 1) * se
    return Estimate(
        "before_after",
        PAPER,
        value,
        se,
        value - half,
        value + half,
        t_two_sided(value / se, clusters - 1) if se > 0 else None,
        int(both[unit].sum()),
        len(change),
        clusters,
        warnings=(WEAK,),
    )
