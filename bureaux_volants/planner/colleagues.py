"""Colleagues' open cars in the numbers of the search: each is a way by the clock, which leaves when its driver does. Pure.

Where a ride could take the person, and how, is matching's (rides/matching.py), asked for all places at once (rides/passing.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bureaux_volants.travel.footprint import (
    Tables,
    car_km_of,
    cost_of,
    footprint_of,
    grams_per_km,
    is_commuting,
    people_aboard,
)
from bureaux_volants.travel.journeys import Basis, Journey, Place, PoolUnit, Section, Traveller, Way
from bureaux_volants.travel.matrix import Matrix, Option
from bureaux_volants.travel.modes import PACES, Mode
from bureaux_volants.travel.outline import Floats, spread

from .clock import Frame, Rides
from .plans import TRAVEL, Plan, Step
from .problem import HOME, NEVER, Found, Ints
from .rides.matching import Fit, OpenRide, fit
from .rides.passing import ARRIVE, BURDEN, DEPART, KM, WALK_FROM, WALK_TO, Passing, passings

#: So many colleagues' cars are weighed for one day: those that ask the least of both.
MOST = 8
#: Nobody waits longer for a colleague after an appointment, or once there before one, minutes.
MOST_WAIT = 90
#: With the clock's changes; what leaves later is another day's.
DAY = dt.timedelta(hours=23)
#: Told and asked in whole minutes, a ride that fits still fits.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Lift:
    """A ride worth weighing: the pairs of numbered places, from `a` to `b`, that it serves, and how at its own hour (passing.py)."""

    passing: Passing
    a: Ints
    b: Ints
    hows: Floats


@dataclass(frozen=True, slots=True)
class Lifts:
    """The rides worth weighing, in the order of their options."""

    all: tuple[Lift, ...] = ()
    by_offer: Mapping[int, Lift] = field(default_factory=dict)

    @property
    def options(self) -> list[Option]:
        """A way of going each."""
        rides = [lift.passing.ride for lift in self.all]
        return [Option(Way.SHARED_RIDE, unit_of(r), offer=r.offer_id) for r in rides]


NO_LIFTS = Lifts()


def unit_of(ride: OpenRide) -> PoolUnit:
    """The colleague's car with one more aboard."""
    return PoolUnit("car", ride.car_energy, ride.people + 1)


def lifts_of(
    rides: Iterable[OpenRide], places: Sequence[Place], ends: Sequence[int], traveller: Traveller, midnight: dt.datetime
) -> Lifts:
    """Which rides could serve between `ends` (home and the appointments, by number) and any other place, the day that `midnight` begins."""
    today = [r for r in rides if r.seats_left > 0 and midnight <= r.depart < midnight + DAY]
    if not today:
        return NO_LIFTS
    is_end = np.zeros(len(places), np.bool_)
    is_end[list(ends)] = True
    found: list[Lift] = []
    for one in passings(today, places):
        ended = is_end[one.near]
        a, b = (one.near[k] for k in np.nonzero(ended[:, None] | ended[None, :]))
        anyhow = np.full(len(a), np.inf)
        hows = one.best(a, b, -anyhow, anyhow)
        suits = np.isfinite(hows[:, BURDEN])
        if traveller.walk_km is not None:
            walked = (hows[:, WALK_TO] + hows[:, WALK_FROM]) / 60 * PACES[Mode.WALK].town_kmh
            suits &= walked <= traveller.walk_km
        if suits.any():
            found.append(Lift(one, a[suits], b[suits], hows[suits]))
    found.sort(key=lambda lift: (lift.hows[:, BURDEN].min(), lift.passing.ride.offer_id))
    kept = tuple(found[:MOST])
    return Lifts(kept, {lift.passing.ride.offer_id: lift for lift in kept})


def put_lifts(figures: Matrix, lifts: Lifts, traveller: Traveller, tables: Tables) -> None:
    """Write the figures of the rides, whose options are the last, where a ride goes. As `journey_of` tells them."""
    way = Way.SHARED_RIDE
    first = len(figures.options) - len(lifts.all)
    for n, lift in enumerate(lifts.all, first):
        hows, at, unit = lift.hows, (n, lift.a, lift.b), figures.options[n].unit
        minutes, effort = hows[:, ARRIVE] - hows[:, DEPART], hows[:, WALK_TO] + hows[:, WALK_FROM]
        of_use, of_all = grams_per_km(way, Mode.CAR, traveller, unit, tables.factors)
        figures.minutes[at], figures.spread[at] = minutes, spread(way, minutes)
        figures.grams_use[at], figures.grams_total[at] = hows[:, KM] * of_use, hows[:, KM] * of_all
        figures.employer[at], figures.agent[at] = 0.0, 0.0
        figures.effort[at], figures.transfers[at] = effort, 0.0
        figures.km[at] = hows[:, KM] + effort / 60 * PACES[Mode.WALK].town_kmh
        figures.car_km[at] = hows[:, KM] / people_aboard(way, unit)


def journey_of(ride: OpenRide, how: Fit, a: Place, b: Place, traveller: Traveller, tables: Tables) -> Journey:
    """A seat as a journey: on foot to where one gets in, in the car, on foot from where one gets out."""
    sections = [Section(Mode.CAR, how.pick_up, how.drop, how.picked, how.dropped, how.km)]
    walk = PACES[Mode.WALK]
    if how.picked > how.depart:
        km = (how.picked - how.depart).total_seconds() / 3600 * walk.town_kmh
        sections.insert(0, Section(Mode.WALK, a, how.pick_up, how.depart, how.picked, km))
    if how.arrive > how.dropped:
        km = (how.arrive - how.dropped).total_seconds() / 3600 * walk.town_kmh
        sections.append(Section(Mode.WALK, how.drop, b, how.dropped, how.arrive, km))
    way, unit = Way.SHARED_RIDE, unit_of(ride)
    minutes = (how.arrive - how.depart).total_seconds() / 60
    return Journey(
        way=way,
        sections=tuple(sections),
        km=sum(s.km for s in sections),
        car_km=car_km_of(way, sections, unit),
        footprint=footprint_of(way, sections, traveller, unit, tables),
        cost=cost_of(way, sections, traveller, unit, is_commuting(a, b), tables),
        effort_minutes=how.walk_minutes,
        transfers=0,
        spread_minutes=spread(way, np.array(minutes)).item(),
        basis=Basis.ESTIMATE,
    )


def timed(frame: Frame, lift: Lift) -> Rides:
    """The minutes of one ride, as of `clock.rides`: between an appointment and a stop, and its hours from and to home."""
    nodes, stops = len(frame.place), len(frame.stop_place)
    one = lift.passing
    origin, destination = lift.a, lift.b
    stop_of = np.full(max(len(frame.places), 1), -1)
    stop_of[frame.stop_place] = np.arange(stops)
    into, out, direct = (np.full(shape, NEVER) for shape in ((nodes, stops), (nodes, stops), nodes))
    own_hour = (one.ride.depart - frame.midnight) / dt.timedelta(minutes=1)
    # From each appointment once it is over, and to each before it begins: all asked at once.
    node, pair = np.nonzero(frame.place[1:-1, None] == origin)
    last, coming = np.nonzero(frame.place[1:-1, None] == destination)
    node, last = node + 1, last + 1
    ready = np.concatenate([frame.end[node] - own_hour, np.full(len(last), -np.inf)])
    by = np.concatenate([np.full(len(node), np.inf), frame.start[last] - own_hour])
    both = np.concatenate([pair, coming])
    hows = one.best(origin[both], destination[both], ready, by)
    suits, n = np.isfinite(hows[:, BURDEN]), len(node)
    arrives = np.ceil(own_hour + hows[:n, ARRIVE] - _ROUNDING)
    leaves = np.floor(own_hour + hows[n:, DEPART] + _ROUNDING)
    waits = np.concatenate(
        [own_hour + hows[:n, DEPART] - frame.end[node], frame.start[last] - own_hour - hows[n:, ARRIVE]]
    )
    suits &= waits <= MOST_WAIT
    took = np.where(suits[:n], arrives - frame.end[node], NEVER).astype(np.int64)
    went = np.where(suits[n:], frame.start[last] - leaves, NEVER).astype(np.int64)
    is_stop, was_stop = stop_of[destination[pair]] >= 0, stop_of[origin[coming]] >= 0
    into[node[is_stop], stop_of[destination[pair]][is_stop]] = took[is_stop]
    out[last[was_stop], stop_of[origin[coming]][was_stop]] = went[was_stop]
    following = destination[pair] == frame.place[node + 1]
    direct[node[following]] = took[following]
    from_home = (last == 1) & (origin[coming] == HOME)
    direct[0] = went[from_home].min(initial=NEVER)
    slack = 0 if one.ride.stops else one.ride.flexible_minutes
    shifts = np.arange(-slack, slack + 1)
    soonest = np.floor(own_hour + lift.hows[:, DEPART] + _ROUNDING).astype(np.int64)
    latest = np.ceil(own_hour + lift.hows[:, ARRIVE] - _ROUNDING).astype(np.int64)
    hours = np.stack([soonest[:, None] + shifts, latest[:, None] + shifts], axis=-1)
    morning, evening = (np.full((stops, 2 * slack + 1, 2), NEVER) for _ in range(2))
    there = (origin == HOME) & (stop_of[destination] >= 0)
    can = (hours[there, :, :1] >= frame.leaves_from) & (hours[there, :, 1:] < frame.hours[1])
    morning[stop_of[destination[there]]] = np.where(can, hours[there], NEVER)
    # Those that leave too early are at the end now, as if there were none: both columns ascend.
    morning.sort(axis=1)
    back = (destination == HOME) & (stop_of[origin] >= 0)
    evening[stop_of[origin[back]]] = hours[back]
    into[0] = np.where(morning[:, 0, 0] < NEVER, 0, NEVER)
    out[-1] = np.where(evening[:, 0, 0] < NEVER, 0, NEVER)
    return Rides(into, out, direct, morning, evening)


def carried(
    plan: Plan,
    lifts: Lifts,
    places: Sequence[Place],
    options: Sequence[Option],
    traveller: Traveller,
    midnight: dt.datetime,
    tables: Tables,
) -> Plan:
    """The plan with its seats as they would be asked for, at the plan's own hours, and their figures."""

    def told(step: Step) -> Step:
        option = options[step.option] if step.option >= 0 else None
        if step.what != TRAVEL or option is None or not option.offer:
            return step
        a, b = places[step.origin], places[step.place]
        ready, by = (midnight + dt.timedelta(minutes=m) for m in (step.start, step.end))
        ride = lifts.by_offer[option.offer].passing.ride
        how = fit(ride, a, b, ready=ready, by=by)
        if how is None:
            raise AssertionError("a ride that was weighed does not fit")
        journey = journey_of(ride, how, a, b, traveller, tables)
        return replace(
            step,
            minutes=float(step.end - step.start),
            spread=journey.spread_minutes,
            km=journey.km,
            car_km=journey.car_km,
            grams_use=journey.footprint.use,
            grams_total=journey.footprint.total,
            employer=journey.cost.employer,
            agent=journey.cost.agent,
            effort=journey.effort_minutes,
            journeys=(journey,),
        )

    return replace(plan, steps=tuple(told(step) for step in plan.steps))


def rides_twice(found: Found, options: Sequence[Option]) -> bool:
    """Whether a day counts on one car for two travels: it is somewhere else by then."""
    ways = [way for gap in found.gaps for way in (gap.first, gap.second) if way >= 0]
    offers = [options[way].offer for way in ways if options[way].offer]
    return len(offers) != len(set(offers))
