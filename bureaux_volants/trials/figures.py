"""How a figure is written down in a reading: rounded, as plain JSON; and what rows it was worked out from."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from .estimating.results import Estimate, Panel
from .indicators.figures import is_small

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


def digest_of(panel: Panel) -> str:
    """SHA-256 of the rows in canonical order (by agent and week)."""
    order = np.lexsort((panel.period, panel.unit))
    found = hashlib.sha256()
    columns = (panel.unit, panel.cluster, panel.period, panel.opened, panel.outcome, panel.took_up, panel.drawn)
    for array in columns:
        if array is not None:
            found.update(np.ascontiguousarray(array[order], dtype=array.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
