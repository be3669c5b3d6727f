"""The best ways to spend a day, exactly: labels over (appointment reached, where each vehicle stands), kept while nothing is better.

Multi-criteria label correcting (Hansen 1980; Martins 1984) on the graph of the day: its nodes are the morning, the appointments
and the evening, so it has no cycle and each node is final once reached in order. Two labels compare only when they stand at the same node
with the same vehicles at the same places; then the one that weighs no less in anything, and whose pool unit is due no later, is
dropped. What is left in the evening with all vehicles home is the whole Pareto front, one plan for each point of it.

The only pruning beyond dominance: a vehicle left somewhere must still be passed, so a label with more such places than gaps is
dropped. Compiled by numba, kept on disk.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .problem import BIKE, CAR, HOME, NEVER, NOTHING, POOL, Found, Gap, Ints, Problem

# Columns of a label.
_NODE, _BIKE, _CAR, _KIND, _BASE, _DUE = 0, 1, 2, 3, 4, 5
_MINUTES, _GRAMS, _CENTS, _POINTS = 6, 7, 8, 9
_PARENT, _STOP, _FIRST, _SECOND, _FROM, _UNTIL, _NEXT, _ALIVE = 10, 11, 12, 13, 14, 15, 16, 17
_COLUMNS = 18


@njit(cache=True, inline="always")
def _within(start: int, end: int, low: int, high: int) -> int:
    """How long two spans overlap."""
    return max(0, min(end, high) - max(start, low))


@njit(cache=True)
def _move(
    state: Ints, at: int, to: int, way: int, vehicle: Ints, hub: Ints, due: int, leaving: int, arriving: int
) -> bool:
    """Go from `at` to `to`; the state (bike, car, kind, base, due) moves along. False where that cannot be.

    `due`: until when a pool unit taken at `at` would be free.
    """
    what = vehicle[way]
    if state[2] >= 0 and what != POOL + state[2]:
        return False
    if at == to:
        return what == NOTHING
    if what == NOTHING:
        return True
    if what == BIKE or what == CAR:
        own = what - BIKE
        if hub[way] >= 0:
            if at == HOME and state[own] == HOME:
                state[own] = hub[way]
                return True
            if to == HOME and state[own] == hub[way]:
                state[own] = HOME
                return True
            return False
        if state[own] != at:
            return False
        state[own] = to
        return True
    if state[2] < 0:
        if due <= leaving:
            return False
        state[2], state[3], state[4] = what - POOL, at, due
    if to == state[3]:
        if arriving > state[4]:
            return False
        state[2], state[3], state[4] = -1, 0, 0
    return arriving <= state[4] or state[2] < 0


@njit(cache=True)
def _places_to_pass(state: Ints, here: int, node: int, place: Ints, hub: Ints) -> int:
    """So many different places must still be stopped at: what stands elsewhere than at home, here, at a hub, or on the way."""
    bike, car, base = state[0], state[1], state[3] if state[2] >= 0 else HOME
    for way in range(len(hub)):
        # Fetched on the way home, without a stop.
        if bike == hub[way]:
            bike = HOME
        if car == hub[way]:
            car = HOME
    for later in range(node + 1, len(place)):
        if bike == place[later]:
            bike = HOME
        if car == place[later]:
            car = HOME
        if base == place[later]:
            base = HOME
    if bike == here:
        bike = HOME
    if car == here:
        car = HOME
    count = 1 if bike != HOME else 0
    if car != HOME and car != bike:
        count += 1
    if base != HOME and base != bike and base != car:
        count += 1
    return count


@njit(cache=True)
def _keep(labels: Ints, used: int, table: Ints, new: Ints) -> int:
    """Add a label unless one of its state is as good; drop those it beats. The number of labels used, or -1: no room."""
    key = (((new[_NODE] * 1024 + new[_BIKE]) * 1024 + new[_CAR]) * 1024 + new[_BASE]) * 16 + new[_KIND] + 1
    size = len(table)
    slot = (key * 0x9E3779B1) % size
    while table[slot, 0] != -1 and table[slot, 0] != key:
        slot = (slot + 1) % size
    if table[slot, 0] == -1:
        table[slot, 0] = key
        table[slot, 1] = -1
        table[0, 2] += 1
        if 2 * table[0, 2] > size:
            return -1
    before = -1
    one = table[slot, 1]
    while one != -1:
        old = labels[one]
        following = old[_NEXT]
        if (
            old[_MINUTES] <= new[_MINUTES]
            and old[_GRAMS] <= new[_GRAMS]
            and old[_CENTS] <= new[_CENTS]
            and old[_POINTS] <= new[_POINTS]
            and old[_DUE] >= new[_DUE]
        ):
            return used
        if (
            new[_MINUTES] <= old[_MINUTES]
            and new[_GRAMS] <= old[_GRAMS]
            and new[_CENTS] <= old[_CENTS]
            and new[_POINTS] <= old[_POINTS]
            and new[_DUE] >= old[_DUE]
        ):
            old[_ALIVE] = 0
            if before == -1:
                table[slot, 1] = following
            else:
                labels[before, _NEXT] = following
        else:
            before = one
        one = following
    if used == len(labels):
        return -1
    labels[used] = new
    labels[used, _NEXT] = table[slot, 1]
    labels[used, _ALIVE] = 1
    table[slot, 1] = used
    return used + 1


@njit(cache=True)
def _search(
    labels: Ints,
    table: Ints,
    start: Ints,
    end: Ints,
    may_be_remote: Ints,
    place: Ints,
    work_from: int,
    work_until: int,
    stop_place: Ints,
    windows: Ints,
    vehicle: Ints,
    hub: Ints,
    into: Ints,
    out: Ints,
    direct: Ints,
    due_from_stop: Ints,
    due_from_node: Ints,
    least_stay: int,
    stop_points: int,
) -> int:
    """Fill `labels`; how many, or -1 when they need more room."""
    last = len(place) - 1
    stops, ways = len(stop_place), len(vehicle)
    table[:, 0] = -1
    table[0, 2] = 0
    labels[0, :] = 0
    labels[0, _KIND] = -1
    labels[0, _PARENT] = -1
    labels[0, _STOP] = -1
    labels[0, _NEXT] = -1
    labels[0, _ALIVE] = 1
    used = 1
    state, reached, gone = np.zeros(5, np.int64), np.zeros(5, np.int64), np.zeros(5, np.int64)
    new = np.zeros(_COLUMNS, np.int64)
    for node in range(last):
        # All labels of a node come before those of the next that were made from them, but not one after the other.
        for one in range(used):
            if labels[one, _NODE] != node or labels[one, _ALIVE] == 0:
                continue
            state[:] = labels[one, _BIKE : _DUE + 1]
            here = place[node]
            morning = node == 0
            left = work_from if morning else end[node]
            for target in range(node + 1, last + 1):
                if target > node + 1 and may_be_remote[target - 1] == 0:
                    break
                evening = target == last
                wanted = work_until if evening else start[target]
                there = place[target]
                # What of the hours of work lies in this gap.
                owed = _within(left, wanted, work_from, work_until)
                # Remote appointments in the gap: they must fit into the stay.
                must_from, must_until = NEVER, -1
                for k in range(node + 1, target):
                    must_from = min(must_from, start[k])
                    must_until = max(must_until, end[k])
                new[_NODE] = target
                new[_PARENT] = one
                # -- straight on
                if must_until < 0 and not (morning and evening):
                    for way in range(ways):
                        took = direct[node, target, way, 0]
                        if took >= NEVER:
                            continue
                        leaves = wanted - took if morning else left
                        arrives = wanted if morning else left + took
                        if not evening and arrives > wanted:
                            continue
                        gone[:] = state
                        due = 0
                        if vehicle[way] >= POOL:
                            due = due_from_node[node, vehicle[way] - POOL]
                        if not _move(gone, here, there, way, vehicle, hub, due, leaves, arrives):
                            continue
                        if _places_to_pass(gone, there, target, place, hub) > last - target:
                            continue
                        if evening and (gone[0] != HOME or gone[1] != HOME or gone[2] >= 0):
                            continue
                        idle = owed - _within(leaves, arrives, work_from, work_until)
                        new[_BIKE : _DUE + 1] = gone
                        new[_MINUTES] = labels[one, _MINUTES] + took + max(0, idle)
                        new[_GRAMS] = labels[one, _GRAMS] + direct[node, target, way, 1]
                        new[_CENTS] = labels[one, _CENTS] + direct[node, target, way, 2]
                        new[_POINTS] = labels[one, _POINTS] + direct[node, target, way, 3]
                        new[_STOP], new[_FIRST], new[_SECOND], new[_FROM], new[_UNTIL] = -1, way, -1, 0, 0
                        used = _keep(labels, used, table, new)
                        if used < 0:
                            return -1
                # -- with a stop
                for stop in range(stops):
                    at = stop_place[stop]
                    for first in range(ways):
                        came = into[node, first, stop, 0]
                        if came >= NEVER or (not morning and not evening and left + came > wanted):
                            continue
                        there_at = left + came
                        reached[:] = state
                        # In the morning no pool unit is at home: the hours do not matter yet.
                        due = 0
                        if vehicle[first] >= POOL:
                            due = due_from_node[node, vehicle[first] - POOL]
                        if not _move(reached, here, at, first, vehicle, hub, due, left, there_at):
                            continue
                        for second in range(ways):
                            went = out[target, second, stop, 0]
                            if went >= NEVER:
                                continue
                            # Window -1: only passing.
                            for window in range(-1, windows.shape[1]):
                                desk_from, desk_until = 0, 0
                                if window < 0:
                                    if must_until >= 0 or (morning and evening):
                                        continue
                                    leaves = there_at if evening else wanted - went
                                    arrives = leaves if morning else there_at
                                    if leaves < arrives:
                                        continue
                                else:
                                    opens, closes = windows[stop, window, 0], windows[stop, window, 1]
                                    if closes <= opens:
                                        continue
                                    arrives = max(work_from, opens) if morning else there_at
                                    leaves = max(arrives, min(work_until, closes)) if evening else wanted - went
                                    desk_from, desk_until = max(arrives, opens), min(leaves, closes)
                                    if desk_until - desk_from < least_stay:
                                        continue
                                    if must_until >= 0 and (must_from < desk_from or must_until > desk_until):
                                        continue
                                gone[:] = reached
                                due = 0
                                if vehicle[second] >= POOL:
                                    due = due_from_stop[target, vehicle[second] - POOL, stop]
                                if not _move(gone, at, there, second, vehicle, hub, due, leaves, leaves + went):
                                    continue
                                if _places_to_pass(gone, there, target, place, hub) > last - target:
                                    continue
                                if evening and (gone[0] != HOME or gone[1] != HOME or gone[2] >= 0):
                                    continue
                                spent = _within(arrives - came, arrives, work_from, work_until)
                                spent += _within(leaves, leaves + went, work_from, work_until)
                                spent += _within(desk_from, desk_until, work_from, work_until)
                                new[_BIKE : _DUE + 1] = gone
                                new[_MINUTES] = labels[one, _MINUTES] + came + went + max(0, owed - spent)
                                for k in range(1, 4):
                                    new[_MINUTES + k] = (
                                        labels[one, _MINUTES + k]
                                        + into[node, first, stop, k]
                                        + out[target, second, stop, k]
                                    )
                                if desk_until > 0 and at != HOME:
                                    new[_POINTS] += stop_points
                                new[_STOP], new[_FIRST], new[_SECOND] = stop, first, second
                                new[_FROM], new[_UNTIL] = desk_from, desk_until
                                used = _keep(labels, used, table, new)
                                if used < 0:
                                    return -1
    return used


def _gaps(labels: Ints, label: int) -> tuple[Gap, ...]:
    found: list[Gap] = []
    while labels[label, _PARENT] >= 0:
        row, parent = labels[label], int(labels[label, _PARENT])
        found.append(
            Gap(
                int(labels[parent, _NODE]),
                int(row[_NODE]),
                int(row[_STOP]),
                int(row[_FIRST]),
                int(row[_SECOND]),
                int(row[_FROM]),
                int(row[_UNTIL]),
            )
        )
        label = parent
    return tuple(reversed(found))


def front(problem: Problem) -> list[Found]:
    """All days that nothing beats, the quickest first; one for each point of the front. Empty when no day works."""
    room = 1 << 14
    while True:
        labels = np.zeros((room, _COLUMNS), np.int64)
        table = np.zeros((4 * room, 3), np.int64)
        used = _search(
            labels,
            table,
            problem.start,
            problem.end,
            problem.may_be_remote,
            problem.place,
            *problem.hours,
            problem.stop_place,
            problem.windows,
            problem.vehicle,
            problem.hub,
            problem.into,
            problem.out,
            problem.direct,
            problem.due_from_stop,
            problem.due_from_node,
            problem.least_stay,
            problem.stop_points,
        )
        if used >= 0:
            break
        room *= 4
    evening = problem.appointments + 1
    ends = [k for k in range(1, used) if labels[k, _NODE] == evening and labels[k, _ALIVE]]
    found = []
    for k in ends:
        minutes, grams, cents, points = (int(x) for x in labels[k, _MINUTES : _POINTS + 1])
        found.append(Found((minutes, grams, cents, points), _gaps(labels, k)))
    return sorted(found, key=lambda f: f.weighs)
