"""The best ways to spend a day, exactly: labels over (appointment reached, where each vehicle stands), kept while nothing is better.

Multi-criteria label correcting (Hansen 1980; Martins 1984) on the graph of the day: its nodes are the morning, the appointments
and the evening, so it has no cycle and each node is final once reached in order. Two labels compare only when they stand at the same node
with the same vehicles at the same places; then the one that weighs no less in anything, and whose pool unit is due no later, is
dropped. What is left in the evening with all vehicles home is the whole Pareto front, one plan for each point of it.

What a gap adds does not depend on the label that it follows, only on where the vehicles stand: the gaps of one state that nothing beats
are found once, and added to each of its labels. A gap that another beats, or equals and comes first, is beaten in every day.

The only pruning beyond dominance: a vehicle left somewhere must still be passed, so a label with more such places than gaps is
dropped. Compiled by numba, kept on disk.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .problem import BIKE, HOME, NEVER, NOTHING, POOL, Found, Gap, Ints, Problem

Bools = npt.NDArray[np.bool_]

# Columns of a label.
_NODE, _BIKE, _CAR, _KIND, _BASE, _DUE = 0, 1, 2, 3, 4, 5
_MINUTES, _GRAMS, _CENTS, _POINTS = 6, 7, 8, 9
_PARENT, _STOP, _FIRST, _SECOND, _FROM, _UNTIL, _NEXT, _ALIVE = 10, 11, 12, 13, 14, 15, 16, 17
_COLUMNS = 18


@njit(cache=True, inline="always")
def _within(start: int, end: int, low: int, high: int) -> int:
    """How long two spans overlap."""
    return max(0, min(end, high) - max(start, low))


@njit(cache=True, inline="always")
def to_be_there(rides: Ints, by: int, most_wait: int) -> int:
    """Minutes before `by` at which one must leave; NEVER when nothing arrives in time, or only long before."""
    low, high = 0, len(rides)
    while low < high:
        middle = (low + high) >> 1
        if rides[middle, 1] <= by:
            low = middle + 1
        else:
            high = middle
    return by - rides[low - 1, 0] if low > 0 and by - rides[low - 1, 1] <= most_wait else NEVER


@njit(cache=True, inline="always")
def from_there(rides: Ints, at: int, most_wait: int) -> int:
    """Minutes after `at` at which one arrives, waiting included; NEVER when nothing leaves any more, or only long after."""
    low, high = 0, len(rides)
    while low < high:
        middle = (low + high) >> 1
        if rides[middle, 0] < at:
            low = middle + 1
        else:
            high = middle
    return rides[low, 1] - at if low < len(rides) and rides[low, 0] - at <= most_wait else NEVER


#: Where the vehicles are: the own bike's place, the own car's, the kind in hand (-1: none), its base, when it is due.
_State = tuple[int, int, int, int, int]


@njit(cache=True, inline="always")
def _move(
    state: _State, at: int, to: int, what: int, hub: int, due: int, leaving: int, arriving: int, pocket: Ints
) -> tuple[bool, _State]:
    """Go from `at` to `to` with `what`: whether that can be, and where the vehicles are then.

    `due`: until when a pool unit taken at `at` would be free.
    """
    bike, car, kind, base, until = state
    if kind >= 0 and what != POOL + kind and (what != NOTHING or pocket[kind] == 0):
        return False, state
    if at == to:
        return what == NOTHING, state
    if what == NOTHING:
        if kind < 0:
            return True, state
        can = arriving <= until
        if to == base:
            kind, base, until = -1, 0, 0
        return can, (bike, car, kind, base, until)
    if what < POOL:
        stands = bike if what == BIKE else car
        if hub < 0:
            can, then = stands == at, to
        elif at == HOME:
            can, then = stands == HOME, hub
        else:
            can, then = to == HOME and stands == hub, HOME
        return can, (then, car, kind, base, until) if what == BIKE else (bike, then, kind, base, until)
    if kind < 0:
        if due <= leaving:
            return False, state
        kind, base, until = what - POOL, at, due
    can = arriving <= until
    if to == base:
        kind, base, until = -1, 0, 0
    return can, (bike, car, kind, base, until)


@njit(cache=True, inline="always")
def _is_at_hand(state: _State, at: int, what: int, hub: int, pocket: Ints) -> bool:
    """Whether one can leave with it at all, wherever one goes: never False where `_move` says that one can."""
    bike, car, kind, _, _ = state
    if kind >= 0 and what != POOL + kind and (what != NOTHING or pocket[kind] == 0):
        return False
    if what == NOTHING or what >= POOL:
        return True
    stands = bike if what == BIKE else car
    return stands == at or (hub >= 0 and stands == hub)


@njit(cache=True, inline="always")
def _places_to_pass(state: _State, here: int, is_free: Bools, node: int) -> int:
    """So many different places must still be stopped at: where a vehicle stands, unless it is here or `is_free`."""
    bike, car, kind, base, _ = state
    count = 0
    if bike != here and not is_free[node, bike]:
        count += 1
    if car != here and not is_free[node, car] and car != bike:
        count += 1
    # A unit in hand goes along: only its base waits.
    if kind >= 0 and not is_free[node, base] and base != bike and base != car:
        count += 1
    return count


@njit(cache=True)
def _free_places(place: Ints, stop_place: Ints, hub: Ints) -> Bools:
    """By node and place: whether what stands there needs no stop of its own. Home, the hubs, and where one goes anyway."""
    highest = max(place.max(), stop_place.max() if len(stop_place) else 0, hub.max())
    is_free = np.zeros((len(place), highest + 1), np.bool_)
    is_free[:, HOME] = True
    for node in range(len(place)):
        for way in range(len(hub)):
            if hub[way] >= 0:
                is_free[node, hub[way]] = True
        is_free[node, place[node + 1 :]] = True
    return is_free


@njit(cache=True)
def _usable(legs: Ints) -> Ints:
    """By node and stop: how many ways lead there at all, then which. Most do not, and the search asks a hundred thousand times."""
    nodes, ways, stops = legs.shape[0], legs.shape[1], legs.shape[2]
    found = np.zeros((nodes, stops, ways + 1), np.int64)
    for node in range(nodes):
        for stop in range(stops):
            for way in range(ways):
                if legs[node, way, stop, 0] < NEVER:
                    found[node, stop, 0] += 1
                    found[node, stop, found[node, stop, 0]] = way
    return found


@njit(cache=True, inline="always")
def _key(row: Ints) -> int:
    """What labels must share to be compared: the node and where each vehicle is."""
    key: int = (((row[_NODE] * 1024 + row[_BIKE]) * 1024 + row[_CAR]) * 1024 + row[_BASE]) * 16 + row[_KIND] + 1
    return key


@njit(cache=True, inline="always")
def _slot(table: Ints, key: int) -> int:
    """Where the key stands in the table, or where it would."""
    size = len(table)
    mixed = key * 0x9E3779B1
    slot = (mixed ^ (mixed >> 32)) % size
    while table[slot, 0] != -1 and table[slot, 0] != key:
        slot = (slot + 1) % size
    return slot


@njit(cache=True)
def _keep(labels: Ints, used: int, table: Ints, new: Ints) -> int:
    """Add a label unless one of its state is as good; drop those it beats. The number of labels used, or -1: no room."""
    key = _key(new)
    slot = _slot(table, key)
    if table[slot, 0] == -1:
        table[slot, 0] = key
        table[slot, 1] = -1
        table[0, 2] += 1
        if 2 * table[0, 2] > len(table):
            return -1
    before = -1
    one = table[slot, 1]
    minutes, grams, cents, points, due = new[_MINUTES], new[_GRAMS], new[_CENTS], new[_POINTS], new[_DUE]
    while one != -1:
        following = labels[one, _NEXT]
        a, b, c = labels[one, _MINUTES] - minutes, labels[one, _GRAMS] - grams, labels[one, _CENTS] - cents
        d, e = labels[one, _POINTS] - points, due - labels[one, _DUE]
        if a <= 0 and b <= 0 and c <= 0 and d <= 0 and e <= 0:
            if before != -1:
                # What beats one beats many: it is asked first from now on.
                labels[before, _NEXT] = following
                labels[one, _NEXT] = table[slot, 1]
                table[slot, 1] = one
            return used
        if a >= 0 and b >= 0 and c >= 0 and d >= 0 and e >= 0:
            labels[one, _ALIVE] = 0
            if before == -1:
                table[slot, 1] = following
            else:
                labels[before, _NEXT] = following
        else:
            before = one
        one = following
    if used == len(labels):
        return -1
    for k in range(_NEXT):
        labels[used, k] = new[k]
    labels[used, _NEXT] = table[slot, 1]
    labels[used, _ALIVE] = 1
    table[slot, 1] = used
    return used + 1


@njit(cache=True)
def _gaps_from(
    node: int,
    state: _State,
    group: int,
    gaps: Ints,
    used: int,
    table: Ints,
    is_free: Bools,
    can_come: Ints,
    can_go: Ints,
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
    clock: Ints,
    morning_rides: Ints,
    evening_rides: Ints,
    pocket: Ints,
    earliest: int,
    most_wait: int,
    least_stay: int,
    stop_points: int,
) -> int:
    """Add to `gaps` all that can be done between the node and the next, the vehicles standing so, and that nothing beats.

    A gap is as a label that weighs what it adds; its node is that of the target, in the numbers of the group. How many there are then, or -1
    when they need more room.
    """
    last = len(place) - 1
    stops, ways = len(stop_place), len(vehicle)
    new = np.zeros(_COLUMNS, np.int64)
    can_take = np.zeros(ways, np.bool_)
    here = place[node]
    for way in range(ways):
        can_take[way] = _is_at_hand(state, here, vehicle[way], hub[way], pocket)
    # As many places to pass as gaps left: each gap must stop at one of them.
    is_pressed = _places_to_pass(state, here, is_free, node) == last - node
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
        new[_NODE] = group * (last + 1) + target
        # -- straight on
        if must_until < 0 and not (morning and evening) and not is_pressed:
            for way in range(ways):
                took = direct[node, target, way, 0]
                if took >= NEVER:
                    continue
                leaves = wanted - took if morning else left
                if morning and leaves < earliest:
                    continue
                arrives = wanted if morning else left + took
                if not evening and arrives > wanted:
                    continue
                due = 0
                if vehicle[way] >= POOL:
                    due = due_from_node[node, vehicle[way] - POOL]
                can, gone = _move(state, here, there, vehicle[way], hub[way], due, leaves, arrives, pocket)
                if not can:
                    continue
                if _places_to_pass(gone, there, is_free, target) > last - target:
                    continue
                if evening and (gone[0] != HOME or gone[1] != HOME or gone[2] >= 0):
                    continue
                idle = owed - _within(leaves, arrives, work_from, work_until)
                new[_BIKE], new[_CAR], new[_KIND], new[_BASE], new[_DUE] = gone
                new[_MINUTES] = took + max(0, idle)
                new[_GRAMS] = direct[node, target, way, 1]
                new[_CENTS] = direct[node, target, way, 2]
                new[_POINTS] = direct[node, target, way, 3]
                new[_STOP], new[_FIRST], new[_SECOND], new[_FROM], new[_UNTIL] = -1, way, -1, 0, 0
                used = _keep(gaps, used, table, new)
                if used < 0:
                    return -1
        # -- with a stop
        for stop in range(stops):
            at = stop_place[stop]
            if is_pressed and at != state[0] and at != state[1] and (state[2] < 0 or at != state[3]):
                continue
            for f in range(1, can_come[node, stop, 0] + 1):
                first = can_come[node, stop, f]
                if not can_take[first]:
                    continue
                came = into[node, first, stop, 0]
                if not morning and not evening and left + came > wanted:
                    continue
                there_at = left + came
                # In the morning no pool unit is at home: the hours do not matter yet.
                due = 0
                if vehicle[first] >= POOL:
                    due = due_from_node[node, vehicle[first] - POOL]
                can, reached = _move(state, here, at, vehicle[first], hub[first], due, left, there_at, pocket)
                if not can:
                    continue
                for g in range(1, can_go[target, stop, 0] + 1):
                    second = can_go[target, stop, g]
                    went = out[target, second, stop, 0]
                    # The hours decide for a pool unit alone: all else is known before the windows.
                    can, gone = _move(reached, at, there, vehicle[second], hub[second], NEVER, 0, 0, pocket)
                    if not can:
                        continue
                    # Window -1: only passing.
                    for window in range(-1, windows.shape[1]):
                        desk_from, desk_until = 0, 0
                        if window < 0:
                            if must_until >= 0 or (morning and evening) or vehicle[first] == vehicle[second]:
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
                            if morning and clock[first] < 0:
                                arrives = max(arrives, earliest + came)
                            elif morning:
                                arrives = max(arrives, morning_rides[clock[first], stop, 0, 1])
                            leaves = max(arrives, min(work_until, closes)) if evening else wanted - went
                            desk_from, desk_until = max(arrives, opens), min(leaves, closes)
                            if desk_until - desk_from < least_stay:
                                continue
                            if must_until >= 0 and (must_from < desk_from or must_until > desk_until):
                                continue
                        comes, goes = came, went
                        if morning and clock[first] >= 0:
                            comes = to_be_there(morning_rides[clock[first], stop], arrives, most_wait)
                        if morning and arrives - comes < earliest:
                            continue
                        if evening and clock[second] >= 0:
                            goes = from_there(evening_rides[clock[second], stop], leaves, most_wait)
                        if comes >= NEVER or goes >= NEVER:
                            continue
                        due = 0
                        if vehicle[second] >= POOL:
                            due = due_from_stop[target, vehicle[second] - POOL, stop]
                        can, gone = _move(
                            reached, at, there, vehicle[second], hub[second], due, leaves, leaves + goes, pocket
                        )
                        if not can:
                            continue
                        if _places_to_pass(gone, there, is_free, target) > last - target:
                            continue
                        if evening and (gone[0] != HOME or gone[1] != HOME or gone[2] >= 0):
                            continue
                        spent = _within(arrives - comes, arrives, work_from, work_until)
                        spent += _within(leaves, leaves + goes, work_from, work_until)
                        spent += _within(desk_from, desk_until, work_from, work_until)
                        new[_BIKE], new[_CAR], new[_KIND], new[_BASE], new[_DUE] = gone
                        new[_MINUTES] = comes + goes + max(0, owed - spent)
                        for k in range(1, 4):
                            new[_MINUTES + k] = into[node, first, stop, k] + out[target, second, stop, k]
                        if desk_until > 0 and at != HOME:
                            new[_POINTS] += stop_points
                        new[_STOP], new[_FIRST], new[_SECOND] = stop, first, second
                        new[_FROM], new[_UNTIL] = desk_from, desk_until
                        used = _keep(gaps, used, table, new)
                        if used < 0:
                            return -1
    return used


@njit(cache=True)
def _search(
    labels: Ints,
    table: Ints,
    gaps: Ints,
    gap_table: Ints,
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
    clock: Ints,
    morning_rides: Ints,
    evening_rides: Ints,
    pocket: Ints,
    earliest: int,
    most_wait: int,
    least_stay: int,
    stop_points: int,
) -> int:
    """Fill `labels`; how many, or -1 when they need more room.

    What can be done in a gap depends on where the vehicles stand and not on what was weighed until then: the labels of a node that share
    the one share the gaps that nothing beats, and are only added up with those.
    """
    last = len(place) - 1
    is_free = _free_places(place, stop_place, hub)
    can_come, can_go = _usable(into), _usable(out)
    for hashed in (table, gap_table):
        hashed[:, 0] = -1
        hashed[0, 2] = 0
    labels[0, :] = 0
    labels[0, _KIND] = -1
    labels[0, _PARENT] = -1
    labels[0, _STOP] = -1
    labels[0, _NEXT] = -1
    labels[0, _ALIVE] = 1
    used, used_gaps, groups = 1, 0, 0
    group = np.full(len(labels), -1, np.int64)
    group_start = np.zeros(len(labels) + 1, np.int64)
    new = np.zeros(_COLUMNS, np.int64)
    for node in range(last):
        # All labels of a node come before those of the next that were made from them, but not one after the other.
        for one in range(used):
            if labels[one, _NODE] != node or labels[one, _ALIVE] == 0:
                continue
            if group[one] < 0:
                group[one] = groups
                alike = table[_slot(table, _key(labels[one])), 1] if node > 0 else -1
                while alike != -1:
                    if labels[alike, _DUE] == labels[one, _DUE]:
                        group[alike] = groups
                    alike = labels[alike, _NEXT]
                state = (
                    labels[one, _BIKE],
                    labels[one, _CAR],
                    labels[one, _KIND],
                    labels[one, _BASE],
                    labels[one, _DUE],
                )
                used_gaps = _gaps_from(
                    node, state, groups, gaps, used_gaps, gap_table, is_free, can_come, can_go,
                    start, end, may_be_remote, place, work_from, work_until, stop_place, windows, vehicle, hub, into, out, direct, due_from_stop, due_from_node, clock, morning_rides, evening_rides, pocket, earliest, most_wait, least_stay, stop_points,
                )  # fmt: skip
                if used_gaps < 0:
                    return -1
                groups += 1
                group_start[groups] = used_gaps
            for gap in range(group_start[group[one]], group_start[group[one] + 1]):
                if gaps[gap, _ALIVE] == 0:
                    continue
                new[:] = gaps[gap]
                new[_NODE] -= group[one] * (last + 1)
                new[_PARENT] = one
                new[_MINUTES] += labels[one, _MINUTES]
                new[_GRAMS] += labels[one, _GRAMS]
                new[_CENTS] += labels[one, _CENTS]
                new[_POINTS] += labels[one, _POINTS]
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


def warm_up() -> None:
    """Compile the search, or read it from disk, so that nobody waits for it: some ten seconds after an installation."""
    nothing = np.zeros(2, np.int64)
    one = np.zeros(1, np.int64)
    legs = np.zeros((2, 1, 1, 4), np.int64)
    front(
        Problem(
            start=nothing,
            end=nothing,
            may_be_remote=nothing,
            place=nothing,
            hours=(0, 60),
            stop_place=one,
            windows=np.zeros((1, 1, 2), np.int64),
            vehicle=one,
            hub=one - 1,
            into=legs,
            out=legs,
            direct=np.zeros((2, 2, 1, 4), np.int64),
            due_from_stop=np.zeros((2, 1, 1), np.int64),
            due_from_node=np.zeros((2, 1), np.int64),
            clock=nothing[:1] - 1,
            morning=np.zeros((1, 1, 1, 2), np.int64),
            evening=np.zeros((1, 1, 1, 2), np.int64),
            pocket=nothing[:1],
        )
    )
    # The plans' own hours are looked up one by one.
    rides = np.zeros((1, 2), np.int64)
    to_be_there(rides, 0, 0)
    from_there(rides, 0, 0)


#: A day with no more places to stop at is soon searched, and needs little room.
FEW = 4


def front(problem: Problem) -> list[Found]:
    """All days that nothing beats, the quickest first; one for each point of the front. Empty when no day works."""
    room = 1 << 13 if len(problem.stop_place) > FEW else 1 << 10
    while True:
        labels = np.empty((room, _COLUMNS), np.int64)
        table = np.empty((room, 3), np.int64)
        gaps, gap_table = np.empty_like(labels), np.empty_like(table)
        used = _search(
            labels,
            table,
            gaps,
            gap_table,
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
            problem.clock,
            problem.morning,
            problem.evening,
            problem.pocket,
            problem.earliest,
            problem.most_wait,
            problem.least_stay,
            problem.stop_points,
        )
        if used >= 0:
            break
        # Given back before more is asked for.
        del labels, table, gaps, gap_table
        room *= 4
    evening = problem.appointments + 1
    ends = np.flatnonzero((labels[1:used, _NODE] == evening) & (labels[1:used, _ALIVE] == 1)) + 1
    found = []
    for k in ends.tolist():
        minutes, grams, cents, points = (int(x) for x in labels[k, _MINUTES : _POINTS + 1])
        found.append(Found((minutes, grams, cents, points), _gaps(labels, k)))
    return sorted(found, key=lambda f: f.weighs)
