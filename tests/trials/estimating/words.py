"""Panels in the words of a trial, for the estimators' tests."""

from __future__ import annotations

import numpy as np

from bureaux_volants.trials.estimating.results import Panel


def wedge(
    generator: np.random.Generator,
    *,
    per_coming: float = 0.0,
    comes: float = 0.5,
    communes: int = 8,
    weeks: int = 10,
    drift: float = 2.0,
    people: int = 6,
) -> Panel:
    """Communes that open two by two in a drawn order from week 4; once open a person comes in a share of the weeks around `comes`.

    Those who come often have the higher level, so that comparing weeks with and without coming would mislead.
    """
    opened = generator.permutation(np.repeat(np.arange(4, 4 + communes // 2), 2))
    unit, week = (a.ravel() for a in np.mgrid[0 : communes * people, 1 : weeks + 1])
    cluster = unit // people
    eager = generator.uniform(0, 2 * comes, communes * people)
    came = ((week >= opened[cluster]) & (generator.random(len(unit)) < eager[unit])).astype(np.float64)
    moves = generator.normal(0, drift, (communes, weeks)).cumsum(axis=1)
    outcome = 90 + 30 * eager[unit] + moves[cluster, week - 1] + generator.normal(0, 8, len(unit)) + per_coming * came
    return Panel(unit, cluster, week, outcome, opened[cluster], came)


def kept(panel: Panel, rows: np.ndarray) -> Panel:
    """The same panel with some of its rows only."""
    return panel.only(rows)
