"""What a journey costs, besides the allowances of who drives their own car: tickets, and what a pool vehicle's kilometre takes.

Marginal costs: what one more kilometre costs to somebody who already has the vehicle. Rent, insurance and what a vehicle loses in value
are there whether it is driven or not. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FareTable:
    """EUR, valid from a day, under a version name. `ticket`: one journey in public transport, changes included.

    `car_km` by energy, `bike_km` by mode (`bike`, `ebike`, `cargo_bike`): EUR per vehicle-kilometre.
    """

    version: str
    since: dt.date
    source: str
    ticket: float
    car_km: Mapping[str, float]
    bike_km: Mapping[str, float]


#: Until a territory gives its own. Assumptions, not anybody's tariff, and the version's name says so.
ASSUMED_2026 = FareTable(
    version="hypotheses-2026",
    since=dt.date(2026, 1, 1),
    source=(
        "Hypothèses : ticket urbain à 2,00 €. Voitures : énergie (gazole 6 l/100 km à 1,70 €, essence 7 l à 1,80 €, hybride 5 l à "
        "1,80 €, électricité 17 kWh/100 km à 0,20 €) plus 0,05 €/km d'entretien et de pneus. Vélos : entretien de 100 € par "
        "5 000 km, plus 1 kWh et la batterie avec assistance."
    ),
    ticket=2.0,
    car_km=MappingProxyType({"diesel": 0.152, "petrol": 0.176, "hybrid": 0.14, "electric": 0.084}),
    bike_km=MappingProxyType({"bike": 0.02, "ebike": 0.04, "cargo_bike": 0.06}),
)
