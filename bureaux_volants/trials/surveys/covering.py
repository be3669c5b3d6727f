"""Who is left uncounted when somebody takes their answers back, so that no two tables differ by that one person. Pure.

Whoever withdraws is erased at once. Were everybody else counted as before, what is told next, on whatever page, less what was told
would be that person. So others are left uncounted with them: five people at least in every week and every wave that may have been told,
drawn anew at each withdrawal, those of the former one being counted again. Two tables told of the same rows then differ by five
people at least, wherever they are told and whatever rows they add up; and as long as those who are drawn never were before, so does
every sum and difference of any number of tables: of the last group that enters it nobody can be cancelled by the others.
The idea is that of auditing sums (Chin and Ozsoyoglu (1982), "Auditing and inference control in statistical databases", IEEE TSE 8): what may
be told next depends on what was.

Where too few are left to draw, that week or wave is closed: nothing is told of it any more, and what was told stands.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE

#: What may be told of somebody: the week, wave or kind of days that would be closed, and a part of it that is told by itself.
Cell = tuple[str, str]
#: Draws of which the one that loses least is taken, once some were drawn before.
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Drawn:
    """The people to leave uncounted, and what is closed for want of people."""

    people: frozenset[str]
    closed: frozenset[str]


def draw(
    told: Mapping[str, frozenset[Cell]],
    former: Sequence[Collection[str]],
    group: Mapping[str, str],
    chance: random.Random,
) -> Drawn:
    """Draw the people to leave uncounted among those who remain.

    `told`: the cells of each of them; `former`: the groups drawn before; `group`: whose empty chair would hurt most (their commune):
    everybody's turn comes before a second one of the same. Those drawn least before come first.
    """
    tries = [_once(told, former, group, chance) for _n in range(_TRIES if any(former) else 1)]
    return min(tries, key=lambda one: _lost(told, one))


def _lost(told: Mapping[str, frozenset[Cell]], drawn: Drawn) -> int:
    """How many cells of somebody are counted no more."""
    return sum(
        1 for person, cells in told.items() for cell in cells if person in drawn.people or cell[0] in drawn.closed
    )


def _once(
    told: Mapping[str, frozenset[Cell]],
    former: Sequence[Collection[str]],
    group: Mapping[str, str],
    chance: random.Random,
) -> Drawn:
    turns = Counter(person for people in former for person in people)
    sizes = Counter(group.get(person, "") for person in told)
    luck = {person: chance.random() for person in sorted(told)}
    gaps = _gaps(told, former)
    found: set[str] = set()
    of_group: Counter[str] = Counter()

    def rank(person: str) -> tuple[int, float, float]:
        name = group.get(person, "")
        return turns[person], of_group[name] / sizes[name], luck[person]

    while True:
        helpful = [p for p in told if p not in found and any(_helps(p, gaps[cell]) for cell in told[p])]
        if not helpful:
            break
        chosen = min(helpful, key=rank)
        found.add(chosen)
        of_group[group.get(chosen, "")] += 1
        for cell in told[chosen]:
            for gap in gaps[cell]:
                gap.apart += -1 if chosen in gap.people else 1
    closed = {cell[0] for cell, every in gaps.items() if any(gap.apart < FEWEST_PEOPLE for gap in every)}
    return Drawn(frozenset(found), frozenset(closed))


@dataclass(slots=True)
class _Gap:
    """In one cell: the people of a group drawn before (nobody, before the first), and by how many the new one differs from it."""

    people: frozenset[str]
    apart: int


def _gaps(told: Mapping[str, frozenset[Cell]], former: Sequence[Collection[str]]) -> dict[Cell, list[_Gap]]:
    there: dict[Cell, set[str]] = defaultdict(set)
    for person, cells in told.items():
        for cell in cells:
            there[cell].add(person)
    return {
        cell: [_Gap(here, len(here)) for here in (frozenset(people & {*group}) for group in ((), *former))]
        for cell, people in there.items()
    }


def _helps(person: str, gaps: Sequence[_Gap]) -> bool:
    return any(gap.apart < FEWEST_PEOPLE and person not in gap.people for gap in gaps)
