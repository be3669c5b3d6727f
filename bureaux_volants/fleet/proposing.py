"""Which vehicle is proposed, and what to say of the choice. Pure.

A bike when the trip is short; an electric car when its range allows; otherwise the unit that has stood longest, so that
all wear alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bureaux_volants.travel.modes import BIKE_KM, EBIKE_KM, Leg, Mode, Point, leg

CAR, BIKE, CARGO_BIKE, CARD = "car", "bike", "cargo_bike", "transport_card"


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the order of proposal depends on. `idle_since` is when it was last brought back, None when never taken."""

    id: int
    energy: str
    range_km: int | None
    idle_since: dt.datetime | None


def order(units: Iterable[UnitFacts], km: float) -> tuple[int, ...]:
    """The units in the order of proposal for a trip of `km` street kilometres in all, there and back."""

    def rank(unit: UnitFacts) -> tuple[bool, bool, dt.datetime, int]:
        gets_there = unit.range_km is None or unit.range_km >= km
        clean = unit.energy in {"electric", "assisted", "human"} and gets_there
        never = unit.idle_since is None
        return (not clean, not never, unit.idle_since or dt.datetime.min.replace(tzinfo=dt.UTC), unit.id)

    return tuple(u.id for u in sorted(units, key=rank))


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind that could make the trip, with its way there. `is_advised` for the one to propose first."""

    kind: str
    leg: Leg
    is_advised: bool


_MODE_OF_KIND = {BIKE: Mode.BIKE, CARGO_BIKE: Mode.CARGO_BIKE, CAR: Mode.CAR}


def choices(start: Point, end: Point, people: int, assisted: bool) -> tuple[Choice, ...]:
    """The kinds that can make a trip, the advised one first. `assisted`: whether the pool's bikes have a motor.

    Whoever is alone and goes less than 3 km is advised a bike, less than 7 km an assisted one; several people, or further,
    a car. ValueError when nobody travels.
    """
    if people < 1:
        raise ValueError("a trip needs somebody")
    bike_mode = Mode.EBIKE if assisted else Mode.BIKE
    bike = leg(start, end, bike_mode)
    far = EBIKE_KM if assisted else BIKE_KM
    advised = BIKE if people == 1 and bike.km <= far else CAR
    found = [
        Choice(kind, bike if kind == BIKE else leg(start, end, mode), kind == advised)
        for kind, mode in _MODE_OF_KIND.items()
        if kind == CAR or people == 1
    ]
    return tuple(sorted(found, key=lambda c: (not c.is_advised, c.kind != CAR, c.leg.minutes)))
