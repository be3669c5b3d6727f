"""What a unit costs, month by month. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

#: How many months are shown together.
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Month:
    """One month's amounts by category, euros; what is not there was not spent."""

    first: dt.date
    by_category: Mapping[str, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.by_category.values(), Decimal(0))


def month_of(day: dt.date) -> dt.date:
    """The first day of a day's month."""
    return day.replace(day=1)


def months_before(day: dt.date, count: int) -> list[dt.date]:
    """The first days of the `count` months up to the one of `day`, the latest first."""
    number = day.year * 12 + day.month - 1
    return [dt.date((number - n) // 12, (number - n) % 12 + 1, 1) for n in range(count)]


def by_month(amounts: Iterable[tuple[dt.date, str, Decimal]], today: dt.date, count: int = MONTHS) -> list[Month]:
    """The last `count` months that cost something, the latest first. Later days than today count in their own month."""
    found: dict[dt.date, dict[str, Decimal]] = {}
    for day, category, amount in amounts:
        of_month = found.setdefault(month_of(day), {})
        of_month[category] = of_month.get(category, Decimal(0)) + amount
    oldest = months_before(today, count)[-1]
    return [Month(first, found[first]) for first in sorted(found, reverse=True) if first >= oldest]
