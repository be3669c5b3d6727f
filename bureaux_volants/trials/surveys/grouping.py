"""Who answered, by group, so that every figure told is of five people or nobody, and no subtraction finds another one. Pure.

Small groups are told together, as one group of "others" large enough: a table of what can be read, rather than a table of holes.
Two breakdowns of the same people may betray each other (an arm of a trial is a union of communes): what is told of both is audited
as one publication (indicators/disclosure.py), and the breakdown by commune is made coarser until nothing small can be worked out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE, Sum, highest

Cells = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """People of one group, or of several told together: how many answered, how many did not."""

    names: tuple[str, ...]
    answered: int
    silent: int

    @property
    def asked(self) -> int:
        return self.answered + self.silent


def is_safe(*counts: int) -> bool:
    """Whether each count is nobody, or five at least."""
    return all(n == 0 or n >= FEWEST_PEOPLE for n in counts)


def merged(cells: Cells, together: int = 0) -> list[Group]:
    """The groups of (answered, silent), the unsafe ones told as one; none when that leaves but one group.

    `together`: put at least as many groups in that one, the smallest first.
    """
    order = sorted(cells, key=lambda g: (is_safe(*cells[g]), sum(cells[g]), g))
    count = max(together, sum(not is_safe(*cells[g]) for g in cells))
    while 0 < count < len(order) and (count == 1 or not is_safe(*_sum(cells, order[:count]))):
        count += 1
    if len(order) - count + bool(count) < 2:
        return []
    told = [Group((name,), *cells[name]) for name in sorted(order[count:])]
    return told + ([Group(tuple(sorted(order[:count])), *_sum(cells, order[:count]))] if count else [])


def breakdowns(people: Sequence[tuple[str, str, bool]]) -> tuple[list[Group], list[Group]]:
    """By arm and by commune, from (arm, commune, whether they answered), for a reader who knows in which arm each commune is.

    A breakdown that cannot be told is empty. The whole is told in any case: how many of it did not answer says nothing of anybody.
    """
    atoms = _cells([(f"{arm}\0{commune}", yes) for arm, commune, yes in people])
    by_arm = merged(_cells([(arm, yes) for arm, _commune, yes in people]))
    communes = _cells([(commune, yes) for _arm, commune, yes in people])
    for together in range(len(communes) + 1):
        by_commune = merged(communes, together)
        if not by_arm or not by_commune or not _exposed(atoms, by_arm, by_commune):
            return by_arm, by_commune
    return by_arm, []


def _cells(rows: Sequence[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    yes, no = Counter(g for g, said in rows if said), Counter(g for g, said in rows if not said)
    return {g: (yes[g], no[g]) for g in sorted({*yes, *no})}


def _sum(cells: Cells, names: Sequence[str]) -> tuple[int, int]:
    return sum(cells[g][0] for g in names), sum(cells[g][1] for g in names)


def _exposed(atoms: Cells, by_arm: Sequence[Group], by_commune: Sequence[Group]) -> bool:
    """Whether a reader of both tables and of the total can prove a count of somebody's arm, commune or both to be under five."""
    keys = list(atoms)
    arms, communes = {k.split("\0")[0] for k in keys}, {k.split("\0")[1] for k in keys}
    for side in (0, 1):
        counts = [atoms[k][side] for k in keys]
        hidden = set(range(len(keys)))
        sums: list[Sum] = []
        for parts, is_told in _unions(keys, arms, communes, by_arm, by_commune):
            place = len(counts)
            counts.append(sum(counts[p] for p in parts))
            sums.append(Sum(place, parts))
            hidden |= set() if is_told else {place}
        if any(
            0 < counts[n] < FEWEST_PEOPLE and highest(n, counts, sums, hidden) < FEWEST_PEOPLE - 1e-6 for n in hidden
        ):
            return True
    return False


def _unions(
    keys: Sequence[str], arms: set[str], communes: set[str], by_arm: Sequence[Group], by_commune: Sequence[Group]
) -> Iterator[tuple[tuple[int, ...], bool]]:
    """The places of the atoms of each sum that a reader knows to hold, and whether that sum is told."""
    yield tuple(range(len(keys))), True
    for part, every, told in ((0, arms, by_arm), (1, communes, by_commune)):
        for group in told:
            yield tuple(n for n, k in enumerate(keys) if k.split("\0")[part] in group.names), True
        alone = {g.names[0] for g in told if len(g.names) == 1}
        for name in sorted(every - alone):
            yield tuple(n for n, k in enumerate(keys) if k.split("\0")[part] == name), False
