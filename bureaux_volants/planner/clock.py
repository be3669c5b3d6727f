"""The hours of public transport in the numbers of the search: `Problem`'s ways by the clock. Pure.

A ride leaves when it leaves. Where an appointment decides when one goes, one search of the timetable from it, or towards it, gives the
minutes, waiting included. In the morning and in the evening the hours depend on the desk: there, every ride worth it is kept.

A hub way (park and ride, bike and ride) rides from its hub, and home is as far from the hub as its own vehicle takes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Place, Way
from bureaux_volants.travel.modes import Point
from bureaux_volants.travel.outline import HUB_WAYS

from .beside import beside
from .problem import HOME, NEVER, Ints

#: Ways that ride public transport for a part.
BY_CLOCK = frozenset({Way.TRANSIT, *HUB_WAYS})
#: How long before the hours of work one may leave home, and after them be back, minutes.
AROUND = 150


@dataclass(frozen=True, slots=True)
class Rides:
    """Minutes since midnight: `into` [A+2, S] to be at each stop, `out` [A+2, S] from each stop, `direct` [A+2] to the next node.

    NEVER where nothing leads there. `morning` and `evening` [S, N, 2] as of `Problem`.
    """

    into: Ints
    out: Ints
    direct: Ints
    morning: Ints
    evening: Ints


@dataclass(frozen=True, slots=True)
class Frame:
    """The day that rides are asked for, numbered as the problem: places of nodes and stops, hours of nodes, minutes since midnight.

    `leaves_from`: nobody leaves home before. `wanted_by`: nobody must be at a stop earlier in the morning; `wanted_from`: nobody
    leaves a stop later in the evening.
    """

    midnight: dt.datetime
    places: Sequence[Place]
    place: Ints
    stop_place: Ints
    start: Ints
    end: Ints
    hours: tuple[int, int]
    leaves_from: int
    wanted_by: int
    wanted_from: int

    def at(self, minutes: int) -> dt.datetime:
        return self.midnight + dt.timedelta(minutes=int(minutes))


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the riding begins that leaves home by a hub way, whole minutes from home by the own vehicle."""

    place: Place
    minutes: int


def rides(frame: Frame, timetable: Timetable, gates: Sequence[Gate] = ()) -> list[Rides]:
    """Every ride of the day: from and to home itself, then by each gate. One search for each appointment and direction serves all."""
    nodes, stops = len(frame.place), len(frame.stop_place)
    found = [_nothing(nodes, stops) for _ in range(1 + len(gates))]
    stop_points = [frame.places[int(at)].point for at in frame.stop_place]
    ends = [frame.places[HOME].point, *(gate.place.point for gate in gates)]
    at_home = np.flatnonzero(frame.stop_place == HOME)
    # The longest searches by far: the evening's beside all the others.
    evening_of_home = beside(_evening, frame, timetable, stop_points)
    for node in range(1, nodes - 1):
        here, following = frame.places[int(frame.place[node])].point, int(frame.place[node + 1])
        others = [*stop_points, frame.places[following].point, *ends]
        arrivals = timetable.earliest(here, others, frame.midnight, frame.at(frame.end[node])) - frame.end[node]
        departures = frame.start[node] - timetable.latest(
            [*stop_points, *ends], here, frame.midnight, frame.at(frame.start[node])
        )
        found[0].into[node], found[0].direct[node], found[0].out[node] = (
            arrivals[:stops],
            arrivals[stops],
            departures[:stops],
        )
        if node == 1:
            found[0].direct[0] = departures[stops]
        # By a gate one leaves home or comes home, and nothing else.
        for n, gate in enumerate(gates, 1):
            came, went = arrivals[stops + 1 + n] + gate.minutes, departures[stops + n] + gate.minutes
            found[n].into[node, at_home], found[n].out[node, at_home] = came, went
            if following == HOME:
                found[n].direct[node] = came
            if node == 1:
                found[n].direct[0] = went
    for n, one in enumerate(found):
        if n == 0:
            morning, evening = _morning(frame, timetable, stop_points), evening_of_home.result()
        else:
            morning, evening = _by_gate(frame, timetable, gates[n - 1], stop_points)
        for kept in (morning, evening):
            kept[kept[..., 1] >= NEVER // 2] = NEVER
        # Only whether there is any: the search looks the hours up.
        one.into[0] = np.where(morning[:, 0, 0] < NEVER, 0, NEVER)
        one.out[-1] = np.where(evening[:, 0, 0] < NEVER, 0, NEVER)
        for minutes in (one.into, one.out, one.direct):
            minutes[(minutes < 0) | (minutes >= NEVER // 2)] = NEVER
        for minutes in (one.into, one.out):
            minutes[frame.place[:, None] == frame.stop_place] = NEVER
        found[n] = Rides(one.into, one.out, one.direct, morning, evening)
    return found


def _nothing(nodes: int, stops: int) -> Rides:
    none = np.full((stops, 1, 2), NEVER)
    return Rides(np.full((nodes, stops), NEVER), np.full((nodes, stops), NEVER), np.full(nodes, NEVER), none, none)


def _morning(frame: Frame, timetable: Timetable, stops: Sequence[Point]) -> Ints:
    """The rides from home."""
    (first, until), _ = _hours(frame)
    home, at = frame.places[HOME].point, frame.at
    return timetable.leaving(home, stops, frame.midnight, at(first), at(until), at(frame.wanted_by))


def _evening(frame: Frame, timetable: Timetable, stops: Sequence[Point]) -> Ints:
    """The rides back home."""
    _, (since, latest) = _hours(frame)
    home, at = frame.places[HOME].point, frame.at
    return timetable.arriving(stops, home, frame.midnight, at(since), at(latest), at(frame.wanted_from))


def _hours(frame: Frame) -> tuple[tuple[int, int], tuple[int, int]]:
    """When one may leave home and be there in the morning, and leave and be home in the evening."""
    last = len(frame.place) - 1
    begins, ends = frame.hours
    first = max(0, frame.leaves_from, begins - AROUND)
    until = max(first, int(frame.start[1]) if last > 1 else ends)
    since = max(begins, int(frame.end[last - 1]) if last > 1 else 0)
    return (first, until), (since, max(ends, frame.wanted_from) + AROUND)


def _by_gate(frame: Frame, timetable: Timetable, gate: Gate, stops: Sequence[Point]) -> tuple[Ints, Ints]:
    """The same by a gate, from what is kept of it for everybody."""
    # Home is no stop to go to from home, and each person's own: without it, what is kept serves everybody.
    away = np.flatnonzero(frame.stop_place != HOME)
    there, back = timetable.whole_day(gate.place.point, tuple(stops[int(s)] for s in away), frame.midnight)
    (first, until), (since, latest) = _hours(frame)
    there = _between(there - np.array([gate.minutes, 0]), first, until)
    back = _between(back + np.array([0, gate.minutes]), since, latest)
    morning, evening = (np.full((len(stops), found.shape[1], 2), NEVER) for found in (there, back))
    morning[away], evening[away] = there, back
    return morning, evening


def _between(pairs: Ints, first: int, last: int) -> Ints:
    """The pairs that leave no sooner and arrive no later, with no more room than the most of them need."""
    can = (pairs[:, :, 0] >= first) & (pairs[:, :, 1] <= last)
    kept = np.where(can[:, :, None], pairs, NEVER)
    # What is left out is at the end now, as if there were none: both columns ascend.
    kept.sort(axis=1)
    return kept[:, : max(1, int(can.sum(axis=1).max(initial=0)))]


def stacked(found: Sequence[Ints], stops: int) -> Ints:
    """The `morning` or `evening` of several gates as one array [T, S, N, 2]; one row that is never had where there is none."""
    most = max([1, *(one.shape[1] for one in found)])
    whole = np.full((max(1, len(found)), stops, most, 2), NEVER)
    for row, one in zip(whole, found, strict=False):
        row[:, : one.shape[1]] = one
    return whole
