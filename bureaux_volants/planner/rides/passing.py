"""One ride and many pairs of places at once: what matching (matching.py) answers for one, compiled. Pure.

Equal to `matching.fit` for every pair (tests/planner/rides/test_passing.py); there to weigh dozens of colleagues' cars in a day plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from bureaux_volants.travel.footprint import HOME
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import PACES, Mode, Point
from bureaux_volants.travel.outline import Floats, crow_km

from .matching import LEAST_SHARE, STOP_MINUTES, WALK_KM, OpenRide

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_ROUNDING = 1e-6
#: Columns of an answer, in minutes since the ride's own hour: when it leaves, when one leaves one's place and is at the other;
#: then the minutes on foot to the car and from it, the kilometres aboard, and what it asks of both (as `Fit.burden`).
LEAVES, DEPART, ARRIVE, WALK_TO, WALK_FROM, KM, BURDEN = range(7)
_COLUMNS = 7


@dataclass(frozen=True, slots=True)
class Ground:
    """Places, then the points of every ride's line, and what lies between two of these N [N, N]: great-circle kilometres, minutes at
    the wheel, a car's kilometres, whether they are one spot, minutes on foot (infinite where that is too far)."""

    drive: Floats
    km: Floats
    same: Bools
    walk: Floats
    #: Where nobody is told to meet: at a colleague's home.
    is_home: Bools


@dataclass(frozen=True, slots=True)
class Passing:
    """A ride among numbered places. `near`: those it may stop at within its driver's detour, or that can be walked to.

    `line`: its origin, stops and destination, by their numbers on the ground.
    """

    ride: OpenRide
    ground: Ground
    line: Ints
    near: Ints

    def best(self, a: Ints, b: Ints, ready: Floats, by: Floats) -> Floats:
        """[pairs, columns] of each pair of near places, by their numbers; infinite burden where the ride does not suit.

        `ready`, `by`: minutes since the ride's own hour at which one can leave, and must be there; infinite where none is asked.
        """
        ride, ground = self.ride, self.ground
        slack = 0.0 if ride.stops else float(ride.flexible_minutes)
        found = np.zeros((len(a), _COLUMNS))
        _all(
            ground.drive,
            ground.km,
            ground.same,
            ground.walk,
            ground.is_home,
            self.line,
            slack,
            float(ride.max_detour_minutes),
            a,
            b,
            ready,
            by,
            found,
        )
        return found

    def since(self, at: dt.datetime) -> float:
        """Minutes since the ride's own hour."""
        return (at - self.ride.depart) / dt.timedelta(minutes=1)


def passings(rides: Sequence[OpenRide], places: Sequence[Place]) -> list[Passing]:
    """Each ride among the places."""
    lines = [[r.origin, *(s.place for s in r.stops), r.destination] for r in rides]
    points = [*places, *(p for line in lines for p in line)]
    crow = crow_km(points, points)
    walk, car = PACES[Mode.WALK], PACES[Mode.CAR]
    street, km = crow * walk.detour, crow * car.detour
    on_foot = street <= WALK_KM
    ground = Ground(
        _at_the_wheel(km),
        km,
        crow == 0,
        np.where(on_foot, street / walk.town_kmh * 60, np.inf),
        np.array([p.key == HOME for p in points], np.bool_),
    )
    found, first = [], len(places)
    for ride, stops in zip(rides, lines, strict=True):
        line = np.arange(first, first + len(stops))
        first += len(stops)
        legs, to_each = ground.drive[line][:, line], ground.drive[line, : len(places)]
        # Who gets in adds at least the detour by their own place, wherever they get out: minutes at the wheel grow ever slower with
        # distance, so that no way round is shorter.
        along = legs.diagonal(1)
        adds = (to_each[:-1] + to_each[1:] - along[:, None]).min(axis=0)
        spent = along.sum() - legs[0, -1]
        walked = on_foot[line[~ground.is_home[line]], : len(places)].any(axis=0)
        near = np.flatnonzero((adds + spent <= ride.max_detour_minutes + _ROUNDING) | walked)
        found.append(Passing(ride, ground, line, near))
    return found


def _at_the_wheel(km: Floats) -> Floats:
    """Minutes of driving, as matching counts them: without parking, none where one does not move."""
    pace = PACES[Mode.CAR]
    town = np.minimum(km, pace.town_km)
    return (town / pace.town_kmh + (km - town) / pace.road_kmh) * 60


@njit(cache=True)
def _all(
    drive: Floats,
    km: Floats,
    same: Bools,
    walk: Floats,
    is_home: Bools,
    line: Ints,
    slack: float,
    most: float,
    a: Ints,
    b: Ints,
    ready: Floats,
    by: Floats,
    found: Floats,
) -> None:
    length, origin = len(line), line[0]
    direct = drive[origin, line[length - 1]]
    before = 0.0
    for k in range(length - 1):
        if not same[line[k], line[k + 1]] and not same[line[k], origin]:
            before += STOP_MINUTES
        before += drive[line[k], line[k + 1]]
    for pair in range(len(a)):
        found[pair, BURDEN] = np.inf
        own_a, own_b = a[pair], b[pair]
        if same[own_a, own_b]:
            continue
        for at_up in range(-1, length):
            up, walk_up = own_a, 0.0
            if at_up >= 0:
                up = line[at_up]
                walk_up = walk[own_a, up]
                if np.isinf(walk_up) or same[up, own_a] or is_home[up]:
                    continue
            for at_down in range(-1, length):
                down, walk_down = own_b, 0.0
                if at_down >= 0:
                    down = line[at_down]
                    walk_down = walk[own_b, down]
                    if np.isinf(walk_down) or same[down, own_b] or is_home[down]:
                        continue
                if same[up, down] or km[up, down] < km[own_a, own_b] * LEAST_SHARE:
                    continue
                for first in range(length - 1):
                    for second in range(first, length - 1):
                        minutes, aboard, until_up, until_down = 0.0, 0.0, 0.0, 0.0
                        here, is_aboard = origin, False
                        for k in range(length):
                            # After point k of the line: who gets in, who gets out, then the next point.
                            for what in range(3):
                                if what == 0:
                                    if k != first:
                                        continue
                                    to = up
                                elif what == 1:
                                    if k != second:
                                        continue
                                    to = down
                                else:
                                    if k == length - 1:
                                        continue
                                    to = line[k + 1]
                                if not same[here, to] and not same[here, origin]:
                                    minutes += STOP_MINUTES
                                minutes += drive[here, to]
                                if is_aboard:
                                    aboard += km[here, to]
                                if what == 0:
                                    until_up, is_aboard = minutes, True
                                elif what == 1:
                                    until_down, is_aboard = minutes, False
                                here = to
                        if minutes - direct > most + _ROUNDING:
                            continue
                        soonest, latest = -slack, slack
                        if ready[pair] > -np.inf:
                            soonest = max(soonest, ready[pair] - until_up + walk_up)
                        if by[pair] < np.inf:
                            latest = min(latest, by[pair] - until_down - walk_down)
                        soonest, latest = np.ceil(soonest - _ROUNDING), np.floor(latest + _ROUNDING)
                        if soonest > latest:
                            continue
                        leaves = min(max(0.0, soonest), latest)
                        depart = leaves + until_up - walk_up
                        burden = max(0.0, minutes - before) + walk_up + walk_down
                        if ready[pair] > -np.inf:
                            burden += depart - ready[pair]
                        if burden < found[pair, BURDEN] - _ROUNDING:
                            found[pair, LEAVES], found[pair, DEPART] = leaves, depart
                            found[pair, ARRIVE] = leaves + until_down + walk_down
                            found[pair, WALK_TO], found[pair, WALK_FROM] = walk_up, walk_down
                            found[pair, KM], found[pair, BURDEN] = aboard, burden


def warm_up() -> None:
    """Compile what is compiled here, or read it from disk, so that nobody waits for it."""
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    a, b = Place("", Point(0.0, 0.0)), Place("", Point(0.1, 0.0))
    (one,) = passings([OpenRide(1, "", a, b, at, 0, 0, 1, "diesel")], [a, b])
    anyhow = np.full(1, np.inf)
    one.best(np.array([0]), np.array([1]), -anyhow, anyhow)
