"""Colleagues' open cars in the numbers of the search: each is a way by the clock, which leaves when its driver does. Pure.

Where a ride could take the person, and how, is matching's (rides/matching.py). Here the pairs of places worth asking it for are found
for all places at once: who gets in adds at least the detour by their own place, wherever they get out (minutes at the wheel grow ever
slower with distance, so that no way round is shorter).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from bureaux_volants.travel.footprint import HOME as HOME_KEY
from bureaux_volants.travel.footprint import Tables, car_km_of, cost_of, footprint_of, is_commuting
from bureaux_volants.travel.journeys import Basis, Journey, Place, PoolUnit, Section, Traveller, Way
from bureaux_volants.travel.matrix import Matrix, Option
from bureaux_volants.travel.modes import PACES, Mode
from bureaux_volants.travel.outline import Bools, Floats, crow_km, outline, spread

from .clock import Frame, Rides
from .plans import TRAVEL, Plan, Step
from .problem import HOME, NEVER, Ints
from .rides.matching import WALK_KM, Fit, OpenRide, fit

#: So many colleagues' cars are weighed for one day: those that ask the least of both.
MOST = 8
#: With the clock's changes; what leaves later is another day's.
DAY = dt.timedelta(hours=23)
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Lifts:
    """The rides worth weighing, in the order of their options, and how each goes between two numbered places, at its own hour."""

    rides: tuple[OpenRide, ...] = ()
    fits: tuple[Mapping[tuple[int, int], Fit], ...] = ()
    by_offer: Mapping[int, int] = field(default_factory=dict)


NO_LIFTS = Lifts()


def unit_of(ride: OpenRide) -> PoolUnit:
    """The colleague's car with one more aboard."""
    return PoolUnit("car", ride.car_energy, ride.people + 1)


def lifts_of(
    rides: Iterable[OpenRide], places: Sequence[Place], ends: Sequence[int], traveller: Traveller, midnight: dt.datetime
) -> Lifts:
    """Which rides could serve between `ends` (home and the appointments, by number) and any other place, the day that `midnight` begins."""
    around = frozenset(ends)
    found: list[tuple[float, OpenRide, dict[tuple[int, int], Fit]]] = []
    for ride in rides:
        if not midnight <= ride.depart < midnight + DAY:
            continue
        near = np.flatnonzero(_near(ride, places)).tolist()
        fits: dict[tuple[int, int], Fit] = {}
        for a in near:
            for b in near:
                if a == b or not (a in around or b in around):
                    continue
                how = fit(ride, places[a], places[b])
                if how is not None and _walks(how, traveller):
                    fits[a, b] = how
        if fits:
            found.append((min(f.burden for f in fits.values()), ride, fits))
    found.sort(key=lambda one: (one[0], one[1].offer_id))
    kept = found[:MOST]
    return Lifts(
        tuple(ride for _burden, ride, _fits in kept),
        tuple(fits for _burden, _ride, fits in kept),
        {ride.offer_id: n for n, (_burden, ride, _fits) in enumerate(kept)},
    )


def _walks(how: Fit, traveller: Traveller) -> bool:
    """Whether the person goes that far on foot."""
    km = how.walk_minutes / 60 * PACES[Mode.WALK].town_kmh
    return traveller.walk_km is None or km <= traveller.walk_km


def _near(ride: OpenRide, places: Sequence[Place]) -> Bools:
    """Which places the ride may stop at within its driver's detour, or can be walked to from where it passes."""
    line = [ride.origin, *(s.place for s in ride.stops), ride.destination]
    crow = crow_km(line, places)
    to_each = _at_the_wheel(crow)
    along = _at_the_wheel(crow_km(line, line)).diagonal(1)
    adds = (to_each[:-1] + to_each[1:] - along[:, None]).min(axis=0)
    spent = float(along.sum() - _at_the_wheel(crow_km(line[:1], line[-1:]))[0, 0])
    walked = np.array([p.key != HOME_KEY for p in line])
    on_foot = (crow[walked] * PACES[Mode.WALK].detour <= WALK_KM).any(axis=0)
    near: Bools = (adds + spent <= ride.max_detour_minutes + _ROUNDING) | on_foot
    return near


def _at_the_wheel(crow: Floats) -> Floats:
    """Minutes of driving, as matching counts them: without parking, none where one does not move."""
    still = np.zeros_like(crow)
    whole = outline(Way.OWN_CAR, Traveller(), None, crow, still, still).parts[0].minutes
    return np.where(crow > 0, whole - PACES[Mode.CAR].fixed_minutes, 0.0)


def with_lifts(figures: Matrix, lifts: Lifts, places: Sequence[Place], traveller: Traveller, tables: Tables) -> Matrix:
    """The figures with those of the rides after them: infinite but where a ride goes."""
    if not lifts.rides:
        return figures
    options = tuple(Option(Way.SHARED_RIDE, unit_of(r), offer=r.offer_id) for r in lifts.rides)
    shape = (len(options), len(places), len(places))
    more = {f.name: np.full(shape, np.inf) for f in fields(figures) if f.name not in ("options", "key_minutes")}
    for n, (ride, fits) in enumerate(zip(lifts.rides, lifts.fits, strict=True)):
        for (a, b), how in fits.items():
            told = _figures(journey_of(ride, how, places[a], places[b], traveller, tables))
            for name, layer in more.items():
                layer[n, a, b] = told[name]
    both = {name: np.concatenate([getattr(figures, name), layer]) for name, layer in more.items()}
    keys = np.concatenate([figures.key_minutes, np.zeros(len(options))])
    return Matrix(options=figures.options + options, key_minutes=keys, **both)


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


def _figures(journey: Journey) -> dict[str, float]:
    """By the names of `Matrix` and of `Step`."""
    return {
        "minutes": journey.minutes,
        "spread": journey.spread_minutes,
        "grams_use": journey.footprint.use,
        "grams_total": journey.footprint.total,
        "employer": journey.cost.employer,
        "agent": journey.cost.agent,
        "effort": journey.effort_minutes,
        "km": journey.km,
        "car_km": journey.car_km,
        "transfers": float(journey.transfers),
    }


def timed(frame: Frame, ride: OpenRide, fits: Mapping[tuple[int, int], Fit]) -> Rides:
    """The minutes of one ride, as of `clock.rides`: between an appointment and a stop, and its hours from and to home."""
    nodes, stops = len(frame.place), len(frame.stop_place)
    numbers = {int(at): s for s, at in enumerate(frame.stop_place)}
    into, out, direct = (np.full(shape, NEVER) for shape in ((nodes, stops), (nodes, stops), nodes))
    for node in range(1, nodes - 1):
        here, following = int(frame.place[node]), int(frame.place[node + 1])
        start, end = int(frame.start[node]), int(frame.end[node])
        for a, b in fits:
            if a == here and (b in numbers or b == following):
                how = fit(ride, frame.places[a], frame.places[b], ready=frame.at(end))
                took = NEVER if how is None else _minutes(frame, how.arrive, math.ceil) - end
                if b in numbers:
                    into[node, numbers[b]] = took
                if b == following:
                    direct[node] = took
            if b == here and (a in numbers or (node == 1 and a == HOME)):
                how = fit(ride, frame.places[a], frame.places[b], by=frame.at(start))
                took = NEVER if how is None else start - _minutes(frame, how.depart, math.floor)
                if a in numbers:
                    out[node, numbers[a]] = took
                if node == 1 and a == HOME:
                    direct[0] = took
    slack = 0 if ride.stops else ride.flexible_minutes
    morning, evening = (np.full((stops, 2 * slack + 1, 2), NEVER) for _ in range(2))
    for (a, b), how in fits.items():
        hours = _hours(frame, how, slack)
        if a == HOME and b in numbers:
            hours = hours[(hours[:, 0] >= frame.leaves_from) & (hours[:, 1] < frame.hours[1])]
            morning[numbers[b], : len(hours)] = hours
        if b == HOME and a in numbers:
            evening[numbers[a]] = hours
    into[0] = np.where(morning[:, 0, 0] < NEVER, 0, NEVER)
    out[-1] = np.where(evening[:, 0, 0] < NEVER, 0, NEVER)
    return Rides(into, out, direct, morning, evening)


def _hours(frame: Frame, how: Fit, slack: int) -> Ints:
    """Departure and arrival at each minute at which the ride may still leave, the soonest first."""
    shifts = np.arange(-slack, slack + 1)
    leaves, arrives = _minutes(frame, how.depart, math.floor), _minutes(frame, how.arrive, math.ceil)
    return np.stack([leaves + shifts, arrives + shifts], axis=-1).astype(np.int64)


def _minutes(frame: Frame, at: dt.datetime, whole: Callable[[float], int]) -> int:
    """Whole minutes since midnight, rounded down for leaving and up for arriving."""
    return whole((at - frame.midnight) / dt.timedelta(minutes=1))


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
        ride = lifts.rides[lifts.by_offer[option.offer]]
        how = fit(ride, a, b, ready=ready, by=by)
        if how is None:
            raise AssertionError("a ride that was weighed does not fit")
        journey = journey_of(ride, how, a, b, traveller, tables)
        values = {**_figures(journey), "minutes": float(step.end - step.start)}
        return replace(step, journeys=(journey,), **values)  # type: ignore[arg-type]

    return replace(plan, steps=tuple(told(step) for step in plan.steps))


def rides_twice(plan: Plan, options: Sequence[Option]) -> bool:
    """Whether a plan counts on one car for two travels: it is somewhere else by then."""
    offers = [options[s.option].offer for s in plan.steps if s.option >= 0 and options[s.option].offer]
    return len(offers) != len(set(offers))
