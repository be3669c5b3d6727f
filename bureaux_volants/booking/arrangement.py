"""Whether an arrangement exists, and the one that moves the fewest: integer programmes solved by HiGHS. Pure.

Fixed stays cut each unit's time into gaps. Gaps with the same bounds and the same features are alike, and so are bookings
with the same hours and needs: what counts is how many of each go to each, and within like gaps an interval graph is
coloured from left to right. The programme of counts (`most`, `exists`) stays small however large the pool. The programme
of moves (`fewest_moves`) has a variable for each booking and unit: it is given a time, and a count's answer after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .availability import Instant, free_spans
from .pool import Seating, Stay, Unit, Wish, suits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Seconds that finding the fewest moves may take while others wait for the pool.
PATIENCE = 1.0
#: Seconds that counting may take for one site of a search.
COUNTING = 0.1


def warm_up() -> None:
    """Load the solver, a quarter of a second, before anybody waits for it."""
    import scipy.optimize
    import scipy.sparse  # noqa: F401 -- loaded, not used here


def most(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> int:
    """How many such wishes can be seated together beside all the stays.

    In a large pool where many chose their unit and features abound it may be the best count found in time: so many can
    be seated, and perhaps one more. Whether one can is always exact.
    """
    programme = _Counts(units, stays, [wish])
    counts = programme.solve(at_most=len(units), seconds=COUNTING)
    found = 0 if counts is None else programme.seated(counts)
    return found or int(programme.solve() is not None)


def fewest_moves(units: Sequence[Unit], stays: Sequence[Stay], wishes: Sequence[Wish]) -> Seating | None:
    """Seat every wish, moving the fewest stays that can be found in time; None when no arrangement exists."""
    programme = _Counts(units, stays, wishes)
    counts = programme.solve()
    if counts is None:
        return None
    return by_moves(units, stays, wishes, seconds=PATIENCE) or programme.arrangement(counts)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Bookings with the same hours and needs; `unit_id` when they may only sit there."""

    start: Instant
    end: Instant
    features: frozenset[str]
    unit_id: int | None
    is_wish: bool


@dataclass(frozen=True, slots=True)
class _Gap:
    """Free time of a unit between fixed stays; `unit_id` only when somebody asks for that very unit."""

    start: Instant
    end: Instant
    features: frozenset[str]
    unit_id: int | None

    def takes(self, who: _Alike) -> bool:
        return (
            self.start <= who.start
            and who.end <= self.end
            and who.features <= self.features
            and who.unit_id in (None, self.unit_id)
        )


class _Counts:
    """How many of each kind of booking go to each kind of gap."""

    def __init__(self, units: Sequence[Unit], stays: Sequence[Stay], wishes: Sequence[Wish]) -> None:
        self.wishes = wishes
        self.groups: dict[_Alike, list[Stay | Wish]] = {}
        everybody: list[Stay | Wish] = [*(s for s in stays if not s.is_fixed), *wishes]
        for e in everybody:
            named = e.unit_id if isinstance(e, Wish) else None
            alike = _Alike(e.start, e.end, e.features, named, isinstance(e, Wish))
            self.groups.setdefault(alike, []).append(e)
        self.gaps = self._gaps(units, [s for s in stays if s.is_fixed])
        self.columns = [(who, gap) for who in self.groups for gap in self.gaps if gap.takes(who)]

    def _gaps(self, units: Sequence[Unit], fixed: Sequence[Stay]) -> dict[_Gap, list[int]]:
        named = {w.unit_id for w in self.wishes}
        window = (min(g.start for g in self.groups), max(g.end for g in self.groups))
        busy: dict[int, list[tuple[Instant, Instant]]] = {}
        for stay in fixed:
            busy.setdefault(stay.unit_id, []).append((stay.start, stay.end))
        gaps: dict[_Gap, list[int]] = {}
        for unit in units:
            taken = busy.get(unit.id, [])
            if unit.usable_until is not None and unit.usable_until < window[1]:
                taken = [*taken, (max(unit.usable_until, window[0]), window[1])]
            for start, end in free_spans(taken, window):
                gap = _Gap(start, end, unit.features, unit.id if unit.id in named else None)
                gaps.setdefault(gap, []).append(unit.id)
        return gaps

    def solve(self, at_most: int | None = None, seconds: float | None = None) -> dict[tuple[_Alike, _Gap], int] | None:
        """The counts that seat everybody, or, with `at_most`, as many of each wish as can be; None when there are none."""
        import numpy as np

        of_group: dict[_Alike, list[int]] = {who: [] for who in self.groups}
        of_gap: dict[_Gap, list[int]] = {gap: [] for gap in self.gaps}
        for k, (who, gap) in enumerate(self.columns):
            of_group[who].append(k)
            of_gap[gap].append(k)
        low, high, entries = [], [], []
        for who, members in self.groups.items():
            wanted, is_free = len(members), who.is_wish and at_most is not None
            if not of_group[who] and not is_free:
                return None
            entries.append(of_group[who])
            low.append(0 if is_free else wanted)
            high.append(at_most if is_free and at_most is not None else wanted)
        for gap, inside in of_gap.items():
            for present in _crowds([(self.columns[k][0], k) for k in inside]):
                entries.append(present)
                low.append(0)
                high.append(len(self.gaps[gap]))
        cost = np.array([-1.0 if who.is_wish and at_most is not None else 0.0 for who, _ in self.columns])
        x = _solve(cost, entries, low, high, upper=np.inf, seconds=seconds)
        if x is None:
            return None
        return {column: round(n) for column, n in zip(self.columns, x, strict=True) if n > 0.5}

    @staticmethod
    def seated(counts: dict[tuple[_Alike, _Gap], int]) -> int:
        return sum(n for (who, _), n in counts.items() if who.is_wish)

    def arrangement(self, counts: dict[tuple[_Alike, _Gap], int]) -> Seating:
        """Units for everybody, from the counts: within like gaps from left to right, one's own unit when it is free."""
        left = {who: list(members) for who, members in self.groups.items()}
        seats: dict[int, int] = {}
        for gap, places in self.gaps.items():
            here = [
                left[who].pop() for who, other in self.columns if other == gap for _ in range(counts.get((who, gap), 0))
            ]
            free_from: dict[int, Instant] = dict.fromkeys(places, gap.start)
            for e in sorted(here, key=lambda e: e.start):
                free = [u for u, since in free_from.items() if since <= e.start]
                unit = e.unit_id if e.unit_id in free else free[0]
                assert unit is not None
                free_from[unit] = e.end
                seats[id(e)] = unit
        moved = {
            e.id: seats[id(e)]
            for members in self.groups.values()
            for e in members
            if isinstance(e, Stay) and seats[id(e)] != e.unit_id
        }
        return Seating(tuple(seats[id(w)] for w in self.wishes), moved)


def by_moves(
    units: Sequence[Unit], stays: Sequence[Stay], wishes: Sequence[Wish], *, seconds: float | None = None
) -> Seating | None:
    """x[b, u] is 1 when booking b sits on unit u: the arrangement with the fewest moves, or the best found in time.

    None when there is none, or none was found in time.
    """
    import numpy as np

    everything: list[Stay | Wish] = [*stays, *wishes]
    columns = [
        (b, unit.id)
        for b, e in enumerate(everything)
        for unit in units
        if (e.unit_id == unit.id if isinstance(e, Stay) and e.is_fixed else suits(unit, e))
    ]
    cost = np.array([1.0 if isinstance(e := everything[b], Stay) and e.unit_id != unit else 0.0 for b, unit in columns])
    of_booking: dict[int, list[int]] = {b: [] for b in range(len(everything))}
    of_unit: dict[int, list[int]] = {unit.id: [] for unit in units}
    for k, (b, unit_id) in enumerate(columns):
        of_booking[b].append(k)
        of_unit[unit_id].append(k)
    if not all(of_booking.values()):
        return None
    entries = list(of_booking.values())
    low, high = [1] * len(entries), [1] * len(entries)
    for own in of_unit.values():
        for present in _crowds([(everything[columns[k][0]], k) for k in own]):
            if len(present) > 1:
                entries.append(present)
                low.append(0)
                high.append(1)
    x = _solve(cost, entries, low, high, upper=1.0, seconds=seconds)
    if x is None:
        return None
    chosen = {b: unit for (b, unit), one in zip(columns, x, strict=True) if one > 0.5}
    moves = {e.id: chosen[b] for b, e in enumerate(everything) if isinstance(e, Stay) and chosen[b] != e.unit_id}
    return Seating(tuple(chosen[len(stays) + n] for n in range(len(wishes))), moves)


def _crowds(spans: Sequence[tuple[_Alike | Stay | Wish, int]]) -> list[list[int]]:
    """Who is there together: the largest sets only, one at each start that an end follows."""
    edges = sorted([(e.end, 0, k) for e, k in spans] + [(e.start, 1, k) for e, k in spans], key=lambda edge: edge[:2])
    present: dict[int, None] = {}
    found: list[list[int]] = []
    grew = False
    for _, is_start, k in edges:
        if is_start:
            present[k], grew = None, True
            continue
        if grew:
            found.append(list(present))
            grew = False
        del present[k]
    return found


def _solve(
    cost: NDArray[np.float64],
    entries: Sequence[Sequence[int]],
    low: Sequence[int],
    high: Sequence[int],
    *,
    upper: float,
    seconds: float | None = None,
) -> NDArray[np.float64] | None:
    """Whole numbers of least cost between 0 and `upper`, the sum over each entry between its bounds; None when none."""
    # Imported here: most processes never need the solver.
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    rows = [row for row, members in enumerate(entries) for _ in members]
    cols = [k for members in entries for k in members]
    if not len(cost):
        return cost if all(bound <= 0 for bound in low) else None
    matrix = coo_array((np.ones(len(rows)), (rows, cols)), shape=(len(entries), len(cost))).tocsr()
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, np.array(low, dtype=float), np.array(high, dtype=float)),
        integrality=np.ones(len(cost), dtype=np.int64),
        bounds=Bounds(0, upper),
        options={"mip_rel_gap": 0.0} if seconds is None else {"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    found: NDArray[np.float64] | None = answer.x
    return found
