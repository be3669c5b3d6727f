"""Effects by date of opening and time since, without the traps of staggered openings.

Callaway and Sant'Anna, Difference-in-Differences with Multiple Time Periods, Journal of Econometrics 225 (2021), 200-230: without
covariates. ATT(g, t) compares how those opened in g changed between their last period before (for t < g: between t - 1 and t) and t
with how those not opened changed. The influence function of every figure, summed by commune, gives errors, and, multiplied by Mammen's
random weights, the simultaneous band of the whole curve (their section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .results import NEVER, CannotEstimate, Estimate, EventStudy, Floats, Ints, Panel, Point
from .tables import chi2_tail, t_quantile, t_two_sided

PAPER = "Callaway et Sant'Anna, Journal of Econometrics 225 (2021), 200-230"
#: Fewer people than this on either side of a comparison: it is left out.
FEWEST = 5
#: Fewer clusters than this: the errors rest on too few, said beside the figure.
ENOUGH_CLUSTERS = 30
_MOST_DEGREES = 1000


@dataclass(frozen=True, slots=True)
class GroupTime:
    """ATT(g, t) of those opened in `group`, at `period`, with its standard error; `influence`: one value per unit, over n."""

    group: int
    period: int
    value: float
    se: float
    influence: Floats


@dataclass(frozen=True, slots=True)
class _Wide:
    """Outcomes as unit x period (NaN where missing), and what each unit is."""

    outcome: Floats
    periods: Ints
    opened: Ints
    cluster: npt.NDArray[np.intp]


def effects(panel: Panel, *, against: str = "not_yet") -> list[GroupTime]:
    """Every ATT(g, t) that the data bear, by group then period.

    `against`: "never" (those never opened) or "not_yet" (those and whoever opens later). A unit counts in a comparison when it is
    observed at both its moments, so somebody who leaves counts until then. Raises CannotEstimate.
    """
    wide = _widened(panel)
    count = len(wide.opened)
    found: list[GroupTime] = []
    for group in np.unique(wide.opened[wide.opened != NEVER]):
        before = np.flatnonzero(wide.periods < group)
        if not len(before):
            continue
        for now in range(1, len(wide.periods)):
            base = int(before[-1]) if wide.periods[now] >= group else now - 1
            change = wide.outcome[:, now] - wide.outcome[:, base]
            seen = ~np.isnan(change)
            ours = seen & (wide.opened == group)
            others = seen & (wide.opened == NEVER)
            if against == "not_yet":
                others |= seen & (wide.opened > wide.periods[max(now, base)]) & (wide.opened != group)
            if ours.sum() < FEWEST or others.sum() < FEWEST:
                continue
            mean_ours, mean_others = change[ours].mean(), change[others].mean()
            influence = np.zeros(count)
            influence[ours] = (change[ours] - mean_ours) / ours.sum()
            influence[others] = -(change[others] - mean_others) / others.sum()
            value = float(mean_ours - mean_others)
            found.append(GroupTime(int(group), int(wide.periods[now]), value, _se(influence, wide.cluster), influence))
    if not any(one.period >= one.group for one in found):
        raise CannotEstimate(
            "no-comparison",
            "Rien à comparer : il faut, aux mêmes semaines, au moins cinq personnes de communes ouvertes et cinq de communes qui ne le "
            "sont pas encore, observées avant et après.",
        )
    return found


def estimate(panel: Panel, *, seed: int, draws: int = 999, against: str = "not_yet") -> EventStudy:
    """The curve of the effect by time since the opening, its mean over the time after, and the test of the time before.

    Intervals of points: 95 % each; bands: 95 % for all of them together. With few communes, Student's t with clusters - 1 degrees.
    Raises CannotEstimate.
    """
    wide = _widened(panel)
    rows, units, clusters = panel.count()
    if clusters < 3:
        raise CannotEstimate("few-clusters", "Il faut au moins trois communes pour estimer une incertitude.")
    cells = effects(panel, against=against)
    by_when: dict[int, list[GroupTime]] = {}
    for one in cells:
        # Weeks of the calendar, whether or not somebody was observed in those between.
        by_when.setdefault(one.period - one.group, []).append(one)
    whens = sorted(by_when)
    summed = [_weighed(by_when[when], wide.opened) for when in whens]
    values = np.array([value for value, _ in summed])
    influences = np.array([influence for _, influence in summed])
    after = np.array([when >= 0 for when in whens])
    overall = float(values[after].mean())
    overall_influence = influences[after].mean(axis=0)

    by_cluster = _by_cluster(influences, wide.cluster)
    ses = np.sqrt((by_cluster**2).sum(axis=1) * _correction(wide.cluster))
    degrees = min(_MOST_DEGREES, clusters - 1)
    pointwise = t_quantile(0.975, degrees)
    band = max(pointwise, _band(by_cluster, ses, seed, draws))
    points = [
        Point(
            when,
            float(v),
            float(s),
            float(v - pointwise * s),
            float(v + pointwise * s),
            float(v - band * s),
            float(v + band * s),
        )
        for when, v, s in zip(whens, values, ses, strict=True)
    ]
    se = _se(overall_influence, wide.cluster)
    warnings = (
        (f"L'incertitude repose sur {clusters} communes : elle est elle-même incertaine.",)
        if clusters < ENOUGH_CLUSTERS
        else ()
    )
    return EventStudy(
        points,
        Estimate(
            "group_time",
            PAPER,
            overall,
            se,
            overall - pointwise * se,
            overall + pointwise * se,
            t_two_sided(overall / se, degrees) if se > 0 else None,
            rows,
            units,
            clusters,
            seed,
            warnings,
        ),
        _pre_trend(cells, wide.cluster),
    )


def _widened(panel: Panel) -> _Wide:
    units, first, unit = np.unique(panel.unit, return_index=True, return_inverse=True)
    periods, period = np.unique(panel.period, return_inverse=True)
    if len(np.unique(unit * len(periods) + period)) != len(unit):
        raise ValueError("a panel has one row per unit and period")
    outcome = np.full((len(units), len(periods)), np.nan)
    outcome[unit, period] = panel.outcome
    cluster = np.unique(panel.cluster[first], return_inverse=True)[1]
    return _Wide(outcome, periods, panel.opened[first], cluster)


def _correction(cluster: npt.NDArray[np.intp]) -> float:
    """The usual factor for few clusters."""
    count = int(cluster.max()) + 1
    return count / (count - 1) if count > 1 else 1.0


def _by_cluster(influences: Floats, cluster: npt.NDArray[np.intp]) -> Floats:
    """Influences (figure x unit) summed by cluster (figure x cluster)."""
    return np.stack([np.bincount(cluster, row) for row in np.atleast_2d(influences)])


def _se(influence: Floats, cluster: npt.NDArray[np.intp]) -> float:
    summed = _by_cluster(influence, cluster)[0]
    return float(np.sqrt((summed**2).sum() * _correction(cluster)))


def _weighed(cells: list[GroupTime], opened: Ints) -> tuple[float, Floats]:
    """Mean of cells by the size of their groups, with its influence, that of the estimated weights included (their appendix)."""
    shares = np.array([(opened == one.group).mean() for one in cells])
    values = np.array([one.value for one in cells])
    weights = shares / shares.sum()
    influence = weights @ np.stack([one.influence for one in cells])
    belongs = np.stack([(opened == one.group).astype(np.float64) for one in cells]) - shares[:, None]
    of_weights = belongs / shares.sum() - np.outer(shares / shares.sum() ** 2, belongs.sum(axis=0))
    return float(weights @ values), influence + (values @ of_weights) / len(opened)


def _band(by_cluster: Floats, ses: Floats, seed: int, draws: int) -> float:
    """How many errors wide the band must be for the whole curve to be in it in 95 % of cases: multiplier bootstrap, Mammen's weights."""
    generator = np.random.default_rng(seed)
    root5 = np.sqrt(5.0)
    low, high = (1 - root5) / 2, (1 + root5) / 2
    weights = np.where(generator.random((draws, by_cluster.shape[1])) < high / root5, low, high)
    drawn = np.abs(weights @ by_cluster.T)
    sure = ses > 0
    return float(np.quantile((drawn[:, sure] / ses[sure]).max(axis=1), 0.95)) if sure.any() else 0.0


def _pre_trend(cells: list[GroupTime], cluster: npt.NDArray[np.intp]) -> float | None:
    """Wald test that all the effects before openings are nil; None without any, or with too few communes to test so many."""
    before = [one for one in cells if one.period < one.group]
    clusters = int(cluster.max()) + 1
    if not before or len(before) >= clusters:
        return None
    values = np.array([one.value for one in before])
    summed = _by_cluster(np.stack([one.influence for one in before]), cluster)
    spread = summed @ summed.T
    if np.linalg.matrix_rank(spread) < len(before):
        return None
    return chi2_tail(float(values @ np.linalg.solve(spread, values)), len(before))
