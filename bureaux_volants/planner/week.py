"""How to spend a week: where to work each day, and which appointments to bring together on one. Pure, and exact.

A working week is small: five days, at most three ways to spend each, and the few appointments that the person said could change days.
So every week is tried (`3^5` patterns times the placements of the movable appointments), and the best by the stated weight is the best.

What a day weighs comes from the day's own plans (`spent`), so that a week and its days tell the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product


class Where(StrEnum):
    """How a day is spent: at the usual site, at a desk elsewhere, at home."""

    USUAL = "usual"
    FLYING = "flying"
    HOME = "home"


class By(StrEnum):
    """What the week is the least of."""

    MINUTES = "minutes"
    GRAMS = "grams"


#: So many movable appointments are considered: each multiplies the weeks to try by the days of the week.
MOST_MOVED = 3
#: What it must save to be proposed at all: to ask somebody to move an appointment, and to change where one works. Minutes, grams.
TO_MOVE = {By.MINUTES: 10, By.GRAMS: 500}
TO_CHANGE = {By.MINUTES: 5, By.GRAMS: 100}
#: A week that emits less is not proposed when it takes so much longer than the quickest.
LONGER, AND_MINUTES = 1.6, 45


@dataclass(frozen=True, slots=True)
class Spent:
    """A day spent in a given way: `minutes` door to door and of work lost, `travel` minutes alone, gCO2e.

    `site` names the desk's place (empty without a desk). `weekly_limit`: how many days a week that site lets one sit elsewhere.
    """

    minutes: int
    travel: int
    grams: int
    site: str = ""
    weekly_limit: int = 7

    def weight(self, by: By) -> int:
        return self.minutes if by is By.MINUTES else self.grams


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day that can still be decided: how it can be spent, how it is as things stand, and the appointments that day.

    `is_set`: nothing about where one works is proposed (booked, team day).
    """

    wheres: tuple[Where, ...]
    as_it_stands: Where
    meetings: tuple[int, ...] = ()
    takes_more: bool = True

    @property
    def is_set(self) -> bool:
        return len(self.wheres) == 1


@dataclass(frozen=True, slots=True)
class Week:
    """A way to spend the days, in their order. `moved`: appointments that change days, and to which."""

    wheres: tuple[Where, ...]
    meetings: tuple[frozenset[int], ...]
    spent: tuple[Spent, ...]
    moved: Mapping[int, int]

    @property
    def travel(self) -> int:
        return sum(s.travel for s in self.spent)

    @property
    def minutes(self) -> int:
        return sum(s.minutes for s in self.spent)

    @property
    def grams(self) -> int:
        return sum(s.grams for s in self.spent)


#: What a day, numbered, weighs when spent so with these appointments; None when it cannot be.
Spending = Callable[[int, Where, frozenset[int]], Spent | None]
#: Whether the rules of telework and presence allow the days to be spent so.
Allowing = Callable[[tuple[Where, ...]], bool]


def as_it_stands(days: Sequence[WeekDay], spent: Spending) -> Week | None:
    """The week if nothing is changed; None when one of its days cannot be had as it is."""
    wheres = tuple(d.as_it_stands for d in days)
    meetings = tuple(frozenset(d.meetings) for d in days)
    found = [spent(n, where, met) for n, (where, met) in enumerate(zip(wheres, meetings, strict=True))]
    kept = tuple(s for s in found if s is not None)
    return Week(wheres, meetings, kept, {}) if len(kept) == len(days) else None


def best(weeks: Sequence[Week], days: Sequence[WeekDay], by: By) -> Week | None:
    """The one of the weeks that weighs the least; of the same weight, the one nearest to how things stand. None of none."""
    if not weeks:
        return None
    if by is By.GRAMS:
        longest = min(w.minutes for w in weeks) * LONGER + AND_MINUTES
        weeks = [w for w in weeks if w.minutes <= longest]

    def weight(week: Week) -> tuple[int, int, int]:
        changes = sum(w is not d.as_it_stands for w, d in zip(week.wheres, days, strict=True))
        less, other = (week.minutes, week.grams) if by is By.MINUTES else (week.grams, week.minutes)
        return less + TO_MOVE[by] * len(week.moved) + TO_CHANGE[by] * changes, changes + len(week.moved), other

    return min(weeks, key=weight)


def weeks_of(
    days: Sequence[WeekDay], movable: Sequence[int], spent: Spending, allows: Allowing, already_away: int = 0
) -> list[Week]:
    """Every week that can be had and that the rules allow.

    `movable`: the appointments that may change days, of which the first MOST_MOVED are considered; they keep their hours.
    `already_away`: days of that week spent elsewhere that are not among `days`.
    """
    return list(_weeks(days, movable[:MOST_MOVED], spent, allows, already_away))


def _weeks(
    days: Sequence[WeekDay], movable: Sequence[int], spent: Spending, allows: Allowing, already_away: int
) -> Iterator[Week]:
    known: dict[tuple[int, Where, frozenset[int]], Spent | None] = {}

    def once(n: int, where: Where, met: frozenset[int]) -> Spent | None:
        asked = (n, where, met)
        if asked not in known:
            known[asked] = spent(*asked)
        return known[asked]

    stands = {m: n for n, d in enumerate(days) for m in d.meetings}
    choices = [[stands[m], *(n for n, d in enumerate(days) if d.takes_more and n != stands[m])] for m in movable]
    allowed = [p for p in product(*(d.wheres for d in days)) if allows(p)]
    for placed in product(*choices):
        moved = {m: n for m, n in zip(movable, placed, strict=True) if n != stands[m]}
        met = tuple(
            frozenset(m for m in d.meetings if m not in moved) | {m for m, to in moved.items() if to == n}
            for n, d in enumerate(days)
        )
        for pattern in allowed:
            found = [once(n, where, met[n]) for n, where in enumerate(pattern)]
            if any(s is None for s in found):
                continue
            each = tuple(s for s in found if s is not None)
            if _within_weekly_limits(days, pattern, each, already_away):
                yield Week(pattern, met, each, moved)


def _within_weekly_limits(
    days: Sequence[WeekDay], pattern: Sequence[Where], spent: Sequence[Spent], already_away: int
) -> bool:
    """Each site elsewhere says how many days of a week one may spend elsewhere. What is set was accepted as it is."""
    away = already_away + sum(where is Where.FLYING for where in pattern)
    return all(
        day.is_set or where is not Where.FLYING or away <= s.weekly_limit
        for day, where, s in zip(days, pattern, spent, strict=True)
    )
