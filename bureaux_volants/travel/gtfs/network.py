"""The runs around one day, in order: every route a list of runs of which none overtakes another. Pure.

Runs of the days before (past midnight) and after are shifted to seconds after the day's own beginning (noon minus 12 h).
Where a run overtakes another on the same stops, the two are put in different routes, so that on each route the earliest run
at one stop is the earliest at all that follow: the scan of RAPTOR stands on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .layout import Bools, Ints, Layout


@dataclass(frozen=True, slots=True)
class Network:
    """Flat arrays for the scan. Route r: stops `route_stops[stop_start[r]:stop_start[r+1]]`, `runs[r]` runs, and times by stop
    then run: those at position i are `arrivals[time_start[r] + i*runs[r] : … + runs[r]]`, ascending.

    Stop s lies on the routes `stop_routes[served_start[s]:served_start[s+1]]`, at positions `stop_positions[…]`.
    `run_trip[run_start[r] + n]` is the trip (of the layout) that run n belongs to.
    """

    stop_start: Ints
    route_stops: Ints
    boards: Bools
    alights: Bools
    runs: Ints
    run_start: Ints
    run_trip: Ints
    time_start: NDArray[np.int64]
    arrivals: Ints
    departures: Ints
    served_start: Ints
    stop_routes: Ints
    stop_positions: Ints

    def reversed(self) -> Network:
        """Time and stops the other way round: who arrives there at -t has left here at t."""
        routes = len(self.runs)
        stops, boards, alights, trips, arrivals, departures = [], [], [], [], [], []
        for r in range(routes):
            along = slice(self.stop_start[r], self.stop_start[r + 1])
            stops.append(self.route_stops[along][::-1])
            boards.append(self.alights[along][::-1])
            alights.append(self.boards[along][::-1])
            trips.append(self.run_trip[self.run_start[r] : self.run_start[r + 1]][::-1])
            timed = slice(self.time_start[r], self.time_start[r + 1])
            arrivals.append(-self.departures[timed][::-1])
            departures.append(-self.arrivals[timed][::-1])
        return assemble(len(self.served_start) - 1, stops, boards, alights, trips, arrivals, departures)


def network(layout: Layout, days: Mapping[dt.date, int], window: tuple[int, int] | None = None) -> Network:
    """The runs of the services of `days`, each shifted by its seconds; those wholly outside the window are left out."""
    running = [(layout.running(day), shift) for day, shift in days.items()]
    stops, boards, alights, trips, arrivals, departures = [], [], [], [], [], []
    for p in range(layout.patterns):
        along = slice(layout.stop_start[p], layout.stop_start[p + 1])
        width = int(layout.stop_start[p + 1] - layout.stop_start[p])
        known = slice(layout.run_start[p], layout.run_start[p + 1])
        timed = slice(layout.time_start[p], layout.time_start[p + 1])
        services, names = layout.run_service[known], layout.run_trip[known]
        arriving = layout.arrivals[timed].reshape(-1, width)
        leaving = layout.departures[timed].reshape(-1, width)
        a_parts, d_parts, n_parts = [], [], []
        for active, shift in running:
            chosen = active[services]
            if window is not None:
                chosen &= (leaving[:, 0] + shift <= window[1]) & (arriving[:, -1] + shift >= window[0])
            if chosen.any():
                a_parts.append(arriving[chosen] + np.int32(shift))
                d_parts.append(leaving[chosen] + np.int32(shift))
                n_parts.append(names[chosen])
        if not a_parts:
            continue
        a, d, n = np.concatenate(a_parts), np.concatenate(d_parts), np.concatenate(n_parts)
        for chain in in_order(a, d):
            stops.append(layout.pattern_stops[along])
            boards.append(layout.boards[along])
            alights.append(layout.alights[along])
            trips.append(n[chain])
            arrivals.append(a[chain].T.ravel())
            departures.append(d[chain].T.ravel())
    return assemble(len(layout.stop_ids), stops, boards, alights, trips, arrivals, departures)


def in_order(arrivals: Ints, departures: Ints) -> list[NDArray[np.int64]]:
    """Split runs (rows) into chains in which each is nowhere before the one it follows."""
    order = np.lexsort((arrivals[:, -1], departures[:, 0]))
    a, d = arrivals[order], departures[order]
    if bool((a[1:] >= a[:-1]).all() and (d[1:] >= d[:-1]).all()):
        return [order]
    chains: list[list[int]] = []
    for run in order:
        for chain in chains:
            last = chain[-1]
            if (arrivals[run] >= arrivals[last]).all() and (departures[run] >= departures[last]).all():
                chain.append(run)
                break
        else:
            chains.append([run])
    return [np.array(chain, dtype=np.int64) for chain in chains]


def assemble(
    stop_count: int,
    stops: list[Ints],
    boards: list[Bools],
    alights: list[Bools],
    trips: list[Ints],
    arrivals: list[Ints],
    departures: list[Ints],
) -> Network:
    """One list item a route, times by stop then run."""
    widths = np.array([len(along) for along in stops], dtype=np.int64)
    runs = np.array([len(names) for names in trips], dtype=np.int64)
    route_stops = _joined(stops, np.int32)
    route = np.repeat(np.arange(len(stops)), widths)
    stop_start = _starts(widths)
    position = np.arange(len(route_stops)) - stop_start[:-1][route] if len(stops) else np.zeros(0, np.int64)
    order = np.lexsort((position, route, route_stops))
    return Network(
        stop_start.astype(np.int32),
        route_stops,
        _joined(boards, np.bool_),
        _joined(alights, np.bool_),
        runs.astype(np.int32),
        _starts(runs).astype(np.int32),
        _joined(trips, np.int32),
        _starts(runs * widths),
        _joined(arrivals, np.int32),
        _joined(departures, np.int32),
        np.searchsorted(route_stops[order], np.arange(stop_count + 1)).astype(np.int32),
        route[order].astype(np.int32),
        position[order].astype(np.int32),
    )


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]).astype(np.int64)


def _joined(parts: list[NDArray], kind: type) -> NDArray:  # type: ignore[type-arg]
    return np.ascontiguousarray(np.concatenate(parts).astype(kind)) if parts else np.zeros(0, dtype=kind)
