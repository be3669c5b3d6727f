"""How a figure is written down in a reading: rounded, as plain JSON; and what rows it was worked out from."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from .estimating.results import Estimate, Panel

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


def digest_of(panel: Panel) -> str:
    """SHA-256 of the rows in canonical order (by agent and week)."""
    order = np.lexsort((panel.period, panel.unit))
    found = hashlib.sha256()
    columns = (panel.unit, panel.cluster, panel.period, panel.opened, panel.outcome, panel.took_up, panel.drawn)
    for array in columns:
        if array is not None:
            found.update(np.ascontiguousarray(array[order], dtype=array.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()
