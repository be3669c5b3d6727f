"""`bv bench pool`: the same year of requests to a pool of cars, answered in three ways; how many are accepted by each.

* Ours: people book the pool; the system seats them with the product's own `assignment.seat`, and may re-seat those who have not
  left yet.
* First fit: a request gets the first vehicle of a list that is free for the whole of it, and keeps it.
* By choice: a person takes any vehicle that shows as free for the whole of the stay, and keeps it.

The last two are what the known open-source peers offer: a booking is of a concrete vehicle. Nothing is measured but the
decisions: requests, their order, cancellations and turnarounds are the same for all, drawn from a stated seed.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from bureaux_volants.booking.assignment import seat
from bureaux_volants.booking.pool import Stay, Unit, Wish, needs, suits, thresholds

from .report import Figure

SEED = 57
#: Hours of a day begin at midnight; instants are hours since the first day.
DAY = 24.0
TURNAROUND = 0.5
#: Half of the vehicles are plain; the others offer what some ask for.
SEATS = (5, 5, 5, 5, 5, 5, 7, 7, 5, 5)
RANGES = (None, None, None, None, None, 300, None, None, 300, 300)
FEATURES: tuple[frozenset[str], ...] = (
    *(frozenset[str]() for _ in range(5)),
    frozenset({"electric", "automatic"}),
    frozenset({"large_boot"}),
    frozenset({"large_boot", "child_seat"}),
    frozenset({"electric", "automatic"}),
    frozenset({"electric", "automatic"}),
)
WEEKDAYS = (0.75, 1.35, 0.85, 1.3, 0.75)
STARTS = tuple(8 + 0.5 * n for n in range(17))
START_WEIGHTS = (4, 6, 8, 6, 4, 3, 2, 1, 2, 3, 5, 6, 5, 3, 2, 1, 1)
LENGTHS, LENGTH_WEIGHTS = (1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 30.0), (3, 4, 6, 5, 4, 3, 0.5)
LEADS, LEAD_WEIGHTS = (0.0, 1.0, 2.0, 5.0, 9.0, 14.0), (3, 5, 4, 4, 3, 2)
CANCELLED = 0.1


@dataclass(frozen=True, slots=True)
class Scale:
    """`loads`: requests on an ordinary day, for each of which the year is played."""

    days: int = 365
    loads: tuple[int, ...] = (12, 18, 24)


SCALES = {"tiny": Scale(21, (18,)), "small": Scale()}


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """Asked for at an instant; cancelled at another, perhaps."""

    asked_at: float
    id: int
    start: float
    end: float
    features: frozenset[str] = field(compare=False)
    cancelled_at: float | None = field(compare=False, default=None)


@dataclass(slots=True)
class Outcome:
    """What one way of answering did. `despite_room`: refused although the vehicles could have been shared out otherwise."""

    accepted: int = 0
    refused: int = 0
    moved: int = 0
    despite_room: int = 0

    @property
    def rate(self) -> float:
        return 100 * self.accepted / (self.accepted + self.refused)


#: Answers a request: the unit, and who moves where; None to refuse.
Way = Callable[[Sequence[Unit], Sequence[Stay], Wish], tuple[int, dict[int, int]] | None]


def pool() -> list[Unit]:
    """Ten cars, as the product describes them."""
    return [
        Unit(n, features | thresholds("car", seats, km))
        for n, (features, seats, km) in enumerate(zip(FEATURES, SEATS, RANGES, strict=True), 1)
    ]


def requests(days: int, load: int, seed: int) -> list[Request]:
    """A year of wishes, in the order in which they are asked."""
    dice = random.Random(f"{seed}/{load}")
    found: list[Request] = []
    for day in range(days):
        if day % 7 > 4:
            continue
        for _ in range(max(0, round(dice.gauss(load * WEEKDAYS[day % 7], load**0.5)))):
            start = day * DAY + dice.choices(STARTS, START_WEIGHTS)[0]
            end = start + dice.choices(LENGTHS, LENGTH_WEIGHTS)[0]
            asked_at = start - dice.choices(LEADS, LEAD_WEIGHTS)[0] * DAY - dice.random() * 6
            gone = start - dice.random() * (start - asked_at) if dice.random() < CANCELLED else None
            found.append(Request(asked_at, len(found), start, end, _wanted(dice), gone))
    return sorted(found)


def _wanted(dice: random.Random) -> frozenset[str]:
    """Most want any car; some many seats, a boot, a gearbox, a long way."""
    draw = dice.random()
    if draw < 0.06:
        return needs(people=6)
    if draw < 0.14:
        return frozenset({"large_boot"})
    if draw < 0.22:
        return frozenset({"automatic"})
    return needs(km=dice.choice((10, 20, 40, 90, 350)))


def play(asked: Sequence[Request], units: Sequence[Unit], way: Way, *, looks_for_room: bool = False) -> Outcome:
    """Answer every request in its order; cancellations free their vehicle when they come."""
    found = Outcome()
    held: dict[int, Stay] = {}
    gone: list[tuple[float, int]] = []
    for request in asked:
        now = request.asked_at
        while gone and gone[0][0] <= now:
            held.pop(heappop(gone)[1], None)
        held = {key: stay for key, stay in held.items() if stay.end > now}
        # Whoever has left has the vehicle.
        stays = [Stay(s.id, s.start, s.end, s.unit_id, s.features, s.start <= now) for s in held.values()]
        wish = Wish(request.start, request.end + TURNAROUND, request.features)
        answer = way(units, stays, wish)
        if answer is None:
            found.refused += 1
            if looks_for_room and seat(units, stays, [wish]) is not None:
                found.despite_room += 1
            continue
        unit, moves = answer
        found.accepted += 1
        found.moved += len(moves)
        for key, other in moves.items():
            s = held[key]
            held[key] = Stay(s.id, s.start, s.end, other, s.features)
        held[request.id] = Stay(request.id, wish.start, wish.end, unit, wish.features)
        if request.cancelled_at is not None:
            heappush(gone, (request.cancelled_at, request.id))
    return found


def seated(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> tuple[int, dict[int, int]] | None:
    """The product's own answer."""
    found = seat(units, stays, [wish])
    return None if found is None else (found.units[0], dict(found.moves))


def _free(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> list[int]:
    taken = {s.unit_id for s in stays if s.start < wish.end and wish.start < s.end}
    return [u.id for u in units if u.id not in taken and suits(u, wish)]


def first_fit(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> tuple[int, dict[int, int]] | None:
    """The first of the list that is free."""
    free = _free(units, stays, wish)
    return (free[0], {}) if free else None


def by_choice(seed: int) -> Way:
    """Any that is free, as the person fancies."""
    dice = random.Random(f"{seed}/choice")

    def way(units: Sequence[Unit], stays: Sequence[Stay], wish: Wish) -> tuple[int, dict[int, int]] | None:
        free = _free(units, stays, wish)
        return (dice.choice(free), {}) if free else None

    return way


def run(scale: str | None = None) -> list[Figure]:
    """All figures of one scale: "small" (a year, the default), or "tiny" for a test. ValueError for another."""
    name = scale or "small"
    if name not in SCALES:
        raise ValueError(f"« {name} » n'est pas une taille : {', '.join(SCALES)}.")
    size, units = SCALES[name], pool()
    figures = [Figure("seed", SEED, ""), Figure("cars in the pool", len(units), ""), Figure("days", size.days, "")]
    for load in size.loads:
        print(f"… {load} requests on an ordinary day", file=sys.stderr, flush=True)
        figures += _figures(load, requests(size.days, load, SEED), units)
    return figures


def _figures(load: int, asked: Sequence[Request], units: Sequence[Unit]) -> list[Figure]:
    ours = play(asked, units, seated, looks_for_room=True)
    first = play(asked, units, first_fit, looks_for_room=True)
    choice = play(asked, units, by_choice(SEED), looks_for_room=True)
    best = max(first.rate, choice.rate)
    where = f"{load} a day"
    return [
        Figure(f"requests, {where}", len(asked), ""),
        Figure(f"accepted by the pool, re-seating, {where}", round(ours.rate, 2), "%", "> both others", ours.rate > best),
        Figure(f"accepted by first fit on a vehicle, {where}", round(first.rate, 2), "%"),
        Figure(f"accepted by a person's choice of a vehicle, {where}", round(choice.rate, 2), "%"),
        Figure(f"refused by the pool although there was room, {where}", ours.despite_room, "", "0", ours.despite_room == 0),
        Figure(f"refused by first fit although there was room, {where}", first.despite_room, ""),
        Figure(f"refused by choice although there was room, {where}", choice.despite_room, ""),
        Figure(f"re-seated before they left, {where}", ours.moved, "times"),
    ]  # fmt: skip
