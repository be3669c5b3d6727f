"""What a journey is, whoever worked it out: its sections, minutes, kilometres, emissions, costs, and how sure they are. Pure.

`Source` is the port: the estimate answers it always, the timetable where there is a feed, a remote planner could one day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from .modes import Mode, Point


class Way(StrEnum):
    """How a person gets from one place to another: what is decided, where `Mode` is what each section is done by."""

    WALK = "walk"
    OWN_BIKE = "own_bike"
    OWN_CAR = "own_car"
    POOL_BIKE = "pool_bike"
    POOL_CAR = "pool_car"
    SHARED_RIDE = "shared_ride"
    TRANSIT = "transit"
    #: Own car to a park-and-ride, then public transport; back by the same car park.
    PARK_AND_RIDE = "park_and_ride"
    #: Own bike to a stop, then public transport; back by the same stop.
    BIKE_AND_RIDE = "bike_and_ride"


class Basis(StrEnum):
    """Where a figure comes from."""

    ESTIMATE = "estimate"
    TIMETABLE = "timetable"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere with a name. `key` is stable where the place is known (`site:mairie-marly`, `home`), else empty."""

    name: str
    point: Point
    key: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a journey by one mode, `start` to `end` (aware), `km` of street or line. Line and headsign when ridden."""

    mode: Mode
    origin: Place
    destination: Place
    start: dt.datetime
    end: dt.datetime
    km: float
    line: str = ""
    headsign: str = ""
    basis: Basis = Basis.ESTIMATE


@dataclass(frozen=True, slots=True)
class Footprint:
    """gCO2e of a person's share: `use` alone, and `total` with manufacturing. `factors` names the table's version."""

    use: float
    total: float
    factors: str


@dataclass(frozen=True, slots=True)
class Cost:
    """EUR, to the employer and to the agent. `fares` names the table's version."""

    employer: float
    agent: float
    fares: str


@dataclass(frozen=True, slots=True)
class Journey:
    """One way from A to B, door to door: parking and key pick-up are in the minutes.

    `spread_minutes` is how far the minutes may be off, both ways: 0 would be a promise. `effort_minutes` are minutes of walking
    and of unassisted pedalling (an assisted minute counts for a half). `transfers` counts changes of vehicle in public transport.
    `car_km` is the person's share of what a car drives: two aboard for 10 km are 5 each, so that shares add up to what was driven.
    """

    way: Way
    sections: tuple[Section, ...]
    km: float
    car_km: float
    footprint: Footprint
    cost: Cost
    effort_minutes: float
    transfers: int
    spread_minutes: float
    basis: Basis

    @property
    def depart(self) -> dt.datetime:
        return self.sections[0].start

    @property
    def arrive(self) -> dt.datetime:
        return self.sections[-1].end

    @property
    def minutes(self) -> float:
        """Door to door."""
        return (self.arrive - self.depart) / dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Traveller:
    """What a person has and accepts.

    `car_energy` is the own car's (`diesel`, `petrol`, `hybrid`, `electric`); `has_pass`: public transport costs nothing more.
    Limits in kilometres one way, None where the person sets none.
    """

    has_bike: bool = False
    bike_is_assisted: bool = False
    has_car: bool = False
    car_energy: str = "diesel"
    has_licence: bool = False
    has_pass: bool = False
    carries_things: bool = False
    walk_km: float | None = 2.0
    bike_km: float | None = 8.0


@dataclass(frozen=True, slots=True)
class PoolUnit:
    """What a pool lends for a trip: `energy` as of the fleet (`electric`, `assisted`, `human`…), `people` aboard in all.

    `base`: where it is fetched when that is not where the journey begins; one walks there first.
    """

    kind: str
    energy: str
    people: int = 1
    base: Place | None = None


class Source(Protocol):
    """Answers with journeys between two places for one way of going; none where it cannot."""

    def journeys(
        self,
        way: Way,
        origin: Place,
        destination: Place,
        traveller: Traveller,
        *,
        depart: dt.datetime | None = None,
        arrive: dt.datetime | None = None,
        unit: PoolUnit | None = None,
    ) -> Sequence[Journey]:
        """Give either `depart` (leave at or after) or `arrive` (be there by). Best first; Pareto in time and transfers."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Every way between two places, with why a usual one is missing (a French sentence each)."""

    journeys: tuple[Journey, ...]
    missing: dict[Way, str] = field(default_factory=dict)
