"""Before starting: the least effect that a plan would see, four times in five, and what it would take to see a smaller one.

Of the difference-in-differences on weekly means of communes (randomisation.py), the error is worked out exactly from what is
known or guessed of the outcome: nothing is simulated, nothing approximated but Student's quantiles. A commune's level and a person's own level
count for nothing, since everybody is compared with themselves; what limits is the noise of a week, which more people reduce, and the drift of each
commune, which only more communes do. For stepped wedges see Hussey and Hughes, Contemporary Clinical Trials 28 (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .results import NEVER, CannotEstimate, Floats, Panel
from .tables import t_quantile

#: Chances to see an effect of that size, and not to see one that is not there.
POWER, LEVEL = 0.8, 0.95
#: Beyond so many people in a commune, or so many times the communes, the answer is that it cannot be had.
MOST_PEOPLE, MOST_TIMES = 500, 12


@dataclass(frozen=True, slots=True)
class Plan:
    """`opened`: of each commune, the first week in which it is open, from 1; NEVER for a control. `people`: in each commune."""

    opened: Sequence[int]
    weeks: int
    people: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the outcome, in its unit: standard deviation of one person's week, and of a commune's change from one week to the next."""

    noise: float
    drift: float


@dataclass(frozen=True, slots=True)
class Needed:
    """What would show an effect: people in each commune with these communes, communes with these people; None: out of reach."""

    people: int | None
    communes: int | None


def detectable(plan: Plan, spread: Spread) -> float:
    """The minimum detectable effect, in the unit of the outcome. Raises CannotEstimate where nothing would be compared."""
    clusters = len(plan.opened)
    if clusters < 3:
        raise CannotEstimate("few-clusters", "Il faut au moins trois communes pour estimer une incertitude.")
    degrees = clusters - 1
    quantiles = t_quantile((1 + LEVEL) / 2, degrees) + t_quantile(POWER, degrees)
    return quantiles * _error(plan, spread)


def needed(plan: Plan, spread: Spread, effect: float) -> Needed:
    """What it would take to see `effect` (positive, in the unit of the outcome). Raises CannotEstimate."""
    people: int | None = None
    if detectable(Plan(plan.opened, plan.weeks, MOST_PEOPLE), spread) <= effect:
        low, high = 1, MOST_PEOPLE
        while low < high:
            middle = (low + high) // 2
            if detectable(Plan(plan.opened, plan.weeks, middle), spread) <= effect:
                high = middle
            else:
                low = middle + 1
        people = low
    for times in range(1, MOST_TIMES + 1):
        if detectable(Plan(list(plan.opened) * times, plan.weeks, plan.people), spread) <= effect:
            return Needed(people, len(plan.opened) * times)
    return Needed(people, None)


def spread_of(history: Panel) -> Spread:
    """What a history says, of rows before any opening: by the method of moments. Raises CannotEstimate when it is too short."""
    before = ~history.is_open
    unit, period = history.unit[before], history.period[before]
    cell = np.unique(np.stack([history.cluster[before], period]), axis=1, return_inverse=True)
    keys, place = cell[0], cell[1].ravel()
    outcome = history.outcome[before]
    if len(np.unique(unit)) < 5 or len(np.unique(period)) < 3:
        raise CannotEstimate(
            "short-history", "Il faut au moins trois semaines et cinq personnes observées avant l'ouverture."
        )
    counts = np.bincount(place)
    means = np.bincount(place, outcome) / counts
    left = outcome - means[place]
    people = np.unique(unit, return_inverse=True)[1]
    seen = np.bincount(people)
    left = left - (np.bincount(people, left) / seen)[people]
    free = len(outcome) - len(counts) - len(seen) + len(np.unique(keys[0]))
    if free < 1:
        raise CannotEstimate("short-history", "L'historique est trop court pour en tirer une dispersion.")
    noise2 = float((left**2).sum() / free)
    changes, of_noise = _changes(keys, means, counts)
    drift2 = 0.0
    if len(changes) > 1:
        drift2 = max(0.0, float((changes**2).sum() / max(1, len(changes) - 1)) - noise2 * float(np.mean(of_noise)))
    return Spread(float(np.sqrt(noise2)), float(np.sqrt(drift2)))


def _changes(keys: np.ndarray, means: Floats, counts: np.ndarray) -> tuple[Floats, Floats]:
    """From one week to the next, how each commune changed beyond the others, and what part of the weekly noise is in that."""
    known = {(int(c), int(p)): (m, n) for c, p, m, n in zip(keys[0], keys[1], means, counts, strict=True)}
    changes: list[float] = []
    of_noise: list[float] = []
    for week in sorted({int(p) for p in keys[1]}):
        now = [(c, *known[c, week], *known[c, week + 1]) for c, p in known if p == week and (c, week + 1) in known]
        if len(now) < 2:
            continue
        steps = np.array([m1 - m0 for _, m0, _, m1, _ in now])
        # Against their mean, the steps vary a little less than they do: made up for.
        changes += ((steps - steps.mean()) * np.sqrt(len(now) / (len(now) - 1))).tolist()
        of_noise += [1 / n0 + 1 / n1 for _, _, n0, _, n1 in now]
    return np.array(changes), np.array(of_noise)


def _error(plan: Plan, spread: Spread) -> float:
    """The standard error of the difference-in-differences on weekly means, exactly."""
    opened = np.array(plan.opened)[:, None]
    weeks = np.arange(1, plan.weeks + 1)
    treated = ((opened != NEVER) & (weeks[None] >= opened)).astype(np.float64)
    inside = treated - treated.mean(0, keepdims=True) - treated.mean(1, keepdims=True) + treated.mean()
    squared = float((inside**2).sum())
    if squared < 1e-9:
        raise CannotEstimate(
            "no-comparison",
            "Rien ne serait comparé : il faut des communes ouvertes et d'autres qui ne le sont pas encore, et des semaines d'avant.",
        )
    weights = inside / squared
    covariance = spread.drift**2 * np.minimum.outer(weeks, weeks) + spread.noise**2 / plan.people * np.eye(plan.weeks)
    return float(np.sqrt(np.einsum("cs,st,ct->", weights, covariance, weights)))
