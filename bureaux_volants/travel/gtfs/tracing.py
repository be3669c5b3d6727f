"""Which rides lead to a label: found again from the times alone, for the few stops that somebody asks about. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .network import Network
from .raptor import Labels
from .walks import Walks


@dataclass(frozen=True, slots=True)
class Ride:
    """Run `run` of route `route`, from its position `board` to its position `alight`."""

    route: int
    run: int
    board: int
    alight: int

    def mirrored(self, net: Network) -> Ride:
        """The same ride in the network read the other way round."""
        last = int(net.stop_start[self.route + 1] - net.stop_start[self.route]) - 1
        return Ride(self.route, int(net.runs[self.route]) - 1 - self.run, last - self.alight, last - self.board)


def rides_to(net: Network, back: Walks, labels: Labels, stop: int, k: int) -> list[Ride]:
    """The rides, in order, by which one arrives at `stop` with at most `k` of them. `back`: the walks, reversed."""
    rides: list[Ride] = []
    while True:
        while k > 1 and labels.arrived[k - 1, stop] == labels.arrived[k, stop]:
            k -= 1
        ride = _ride(net, labels, stop, k)
        rides.append(ride)
        stop, k = int(net.route_stops[net.stop_start[ride.route] + ride.board]), k - 1
        since = int(labels.ready[k, stop])
        while k > 0 and labels.ready[k - 1, stop] == since:
            k -= 1
        if k == 0:
            return rides[::-1]
        stop = _alighted(back, labels, stop, k, since)


def _ride(net: Network, labels: Labels, stop: int, k: int) -> Ride:
    """The ride that arrives at the very second, boarded as late as may be."""
    time = labels.arrived[k, stop]
    for n in range(net.served_start[stop], net.served_start[stop + 1]):
        route, alight = int(net.stop_routes[n]), int(net.stop_positions[n])
        base, count = int(net.stop_start[route]), int(net.runs[route])
        if not net.alights[base + alight]:
            continue
        column = int(net.time_start[route]) + alight * count
        first, last = np.searchsorted(net.arrivals[column : column + count], [time, time + 1])
        for run in range(int(first), int(last)):
            for board in range(alight - 1, -1, -1):
                leaves = net.departures[int(net.time_start[route]) + board * count + run]
                if net.boards[base + board] and labels.ready[k - 1, net.route_stops[base + board]] <= leaves:
                    return Ride(route, run, board, alight)
    raise AssertionError("no ride makes this label")


def _alighted(back: Walks, labels: Labels, stop: int, k: int, since: int) -> int:
    """Where one got off the ride before, to be ready at `stop` at that second."""
    if back.change[stop] >= 0 and labels.arrived[k, stop] + back.change[stop] == since:
        return stop
    for n in range(back.start[stop], back.start[stop + 1]):
        if labels.arrived[k, back.to[n]] + back.boarding[n] == since:
            return int(back.to[n])
    raise AssertionError("no walk makes this label")
