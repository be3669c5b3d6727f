"""Which unit does a booking get, and who moves so that it can be had? Pure.

People book a place's pool; the system seats them. A request is refused only when no arrangement of the bookings exists.
Bookings that have begun, or whose unit was chosen by name, stay where they are; the others may be re-seated.

Seating is list colouring of an interval graph with some vertices coloured in advance: easy for identical units, NP-hard
in general (Biró, Hujter, Tuza 1992, precolouring extension). So, cheapest first, each step exact in what it concludes:

1. a unit free for the whole stay: best fit, nobody moves;
2. an instant at which the bookings and the units cannot be matched: no arrangement exists (Hall);
3. chains of re-seatings, fewest first, within a budget;
4. integer programmes (arrangement.py), which settle whatever is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import arrangement
from .availability import peak
from .pool import Seating, Stay, Unit, Wish, meet, suits

#: Units that the chain search looks at before the integer programme takes over: a few hundredths of a second.
CHAIN_BUDGET = 20_000
#: Longest chain worth searching by hand.
LONGEST_CHAIN = 4


def seat(
    units: Sequence[Unit],
    stays: Sequence[Stay],
    wishes: Sequence[Wish],
    *,
    prefer: Sequence[int] = (),
    most: int | None = None,
) -> Seating | None:
    """Seat every wish with the fewest re-seatings, or None when no arrangement exists.

    `stays` are all holding bookings of the pool near the wishes. A stay on a unit that is no longer in `units` (taken
    out of service) is left alone: it takes nothing from the others. Of the units that are free, one that `prefer` names
    earlier comes first; without it, the one that fits best. `most`: how many may sit at once, where that is fewer than
    the units; who sits there already stays, however many they are.
    """
    ids = {u.id for u in units}
    present = [s for s in stays if s.unit_id in ids]
    if most is not None and any(_crowd([*present, *wishes], wish) > most for wish in wishes):
        return None
    if len(wishes) == 1 and (unit := _best_fit(units, present, wishes[0], prefer)) is not None:
        return Seating((unit,))
    component = _component(present, wishes)
    if _contradiction(units, component, wishes):
        return None
    try:
        return _by_chains(units, component, wishes)
    except _OutOfBudget:
        return arrangement.fewest_moves(units, component, wishes)


def _crowd(entries: Sequence[Stay | Wish], wish: Wish) -> int:
    """How many of these share the busiest instant of a wish."""
    return peak((max(e.start, wish.start), min(e.end, wish.end)) for e in entries if meet(e, wish))


def seats_left(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish, *, most: int | None = None) -> int:
    """How many such wishes could still be seated together: the honest "free" of a pool. `most`: see `seat`."""
    left = _seats_left(units, stays, wish)
    if most is None or not left:
        return left
    ids = {u.id for u in units}
    return max(0, min(left, most - _crowd([s for s in stays if s.unit_id in ids], wish)))


def _seats_left(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> int:
    if wish.features or wish.unit_id is not None or any(u.usable_until is not None for u in units):
        suitable = {u.id for u in units if suits(u, wish)}
    else:
        suitable = {u.id for u in units}
    ids = {u.id for u in units}
    touching = [s for s in stays if s.start < wish.end and wish.start < s.end and s.unit_id in ids]
    if not touching:
        return len(suitable)
    direct = len(suitable.difference([s.unit_id for s in touching]))
    # At any instant each booking sits on one unit, so the busiest instant bounds what can be left.
    busiest = peak((max(s.start, wish.start), min(s.end, wish.end)) for s in touching)
    most = min(len(suitable), len(units) - busiest)
    if most <= direct:
        return direct
    near = _component([s for s in stays if s.unit_id in ids], [wish])
    if _is_plain(units, near, wish):
        return most
    return max(direct, arrangement.most(units, near, wish))


def _is_plain(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> bool:
    """Whether the busiest instant alone decides: all who may move can sit anywhere, and those who may not came first.

    Interval graphs are coloured from left to right with as many colours as the busiest instant has bookings, and any
    colouring of those that start first can be continued so.
    """
    movable: list[Stay | Wish] = [wish, *(s for s in stays if not s.is_fixed)]
    if wish.unit_id is not None or any(not e.features <= u.features for e in movable if e.features for u in units):
        return False
    if any(not suits(u, e) for u in units if u.usable_until is not None for e in movable):
        return False
    first = min(e.start for e in movable)
    return all(s.start <= first for s in stays if s.is_fixed)


def _best_fit(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish, prefer: Sequence[int] = ()) -> int | None:
    """The preferred free unit, then the one that leaves the smallest hole, then the one whose features are wasted least."""
    places = {unit_id: place for place, unit_id in enumerate(prefer)}
    by_unit: dict[int, list[Stay]] = {}
    for stay in stays:
        by_unit.setdefault(stay.unit_id, []).append(stay)
    best: tuple[int, int, int, int, int] | None = None
    for unit in units:
        if not suits(unit, wish):
            continue
        others = by_unit.get(unit.id, [])
        if any(meet(s, wish) for s in others):
            continue
        # A neighbour that touches leaves no hole on that side; then any neighbour is better than an empty unit.
        touching = sum(1 for s in others if s.end == wish.start or s.start == wish.end)
        rank = (
            places.get(unit.id, len(places)),
            -touching,
            -min(len(others), 1),
            len(unit.features - wish.features),
            unit.id,
        )
        if best is None or rank < best:
            best = rank
    return best[4] if best else None


def _component(stays: Sequence[Stay], wishes: Sequence[Wish]) -> list[Stay]:
    """The stays that a chain starting at the wishes can reach: overlapping, or overlapping one that overlaps."""
    reached: list[Stay] = []
    rest = list(stays)
    edge: list[Stay | Wish] = list(wishes)
    while edge:
        near = [s for s in rest if any(meet(s, e) for e in edge)]
        reached += near
        found = {s.id for s in near}
        rest = [s for s in rest if s.id not in found]
        # A stay that cannot move passes no chain on.
        edge = [s for s in near if not s.is_fixed]
    return reached


def _contradiction(units: Sequence[Unit], stays: Sequence[Stay], wishes: Sequence[Wish]) -> bool:
    """Whether at some instant the bookings cannot all have a unit of their own (no matching): proof of refusal."""
    if any(not any(suits(u, w) for u in units) for w in wishes):
        return True
    everything: list[Stay | Wish] = [*stays, *wishes]
    # The stays alone do have a unit each: only where a wish lies can there be one booking too many.
    instants = {e.start for e in everything if any(w.start <= e.start < w.end for w in wishes)}
    crowds = [[e for e in everything if e.start <= instant < e.end] for instant in instants]
    if any(len(crowd) > len(units) for crowd in crowds):
        return True
    return not all(_can_be_matched(units, crowd) for crowd in crowds)


def _can_be_matched(units: Sequence[Unit], crowd: Sequence[Stay | Wish]) -> bool:
    """Whether those present at one instant can each have a unit of their own."""
    choices = {
        id(e): [e.unit_id] if isinstance(e, Stay) and e.is_fixed else [u.id for u in units if suits(u, e)]
        for e in crowd
    }
    owner: dict[int, Stay | Wish] = {}
    # Those with the least choice first: hardly any augmenting path is then needed.
    return all(_match(e, choices, owner, set()) for e in sorted(crowd, key=lambda e: len(choices[id(e)])))


def _match(e: Stay | Wish, choices: dict[int, list[int]], owner: dict[int, Stay | Wish], seen: set[int]) -> bool:
    """Kuhn's augmenting path: give `e` a unit, asking earlier ones to take another."""
    for unit in choices[id(e)]:
        if unit in seen:
            continue
        seen.add(unit)
        if unit not in owner or _match(owner[unit], choices, owner, seen):
            owner[unit] = e
            return True
    return False


class _OutOfBudget(Exception):
    """The chain search cannot say within its budget."""


@dataclass(slots=True)
class _Chain:
    """One depth of the chain search: who was placed where, and who still stands in place."""

    units: Sequence[Unit]
    standing: dict[int, list[Stay]]
    budget: int
    placed: list[tuple[int, Stay | Wish]] = field(default_factory=list)
    #: Whether an option was left aside only because it would have moved too many.
    was_cut: bool = False

    def place(self, queue: list[Stay | Wish], moves_left: int) -> bool:
        """Seat the queue, evicting at most `moves_left` stays; `placed` then holds the answer."""
        if not queue:
            return True
        self.budget -= len(self.units)
        if self.budget < 0:
            raise _OutOfBudget
        item, rest = queue[0], queue[1:]
        for unit_id, met in self._options(item, moves_left):
            for stay in met:
                self.standing[unit_id].remove(stay)
            self.placed.append((unit_id, item))
            if self.place([*rest, *met], moves_left - len(met)):
                return True
            self.placed.pop()
            self.standing[unit_id].extend(met)
        return False

    def _options(self, item: Stay | Wish, moves_left: int) -> list[tuple[int, list[Stay]]]:
        """The units the item may take and whom it evicts there, gentlest first."""
        ranked: list[tuple[int, int, int, list[Stay]]] = []
        for unit in self.units:
            if not suits(unit, item) or (isinstance(item, Stay) and item.unit_id == unit.id):
                continue
            if any(u == unit.id and meet(p, item) for u, p in self.placed):
                continue
            met = [s for s in self.standing[unit.id] if meet(s, item)]
            if any(s.is_fixed for s in met):
                continue
            if len(met) > moves_left:
                self.was_cut = True
                continue
            ranked.append((len(met), len(unit.features - item.features), unit.id, met))
        ranked.sort(key=lambda option: option[:3])
        return [(unit_id, met) for _, _, unit_id, met in ranked]


def _by_chains(units: Sequence[Unit], stays: Sequence[Stay], wishes: Sequence[Wish]) -> Seating | None:
    """Iterative deepening over the number of stays that move.

    Put a wish on a unit, evict whom it meets there, seat them elsewhere, and so on; whoever was placed stays placed. Any
    arrangement that moves m stays is found with m evictions, so the first depth that succeeds moves the fewest. When a
    depth fails without ever having wanted to evict one more, no deeper one can succeed. Raises _OutOfBudget.
    """
    budget = CHAIN_BUDGET
    for depth in range(LONGEST_CHAIN + 1):
        standing: dict[int, list[Stay]] = {u.id: [] for u in units}
        for stay in stays:
            standing[stay.unit_id].append(stay)
        chain = _Chain(units, standing, budget)
        if chain.place(list(wishes), depth):
            # The wishes head the queue: they were placed first, and in their order.
            seats = tuple(u for u, p in chain.placed if isinstance(p, Wish))
            return Seating(seats, {p.id: u for u, p in chain.placed if isinstance(p, Stay)})
        if not chain.was_cut:
            return None
        budget = chain.budget
    raise _OutOfBudget
