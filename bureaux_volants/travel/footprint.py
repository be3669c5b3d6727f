"""What a journey emits and costs, section by section, and to whom. Pure.

Who pays (settled here, once):

- **Own car.** A journey that begins or ends at home is commuting: the agent pays. Any other is duty: the employer pays the allowance
  and the agent nothing. Both are counted at the rate of the allowance, which stands for fuel, wear and insurance together.
- **Pool vehicle**: the employer, whatever the journey, by kilometre of the vehicle.
- **Seat in somebody's car**: nothing more to anybody; the driver's journey bears the car's cost.
- **Public transport**: nothing more with a pass or a lent card; else a ticket, the agent's when commuting, the employer's on duty.
- **Own bike**: the agent, its upkeep.

A person's share of a car's emissions is the vehicle's divided by the people aboard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .allowances import ORDER_2022, AllowanceTable
from .factors import ADEME_2026_07, FactorTable
from .fares import ASSUMED_2026, FareTable
from .journeys import Cost, Footprint, Place, PoolUnit, Section, Traveller, Way
from .modes import TRANSIT_MODES, Mode

#: The key of the place where somebody lives.
HOME = "home"
#: The kind of the pool's cards, as booking names it.
CARD = "transport_card"
#: Whose car a colleague's is, until it is known.
COLLEAGUE = PoolUnit("car", "diesel", people=2)

OWN = frozenset({Way.OWN_BIKE, Way.OWN_CAR, Way.PARK_AND_RIDE, Way.BIKE_AND_RIDE})


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables that a result is worked out with."""

    factors: FactorTable = ADEME_2026_07
    fares: FareTable = ASSUMED_2026
    allowances: AllowanceTable = ORDER_2022

    @property
    def money(self) -> str:
        """The versions that a cost names: fares, then allowances."""
        return f"{self.fares.version}+{self.allowances.version}"


BUILT_IN = Tables()


def is_commuting(origin: Place, destination: Place) -> bool:
    """Whether a journey begins or ends at home."""
    return HOME in (origin.key, destination.key)


def people_aboard(way: Way, unit: PoolUnit | None) -> int:
    """How many share the car, the driver included."""
    if unit is None:
        return COLLEAGUE.people if way is Way.SHARED_RIDE else 1
    return max(unit.people, 2) if way is Way.SHARED_RIDE else unit.people


def car_energy(way: Way, traveller: Traveller, unit: PoolUnit | None) -> str:
    """The energy of the car of this way: one's own, or the one lent."""
    if way in OWN or way is Way.TRANSIT:
        return traveller.car_energy
    return unit.energy if unit is not None else COLLEAGUE.energy


def grams_per_km(
    way: Way, mode: Mode, traveller: Traveller, unit: PoolUnit | None, factors: FactorTable
) -> tuple[float, float]:
    """gCO2e of one's own kilometre by this mode: in use, and with manufacturing."""
    if mode is not Mode.CAR:
        return factors.grams(mode)
    return factors.grams(mode, car_energy(way, traveller, unit), people_aboard(way, unit))


def euros_per_km(
    way: Way, mode: Mode, traveller: Traveller, unit: PoolUnit | None, commuting: bool, tables: Tables
) -> tuple[float, float]:
    """EUR of a kilometre by this mode: to the employer, and to the agent. Tickets are not by kilometre."""
    if mode is Mode.WALK or mode in TRANSIT_MODES or way is Way.SHARED_RIDE:
        return 0.0, 0.0
    if way not in OWN:
        car = mode is Mode.CAR
        return (tables.fares.car_km[car_energy(way, traveller, unit)] if car else tables.fares.bike_km[mode.value]), 0.0
    if mode is Mode.CAR:
        rate = tables.allowances.first_rate
        return (0.0, rate) if commuting else (rate, 0.0)
    return 0.0, tables.fares.bike_km[mode.value]


def ticket(traveller: Traveller, unit: PoolUnit | None, commuting: bool, fares: FareTable) -> tuple[float, float]:
    """EUR of riding public transport once: to the employer, and to the agent."""
    if traveller.has_pass or (unit is not None and unit.kind == CARD):
        return 0.0, 0.0
    return (0.0, fares.ticket) if commuting else (fares.ticket, 0.0)


def footprint_of(
    way: Way, sections: Iterable[Section], traveller: Traveller, unit: PoolUnit | None, tables: Tables = BUILT_IN
) -> Footprint:
    """What a person's share of a journey emits."""
    use = total = 0.0
    for section in sections:
        of_use, of_all = grams_per_km(way, section.mode, traveller, unit, tables.factors)
        use += section.km * of_use
        total += section.km * of_all
    return Footprint(use, total, tables.factors.version)


def cost_of(
    way: Way,
    sections: Iterable[Section],
    traveller: Traveller,
    unit: PoolUnit | None,
    commuting: bool,
    tables: Tables = BUILT_IN,
) -> Cost:
    """What a journey costs, and to whom."""
    employer = agent = 0.0
    rides = False
    for section in sections:
        to_employer, to_agent = euros_per_km(way, section.mode, traveller, unit, commuting, tables)
        employer += section.km * to_employer
        agent += section.km * to_agent
        rides = rides or section.mode in TRANSIT_MODES
    if rides:
        to_employer, to_agent = ticket(traveller, unit, commuting, tables.fares)
        employer, agent = employer + to_employer, agent + to_agent
    return Cost(employer, agent, tables.money)


def car_km_of(way: Way, sections: Iterable[Section], unit: PoolUnit | None) -> float:
    """The person's share of the kilometres that a car drives."""
    return sum(s.km for s in sections if s.mode is Mode.CAR) / people_aboard(way, unit)
