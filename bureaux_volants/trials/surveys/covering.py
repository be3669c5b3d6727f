"""Whose answers are left uncounted when somebody takes theirs back, so that no two tables differ by that one person. Pure.

Whoever withdraws is erased at once. Were everybody else counted as before, what is told next, on whatever page, less what was told
would be that person. So in every week of the diary and every wave that may have been told of them, the answers of others are left uncounted with theirs:
five people at least, drawn anew at each withdrawal that touches that week or wave, those of the former draw being counted again. Two tables
told of the same week then differ by six people or by nobody, wherever they are told and whatever other weeks they add up; and as long as those who are
drawn never were before, so does every sum and difference of any number of tables: of the last group that enters it nobody can be
cancelled by the others. Week by week, and not person by person, so that of nobody everything is lost, and who is left out hangs on nothing that they did
but on having answered then. The idea is that of auditing sums (Chin and Ozsoyoglu (1982), "Auditing and inference control in statistical
databases", IEEE TSE 8): what may be told next depends on what was.

Where too few are left to draw, the week or wave is closed: nothing is told of it any more, and what was told stands.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE

#: Draws of which the smallest is taken, once some were drawn before.
_TRIES = 20


def draw(
    told: Mapping[str, Collection[str]],
    former: Sequence[Collection[str]],
    group: Mapping[str, str],
    chance: random.Random,
) -> frozenset[str] | None:
    """Draw the people to leave uncounted in one week or wave, among those who remain; None when it has to be closed.

    `told`: by person, the parts of it that are told by themselves and that they are in; `former`: the groups drawn before; `group`: whose
    empty chair would hurt most (their commune): everybody's turn comes before a second one of the same. Those drawn least before come first.
    """
    best: frozenset[str] | None = None
    for _n in range(_TRIES if any(former) else 1):
        found = _once(told, former, group, chance)
        if found is not None and (best is None or len(found) < len(best)):
            best = found
        if best is not None and len(best) == FEWEST_PEOPLE:
            break
    return best


def _once(
    told: Mapping[str, Collection[str]],
    former: Sequence[Collection[str]],
    group: Mapping[str, str],
    chance: random.Random,
) -> frozenset[str] | None:
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
        helpful = [p for p in told if p not in found and any(_helps(p, gaps.get(part, ())) for part in told[p])]
        if not helpful:
            break
        chosen = min(helpful, key=rank)
        found.add(chosen)
        of_group[group.get(chosen, "")] += 1
        for part in told[chosen]:
            for gap in gaps.get(part, ()):
                gap.apart += -1 if chosen in gap.people else 1
    is_enough = bool(gaps) and all(gap.apart >= FEWEST_PEOPLE for every in gaps.values() for gap in every)
    return frozenset(found) if is_enough else None


@dataclass(slots=True)
class _Gap:
    """In one part: the people of a group drawn before (nobody, before the first), and by how many the new one differs from it."""

    people: frozenset[str]
    apart: int


def _gaps(told: Mapping[str, Collection[str]], former: Sequence[Collection[str]]) -> dict[str, list[_Gap]]:
    there: dict[str, set[str]] = defaultdict(set)
    for person, parts in told.items():
        for part in parts:
            there[part].add(person)
    return {
        part: [_Gap(here, len(here)) for here in (frozenset(people & {*group}) for group in ((), *former))]
        for part, people in there.items()
        # With whoever has just left they were fewer than five: that part was told by itself to nobody.
        if len(people) >= FEWEST_PEOPLE - 1
    }


def _helps(person: str, gaps: Sequence[_Gap]) -> bool:
    return any(gap.apart < FEWEST_PEOPLE and person not in gap.people for gap in gaps)
