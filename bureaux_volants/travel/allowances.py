"""What the employer pays to an agent who drives their own car on duty, by the yearly band. Dated, with its source. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AllowanceTable:
    """EUR per kilometre of own car on duty; bands of the calendar year: (up to how many km, rate), the last without end."""

    version: str
    since: dt.date
    source: str
    bands: tuple[tuple[float, float], ...]

    @property
    def first_rate(self) -> float:
        """EUR/km of a year's first kilometre: what a single trip is counted at, when the year's kilometres are not known."""
        return self.bands[0][1]

    def pay(self, km: float, already_km: float = 0.0) -> float:
        """EUR for `km` more when `already_km` were driven since 1 January. ValueError for negative kilometres."""
        if km < 0 or already_km < 0:
            raise ValueError("kilometres are not negative")
        total, low = 0.0, 0.0
        for high, rate in self.bands:
            total += rate * max(0.0, min(already_km + km, high) - max(already_km, low))
            low = high
        return total


ORDER_2022 = AllowanceTable(
    version="arrete-2022-03-14",
    since=dt.date(2022, 1, 1),
    source="Arrêté du 3 juillet 2006 (NOR BUDB0620005A), modifié le 14 mars 2022 : véhicule de 5 CV et moins, métropole",
    bands=((2000.0, 0.32), (10_000.0, 0.40), (float("inf"), 0.23)),
)
