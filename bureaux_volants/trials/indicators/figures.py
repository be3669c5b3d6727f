"""A figure: one indicator over one period, with what it rests on. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .disclosure import FEWEST_PEOPLE


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in the unit of the indicator (registry.py), `numerator` over `denominator` (100 times that for a share in %).

    `low`, `high`: its 95 % interval, None where there is none to give. `people`: how many different people stand behind it, at least;
    None where it says nothing of anybody. `part`: which group of a breakdown (`commune:` and its number, `mode:car`), "" for the whole;
    `other` and `mode:bus+train` are groups put together because they were too small.
    `tables`: versions of factors and allowances that it was worked out with. `is_hidden`: fewer than five people, or what would show them.
    """

    code: str
    version: int
    value: float | None
    numerator: float
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    people: int | None = None
    part: str = ""
    tables: str = ""
    is_hidden: bool = False


def is_small(people: int | None) -> bool:
    """Whether so few people would be recognisable. Nobody is not few."""
    return people is not None and 0 < people < FEWEST_PEOPLE
