"""RAPTOR: Delling, Pajor, Werneck, "Round-Based Public Transit Routing" (ALENEX 2012; Transportation Science 2015). Pure.

Round k finds the earliest arrivals with at most k rides, scanning each route once. Two things differ from the paper:
- walks are not transitively closed and are taken one at a time, so a stop has two labels a round: `arrived` by ride, from
  which one may walk, and `ready` to board, which a walk may have improved. A third, `reached`, is ready without the change:
  the answer for a destination. With one label, who walks to a stop could walk on from it, or be kept from it.
- routes are lists of runs of which none overtakes another (network.py).

The latest departure is the same search on the network and the walks reversed, with times negated. The profile (rRAPTOR) runs
the search from every useful departure, the latest first, and keeps the labels in between.

Compiled by numba; the result is cached on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .layout import Ints
from .network import Network
from .walks import Walks

#: Searches only read the network and write what is theirs: two may run beside each other.
_compiled: Any = njit(cache=True, nogil=True)

#: Seconds no search reaches.
NEVER = 1 << 30

#: Rounds that labels are made for at first; where a search needs more, it is run again with twice as many.
ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Labels:
    """Seconds by (rides at most, stop); NEVER where not reached. Rows after the last are as the last."""

    arrived: Ints
    ready: Ints
    reached: Ints

    @property
    def rounds(self) -> int:
        return len(self.arrived) - 1


def one_to_all(net: Network, on_foot: Walks, stops: Ints, times: Ints, limit: int = NEVER - 1) -> Labels:
    """Earliest arrivals at every stop by number of rides, being at `stops` ready to board at `times`; none after `limit`."""
    rounds = ROUNDS
    while True:
        labels = _labels(rounds, len(on_foot.change))
        rows = _search(*_network(net), *_walks(on_foot), *labels, 1, stops, times, limit)
        if rows > 0:
            return Labels(labels[0][:rows], labels[1][:rows], labels[2][:rows])
        rounds *= 2


def profile(
    net: Network,
    on_foot: Walks,
    access: tuple[Ints, Ints],
    egress: tuple[Ints, Ints],
    moments: Ints,
    *,
    by_ride: bool,
) -> list[tuple[int, int, int]]:
    """Every journey that is worth it among departures at `moments`: (departure, arrival, rides), by departure.

    One leaves for the stops of `access` with its seconds; one arrives from those of `egress` with its seconds (`by_ride`:
    after a ride only, else after a walk between stops too). Worth it: none leaves later or as late, arrives earlier or as early, with
    as few rides or fewer, nor walks all the way as quickly. `moments` must hold every useful departure, see `useful_moments`.
    """
    moments = np.unique(moments)[::-1].astype(np.int32)
    rounds = ROUNDS
    while True:
        labels = _labels(rounds, len(on_foot.change))
        found = _sweep(*_network(net), *_walks(on_foot), *labels, moments, *access, *egress, by_ride)
        if found[0, 0] >= 0 or len(found) == 1:
            return sorted((int(a), int(b), int(c)) for a, b, c in found[1:])
        rounds *= 2


def profiles(
    net: Network,
    on_foot: Walks,
    access: tuple[Ints, Ints],
    egresses: Sequence[tuple[Ints, Ints]],
    moments: Ints,
    limit: int = NEVER - 1,
    enough: int = -NEVER,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each of the destinations, every pair (departure, arrival) that is worth it, by a ride at least.

    The number of the destination of each row, ascending, and the rows [n, 2], by departure. As `profile`, in one sweep for all
    destinations, without counting rides. Arrivals after `limit` are left out; the sweep ends once every destination near a stop has
    one at `enough` or before: earlier departures are not asked for.
    """
    moments = np.unique(moments)[::-1].astype(np.int32)
    start = np.cumsum([0, *(len(stops) for stops, _ in egresses)]).astype(np.int64)
    nothing = np.zeros(0, np.int32)
    stops = np.concatenate([nothing, *(stops for stops, _ in egresses)]).astype(np.int32)
    seconds = np.concatenate([nothing, *(seconds for _, seconds in egresses)]).astype(np.int32)
    found = _sweep_all(*_network(net), *_walks(on_foot), moments, *access, start, stops, seconds, limit, enough)
    rows = found[::-1]
    order = np.argsort(rows[:, 0], kind="stable")
    return rows[order, 0], rows[order, 1:]


def useful_moments(net: Network, access: tuple[Ints, Ints], start: int, end: int) -> Ints:
    """When to leave, within start..end included, to be just in time for some run at a stop of `access`."""
    found: Ints = np.unique(
        _moments(
            *access, net.served_start, net.stop_routes, net.stop_positions, net.boards, net.stop_start, net.time_start,
            net.runs, net.departures, start, end,
        )
    )  # fmt: skip
    return found


def warm() -> None:
    """Have the compiled code at hand: compiled at the first call on a machine, read from the disk afterwards."""
    from .network import assemble

    nowhere = np.zeros(2, np.int32)
    along, flags = np.array([0, 1], np.int32), np.array([True, True])
    net = assemble(
        2, [along], [flags], [flags], [nowhere[:1]], [np.array([5, 9], np.int32)], [np.array([5, 9], np.int32)]
    )
    on_foot = Walks(np.zeros(3, np.int32), nowhere[:0], nowhere[:0], nowhere[:0], nowhere)
    one_to_all(net, on_foot, along[:1], nowhere[:1])
    from_here, to_there = (along[:1], nowhere[:1]), (along[1:], nowhere[:1])
    profile(net, on_foot, from_here, to_there, along[:1], by_ride=False)
    profiles(net, on_foot, from_here, [to_there], along[:1])
    useful_moments(net, from_here, 0, 9)


def _labels(rounds: int, stops: int) -> tuple[Ints, Ints, Ints]:
    # Rows are filled when their round begins: most searches need few.
    arrays = [np.empty((rounds + 1, stops), np.int32) for _ in range(3)]
    for array in arrays:
        array[0] = NEVER
    return arrays[0], arrays[1], arrays[2]


def _network(net: Network) -> tuple[Any, ...]:
    return (
        net.stop_start, net.route_stops, net.boards, net.alights, net.runs, net.time_start, net.arrivals, net.departures,
        net.served_start, net.stop_routes, net.stop_positions,
    )  # fmt: skip


def _walks(on_foot: Walks) -> tuple[Ints, ...]:
    return on_foot.start, on_foot.to, on_foot.seconds, on_foot.boarding, on_foot.change


@_compiled
def _moments(  # type: ignore[no-untyped-def]
    stops,
    walks,
    served_start,
    stop_routes,
    stop_positions,
    boards,
    stop_start,
    time_start,
    runs,
    departures,
    start,
    end,
):
    """When to leave for each run that stops nearby, in no order."""
    count = 0
    for k in range(len(stops)):
        for n in range(served_start[stops[k]], served_start[stops[k] + 1]):
            count += runs[stop_routes[n]]
    found = np.empty(count, np.int32)
    used = 0
    for k in range(len(stops)):
        for n in range(served_start[stops[k]], served_start[stops[k] + 1]):
            route, position = stop_routes[n], stop_positions[n]
            if not boards[stop_start[route] + position]:
                continue
            first = time_start[route] + position * runs[route]
            for run in range(runs[route]):
                leaving = departures[first + run] - walks[k]
                if start <= leaving <= end:
                    found[used] = leaving
                    used += 1
    return found[:used]


@_compiled
def _lower(row_from, rows, labels, stop, time):  # type: ignore[no-untyped-def]
    """Write a better time in its row and in those of more rides that are no better; whether it was better."""
    if time >= labels[row_from, stop]:
        return False
    for row in range(row_from, rows):
        if labels[row, stop] <= time:
            break
        labels[row, stop] = time
    return True


@_compiled
def _search(  # type: ignore[no-untyped-def]
    stop_start, route_stops, boards, alights, runs, time_start, arrivals, departures,
    served_start, stop_routes, stop_positions,
    walk_start, walk_to, walk_seconds, walk_boarding, change,
    arrived, ready, reached, rows, sources, times, limit,
):  # fmt: skip
    """Rows in use afterwards; -1 where the labels have too few."""
    stops, routes = len(change), len(runs)
    first = np.full(routes, -1, np.int32)
    queue = np.empty(routes, np.int32)
    marked = np.zeros(stops, np.bool_)
    marks = np.empty(stops, np.int32)
    got_off = np.zeros(stops, np.bool_)
    offs = np.empty(stops, np.int32)
    mark_count = 0
    for n in range(len(sources)):
        stop, time = sources[n], times[n]
        if time > limit:
            continue
        _lower(0, rows, reached, stop, time)
        if _lower(0, rows, ready, stop, time) and not marked[stop]:
            marked[stop] = True
            marks[mark_count] = stop
            mark_count += 1
    k = 0
    while mark_count > 0:
        k += 1
        if k >= len(arrived):
            return -1
        if k >= rows:
            arrived[k] = arrived[k - 1]
            ready[k] = ready[k - 1]
            reached[k] = reached[k - 1]
            rows = k + 1
        queued = 0
        for n in range(mark_count):
            stop = marks[n]
            marked[stop] = False
            for m in range(served_start[stop], served_start[stop + 1]):
                route, position = stop_routes[m], stop_positions[m]
                if first[route] < 0:
                    queue[queued] = route
                    queued += 1
                    first[route] = position
                elif position < first[route]:
                    first[route] = position
        mark_count = 0
        off_count = 0
        before = ready[k - 1]
        for n in range(queued):
            route = queue[n]
            count = runs[route]
            base = stop_start[route]
            run = count
            for position in range(first[route], stop_start[route + 1] - base):
                stop = route_stops[base + position]
                column = time_start[route] + position * count
                if run < count and alights[base + position]:
                    time = arrivals[column + run]
                    if time <= limit and time < arrived[k, stop]:
                        _lower(k, rows, arrived, stop, time)
                        if not got_off[stop]:
                            got_off[stop] = True
                            offs[off_count] = stop
                            off_count += 1
                if run > 0 and boards[base + position]:
                    time = before[stop]
                    if time < NEVER and (run == count or time <= departures[column + run - 1]):
                        # The first run that leaves no earlier than one is ready.
                        low, high = 0, run
                        while low < high:
                            middle = (low + high) >> 1
                            if departures[column + middle] < time:
                                low = middle + 1
                            else:
                                high = middle
                        run = low
            first[route] = -1
        for n in range(off_count):
            stop = offs[n]
            got_off[stop] = False
            time = arrived[k, stop]
            _lower(k, rows, reached, stop, time)
            if change[stop] >= 0 and _lower(k, rows, ready, stop, time + change[stop]) and not marked[stop]:
                marked[stop] = True
                marks[mark_count] = stop
                mark_count += 1
            for m in range(walk_start[stop], walk_start[stop + 1]):
                to = walk_to[m]
                if time + walk_seconds[m] <= limit:
                    _lower(k, rows, reached, to, time + walk_seconds[m])
                if (
                    time + walk_boarding[m] <= limit
                    and _lower(k, rows, ready, to, time + walk_boarding[m])
                    and not marked[to]
                ):
                    marked[to] = True
                    marks[mark_count] = to
                    mark_count += 1
    return rows


@_compiled
def _sweep(  # type: ignore[no-untyped-def]
    stop_start, route_stops, boards, alights, runs, time_start, arrivals, departures,
    served_start, stop_routes, stop_positions,
    walk_start, walk_to, walk_seconds, walk_boarding, change,
    arrived, ready, reached, moments, access_stops, access_seconds, egress_stops, egress_seconds, by_ride,
):  # fmt: skip
    """Rows (departure, arrival, rides) after a first one that says -1 where the labels have too few rows."""
    best = np.full(len(arrived), NEVER, np.int64)
    found = np.empty((64, 3), np.int64)
    found[0, :] = 0
    count = 1
    rows = 1
    for moment in moments:
        rows = _search(
            stop_start, route_stops, boards, alights, runs, time_start, arrivals, departures,
            served_start, stop_routes, stop_positions,
            walk_start, walk_to, walk_seconds, walk_boarding, change,
            arrived, ready, reached, rows, access_stops, moment + access_seconds, NEVER - 1,
        )  # fmt: skip
        if rows < 0:
            found[0, 0] = -1
            return found[:2]
        walked = NEVER
        for k in range(rows):
            time = NEVER
            for n in range(len(egress_stops)):
                stop = egress_stops[n]
                at = arrived[k, stop] if by_ride else reached[k, stop]
                if at < NEVER and at + egress_seconds[n] < time:
                    time = at + egress_seconds[n]
            if k == 0:
                walked = time
            elif time < walked and time < best[k]:
                for row in range(k, len(best)):
                    best[row] = min(best[row], time)
                if count == len(found):
                    wider = np.empty((2 * count, 3), np.int64)
                    wider[:count] = found
                    found = wider
                found[count, 0], found[count, 1], found[count, 2] = moment, time, k
                count += 1
    return found[:count]


@_compiled
def _sweep_all(  # type: ignore[no-untyped-def]
    stop_start, route_stops, boards, alights, runs, time_start, arrivals, departures,
    served_start, stop_routes, stop_positions,
    walk_start, walk_to, walk_seconds, walk_boarding, change,
    moments, access_stops, access_seconds, egress_start, egress_stops, egress_seconds, limit, enough,
):  # fmt: skip
    """Rows (destination, departure, arrival), the latest departure first.

    As `_search` from each moment, with one label for any number of rides: where rides are not counted, what needs more of them but is
    there no later already says all. A route is only scanned from near the origin where another run than before is caught there.
    """
    stops, routes, targets = len(change), len(runs), len(egress_start) - 1
    arrived = np.full(stops, NEVER, np.int32)
    ready = np.full(stops, NEVER, np.int32)
    first = np.full(routes, -1, np.int32)
    queue = np.empty(routes, np.int32)
    marked = np.zeros(stops, np.bool_)
    marks = np.empty(stops, np.int32)
    got_off = np.zeros(stops, np.bool_)
    offs = np.empty(stops, np.int32)
    # The run last caught at each access stop, by each route that it is served by.
    slot_start = np.zeros(len(access_stops) + 1, np.int64)
    for n in range(len(access_stops)):
        slot_start[n + 1] = slot_start[n] + served_start[access_stops[n] + 1] - served_start[access_stops[n]]
    caught = np.full(slot_start[-1], NEVER, np.int32)
    # By stop: the destinations near it.
    near_start = np.zeros(stops + 1, np.int64)
    for n in range(len(egress_stops)):
        near_start[egress_stops[n] + 1] += 1
    for stop in range(stops):
        near_start[stop + 1] += near_start[stop]
    filled = near_start[:-1].copy()
    near = np.empty(len(egress_stops), np.int64)
    near_seconds = np.empty(len(egress_stops), np.int64)
    for target in range(targets):
        for n in range(egress_start[target], egress_start[target + 1]):
            stop = egress_stops[n]
            near[filled[stop]], near_seconds[filled[stop]] = target, egress_seconds[n]
            filled[stop] += 1
    best = np.full(targets, NEVER, np.int64)
    is_better = np.zeros(targets, np.bool_)
    better = np.empty(targets, np.int64)
    found = np.empty((256, 3), np.int64)
    count = 0
    # What is there after the worst of the answers so far betters none of them.
    worst = _worst(best, egress_start)
    for moment in moments:
        if worst <= enough:
            break
        better_count = queued = mark_count = 0
        latest = min(limit, worst)
        for n in range(len(access_stops)):
            stop, time = access_stops[n], moment + access_seconds[n]
            if time > latest or time >= ready[stop]:
                continue
            ready[stop] = time
            for m in range(served_start[stop], served_start[stop + 1]):
                route, position = stop_routes[m], stop_positions[m]
                slot = slot_start[n] + m - served_start[stop]
                column = time_start[route] + position * runs[route]
                high = min(caught[slot], runs[route])
                if high == 0 or departures[column + high - 1] < time:
                    continue
                caught[slot] = _first_run(departures, column, high, time)
                if first[route] < 0:
                    queue[queued] = route
                    queued += 1
                    first[route] = position
                elif position < first[route]:
                    first[route] = position
        while queued > 0:
            off_count = 0
            for n in range(queued):
                route = queue[n]
                runs_here = runs[route]
                base = stop_start[route]
                run = runs_here
                for position in range(first[route], stop_start[route + 1] - base):
                    stop = route_stops[base + position]
                    column = time_start[route] + position * runs_here
                    if run < runs_here and alights[base + position]:
                        time = arrivals[column + run]
                        if time <= latest and time < arrived[stop]:
                            arrived[stop] = time
                            if not got_off[stop]:
                                got_off[stop] = True
                                offs[off_count] = stop
                                off_count += 1
                    if run > 0 and boards[base + position]:
                        time = ready[stop]
                        if time < NEVER and (run == runs_here or time <= departures[column + run - 1]):
                            run = _first_run(departures, column, run, time)
                first[route] = -1
            mark_count = 0
            for n in range(off_count):
                stop = offs[n]
                got_off[stop] = False
                time = arrived[stop]
                if change[stop] >= 0 and time + change[stop] < ready[stop]:
                    ready[stop] = time + change[stop]
                    if not marked[stop]:
                        marked[stop] = True
                        marks[mark_count] = stop
                        mark_count += 1
                for m in range(walk_start[stop], walk_start[stop + 1]):
                    to, then = walk_to[m], time + walk_boarding[m]
                    if then <= latest and then < ready[to]:
                        ready[to] = then
                        if not marked[to]:
                            marked[to] = True
                            marks[mark_count] = to
                            mark_count += 1
                for m in range(near_start[stop], near_start[stop + 1]):
                    target, then = near[m], time + near_seconds[m]
                    if then <= limit and then < best[target]:
                        best[target] = then
                        if not is_better[target]:
                            is_better[target] = True
                            better[better_count] = target
                            better_count += 1
            queued = 0
            for n in range(mark_count):
                stop = marks[n]
                marked[stop] = False
                for m in range(served_start[stop], served_start[stop + 1]):
                    route, position = stop_routes[m], stop_positions[m]
                    if first[route] < 0:
                        queue[queued] = route
                        queued += 1
                        first[route] = position
                    elif position < first[route]:
                        first[route] = position
        if better_count == 0:
            continue
        while count + better_count > len(found):
            wider = np.empty((2 * len(found), 3), np.int64)
            wider[:count] = found[:count]
            found = wider
        for n in range(better_count):
            target = better[n]
            is_better[target] = False
            found[count, 0], found[count, 1], found[count, 2] = target, moment, best[target]
            count += 1
        worst = _worst(best, egress_start)
    return found[:count]


@_compiled
def _first_run(departures, column, high, time):  # type: ignore[no-untyped-def]
    """The first of the runs before `high` that leaves no earlier than one is ready; `high` where none does."""
    low = 0
    while low < high:
        middle = (low + high) >> 1
        if departures[column + middle] < time:
            low = middle + 1
        else:
            high = middle
    return low


@_compiled
def _worst(best, egress_start):  # type: ignore[no-untyped-def]
    """The latest answer among the destinations that are near a stop at all."""
    worst = -NEVER
    for target in range(len(best)):
        if egress_start[target] < egress_start[target + 1] and best[target] > worst:
            worst = best[target]
    return worst
