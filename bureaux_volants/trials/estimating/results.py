"""What goes into an estimator and what comes out of it. Pure: NumPy arrays and dataclasses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: In `Panel.opened`: a unit whose cluster is not opened to within the data.
NEVER = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """One row per unit (an agent) and period (a week), in any order; a missing row is a missing observation.

    `unit`, `cluster` (the commune, fixed at the draw), `period` (positive, rising), `outcome`; `opened`: the first period in which
    the unit's cluster was open to it, NEVER when it was not (intention to treat); `took_up`: 1.0 where the unit really used it
    in that period, else 0.0 (only for the effect on the treated); `drawn`: whether the opening of the unit's cluster came out of the
    draw of the order (None: all of them did); `stratum`: a number for the stratum of that draw (None: drawn without strata). All arrays
    have one length. Raises CannotEstimate: `not-a-number` (an outcome that is no number), `twice` (somebody has two rows of one period).
    """

    unit: Ints
    cluster: Ints
    period: Ints
    outcome: Floats
    opened: Ints
    took_up: Floats | None = None
    drawn: npt.NDArray[np.bool_] | None = None
    stratum: Ints | None = None

    def __post_init__(self) -> None:
        if len({len(a) for a in self.columns.values() if a is not None}) != 1:
            raise ValueError("the arrays of a panel have one length")
        if not np.isfinite(self.outcome).all():
            raise CannotEstimate("not-a-number", "Une des mesures n'est pas un nombre : rien n'est estimé.")
        if len(np.unique(np.stack([self.unit, self.period]), axis=1).T) < len(self.unit):
            raise CannotEstimate("twice", "Une même personne a deux mesures la même semaine : rien n'est estimé.")

    @property
    def columns(self) -> dict[str, npt.NDArray[Any] | None]:
        """The arrays by name."""
        return {column.name: getattr(self, column.name) for column in fields(self)}

    def only(self, kept: npt.NDArray[np.bool_]) -> Panel:
        """The rows where `kept` is true."""
        return replace(self, **{name: a[kept] for name, a in self.columns.items() if a is not None})

    @property
    def is_open(self) -> npt.NDArray[np.bool_]:
        """Rows observed at or after the opening of their cluster."""
        found: npt.NDArray[np.bool_] = (self.opened != NEVER) & (self.period >= self.opened)
        return found

    def count(self) -> tuple[int, int, int]:
        """How many rows, units, clusters."""
        return len(self.unit), len(np.unique(self.unit)), len(np.unique(self.cluster))


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect with its uncertainty, in the unit of the outcome. `method` is a stable code; `paper` is where it comes from.

    `low`, `high`: 95 % interval. `p_value` None where the method gives none. `warnings`: French sentences that go with the figure.
    """

    method: str
    paper: str
    value: float
    se: float | None
    low: float
    high: float
    p_value: float | None
    rows: int
    units: int
    clusters: int
    seed: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One effect of an event study: `when` periods after the opening (negative: before), pointwise and simultaneous bounds."""

    when: int
    value: float
    se: float
    low: float
    high: float
    band_low: float
    band_high: float


@dataclass(frozen=True, slots=True)
class EventStudy:
    """Effects by time since the opening, and the joint Wald test that those before it are nil.

    `pre_trend_p` is None when it cannot be tested so: too few communes for so many effects (see pre_trend.py).
    """

    points: Sequence[Point]
    overall: Estimate
    pre_trend_p: float | None
    notes: tuple[str, ...] = field(default=())


class CannotEstimate(Exception):
    """The data cannot bear this estimate. `code` is stable, `reason` one French sentence that says why and what it would take."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
