"""A month at a site, for its mairie: how much, by which services, never who. Pure.

A group of fewer than LEAST people is never shown by itself: the small ones are counted together, and when these are too
few as well, the next smallest joins them, so that nobody can be found by subtraction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

LEAST = 5


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay that took place: who (a number that leaves this module in no form), of which service, when, how long."""

    person: int
    group: str
    day: dt.date
    hours: float


@dataclass(frozen=True, slots=True)
class Group:
    """People of one service, or of several (`name` ""): how many people, days of presence (one a person and day), hours."""

    name: str
    people: int
    days: int
    hours: float


@dataclass(frozen=True, slots=True)
class Recap:
    """A month. `groups` is empty when there were too few people to say anything of them but that they came."""

    days: int
    people: int
    presences: int
    hours: float
    visitors: int
    meetings: int
    groups: tuple[Group, ...]


def _sum(name: str, stays: Iterable[Stay]) -> Group:
    stays = list(stays)
    return Group(
        name, len({s.person for s in stays}), len({(s.person, s.day) for s in stays}), sum(s.hours for s in stays)
    )


def groups(stays: Iterable[Stay]) -> tuple[Group, ...]:
    """By service, most present first; the others together, last. Nothing when all together are fewer than LEAST."""
    by_name: dict[str, list[Stay]] = {}
    for stay in stays:
        by_name.setdefault(stay.group, []).append(stay)
    sums = sorted((_sum(name, found) for name, found in by_name.items()), key=lambda g: (g.people, g.days, g.name))
    merged = by_name.pop("", [])
    while sums:
        smallest = next((g for g in sums if g.name in by_name), None)
        if smallest is None:
            break
        together = len({s.person for s in merged})
        if smallest.people >= LEAST and (together == 0 or together >= LEAST):
            break
        merged += by_name.pop(smallest.name)
    shown = sorted((_sum(name, found) for name, found in by_name.items()), key=lambda g: (-g.days, g.name))
    if merged:
        rest = _sum("", merged)
        if rest.people < LEAST:
            return ()
        return (*shown, rest)
    return tuple(shown)


def recap(stays: Iterable[Stay], visits: Iterable[Stay], meetings: int) -> Recap:
    """All that is said of a month. `visits`: stays of people without an account, of whom nothing else is known."""
    stays, visits = list(stays), list(visits)
    total = _sum("", stays)
    return Recap(
        days=len({s.day for s in (*stays, *visits)}),
        people=total.people,
        presences=total.days,
        hours=total.hours + sum(v.hours for v in visits),
        visitors=len(visits),
        meetings=meetings,
        groups=groups(stays),
    )
