"""What it changed for those who came, in a week in which they came: being opened to is the instrument.

Opening moves the outcome only by making people come (the exclusion restriction), and makes nobody come less (monotonicity): then the
effect of being open, divided by how much more people come once it is, is the mean effect of a week of coming on those whom opening made
come (Imbens and Angrist, Econometrica 62, 1994; Angrist, Imbens and Rubin, JASA 91, 1996). Somebody who would have come anyway, or who
never comes, says nothing of it. Unit and period effects are out, as in difference.py.

Two uncertainties. `estimate`: two-stage least squares, errors clustered by commune. `by_drawn_order`: that of Anderson and Rubin (1949) from
the drawn order (Imbens and Rosenbaum, JRSS A 168 (2005), 109-126): an effect is in the interval when, taken off from those who came, what is
left has nothing to do with the order of openings. It stays right with few communes, and where opening makes few people come.

`took_up` is of a whole week: one day of coming or five are the same, and the effect is that of such a week. Weeks in which nobody knows any
more whether somebody came (NaN) are left out, and said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .difference import ENOUGH_CLUSTERS, without_effects
from .randomisation import collapsed, drawn_again, weights_of
from .results import CannotEstimate, Estimate, Floats, Panel
from .tables import t_quantile, t_two_sided

PAPER = "Angrist, Imbens et Rubin, JASA 91 (1996)"
DRAWN_PAPER = "Imbens et Rosenbaum, JRSS A 168 (2005) ; Angrist, Imbens et Rubin, JASA 91 (1996)"
#: Staiger and Stock's rule, Econometrica 65 (1997), on the F that is robust to clusters: with one instrument it is the effective F of
#: Montiel Olea and Pflueger, JBES 31 (2013). Under it a ratio is no longer near what it estimates.
LEAST_F = 10.0
LEVEL = 0.05
#: Codes of `by_drawn_order` that speak of the draw, not of the effect: `estimate` may still bear it.
OF_THE_DRAW = frozenset({"not-drawn", "few-orders", "missing-weeks", "mixed-clusters"})


@dataclass(frozen=True, slots=True)
class FirstStage:
    """How much more people come once it is open: `more` weeks of coming per week of being open, and its F clustered by commune.

    `open`, `closed`: the share of weeks with coming, open and not.
    """

    more: float
    f: float
    open: float
    closed: float


@dataclass(frozen=True, slots=True)
class _Parted:
    """Outcome, coming and opening without unit and period effects, and the clusters."""

    outcome: Floats
    came: Floats
    opened: Floats
    cluster: npt.NDArray[np.intp]


def first_stage(panel: Panel) -> FirstStage:
    """How strong the instrument is. Raises CannotEstimate: `no-take-up`, `no-comparison`, `few-clusters`."""
    known, _said = _known(panel)
    return _first_stage(known, _parted(known))


def estimate(panel: Panel) -> Estimate:
    """The effect of a week of coming, by two-stage least squares, in the unit of the outcome. Raises CannotEstimate.

    Codes: those of `first_stage`, and `weak-instrument` (F under LEAST_F).
    """
    panel, left_out = _known(panel)
    parted = _parted(panel)
    _strong(_first_stage(panel, parted))
    through = float(parted.opened @ parted.came)
    value = float(parted.opened @ parted.outcome) / through
    se = _clustered(parted.opened * (parted.outcome - value * parted.came), parted.cluster) / abs(through)
    rows, units, clusters = panel.count()
    half = t_quantile(0.975, clusters - 1) * se
    return Estimate(
        "treated",
        PAPER,
        value,
        se,
        value - half,
        value + half,
        t_two_sided(value / se, clusters - 1) if se > 0 else None,
        rows,
        units,
        clusters,
        warnings=(*left_out, *_few(clusters)),
    )


def by_drawn_order(panel: Panel, *, seed: int, draws: int = 1999, by_time: bool = False) -> Estimate:
    """The same from the drawn order: the ratio of the two differences on weekly means of communes, and the interval of Anderson and Rubin.

    `by_time`: of the means of group-time effects, as in randomisation.py. Raises CannotEstimate: the codes of `estimate`, those of the
    drawn order, and `unbounded` (nothing is excluded on one side).
    """
    panel, left_out = _known(panel)
    _strong(_first_stage(panel, _parted(panel)))
    value, low, high, p_value, warnings = anderson_rubin(panel, seed=seed, draws=draws, by_time=by_time)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise CannotEstimate(
            "unbounded",
            "L'ouverture a trop peu changé les venues pour borner l'effet d'une semaine de venue : aucune valeur n'est exclue.",
        )
    rows, units, clusters = panel.count()
    return Estimate(
        "treated_drawn",
        DRAWN_PAPER,
        value,
        None,
        low,
        high,
        p_value,
        rows,
        units,
        clusters,
        seed,
        (*left_out, *warnings),
    )


def anderson_rubin(
    panel: Panel, *, seed: int, draws: int = 1999, by_time: bool = False
) -> tuple[float, float, float, float, tuple[str, ...]]:
    """Value, bounds (infinite where nothing is excluded) and p of no effect, from the drawn order; whatever the first stage.

    Of a confidence set in several pieces, the hull. Raises CannotEstimate: `no-take-up` and what randomisation.py raises.
    """
    there = collapsed(panel)
    slots, slot = np.unique(there.opened, return_inverse=True)
    weights = weights_of(slots, np.bincount(slot), there.periods, by_time=by_time)
    if there.took_up is None or abs(came := float((weights[slot] * there.took_up).sum())) < 1e-9:
        raise _nobody()
    orders = drawn_again(there, slot.astype(np.int64), seed, draws)
    moved = float((weights[slot] * there.means).sum())
    others = np.einsum("oct,ct->o", weights[orders], there.means)
    others_came = np.einsum("oct,ct->o", weights[orders], there.took_up)
    low, high = _hull(moved, came, others, others_came)
    p_value = float((np.abs(others) >= abs(moved) * (1 - 1e-9)).mean())
    return moved / came, low, high, p_value, there.warnings


def _hull(moved: float, came: float, others: Floats, others_came: Floats) -> tuple[float, float]:
    """The least and the greatest effect that are not rejected, exactly: p only changes where an order's statistic equals ours."""
    edges = []
    for sign in (1.0, -1.0):
        slope = others_came - sign * came
        sure = np.abs(slope) > 1e-12
        edges.append((others[sure] - sign * moved) / slope[sure])
    cuts = np.unique(np.concatenate([*edges, [moved / came]]))
    # Between two cuts p is constant: its value in the middle, and beyond the last ones.
    span = max(1.0, float(cuts[-1] - cuts[0]))
    middles = np.concatenate([[cuts[0] - span], (cuts[:-1] + cuts[1:]) / 2, [cuts[-1] + span]])
    kept = np.zeros(len(middles), np.bool_)
    for first in range(0, len(middles), 500):
        tau = middles[first : first + 500, None]
        ours = np.abs(moved - tau * came)
        far = np.abs(others[None] - tau * others_came[None]) >= ours - 1e-9 * np.maximum(1.0, ours)
        kept[first : first + 500] = far.mean(axis=1) > LEVEL
    inside = np.flatnonzero(kept)
    if not len(inside):
        return moved / came, moved / came
    low = -np.inf if inside[0] == 0 else float(cuts[inside[0] - 1])
    high = np.inf if inside[-1] == len(middles) - 1 else float(cuts[inside[-1]])
    return low, high


def _parted(panel: Panel) -> _Parted:
    if panel.took_up is None or not len(panel.took_up) or float(np.ptp(panel.took_up)) == 0.0:
        raise _nobody()
    if panel.count()[2] < 3:
        raise CannotEstimate("few-clusters", "Il faut au moins trois communes pour estimer une incertitude.")
    unit, period, cluster = (np.unique(a, return_inverse=True)[1] for a in (panel.unit, panel.period, panel.cluster))
    opened = without_effects(panel.is_open.astype(np.float64), unit, period)
    if float(opened @ opened) < 1e-8 * max(1, len(unit)):
        raise CannotEstimate(
            "no-comparison",
            "Rien à comparer : il faut des communes ouvertes et d'autres qui ne le sont pas, aux mêmes semaines, et des semaines d'avant.",
        )
    return _Parted(
        without_effects(panel.outcome, unit, period), without_effects(panel.took_up, unit, period), opened, cluster
    )


def _first_stage(panel: Panel, parted: _Parted) -> FirstStage:
    assert panel.took_up is not None
    size = float(parted.opened @ parted.opened)
    more = float(parted.opened @ parted.came) / size
    if abs(more) < 1e-9:
        raise _nobody()
    error = _clustered(parted.opened * (parted.came - more * parted.opened), parted.cluster) / size
    is_open = panel.is_open
    return FirstStage(
        more,
        (more / error) ** 2 if error > 1e-12 else float("inf"),
        float(panel.took_up[is_open].mean()),
        float(panel.took_up[~is_open].mean()),
    )


def _clustered(scores: Floats, cluster: npt.NDArray[np.intp]) -> float:
    """The root of the sum of squares of the scores by cluster, with the usual factor for few of them."""
    summed = np.bincount(cluster, scores)
    return float(np.sqrt(len(summed) / (len(summed) - 1) * (summed @ summed)))


def _strong(found: FirstStage) -> None:
    if found.f < LEAST_F:
        raise CannotEstimate(
            "weak-instrument",
            "L'ouverture a trop peu changé les venues, ou de façon trop inégale selon les communes, pour en tirer l'effet d'une semaine de "
            f"venue (F = {found.f:.1f}".replace(".", ",")
            + f", il en faut {LEAST_F:.0f}).",
        )


def _nobody() -> CannotEstimate:
    return CannotEstimate(
        "no-take-up", "L'ouverture n'a rien changé aux venues : l'effet d'une semaine de venue n'existe pas."
    )


def _few(clusters: int) -> tuple[str, ...]:
    return (
        (f"Avec {clusters} communes, cette incertitude est plutôt trop petite.",) if clusters < ENOUGH_CLUSTERS else ()
    )


def left_out(panel: Panel) -> tuple[str, ...]:
    """How many weeks cannot be read because nobody knows any more who came, in words."""
    if panel.took_up is None or not (lost := np.isnan(panel.took_up)).any():
        return ()
    weeks = len(np.unique(panel.period[lost]))
    return (f"Semaines laissées de côté parce que les réservations n'y ont plus de nom : {weeks}.",)


def _known(panel: Panel) -> tuple[Panel, tuple[str, ...]]:
    """The rows of which it is known whether somebody came, and what was left out."""
    if panel.took_up is None:
        raise _nobody()
    known = ~np.isnan(panel.took_up)
    if known.all():
        return panel, ()
    return panel.only(known), left_out(panel)
