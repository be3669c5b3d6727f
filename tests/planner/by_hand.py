"""Every way to spend a small day, one after the other: slow, and written from the model's words (planner/problem.py), not from its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bureaux_volants.planner.problem import BIKE, CAR, HOME, NEVER, NOTHING, POOL, Problem


@dataclass(frozen=True)
class Where:
    """Where each vehicle is. `unit` is the pool kind in hand with its base and when it is due back, or None."""

    bike: int = HOME
    car: int = HOME
    unit: tuple[int, int, int] | None = None


def after(p: Problem, where: Where, way: int, a: int, b: int, due: int, leaving: int, arriving: int) -> Where | None:
    """Where the vehicles are after going from place a to place b; None where one cannot go so."""
    what, hub = int(p.vehicle[way]), int(p.hub[way])
    if where.unit and what != POOL + where.unit[0] and not (what == NOTHING and p.pocket[where.unit[0]]):
        return None
    if a == b:
        return where if what == NOTHING else None
    if what == NOTHING:
        if where.unit is None:
            return where
        if arriving > where.unit[2]:
            return None
        return replace(where, unit=None) if b == where.unit[1] else where
    if what in (BIKE, CAR):
        name = "bike" if what == BIKE else "car"
        stands = getattr(where, name)
        if hub >= 0:
            if a == HOME and stands == HOME:
                return replace(where, **{name: hub})
            if b == HOME and stands == hub:
                return replace(where, **{name: HOME})
            return None
        return replace(where, **{name: b}) if stands == a else None
    unit = where.unit
    if unit is None:
        if due <= leaving:
            return None
        unit = (what - POOL, a, due)
    if arriving > unit[2]:
        return None
    return replace(where, unit=None if b == unit[1] else unit)


def to_be_there(p: Problem, way: int, stop: int, by: int) -> int | None:
    """How long before `by` one leaves home."""
    left = [(int(d), int(a)) for d, a in p.morning[p.clock[way], stop] if a <= by]
    return by - max(left)[0] if left and by - max(left)[1] <= p.most_wait else None


def from_there(p: Problem, way: int, stop: int, at: int) -> int | None:
    """How long after `at` one is home."""
    home = [(int(a), int(d)) for d, a in p.evening[p.clock[way], stop] if at <= d < NEVER]
    return min(home)[0] - at if home and min(home)[1] - at <= p.most_wait else None


def common(a: int, b: int, c: int, d: int) -> int:
    return len(range(max(a, c), min(b, d)))


def days(p: Problem) -> Iterator[tuple[int, int, int, int]]:
    """What each possible day weighs."""
    yield from _from(p, 0, Where(), (0, 0, 0, 0))


def _from(p: Problem, node: int, where: Where, weighs: tuple[int, ...]) -> Iterator[tuple[int, int, int, int]]:
    last = p.appointments + 1
    if node == last:
        if where == Where():
            yield weighs  # type: ignore[misc]
        return
    for target in range(node + 1, last + 1):
        between = range(node + 1, target)
        if all(p.may_be_remote[k] for k in between):
            for then, more in _gap(p, node, target, where):
                yield from _from(p, target, then, tuple(a + b for a, b in zip(weighs, more, strict=True)))


def _gap(p: Problem, node: int, target: int, where: Where) -> Iterator[tuple[Where, tuple[int, int, int, int]]]:
    first_of_all, last_of_all = node == 0, target == p.appointments + 1
    begins, ends = p.hours
    free_from = begins if first_of_all else int(p.end[node])
    free_until = ends if last_of_all else int(p.start[target])
    a, b = int(p.place[node]), int(p.place[target])
    owed = common(free_from, free_until, begins, ends)
    remote = range(node + 1, target)
    ways = range(len(p.vehicle))

    if not remote and not (first_of_all and last_of_all):
        for way in ways:
            took, *rest = (int(x) for x in p.direct[node, target, way])
            if took >= NEVER:
                continue
            leave = free_until - took if first_of_all else free_from
            if first_of_all and leave < p.earliest:
                continue
            arrive = leave + took
            if not last_of_all and arrive > free_until:
                continue
            due = int(p.due_from_node[node, p.vehicle[way] - POOL]) if p.vehicle[way] >= POOL else 0
            then = after(p, where, way, a, b, due, leave, arrive)
            if then:
                yield then, (took + max(0, owed - common(leave, arrive, begins, ends)), *rest)  # type: ignore[misc]

    for stop, at in enumerate(int(x) for x in p.stop_place):
        for one in ways:
            for two in ways:
                came, went = int(p.into[node, one, stop, 0]), int(p.out[target, two, stop, 0])
                if came >= NEVER or went >= NEVER:
                    continue
                for opens, closes in [(-1, -1), *((int(w[0]), int(w[1])) for w in p.windows[stop])]:
                    works = opens >= 0
                    if works:
                        arrive = max(begins, opens) if first_of_all else free_from + came
                        if first_of_all:
                            soonest = p.earliest + came
                            if p.clock[one] >= 0:
                                soonest = min(int(a) for d, a in p.morning[p.clock[one], stop])
                            arrive = max(arrive, soonest)
                        leave = max(arrive, min(ends, closes)) if last_of_all else free_until - went
                        desk = (max(arrive, opens), min(leave, closes))
                        if closes <= opens or desk[1] - desk[0] < p.least_stay:
                            continue
                        if any(p.start[k] < desk[0] or p.end[k] > desk[1] for k in remote):
                            continue
                    else:
                        if remote or p.vehicle[one] == p.vehicle[two] or (first_of_all and last_of_all):
                            continue
                        desk = (0, 0)
                        if first_of_all:
                            leave = arrive = free_until - went
                        else:
                            arrive = free_from + came
                            leave = arrive if last_of_all else free_until - went
                        if leave < arrive:
                            continue
                    comes, goes = came, went
                    if first_of_all and p.clock[one] >= 0:
                        comes = to_be_there(p, one, stop, arrive)
                    if last_of_all and p.clock[two] >= 0:
                        goes = from_there(p, two, stop, leave)
                    if comes is None or goes is None or (first_of_all and arrive - comes < p.earliest):
                        continue
                    due = int(p.due_from_node[node, p.vehicle[one] - POOL]) if p.vehicle[one] >= POOL else 0
                    half = after(p, where, one, a, at, due, arrive - comes, arrive)
                    if half is None:
                        continue
                    due = int(p.due_from_stop[target, p.vehicle[two] - POOL, stop]) if p.vehicle[two] >= POOL else 0
                    then = after(p, half, two, at, b, due, leave, leave + goes)
                    if then is None:
                        continue
                    used = sum(
                        common(x, y, begins, ends) for x, y in ((arrive - comes, arrive), (leave, leave + goes), desk)
                    )
                    rest = [int(p.into[node, one, stop, k] + p.out[target, two, stop, k]) for k in (1, 2, 3)]
                    if works and at != HOME:
                        rest[2] += p.stop_points
                    yield then, (comes + goes + max(0, owed - used), *rest)  # type: ignore[misc]


def unbeaten(weights: set[tuple[int, int, int, int]]) -> set[tuple[int, int, int, int]]:
    """Those that no other is at least as good as in everything."""
    return {w for w in weights if not any(o != w and all(x <= y for x, y in zip(o, w, strict=True)) for o in weights)}
