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
from bureaux_volants.travel.matrix import Option
from bureaux_volants.travel.modes import Point
from bureaux_volants.travel.outline import HUB_WAYS

from .problem import HOME, NEVER, Ints

#: Ways that ride public transport for a part.
BY_CLOCK = frozenset({Way.TRANSIT, *HUB_WAYS})
#: How long before the hours of work one may leave home, and after them be back, minutes.
AROUND = 180


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

    `leaves_from`: nobody leaves home before.
    """

    timetable: Timetable
    midnight: dt.datetime
    places: Sequence[Place]
    place: Ints
    stop_place: Ints
    start: Ints
    end: Ints
    hours: tuple[int, int]
    leaves_from: int

    def at(self, minutes: int) -> dt.datetime:
        return self.midnight + dt.timedelta(minutes=int(minutes))


def gate_of(option: Option) -> Place | None:
    """Where the riding begins that leaves home by this option; None for home itself."""
    return option.hub if option.way in HUB_WAYS else None


def rides(frame: Frame, gate: Place | None, lag: int) -> Rides:
    """Every ride of the day by one gate. `lag`: whole minutes between home and the gate."""
    last = len(frame.place) - 1
    stops = len(frame.stop_place)
    into, out = np.full((last + 1, stops), NEVER), np.full((last + 1, stops), NEVER)
    direct = np.full(last + 1, NEVER)

    def point(place: int) -> Point:
        return (gate if gate is not None and place == HOME else frame.places[place]).point

    def aside(place: int) -> int:
        return lag if gate is not None and place == HOME else 0

    stop_points = [point(int(at)) for at in frame.stop_place]
    asides = np.array([aside(int(at)) for at in frame.stop_place])
    for node in range(1, last):
        here, following = int(frame.place[node]), int(frame.place[node + 1])
        left = int(frame.end[node]) + aside(here)
        found = frame.timetable.leaving(point(here), [*stop_points, point(following)], frame.midnight, frame.at(left))
        into[node] = _arrivals(found[:-1]) + asides - frame.end[node]
        direct[node] = _arrivals(found[-1:])[0] + aside(following) - frame.end[node]
        wanted = int(frame.start[node]) - aside(here)
        before = [point(HOME)] if node == 1 else []
        found = frame.timetable.arriving([*stop_points, *before], point(here), frame.midnight, frame.at(wanted))
        out[node] = frame.start[node] - _departures(found[:stops]) + asides
        if node == 1:
            direct[0] = frame.start[1] - _departures(found[stops:])[0] + aside(HOME)
    begins, ends = frame.hours
    first = max(0, frame.leaves_from, begins - AROUND)
    until = int(frame.start[1]) if last > 1 else ends
    morning = _kept(
        frame.timetable.leaving(
            point(HOME), stop_points, frame.midnight, frame.at(first + aside(HOME)), frame.at(max(until, first))
        )
        if until > first
        else [],
        stops,
    )
    morning[..., 0] -= np.where(morning[..., 0] < NEVER, aside(HOME), 0)
    since = max(begins, int(frame.end[last - 1]) if last > 1 else 0)
    evening = _kept(
        frame.timetable.arriving(
            stop_points, point(HOME), frame.midnight, frame.at(max(ends, since) + AROUND), frame.at(since)
        ),
        stops,
    )
    evening[..., 1] += np.where(evening[..., 1] < NEVER, aside(HOME), 0)
    # Only whether there is any: the search looks the hours up.
    into[0] = np.where(morning[:, 0, 0] < NEVER, 0, NEVER)
    out[last] = np.where(evening[:, 0, 0] < NEVER, 0, NEVER)
    for minutes in (into, out, direct):
        minutes[(minutes < 0) | (minutes >= NEVER // 2)] = NEVER
    into[frame.place[:, None] == frame.stop_place] = NEVER
    out[frame.place[:, None] == frame.stop_place] = NEVER
    return Rides(into, out, direct, morning, evening)


def _arrivals(found: Sequence[Ints]) -> Ints:
    return np.array([pairs[0, 1] if len(pairs) else NEVER for pairs in found], np.int64)


def _departures(found: Sequence[Ints]) -> Ints:
    return np.array([pairs[-1, 0] if len(pairs) else -NEVER for pairs in found], np.int64)


def _kept(found: Sequence[Ints], stops: int) -> Ints:
    most = max([1, *(len(pairs) for pairs in found)])
    kept = np.full((stops, most, 2), NEVER)
    for row, pairs in zip(kept, found, strict=False):
        row[: len(pairs)] = pairs
    return kept


def stacked(found: Sequence[Ints], stops: int) -> Ints:
    """The `morning` or `evening` of several gates as one array [T, S, N, 2]; one row that is never had where there is none."""
    most = max([1, *(one.shape[1] for one in found)])
    whole = np.full((max(1, len(found)), stops, most, 2), NEVER)
    for row, one in zip(whole, found, strict=False):
        row[:, : one.shape[1]] = one
    return whole
