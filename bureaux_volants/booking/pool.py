"""What seating is about: units, the stays on them, what is wished for, and an arrangement. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from .availability import Instant


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and what it offers."""

    id: int
    features: frozenset[str] = frozenset()
    #: A card that expires, an insurance that ends: nobody has it beyond.
    usable_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """A booking in place: half-open [start, end), on `unit_id`, needing `features`; `is_fixed` when it may not move."""

    id: int
    start: Instant
    end: Instant
    unit_id: int
    features: frozenset[str] = frozenset()
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A stay to be seated; `unit_id` when the person chose one by name."""

    start: Instant
    end: Instant
    features: frozenset[str] = frozenset()
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seating:
    """An arrangement: the unit of each wish, in order, and the new unit of each stay that moves."""

    units: tuple[int, ...]
    moves: Mapping[int, int] = field(default_factory=dict)


def meet(a: Stay | Wish, b: Stay | Wish) -> bool:
    return bool(a.start < b.end and b.start < a.end)


def suits(unit: Unit, wish: Stay | Wish) -> bool:
    if isinstance(wish, Wish) and wish.unit_id is not None:
        return unit.id == wish.unit_id and wish.features <= unit.features and _in_time(unit, wish)
    return wish.features <= unit.features and _in_time(unit, wish)


def _in_time(unit: Unit, wish: Stay | Wish) -> bool:
    return unit.usable_until is None or bool(wish.end <= unit.usable_until)


#: Ranges are compared in steps of so many kilometres, up to what no trip exceeds.
RANGE_STEP_KM = 25
LONGEST_TRIP_KM = 1_000


def thresholds(kind: str, seats: int | None, range_km: int | None) -> frozenset[str]:
    """What a vehicle's numbers let it be asked for: a car of five seats suits whoever wants `seats:4`."""
    if kind == "desk" or kind == "transport_card":
        return frozenset()
    far = LONGEST_TRIP_KM if range_km is None else min(range_km, LONGEST_TRIP_KM)
    return frozenset(
        {f"seats:{n}" for n in range(2, (seats or 1) + 1)}
        | {f"range:{km}" for km in range(RANGE_STEP_KM, far + 1, RANGE_STEP_KM)}
    )


def needs(people: int = 1, km: float = 0.0) -> frozenset[str]:
    """The features to ask for to carry so many people so many kilometres in all, there and back."""
    asked: set[str] = {f"seats:{people}"} if people > 1 else set()
    if km > 0:
        asked.add(f"range:{min(math.ceil(km / RANGE_STEP_KM) * RANGE_STEP_KM, LONGEST_TRIP_KM)}")
    return frozenset(asked)
