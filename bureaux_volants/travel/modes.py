"""How far it is by each mode, and how long it takes, before anybody has asked a router.

The way is the great circle times a detour, at the pace of the mode, plus what it takes to set off and to arrive. These are
settings with a default, rounded from what is published for French cities: detours of 1.2 to 1.4 between the crow's way and
the street's; 4.5 to 5 km/h on foot; 15 km/h by bike door to door, 18 to 20 with assistance; cars 20 to 25 km/h in town and
faster on the roads around it. Public transport: what lines of each kind run at, stops included; walking there and waiting are
not of the ride (see estimate.py).

Density is in two figures only, the pace within `town_km` and beyond: who drives 2 km drives in town.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from bureaux_volants.territory.geography import distance_km


class Mode(StrEnum):
    WALK = "walk"
    BIKE = "bike"
    EBIKE = "ebike"
    CARGO_BIKE = "cargo_bike"
    CAR = "car"
    BUS = "bus"
    #: A line with lanes of its own (BHNS).
    RAPID_BUS = "rapid_bus"
    COACH = "coach"
    TRAM = "tram"
    METRO = "metro"
    TRAIN = "train"


#: Ridden with a ticket.
TRANSIT_MODES = frozenset({Mode.BUS, Mode.RAPID_BUS, Mode.COACH, Mode.TRAM, Mode.METRO, Mode.TRAIN})


@dataclass(frozen=True, slots=True)
class Pace:
    """`detour`: street kilometres per kilometre of the crow. Speeds in km/h: within `town_km`, and beyond.

    `fixed_minutes`: unlocking, parking, walking to and from.
    """

    detour: float
    town_kmh: float
    road_kmh: float
    town_km: float
    fixed_minutes: float


PACES: dict[Mode, Pace] = {
    Mode.WALK: Pace(1.2, 4.8, 4.8, math.inf, 0),
    Mode.BIKE: Pace(1.3, 15, 15, math.inf, 2),
    Mode.EBIKE: Pace(1.3, 18, 18, math.inf, 2),
    Mode.CARGO_BIKE: Pace(1.3, 16, 16, math.inf, 3),
    Mode.CAR: Pace(1.35, 23, 55, 5, 6),
    Mode.BUS: Pace(1.35, 17, 26, 6, 0),
    Mode.RAPID_BUS: Pace(1.3, 20, 26, 6, 0),
    Mode.COACH: Pace(1.3, 25, 50, 6, 0),
    Mode.TRAM: Pace(1.25, 19, 22, 6, 0),
    Mode.METRO: Pace(1.2, 28, 32, 6, 0),
    Mode.TRAIN: Pace(1.2, 60, 75, 20, 0),
}


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, WGS 84."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Leg:
    """One way by one mode: street kilometres, and minutes from door to door."""

    mode: Mode
    km: float
    minutes: float


def leg(a: Point, b: Point, mode: Mode) -> Leg:
    """One way from `a` to `b`; in public transport, the ride alone. ValueError for coordinates that are no place on Earth."""
    for point in (a, b):
        if not (-90 <= point.lat <= 90 and -180 <= point.lon <= 180):
            raise ValueError(f"{point} is no place on Earth")
    pace = PACES[mode]
    km = distance_km(a.lat, a.lon, b.lat, b.lon) * pace.detour
    town = min(km, pace.town_km)
    hours = town / pace.town_kmh + (km - town) / pace.road_kmh
    return Leg(mode, km, hours * 60 + pace.fixed_minutes)


#: One way, street kilometres: up to here a bike is the ordinary answer, up to there an assisted one.
BIKE_KM = 3.0
EBIKE_KM = 7.0
