"""Emission factors: what a kilometre emits, by each mode, with its source. Dated and named; facts typed in. Pure.

**Cars are per vehicle-kilometre** and are divided by the people really aboard, once. What ADEME publishes for cars is already divided
by an average of 1.6 people: the figures below have been multiplied back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .modes import Mode


class Per(StrEnum):
    """What a factor's kilometre is a kilometre of."""

    PERSON = "person_km"
    #: To be divided by the people aboard, the driver included.
    VEHICLE = "vehicle_km"


@dataclass(frozen=True, slots=True)
class Factor:
    """gCO2e per kilometre: in `use`, and of `manufacturing` spread over the vehicle's life."""

    use: float
    manufacturing: float
    per: Per
    source: str


@dataclass(frozen=True, slots=True)
class FactorTable:
    """Factors by key (`walk`, `car_diesel`…), valid from a day, under a version name that stored results keep."""

    version: str
    since: dt.date
    source: str
    factors: Mapping[str, Factor]

    def grams(self, mode: Mode, energy: str = "", people: int = 1) -> tuple[float, float]:
        """gCO2e of one person's kilometre: in use, and with manufacturing. ValueError for nobody aboard or an unknown energy."""
        if people < 1:
            raise ValueError("a vehicle carries somebody")
        key = factor_key(mode, energy)
        if key not in self.factors:
            raise ValueError(f"no factor for {key}")
        factor = self.factors[key]
        aboard = people if factor.per is Per.VEHICLE else 1
        return factor.use / aboard, (factor.use + factor.manufacturing) / aboard


#: The energies that a car may have, as the fleet names them.
CAR_ENERGIES = ("diesel", "petrol", "hybrid", "electric")


def factor_key(mode: Mode, energy: str = "") -> str:
    """The name of a mode's factor: a car's depends on its energy."""
    return f"car_{energy}" if mode is Mode.CAR else mode.value


#: Every factor that a table must have.
KEYS = tuple(factor_key(m) for m in Mode if m is not Mode.CAR) + tuple(factor_key(Mode.CAR, e) for e in CAR_ENERGIES)

_REVISION = "ADEME, Impact CO2, révision 8076a489 du 1er juillet 2026"


def _person(use: float, manufacturing: float, source: str) -> Factor:
    return Factor(use, manufacturing, Per.PERSON, source)


def _car(use: float, manufacturing: float, source: str) -> Factor:
    return Factor(use, manufacturing, Per.VEHICLE, f"{source} ; valeur publiée par personne × 1,6 (occupation moyenne)")


ADEME_2026_07 = FactorTable(
    version="ademe-2026-07",
    since=dt.date(2026, 7, 1),
    source=_REVISION,
    factors=MappingProxyType(
        {
            "walk": _person(0, 0, "id 30 « marche »"),
            "bike": _person(0, 0.17, "id 7 « velo »"),
            "ebike": _person(2.23, 8.72, "id 8 « veloelectrique » ; Base Empreinte 28331"),
            "cargo_bike": _person(2.997, 11.83, "id 34 « triporteurelectrique »"),
            "bus": _person(113.5, 8.92, "id 9 « busthermique » ; Base Empreinte 43739"),
            "rapid_bus": _person(113.5, 8.92, "pas de facteur propre : celui du bus de la même énergie (id 9)"),
            "coach": _person(33.14, 4.42, "id 6 « autocar » ; Base Empreinte 43740"),
            "tram": _person(3.8, 0.48, "id 10 « tramway » ; Base Empreinte 43257"),
            "metro": _person(4.2, 0.24, "id 11 « metro » ; Base Empreinte 43253"),
            "train": _person(22.9, 4.79, "id 15 « ter » ; Base Empreinte 43255"),
            "car_diesel": _car(176.892416, 50.713044, "id 4 « voiturethermique »"),
            "car_petrol": _car(220.819796, 50.713044, "id 125 « voiture-compact-essence »"),
            "car_hybrid": _car(181.471096, 53.05587, "id 200 « voiturehybride »"),
            "car_electric": _car(19.341376, 88.443044, "id 5 « voitureelectrique »"),
        }
    ),
)
