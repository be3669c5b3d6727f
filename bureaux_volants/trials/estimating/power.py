"""Before starting: the least effect that a plan would see, four times in five, and what it would take to see a smaller one.

Of the differences on weekly means of communes (randomisation.py, the ordinary one or that by time since the opening), the error is
worked out exactly from what is known or guessed of the outcome: nothing is approximated but Student's quantiles. Where the test is that of
the drawn order no formula holds, and `chances` runs it on simulated trials. A commune's level and a person's own level
count for nothing, since everybody is compared with themselves; what limits is the noise of a week, which more people reduce, and the drift of each
commune, which only more communes do. For stepped wedges see Hussey and Hughes, Contemporary Clinical Trials 28 (2007).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .randomisation import FEWEST_ORDERS, orders_of, possible_orders, weights_of
from .results import NEVER, CannotEstimate, Floats, Ints, Panel
from .tables import t_quantile

#: Chances to see an effect of that size, and not to see one that is not there.
POWER, LEVEL = 0.8, 0.95
#: Beyond so many people in a commune, or so many times the communes, the answer is that it cannot be had.
MOST_PEOPLE, MOST_TIMES, MOST_WEEKS = 500, 12, 26
#: Trials simulated by `chances`, and orders drawn anew in each: the share found is right within 0.02.
SIMULATED, ORDERS = 500, 399
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """`opened`: of each commune, the first week in which it is open, from 1; NEVER for a control. `people`: in each commune.

    `by_time`: what will be read is the mean of the effects by time since the opening, not the ordinary difference. `stratum`: of each
    commune, a number for the stratum in which its opening is drawn; empty: without strata.
    """

    opened: Sequence[int]
    weeks: int
    people: int
    by_time: bool = False
    stratum: Sequence[int] = ()

    @property
    def strata(self) -> Ints | None:
        return np.array(self.stratum, dtype=np.int64) if self.stratum else None


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
    return _quantiles(len(plan.opened)) * _error(plan, spread)


def _quantiles(clusters: int) -> float:
    """How many standard errors an effect must be, to be seen at LEVEL with POWER. Raises CannotEstimate `few-clusters`."""
    if clusters < 3:
        raise CannotEstimate("few-clusters", "Il faut au moins trois communes pour estimer une incertitude.")
    return t_quantile((1 + LEVEL) / 2, clusters - 1) + t_quantile(POWER, clusters - 1)


def needed(plan: Plan, spread: Spread, effect: float) -> Needed:
    """What it would take to see `effect` (positive, in the unit of the outcome). Raises CannotEstimate."""
    clusters = len(plan.opened)
    of_drift, of_noise = _parts(plan)
    # Of the variance that would do, what drift takes is lost whatever the people; the noise is shared among them.
    left = (effect / _quantiles(clusters)) ** 2 - spread.drift**2 * of_drift
    people = max(1, math.ceil(spread.noise**2 * of_noise / left)) if left > 0 else None
    if people is not None and people > MOST_PEOPLE:
        people = None
    # So many times the communes, each opening alike: so many times less variance.
    variance = _error(plan, spread) ** 2
    for times in range(1, MOST_TIMES + 1):
        if _quantiles(clusters * times) * math.sqrt(variance / times) <= effect:
            return Needed(people, clusters * times)
    return Needed(people, None)


def weeks_needed(
    stretched: Callable[[int], Plan], spread: Spread, effect: float, *, most_weeks: int = 10_000
) -> int | None:
    """By how many weeks each stretch of the calendar must be longer (`stretched`) for `effect` to be seen; None: longer does not do it.

    More weeks bring more of each person and more drift of each commune: after a while they no longer help. A calendar of more than
    `most_weeks` in all is not looked at.
    """
    for n in range(MOST_WEEKS + 1):
        plan = stretched(n)
        if plan.weeks > most_weeks:
            return None
        if detectable(plan, spread) <= effect:
            return n
    return None


def correlation(spread: Spread) -> float:
    """Of the changes, from one week to the next, of two people of one commune: 0 when communes do not drift."""
    total = spread.drift**2 + 2 * spread.noise**2
    return spread.drift**2 / total if total else 0.0


def orders(plan: Plan) -> int:
    """How many orders of opening could be drawn."""
    return possible_orders(_slots(plan)[1], plan.strata)


def chances(plan: Plan, spread: Spread, effect: float, *, seed: int) -> float:
    """The share of simulated trials in which the test of the drawn order sees `effect` at 5 %. Raises CannotEstimate `few-orders`, `no-comparison`.

    Normal weekly means of communes with the given noise and drift; the same numbers for the same seed.
    """
    slots, slot = _slots(plan)
    if (possible := orders(plan)) < FEWEST_ORDERS:
        raise CannotEstimate(
            "few-orders",
            f"L'ordre d'ouverture n'aurait que {possible} tirages possibles : trop peu pour distinguer un effet du hasard. "
            "Il faut plus de communes ou plus d'étapes.",
        )
    weights = weights_of(slots, np.bincount(slot), np.arange(1, plan.weeks + 1), by_time=plan.by_time)
    drawn = weights[orders_of(slot, seed, ORDERS, plan.strata)].reshape(-1, len(slot) * plan.weeks)
    real, opened = weights[slot].ravel(), slots[slot][:, None]
    effects = effect * ((opened != NEVER) & (np.arange(1, plan.weeks + 1) >= opened))
    generator, seen = np.random.default_rng(seed), 0
    for _batch in range(0, SIMULATED, _BATCH):
        means = generator.normal(0, spread.drift, (_BATCH, *effects.shape)).cumsum(axis=2)
        means += generator.normal(0, spread.noise / np.sqrt(plan.people), means.shape) + effects
        flat = means.reshape(_BATCH, -1).T
        p_values = (np.abs(drawn @ flat) >= np.abs(real @ flat)[None] - 1e-9).mean(axis=0)
        seen += int((p_values <= 1 - LEVEL).sum())
    return seen / SIMULATED


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


def _slots(plan: Plan) -> tuple[Ints, Ints]:
    """The different openings, and which of them each commune has."""
    slots, slot = np.unique(np.array(plan.opened, dtype=np.int64), return_inverse=True)
    return slots, slot.astype(np.int64)


def _parts(plan: Plan) -> tuple[float, float]:
    """What the variance of the difference on weekly means is made of, exactly: per unit of drift^2, and of noise^2 of one person."""
    slots, slot = _slots(plan)
    weeks = np.arange(1, plan.weeks + 1)
    sizes = np.bincount(slot)
    weights = weights_of(slots, sizes, weeks, by_time=plan.by_time)
    # The drift of a week stays in all those after it.
    kept = weights[:, ::-1].cumsum(axis=1)
    return float(sizes @ (kept**2).sum(axis=1)), float(sizes @ (weights**2).sum(axis=1))


def _error(plan: Plan, spread: Spread) -> float:
    """The standard error of the difference on weekly means."""
    of_drift, of_noise = _parts(plan)
    return math.sqrt(spread.drift**2 * of_drift + spread.noise**2 / plan.people * of_noise)
