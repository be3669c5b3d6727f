"""Does an offered car suit somebody who goes from A to B? The best of all places in its way for one more person. Pure.

The driver's way is a line of stops. One more person adds two, the second after the first, and nobody else's order
changes: every pair of places in the line is tried, which is exact. Minutes are travel's outline of a car, less parking
at a stop in passing. A seat is one person's for the whole ride: a seat given twice, one stretch after the other, would
leave somebody on the pavement whenever the first is late.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bureaux_volants.travel.factors import FactorTable
from bureaux_volants.travel.footprint import HOME
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import PACES, Mode, Point, leg

#: Letting somebody in or out, minutes.
STOP_MINUTES = 1.0
#: Up to here one walks to where the car passes anyway, street kilometres.
WALK_KM = 0.8
#: A ride that saves less than this part of the way between A and B is no ride.
LEAST_SHARE = 0.5
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Stop:
    """Where somebody gets in or out; `who` is the number of their request."""

    who: int
    place: Place


@dataclass(frozen=True, slots=True)
class OpenRide:
    """A car that goes from `origin` at `depart` (aware) to `destination`, by its `stops`, with `people` aboard, the driver included.

    `flexible_minutes`: how much sooner or later it may leave while nobody counts on its hour. `max_detour_minutes`: what
    all the passengers together may add to the driver's way.
    """

    offer_id: int
    driver_name: str
    origin: Place
    destination: Place
    depart: dt.datetime
    flexible_minutes: int
    max_detour_minutes: int
    seats_left: int
    car_energy: str
    stops: tuple[Stop, ...] = ()
    people: int = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """How a ride takes one from A at `depart` to B at `arrive`, on foot to the car and from it included.

    `detour_minutes` and `detour_km`: what this person adds to the driver's way. `waiting_minutes`: from being ready until
    leaving. `leaves`: the car's own departure. `picked`, `dropped`: getting in and out; `stops`: all of the ride's, this
    person's under number 0. `km`: of this person's kilometres in the car.
    """

    depart: dt.datetime
    arrive: dt.datetime
    picked: dt.datetime
    dropped: dt.datetime
    pick_up: Place
    drop: Place
    leaves: dt.datetime
    detour_minutes: float
    detour_km: float
    walk_minutes: float
    waiting_minutes: float
    km: float
    stops: tuple[Stop, ...]

    @property
    def burden(self) -> float:
        """Minutes that it asks of both: the driver's detour, the passenger's walk and waiting."""
        return self.detour_minutes + self.walk_minutes + self.waiting_minutes


def drive(a: Place, b: Place) -> tuple[float, float]:
    """Kilometres and minutes at the wheel, without parking; none where one does not move."""
    if a.point == b.point:
        return 0.0, 0.0
    way = leg(a.point, b.point, Mode.CAR)
    return way.km, way.minutes - PACES[Mode.CAR].fixed_minutes


def _walk(a: Point, b: Point) -> tuple[float, float]:
    way = leg(a, b, Mode.WALK)
    return way.km, way.minutes


def course(origin: Place, stops: Iterable[Place], destination: Place) -> tuple[list[float], list[float]]:
    """Kilometres and minutes since departure at each point of the way, the origin first. Two stops at one spot are one halt."""
    kilometres, minutes = [0.0], [0.0]
    here = origin
    for place in (*stops, destination):
        km, took = drive(here, place)
        # Whoever gets in where the car starts, or where it has just stopped, makes nobody halt again.
        halt = STOP_MINUTES if here.point not in (place.point, origin.point) else 0.0
        kilometres.append(kilometres[-1] + km)
        minutes.append(minutes[-1] + halt + took)
        here = place
    return kilometres, minutes


def _spots(wanted: Place, ride: OpenRide) -> Iterator[tuple[Place, float]]:
    """Where one could meet the car, and the minutes on foot: at one's own place, or near by where it passes anyway, unless
    that is somebody's home."""
    yield wanted, 0.0
    seen = {wanted.point}
    for place in (ride.origin, *(s.place for s in ride.stops), ride.destination):
        if place.point in seen or place.key == HOME:
            continue
        seen.add(place.point)
        km, minutes = _walk(wanted.point, place.point)
        if km <= WALK_KM:
            yield place, minutes


def fit(
    ride: OpenRide, a: Place, b: Place, *, ready: dt.datetime | None = None, by: dt.datetime | None = None
) -> Fit | None:
    """The least burdensome way for the ride to take one more person from `a` to `b`; None where it does not suit.

    `ready`: not leaving `a` before; `by`: being at `b` no later (aware).
    """
    if ride.seats_left < 1 or a.point == b.point:
        return None
    whole_km = drive(a, b)[0]
    before_km, before = course(ride.origin, (s.place for s in ride.stops), ride.destination)
    direct = course(ride.origin, (), ride.destination)[1][-1]
    best: Fit | None = None
    for up, walk_up in _spots(a, ride):
        for down, walk_down in _spots(b, ride):
            if up.point == down.point or drive(up, down)[0] < whole_km * LEAST_SHARE:
                continue
            for first in range(len(ride.stops) + 1):
                for second in range(first, len(ride.stops) + 1):
                    stops = (
                        *ride.stops[:first],
                        Stop(0, up),
                        *ride.stops[first:second],
                        Stop(0, down),
                        *ride.stops[second:],
                    )
                    kilometres, minutes = course(ride.origin, (s.place for s in stops), ride.destination)
                    if minutes[-1] - direct > ride.max_detour_minutes + _ROUNDING:
                        continue
                    leaves = _leaves(ride, ready, by, minutes[first + 1] - walk_up, minutes[second + 2] + walk_down)
                    if leaves is None:
                        continue
                    picked = leaves + dt.timedelta(minutes=minutes[first + 1])
                    dropped = leaves + dt.timedelta(minutes=minutes[second + 2])
                    depart = picked - dt.timedelta(minutes=walk_up)
                    found = Fit(
                        depart=depart,
                        arrive=dropped + dt.timedelta(minutes=walk_down),
                        picked=picked,
                        dropped=dropped,
                        pick_up=up,
                        drop=down,
                        leaves=leaves,
                        detour_minutes=max(0.0, minutes[-1] - before[-1]),
                        detour_km=max(0.0, kilometres[-1] - before_km[-1]),
                        walk_minutes=walk_up + walk_down,
                        waiting_minutes=0.0 if ready is None else (depart - ready).total_seconds() / 60,
                        km=kilometres[second + 2] - kilometres[first + 1],
                        stops=stops,
                    )
                    if best is None or found.burden < best.burden - _ROUNDING:
                        best = found
    return best


def _leaves(
    ride: OpenRide, ready: dt.datetime | None, by: dt.datetime | None, until_up: float, until_there: float
) -> dt.datetime | None:
    """When the car leaves so that one is picked up no sooner than ready and there in time: as near its hour as can be."""
    slack = 0 if ride.stops else ride.flexible_minutes
    soonest = -float(slack)
    latest = float(slack)
    if ready is not None:
        soonest = max(soonest, (ready - ride.depart).total_seconds() / 60 - until_up)
    if by is not None:
        latest = min(latest, (by - ride.depart).total_seconds() / 60 - until_there)
    # Hours are told in whole minutes.
    soonest, latest = math.ceil(soonest - _ROUNDING), math.floor(latest + _ROUNDING)
    if soonest > latest:
        return None
    return ride.depart + dt.timedelta(minutes=min(max(0, soonest), latest))


def ranked(
    rides: Iterable[OpenRide], a: Place, b: Place, *, ready: dt.datetime | None = None, by: dt.datetime | None = None
) -> list[tuple[OpenRide, Fit]]:
    """The rides that suit, the least burdensome first."""
    found = [(ride, how) for ride in rides if (how := fit(ride, a, b, ready=ready, by=by)) is not None]
    return sorted(found, key=lambda f: (f[1].burden, f[0].offer_id))


def grams_of(km: float, energy: str, people: int, factors: FactorTable) -> float:
    """gCO2e of one person's kilometres, manufacturing included: the vehicle's, divided by the people aboard."""
    return km * factors.grams(Mode.CAR, energy, people)[1]
