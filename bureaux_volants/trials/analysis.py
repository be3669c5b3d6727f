"""Everything that a trial's figures say, in one pass: the same rows, code and seed give the same document.

The document (`Reading.figures`) is plain JSON:

    outcome     {code, name, unit, threshold, decrease}
    sample      {rows, agents, communes, weeks, weeks_possible}; agents None under five
    main        an estimate (below) or None
    conclusion  {verdict, is_conclusive, sentence} of `main` against the threshold, or None
    others      other estimates of the same effect, by other methods
    refused     [{method, code, reason}]: what the data cannot bear, and why
    study       {points: [{when, value, low, high, band_low, band_high}], pre_trend_p, notes} or None
    weeks       [{monday, open, open_agents, closed, closed_agents}]: means, None for fewer than five people
    estimate    {method, paper, value, se, low, high, p_value, rows, units, clusters, warnings}

Nothing in it leads to somebody: no number of an agent, no group under five, no table by commune.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from bureaux_volants import __version__

from .estimating import before_after, difference, group_time, randomisation, wild_bootstrap
from .estimating.conclusion import conclude
from .estimating.results import CannotEstimate, Estimate, EventStudy, Panel
from .models import Trial
from .outcomes import OUTCOMES
from .panels import WEEK, monday_of, panel_of

LEAST = 5
_T = TypeVar("_T")
#: Raised when what is worked out from the same rows changes.
CODE_VERSION = f"{__version__}+figures.2"
#: Digits kept: more would be of the machine, not of the trial.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Analysis:
    """The figures, and what they were worked out from."""

    figures: dict[str, Any]
    data_digest: str
    seed: int


def digest_of(panel: Panel) -> str:
    """SHA-256 of the rows in canonical order (by agent and week)."""
    order = np.lexsort((panel.period, panel.unit))
    found = hashlib.sha256()
    for array in (panel.unit, panel.cluster, panel.period, panel.opened, panel.outcome):
        found.update(np.ascontiguousarray(array[order], dtype=array.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def work_out(trial: Trial) -> Analysis:
    """A trial's figures from what was measured until now."""
    try:
        panel = panel_of(trial, trial.outcome)
    except CannotEstimate as error:
        return Analysis(
            {**_frame(trial), "refused": [{"method": "panel", "code": error.code, "reason": error.reason}]},
            hashlib.sha256().hexdigest(),
            trial.seed,
        )
    return Analysis({**_frame(trial), **figures_of(panel, trial)}, digest_of(panel), trial.seed)


def _frame(trial: Trial) -> dict[str, Any]:
    indicator = OUTCOMES.get(trial.outcome)
    return {
        "outcome": {
            "code": trial.outcome,
            "name": str(indicator.name) if indicator else trial.outcome,
            "unit": str(indicator.unit) if indicator else "",
            "threshold": trial.threshold,
            "decrease": trial.direction == Trial.Direction.DECREASE,
        },
        "sample": None,
        "main": None,
        "conclusion": None,
        "others": [],
        "refused": [],
        "study": None,
        "weeks": [],
    }


def figures_of(panel: Panel, trial: Trial) -> dict[str, Any]:
    """What a panel says of the trial's main outcome; the design of the protocol says which method is the main one."""
    rows, agents, communes = panel.count()
    weeks_possible = (trial.ends_on + dt.timedelta(days=1) - monday_of(trial.baseline_from)) // WEEK
    found: dict[str, Any] = {
        "sample": {
            "rows": rows if agents >= LEAST else None,
            "agents": agents if agents >= LEAST else None,
            "communes": communes,
            "weeks": len(np.unique(panel.period)),
            "weeks_possible": weeks_possible,
        }
    }
    refused: list[dict[str, str]] = []
    if agents < LEAST:
        reason = (
            "Moins de cinq personnes ont été mesurées : rien n'en est dit, pour que personne ne soit reconnaissable."
        )
        return {**found, "refused": [{"method": "all", "code": "few-agents", "reason": reason}]}

    def attempt(method: str, estimator: Callable[[], _T]) -> _T | None:
        try:
            return estimator()
        except CannotEstimate as error:
            refused.append({"method": method, "code": error.code, "reason": error.reason})
            return None

    study = attempt("group_time", lambda: group_time.estimate(panel, seed=trial.seed))
    plain = attempt("difference", lambda: difference.estimate(panel))
    drawn = drawn_by_time = None
    if trial.design == Trial.Design.STEPPED_WEDGE:
        drawn_by_time = attempt(
            "randomisation_by_time", lambda: randomisation.estimate(panel, seed=trial.seed, by_time=True)
        )
        drawn = attempt("randomisation", lambda: randomisation.estimate(panel, seed=trial.seed))
    wild = attempt("wild_bootstrap", lambda: wild_bootstrap.estimate(panel, seed=trial.seed))
    alone = attempt("before_after", lambda: before_after.estimate(panel))
    by_time = study.overall if study else None
    if trial.design == Trial.Design.BEFORE_AFTER:
        main = alone
    elif trial.design == Trial.Design.PARALLEL:
        main = plain
    elif drawn_by_time is not None and communes < group_time.ENOUGH_CLUSTERS:
        # With few communes only the drawn order bears an interval that keeps its word (docs/evaluation.md).
        main = drawn_by_time
    else:
        main = by_time or drawn_by_time or plain
    every = [drawn_by_time, by_time, plain, wild, drawn, alone]
    words = conclude(main, trial.threshold, decrease=trial.direction == Trial.Direction.DECREASE) if main else None
    return {
        **found,
        "main": _estimate(main) if main else None,
        "conclusion": asdict(words) if words else None,
        "others": [_estimate(e) for e in every if e is not None and e is not main],
        "refused": refused,
        "study": _study(study) if study else None,
        "weeks": _weeks(panel, monday_of(trial.baseline_from)),
    }


def _round(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)


def _estimate(found: Estimate) -> dict[str, Any]:
    said = asdict(found)
    for name in ("value", "se", "low", "high", "p_value"):
        said[name] = _round(said[name])
    return {**said, "warnings": list(found.warnings)}


def _study(found: EventStudy) -> dict[str, Any]:
    names = ("value", "se", "low", "high", "band_low", "band_high")
    return {
        "points": [{"when": p.when, **{n: _round(getattr(p, n)) for n in names}} for p in found.points],
        "pre_trend_p": _round(found.pre_trend_p),
        "notes": list(found.notes),
    }


def _weeks(panel: Panel, first: dt.date) -> list[dict[str, Any]]:
    found = []
    for period in np.unique(panel.period):
        here = panel.period == period
        line: dict[str, Any] = {"monday": (first + WEEK * (int(period) - 1)).isoformat()}
        for name, chosen in (("open", here & panel.is_open), ("closed", here & ~panel.is_open)):
            count = int(chosen.sum())
            line[name] = _round(float(panel.outcome[chosen].mean())) if count >= LEAST else None
            line[f"{name}_agents"] = count if count >= LEAST else None
        found.append(line)
    return found
