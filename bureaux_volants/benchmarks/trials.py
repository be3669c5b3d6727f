"""`bv bench trials`: trials whose truth is known, many times over. How far off each estimator is, and how often its interval holds the truth.

A stepped wedge of the size of Metz: ten communes that open two by two, 18 people each, 26 weeks of car kilometres; every commune has its own
slow drift, every person their level. For the effect on those who came, a person comes in about half of the weeks once open, those who come
more having the higher level. And how often the test of the weeks before rejects where nothing differs. `--scale` is how many trials (500).
The seed is fixed: nothing was chosen after looking.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bureaux_volants.trials.estimating import (
    before_after,
    difference,
    group_time,
    pre_trend,
    randomisation,
    treated,
    wild_bootstrap,
)
from bureaux_volants.trials.estimating.results import NEVER, CannotEstimate, Estimate, Floats, Panel

from .report import Figure

SEED = 57
TRIALS = 500
COMMUNES, PEOPLE, WEEKS, STEPS, FIRST_OPENING = 10, 18, 26, 5, 7
#: Kilometres by car per agent and week: spread of people, drift of communes from week to week, noise of one week.
LEVEL, BETWEEN_PEOPLE, DRIFT, NOISE = 120.0, 45.0, 2.5, 30.0
#: Redrawn weights and orders in each trial: fewer than for one real trial, which the coverage bears.
DRAWS = 399

ESTIMATORS: dict[str, Callable[[Panel, int], Estimate]] = {
    "group_time": lambda panel, seed: group_time.estimate(panel, seed=seed, draws=DRAWS).overall,
    "randomisation_by_time": lambda panel, seed: randomisation.estimate(panel, seed=seed, draws=DRAWS, by_time=True),
    "randomisation": lambda panel, seed: randomisation.estimate(panel, seed=seed, draws=DRAWS),
    "difference": lambda panel, seed: difference.estimate(panel),
    "wild_bootstrap": lambda panel, seed: wild_bootstrap.estimate(panel, seed=seed),
    "before_after": lambda panel, seed: before_after.estimate(panel),
}

#: Of the effect on those who came, in a week in which they came.
OF_THOSE_WHO_CAME: dict[str, Callable[[Panel, int], Estimate]] = {
    "treated_drawn": lambda panel, seed: treated.by_drawn_order(panel, seed=seed, draws=DRAWS),
    "treated_drawn, by time": lambda panel, seed: treated.by_drawn_order(panel, seed=seed, draws=DRAWS, by_time=True),
    "treated": lambda panel, seed: treated.estimate(panel),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What opening does: `at_once`, and `each_week` more with every further week."""

    name: str
    at_once: float
    each_week: float = 0.0


def draw(generator: np.random.Generator, truth: Truth) -> tuple[Panel, Floats]:
    """One trial, and the true effect of each of its rows."""
    opened = generator.permutation(np.repeat(FIRST_OPENING + 3 * np.arange(STEPS), COMMUNES // STEPS))
    unit, week = (a.ravel() for a in np.mgrid[0 : COMMUNES * PEOPLE, 1 : WEEKS + 1])
    cluster = unit // PEOPLE
    since = week - opened[cluster]
    effect = np.where(since >= 0, truth.at_once + truth.each_week * since, 0.0)
    drift = generator.normal(0, DRIFT, (COMMUNES, WEEKS)).cumsum(axis=1)
    level = LEVEL + generator.normal(0, BETWEEN_PEOPLE, COMMUNES * PEOPLE)
    season = 10 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    outcome = level[unit] + drift[cluster, week - 1] + season[week - 1] + generator.normal(0, NOISE, len(unit)) + effect
    return Panel(unit, cluster, week, outcome, opened[cluster]), effect


def draw_coming(generator: np.random.Generator, per_coming: float) -> Panel:
    """One trial in which opening changes nothing but who comes, and a week of coming changes the outcome by `per_coming`."""
    panel, _none = draw(generator, Truth("", 0.0))
    eager = generator.random(COMMUNES * PEOPLE)
    came = (panel.is_open & (generator.random(len(panel.unit)) < eager[panel.unit])).astype(np.float64)
    return replace(panel, outcome=panel.outcome + BETWEEN_PEOPLE * eager[panel.unit] + per_coming * came, took_up=came)


def unequal(panel: Panel) -> Panel:
    """The same people as of communes of other sizes, five opened in one week and five never: nothing drawn, nothing that differs before."""
    place = panel.unit % PEOPLE
    kept = place < 4 + 14 * (panel.cluster % 5) // 4
    opened = np.where(panel.cluster < COMMUNES // 2, FIRST_OPENING, NEVER)
    return Panel(panel.unit[kept], panel.cluster[kept], panel.period[kept], panel.outcome[kept], opened[kept])


def _aimed_at(name: str, panel: Panel, effect: Floats) -> float:
    """What an estimator means by "the effect": group_time takes each time since the opening as one, the others each open week."""
    is_open = panel.is_open
    if not name.endswith("_time"):
        return float(effect[is_open].mean())
    since = (panel.period - panel.opened)[is_open]
    # The last communes to open are nobody's comparison: no effect is known from their opening on.
    last = panel.opened.max()
    known = panel.period[is_open] < last
    return float(np.mean([effect[is_open][known & (since == s)].mean() for s in np.unique(since[known])]))


def run(scale: str | None) -> list[Figure]:
    """Bias (km, with its Monte Carlo error) and coverage of each estimator, under three truths."""
    count = int(scale) if scale else TRIALS
    figures: list[Figure] = [Figure("simulated trials", count, "")]
    for truth in (
        Truth("effect of -18 km", -18.0),
        Truth("no effect", 0.0),
        Truth("effect that grows by 1.5 km a week", -6.0, -1.5),
    ):
        generator = np.random.default_rng(SEED)
        off: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
        held: dict[str, int] = dict.fromkeys(ESTIMATORS, 0)
        for number in range(count):
            panel, effect = draw(generator, truth)
            for name, estimate in ESTIMATORS.items():
                found, aim = estimate(panel, number), _aimed_at(name, panel, effect)
                off[name].append(found.value - aim)
                held[name] += found.low <= aim <= found.high
        for name in ESTIMATORS:
            figures += _told(name, truth, np.array(off[name]), held[name] / count, count)
    # Another effect of coming would move every estimate and every bound by as much: one truth says all.
    return [*figures, *_coming(-40.0, count), *_before(count)]


def _coming(per_coming: float, count: int) -> list[Figure]:
    """Bias and coverage of the effect on those who came."""
    generator = np.random.default_rng(SEED)
    truth = Truth(f"{per_coming:g} km in a week of coming", per_coming)
    off: dict[str, list[float]] = {name: [] for name in OF_THOSE_WHO_CAME}
    held: dict[str, int] = dict.fromkeys(OF_THOSE_WHO_CAME, 0)
    refused = 0
    for number in range(count):
        panel = draw_coming(generator, per_coming)
        for name, estimate in OF_THOSE_WHO_CAME.items():
            try:
                found = estimate(panel, number)
            except CannotEstimate:
                refused += 1
                continue
            off[name].append(found.value - per_coming)
            held[name] += found.low <= per_coming <= found.high
    figures: list[Figure] = []
    for name in OF_THOSE_WHO_CAME:
        made = len(off[name])
        figures += _told(
            name, truth, np.array(off[name]), held[name] / made, made, is_exact=name.startswith("treated_drawn")
        )
    return [*figures, Figure(f"treated, {truth.name}: refused", refused, "", "0", refused == 0)]


def _before(count: int) -> list[Figure]:
    """How often the test of the weeks before rejects at 5 % where nothing differs: no more often than that."""
    generator = np.random.default_rng(SEED)
    rejected = {"drawn_order": 0, "permutation": 0}
    for number in range(count):
        panel, _effect = draw(generator, Truth("", 0.0))
        rejected["drawn_order"] += pre_trend.assess(panel, drawn=True, seed=number, draws=DRAWS).p_value <= 0.05
        rejected["permutation"] += (
            pre_trend.assess(unequal(panel), drawn=False, seed=number, draws=DRAWS).p_value <= 0.05
        )
    most = 0.05 + 3 * math.sqrt(0.05 * 0.95 / count)
    said = {"drawn_order": "", "permutation": ", communes of unequal sizes, none drawn"}
    return [
        Figure(f"pre_trend {name}{said[name]}: size at 5 %", n / count, "", f"<= {most:.3f}", n / count <= most)
        for name, n in rejected.items()
    ]


def _told(name: str, truth: Truth, off: Floats, coverage: float, count: int, *, is_exact: bool = False) -> list[Figure]:
    bias, error = float(off.mean()), float(off.std(ddof=1) / math.sqrt(count))
    lowest = 0.95 - 3 * math.sqrt(0.95 * 0.05 / count)
    # A constant effect is what randomisation and the ordinary difference assume: elsewhere they are shown, not aimed at.
    # Before and after has the season in it: it is shown for what it is.
    is_meant = (name.endswith("_time") or truth.each_week == 0) and name != "before_after"
    # Errors clustered by ten communes are known to be small: only exact inference is held to its word, under the constant effect it tests.
    is_exact = is_exact or (name.startswith("randomisation") and truth.each_week == 0)
    return [
        Figure(
            f"{name}, {truth.name}: bias",
            bias,
            "km",
            f"within 3 x {error:.2f}" if is_meant else "",
            abs(bias) <= 3 * error if is_meant else None,
        ),
        Figure(f"{name}, {truth.name}: Monte Carlo error", error, "km"),
        Figure(
            f"{name}, {truth.name}: coverage of the 95 % interval",
            coverage,
            "",
            f">= {lowest:.3f}" if is_exact else "",
            coverage >= lowest if is_exact else None,
        ),
    ]
