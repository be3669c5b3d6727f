"""What seating is about: units, the stays on them, what is wished for, and an arrangement. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .availability import Instant


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and what it offers."""

    id: int
    features: frozenset[str] = frozenset()


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
        return unit.id == wish.unit_id and wish.features <= unit.features
    return wish.features <= unit.features
