"""How a figure is written down in a reading: rounded, as plain JSON; and what rows it was worked out from."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from .estimating.results import Estimate, Floats, Ints, Panel
from .indicators.figures import is_small
from .surveys.pseudonyms import mark

#: Under so many people nothing is told of a group.
LEAST = 5
#: Digits kept: more would be of the machine, not of the trial.
DIGITS = 6


def rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, DIGITS)


def estimate_of(found: Estimate) -> dict[str, Any]:
    said = asdict(found)
    for name in ("value", "se", "low", "high", "p_value"):
        said[name] = rounded(said[name])
    return {**said, "warnings": list(found.warnings)}


def why_silent(panel: Panel) -> str:
    """Why nothing may be estimated of so few people, in French; "" when it may.

    With one person open, the effect less the weekly means of the others would be how that person changed.
    """
    if len(np.unique(panel.unit)) < LEAST:
        return _(
            "Moins de cinq personnes ont été mesurées : rien n'en est dit, pour que personne ne soit reconnaissable."
        )
    if any(is_small(len(np.unique(panel.unit[side]))) for side in (panel.is_open, ~panel.is_open)):
        return _(
            "Moins de cinq personnes ont été mesurées une fois ouvertes, ou sans l'être : l'effet serait le leur, rien n'en est dit."
        )
    return ""


def marks_of(panel: Panel, trial_id: int) -> list[str]:
    """One mark for each person of the panel, of all their rows: it tells whether these changed, and nothing else (pseudonyms.mark)."""
    if not len(panel.unit):
        return []
    order = np.lexsort((panel.period, panel.unit))
    units, starts = np.unique(panel.unit[order], return_index=True)
    rows = np.stack([a[order].astype(np.float64) for a in _measured(panel)], axis=1)
    parts = np.split(rows, starts[1:])
    return mark(trial_id, [f"{unit}:{part.tobytes().hex()}" for unit, part in zip(units.tolist(), parts, strict=True)])


def _measured(panel: Panel) -> list[Ints | Floats]:
    found: list[Ints | Floats] = [panel.period, panel.opened, panel.outcome]
    return found if panel.took_up is None else [*found, panel.took_up]


def digest_of(panel: Panel) -> str:
    """SHA-256 of the rows in canonical order (by agent and week)."""
    order = np.lexsort((panel.period, panel.unit))
    found = hashlib.sha256()
    for name in ("unit", "cluster", "period", "opened", "outcome", "took_up", "drawn", "stratum"):
        array = panel.columns[name]
        if array is not None:
            found.update(np.ascontiguousarray(array[order], dtype=array.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
