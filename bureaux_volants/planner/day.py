"""From what is asked and what is free to the plans: builds the problem, searches it, chooses. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt
from numba import njit

from bureaux_volants.territory.calendar import Interval
from bureaux_volants.travel.footprint import BUILT_IN, CARD, Tables
from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Place, PoolUnit, Way
from bureaux_volants.travel.matrix import Matrix, Option, matrix
from bureaux_volants.travel.outline import Bools, crow_km

from .asked import EARLY, Asked, Impossible, check
from .clock import BY_CLOCK, Frame, stacked
from .colleagues import NO_LIFTS, Lifts, carried, lifts_of, put_lifts, rides_twice
from .labels import front
from .plans import Plan, choose, fair, figured, plan_of
from .problem import BIKE, CAR, HOME, NEVER, NOTHING, POOL, WEIGHED, Ints, Problem
from .rides.matching import OpenRide
from .riding import ridden
from .timing import by_the_clock

#: The pool's kinds, in the order of their numbers, and what they are taken to be before a unit is seated.
KINDS: tuple[tuple[Way, PoolUnit], ...] = (
    (Way.POOL_BIKE, PoolUnit("bike", "assisted")),
    (Way.POOL_CAR, PoolUnit("car", "electric")),
    (Way.POOL_BIKE, PoolUnit("cargo_bike", "assisted")),
    (Way.TRANSIT, PoolUnit(CARD, "")),
)
#: Those that go along in a pocket.
IN_A_POCKET = np.array([unit.kind == CARD for _way, unit in KINDS], np.int64)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the ways of the day: a timetable that covers it, car parks and stops to change at, the tables of figures.

    `leaves_from`: nobody leaves home before (today, now), aware. `rides`: the colleagues' cars that are open to this person that day.
    """

    timetable: Timetable | None = None
    park_and_ride: tuple[Place, ...] = ()
    bike_and_ride: tuple[Place, ...] = ()
    leaves_from: dt.datetime | None = None
    tables: Tables = BUILT_IN
    rides: tuple[OpenRide, ...] = ()


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where one can sit that day: `key` names it for whoever books; `desk` and `pool` say when something can be had (by kind).

    `held`: of `desk`, what the person has booked already.
    """

    place: Place
    desk: tuple[Interval, ...] = ()
    pool: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)
    held: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a day can be: the chosen plans, the reference day (None where it cannot be), and the places and options they number."""

    plans: tuple[Plan, ...]
    reference: Plan | None
    places: tuple[Place, ...]
    options: tuple[Option, ...]
    midnight: dt.datetime


def options_of(asked: Asked, kinds: set[str], known: Known) -> list[Option]:
    """The ways that this person may go, walking first."""
    found = [Option(Way.WALK), Option(Way.TRANSIT)]
    if asked.traveller.has_bike:
        found.append(Option(Way.OWN_BIKE))
    if asked.traveller.has_car and asked.traveller.has_licence:
        found.append(Option(Way.OWN_CAR))
        found += [Option(Way.PARK_AND_RIDE, hub=hub) for hub in known.park_and_ride]
    if asked.traveller.has_bike:
        found += [Option(Way.BIKE_AND_RIDE, hub=hub) for hub in known.bike_and_ride]
    if asked.with_pool:
        # Who has a pass needs no card.
        lent = kinds - {CARD} if asked.traveller.has_pass else kinds
        found += [Option(way, unit) for way, unit in KINDS if unit.kind in lent]
    return found


def _vehicle(option: Option) -> int:
    if option.unit is not None and not option.offer:
        return POOL + next(k for k, (_way, unit) in enumerate(KINDS) if unit.kind == option.unit.kind)
    own = {Way.OWN_BIKE: BIKE, Way.BIKE_AND_RIDE: BIKE, Way.OWN_CAR: CAR, Way.PARK_AND_RIDE: CAR}
    return own.get(option.way, NOTHING)


def plan_day(
    asked: Asked,
    workplaces: Sequence[Workplace],
    usual: Place | None,
    midnight: dt.datetime,
    known: Known = Known(),
    refuses: Callable[[Sequence[Place], Matrix], Bools | None] | None = None,
) -> Answer:
    """The best ways to spend the day. Raises Impossible, with what to change, when there is none.

    `refuses`: told the places and the figures, which [option, from, to] must not be taken. The reference day is as it is.

    `workplaces`: all that are open to the person, home apart. `usual`: the usual site, where no desk need be booked; it is
    among the workplaces when it can be worked at. `midnight` begins the local day; the clock's changes fall in the night.
    """
    check(asked)
    start_place = asked.home or usual
    if start_place is None:
        raise Impossible(
            "no-start",
            "Dites où commence la journée : indiquez votre commune de résidence ou votre site d'affectation.",
        )
    places: list[Place] = [start_place]
    by_key = {start_place.key: 0} if start_place.key else {}
    # A place told by its name alone may be a site; home stays home, even next door to one.
    by_point = {} if start_place.key == "home" else {start_place.point: 0}

    def number(place: Place) -> int:
        if place.key and place.key in by_key:
            return by_key[place.key]
        k = by_point.get(place.point)
        if k is not None and not (place.key and places[k].key):
            return k
        k = len(places)
        places.append(place)
        if place.key:
            by_key[place.key] = k
        by_point.setdefault(place.point, k)
        return k

    stops = [number(w.place) for w in workplaces]
    meets = [number(a.place) for a in asked.appointments]
    usual_number = number(usual) if usual is not None else HOME
    kinds = {kind for w in workplaces for kind, spans in w.pool.items() if spans}
    options = options_of(asked, kinds, known)
    hubs = {o: number(o.hub) for o in options if o.hub is not None}
    lifts = lifts_of(known.rides, places, (HOME, *meets), asked.traveller, midnight)
    options += lifts.options
    figures = matrix(places, asked.traveller, options, known.tables, ends=(HOME, usual_number, *meets))
    put_lifts(figures, lifts, asked.traveller, known.tables)
    refused = None if refuses is None else refuses(places, figures)
    problem = _problem(asked, workplaces, stops, meets, places, hubs, figures, midnight, known, refused, lifts)
    found = front(problem)
    if not found and refused is not None:
        problem = _problem(asked, workplaces, stops, meets, places, hubs, figures, midnight, known, lifts=lifts)
        if front(problem):
            raise Impossible(
                "charter",
                "La charte de mobilité écarte les moyens qu'il faudrait pour cette journée : tenez un rendez-vous à distance, "
                "acceptez un autre moyen, ou élargissez vos heures.",
            )
    if not found:
        raise _what_to_change(asked, places, meets, problem)
    home_km = figures_km(places) if asked.home is not None else None
    if lifts.all:
        found = [f for f in found if not rides_twice(f, options)]
    if asked.meet and not (found := [f for f in found if any(gap.desk_until for gap in f.gaps)]):
        raise Impossible(
            "nobody-to-meet",
            "Aucun bureau de cette équipe ou de cette commune ne tient dans la journée : choisissez-en une autre, ou un autre jour.",
        )
    chosen = [figured(plan, figures) for plan in choose([plan_of(f, problem) for f in fair(found)], home_km)]
    chosen = [carried(p, lifts, places, options, asked.traveller, midnight, known.tables) for p in chosen]
    reference = _reference(asked, usual_number, meets, places, hubs, figures, midnight, known)
    if known.timetable is not None:
        chosen = [ridden(p, known.timetable, places, options, asked.traveller, midnight, known.tables) for p in chosen]
        if reference is not None:
            reference = ridden(reference, known.timetable, places, options, asked.traveller, midnight, known.tables)
    return Answer(tuple(chosen), reference, tuple(places), tuple(options), midnight)


def figures_km(places: Sequence[Place]) -> list[float]:
    """How far each place is from the first, as the crow flies."""
    return [float(km) for km in crow_km(places[:1], places)[0]]


def _minutes(at: dt.datetime, midnight: dt.datetime) -> int:
    return int((at - midnight) / dt.timedelta(minutes=1))


def weights(figures: Matrix, at: tuple[npt.NDArray[np.integer], ...], refused: Bools | None = None) -> Ints:
    """As WEIGHED, [option, from, to, 4] for the options and places of `at` (as of `np.ix_`). Nobody goes anywhere to stay where they are.

    `refused` [option, from, to] of all: what must not be taken.
    """
    ways, here, there = (np.ravel(axis) for axis in at)
    whole = np.empty((len(ways), len(here), len(there), len(WEIGHED)), np.int64)
    f = figures
    _weigh(
        f.minutes, f.grams_total, f.employer, f.agent, f.effort, f.transfers, f.spread, NEVER, ways, here, there, whole
    )
    if refused is not None:
        whole[refused[at]] = NEVER
    return whole


@njit(cache=True, nogil=True)
def _weigh(  # type: ignore[no-untyped-def]
    minutes, grams, employer, agent, effort, transfers, spread, never, ways, here, there, whole
):
    for m, way in enumerate(ways):
        for i, a in enumerate(here):
            for j, b in enumerate(there):
                if a == b or not np.isfinite(minutes[way, a, b]):
                    whole[m, i, j] = 0 if a == b and m == 0 else never
                    continue
                points = effort[way, a, b] / 3 + 5 * transfers[way, a, b] + spread[way, a, b] / 3
                whole[m, i, j, 0] = np.ceil(minutes[way, a, b])
                whole[m, i, j, 1] = np.rint(grams[way, a, b])
                whole[m, i, j, 2] = np.rint(100 * (employer[way, a, b] + agent[way, a, b]))
                whole[m, i, j, 3] = np.rint(points)


def _problem(
    asked: Asked,
    workplaces: Sequence[Workplace],
    stops: Sequence[int],
    meets: Sequence[int],
    places: Sequence[Place],
    hubs: Mapping[Option, int],
    figures: Matrix,
    midnight: dt.datetime,
    known: Known,
    refused: Bools | None = None,
    lifts: Lifts = NO_LIFTS,
    *,
    with_home: bool = True,
) -> Problem:
    nodes = len(asked.appointments) + 2
    place = np.array([HOME, *meets, HOME], np.int64)
    start, end = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    remote = np.zeros(nodes, np.int64)
    for k, one in enumerate(asked.appointments, 1):
        start[k], end[k] = _minutes(one.start, midnight) - EARLY, _minutes(one.end, midnight)
        remote[k] = one.may_be_remote
    # Back to back at one place: nobody is early at the second.
    for k in range(2, nodes - 1):
        start[k] = max(start[k], end[k - 1]) if place[k] == place[k - 1] else start[k]
    hours = (_minutes(asked.hours[0], midnight), _minutes(asked.hours[1], midnight))
    at_home = [HOME] if asked.may_work_at_home and asked.home is not None and with_home and not asked.meet else []
    stop_place = np.array([*at_home, *stops], np.int64)
    most = max([1, *(len(w.desk) for w in workplaces)])
    windows = np.zeros((len(stop_place), most, 2), np.int64)
    if at_home:
        windows[0, 0] = hours
    for s, workplace in enumerate(workplaces, len(at_home)):
        for k, span in enumerate(workplace.desk):
            windows[s, k] = _minutes(span.start, midnight), _minutes(span.end, midnight)
    vehicle = np.array([_vehicle(o) for o in figures.options], np.int64)
    every = np.arange(len(vehicle))
    into = weights(figures, np.ix_(every, place, stop_place), refused).transpose(1, 0, 2, 3)
    out = weights(figures, np.ix_(every, stop_place, place), refused).transpose(2, 0, 1, 3)
    direct = weights(figures, np.ix_(every, place, place), refused).transpose(1, 2, 0, 3)
    into, out, direct = (np.ascontiguousarray(w) for w in (into, out, direct))
    leaves_from = 0 if known.leaves_from is None else _minutes(known.leaves_from, midnight)
    # Only to change vehicles does one come before the hours of work, or leave after them.
    estimated = np.array([o.way not in BY_CLOCK and not o.offer for o in figures.options])
    onward, before = out[1, vehicle >= POOL, :, 0], into[-2, estimated, :, 0]
    wanted_by = min([hours[0], *(start[1] - onward[onward < NEVER] if nodes > 2 else ())])
    wanted_from = max([hours[1], *(end[-2] + before[before < NEVER] if nodes > 2 else ())])
    frame = Frame(midnight, places, place, stop_place, start, end, hours, leaves_from, wanted_by, wanted_from)
    clock, found = by_the_clock(frame, known.timetable, figures, into, out, direct, hubs, lifts)
    due_from_stop = np.zeros((nodes, len(KINDS), len(stop_place)), np.int64)
    due_from_node = np.zeros((nodes, len(KINDS)), np.int64)
    ways = {int(v) - POOL: m for m, v in enumerate(vehicle) if v >= POOL}
    for s, workplace in enumerate(workplaces, len(at_home)):
        for kind, (_way, unit) in enumerate(KINDS):
            spans = workplace.pool.get(unit.kind, ())
            if kind not in ways or not spans:
                continue
            free = [(_minutes(i.start, midnight), _minutes(i.end, midnight)) for i in spans]
            for node in range(1, nodes - 1):
                went = int(out[node, ways[kind], s, 0])
                if went < NEVER:
                    due_from_stop[node, kind, s] = _until(free, int(start[node]) - went)
                if place[node] == stop_place[s]:
                    due_from_node[node, kind] = _until(free, int(end[node]))
    return Problem(
        start=start,
        end=end,
        may_be_remote=remote,
        place=place,
        hours=hours,
        stop_place=stop_place,
        windows=windows,
        vehicle=vehicle,
        hub=np.array([hubs.get(o, -1) for o in figures.options], np.int64),
        into=into,
        out=out,
        direct=direct,
        due_from_stop=due_from_stop,
        due_from_node=due_from_node,
        clock=clock,
        morning=stacked([r.morning for r in found], len(stop_place)),
        evening=stacked([r.evening for r in found], len(stop_place)),
        pocket=IN_A_POCKET,
        earliest=leaves_from,
        least_stay=60,
    )


def _until(free: Sequence[tuple[int, int]], at: int) -> int:
    """Until when what is taken at an instant can be kept; 0 when it cannot be taken then."""
    return max((until for since, until in free if since <= at < until), default=0)


def _reference(
    asked: Asked,
    usual: int,
    meets: Sequence[int],
    places: Sequence[Place],
    hubs: Mapping[Option, int],
    figures: Matrix,
    midnight: dt.datetime,
    known: Known,
) -> Plan | None:
    """The day as it usually is: the usual site by the usual way, and from there to the appointments."""
    allowed = [k for k, o in enumerate(figures.options) if o.way in (Way.WALK, asked.usual) and not o.offer]
    own = figures_of(figures, allowed)
    whole = Workplace(places[usual], (Interval(*asked.hours),))
    problem = _problem(asked, [whole], [usual], meets, places, hubs, own, midnight, known, with_home=False)
    found = front(problem)
    if not found:
        return None
    plan = figured(plan_of(min(found, key=lambda f: f.weighs), problem), own)
    # Its options are numbered among those allowed: give them the common numbers.
    return replace(plan, steps=tuple(replace(s, option=allowed[s.option]) if s.option >= 0 else s for s in plan.steps))


def figures_of(figures: Matrix, options: Sequence[int]) -> Matrix:
    """The same figures for some of the options."""
    kept = list(options)
    values = {f.name: getattr(figures, f.name)[kept] for f in fields(figures) if f.name != "options"}
    return Matrix(tuple(figures.options[k] for k in kept), **values)


def _what_to_change(asked: Asked, places: Sequence[Place], meets: Sequence[int], problem: Problem) -> Impossible:
    """Which two appointments are too close, if that is why; else that no way leads there."""
    quickest = problem.direct[..., 0].min(axis=2)
    for k, (one, following) in enumerate(zip(asked.appointments, asked.appointments[1:], strict=False)):
        a, b = meets[k], meets[k + 1]
        needed = int(quickest[k + 1, k + 2]) if a != b else 0
        has = (following.start - one.end) / dt.timedelta(minutes=1) - EARLY
        if needed > has and not (one.may_be_remote or following.may_be_remote):
            told = f"De {places[a].name} à {places[b].name}, il faut au moins {needed} minutes"
            if needed >= NEVER:
                told = f"De {places[a].name} à {places[b].name}, rien de ce que vous avez ne mène à temps"
            return Impossible(
                "appointments-too-close",
                f"{told} : décalez l'un des deux rendez-vous, ou tenez-en un à distance.",
            )
    return Impossible(
        "no-plan",
        "Aucune journée ne tient avec ces rendez-vous et ces moyens : acceptez un autre moyen de déplacement, ou élargissez vos heures.",
    )
