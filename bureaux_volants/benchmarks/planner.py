"""`bv bench planner`: how long a day takes to plan, from what is free to the chosen plans, warm and in one process.

A made-up métropole: 60 workplaces around a centre, a dozen of which lend bikes, cars and transport cards; each day has two appointments
somewhere in it, a person with a bike, a car, telework agreed, and the pool; public transport by the timetable of 1,600 stops
(timetable.py), two car parks and a stop to leave a bike at, and two dozen colleagues who have opened their cars. All drawn from a stated seed. Then what the timetable alone answers.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import time

from bureaux_volants.config.collector import settle
from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.day import Known, Workplace, plan_day
from bureaux_volants.planner.rides.matching import OpenRide, Stop
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.travel.footprint import CARD
from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point

from . import following, matrices, timetable
from .report import Figure

SEED = 11
WORKPLACES = 60
RIDES = 24
DAYS = 200
GOAL_MS = 60.0

_MIDNIGHT = dt.datetime(2026, 11, 24, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def _at(hour: float) -> dt.datetime:
    return _MIDNIGHT + dt.timedelta(hours=hour)


def _somewhere(chance: random.Random, name: str, key: str = "") -> Place:
    return Place(name, Point(49.11 + chance.gauss(0, 0.04), 6.17 + chance.gauss(0, 0.05)), key)


def _workplaces(chance: random.Random) -> list[Workplace]:
    day = (Interval(_at(7), _at(20)),)
    found = []
    for n in range(WORKPLACES):
        opens = _at(chance.choice((8, 8.5, 9)))
        closes = _at(chance.choice((16.5, 17, 18)))
        # A third are full for a part of the day.
        desk = (Interval(opens, closes),) if chance.random() > 0.33 else (Interval(opens, _at(12)),)
        pool = {"bike": day, "car": day, CARD: day} if n % 5 == 0 else {}
        found.append(Workplace(_somewhere(chance, f"Site {n}", f"site:s{n}"), desk, pool))
    return found


def _asked(chance: random.Random) -> Asked:
    first, second = chance.choice((9.0, 9.5, 10.0)), chance.choice((13.5, 14.0, 15.0))
    return Asked(
        _MIDNIGHT.date(),
        (_at(8.5), _at(17.5)),
        (
            Appointment(_somewhere(chance, "Premier"), _at(first), _at(first + 1)),
            Appointment(_somewhere(chance, "Second"), _at(second), _at(second + 1.25), chance.random() < 0.3),
        ),
        home=_somewhere(chance, "chez vous", "home"),
        may_work_at_home=True,
        traveller=Traveller(has_bike=True, has_car=True, has_licence=True),
    )


def _rides(chance: random.Random) -> tuple[OpenRide, ...]:
    """In the morning towards the middle, in the evening away from it; a few have somebody aboard already."""
    found = []
    for n in range(1, RIDES + 1):
        far, middle = _somewhere(chance, f"Bourg {n}"), _somewhere(chance, f"Site {n}")
        at_noon = chance.random() < 0.2
        leaves = _at(chance.uniform(11, 15) if at_noon else chance.uniform(7, 9) if n % 2 else chance.uniform(16.5, 18))
        stops = (Stop(1, middle), Stop(1, far)) if n % 6 == 0 else ()
        ends = (far, middle) if n % 2 else (middle, far)
        flexible = 0 if stops else chance.choice((0, 10))
        found.append(OpenRide(n, f"Collègue {n}", *ends, leaves, flexible, 10, 2, "diesel", stops, 1 + bool(stops)))
    return tuple(found)


def run(scale: str | None = None) -> list[Figure]:
    """Plan DAYS different days. `scale` is not used."""
    chance = random.Random(SEED)
    workplaces = _workplaces(chance)
    usual = workplaces[0].place
    known = Known(
        Timetable(timetable.laid_out()),
        tuple(_somewhere(chance, f"P+R {n}", f"park:{n}") for n in range(2)),
        tuple(_somewhere(chance, f"Gare {n}", f"stop:{n}") for n in range(1)),
        rides=_rides(random.Random(SEED)),
    )
    print("… compiling, once", file=sys.stderr)
    began = time.perf_counter()
    plan_day(_asked(chance), workplaces, usual, _MIDNIGHT, known)
    first = time.perf_counter() - began
    # As a server process does before it answers anybody.
    settle()
    print(f"… {DAYS} days", file=sys.stderr)
    took, plans = [], []
    for _ in range(DAYS):
        asked = _asked(chance)
        began = time.perf_counter()
        answer = plan_day(asked, workplaces, usual, _MIDNIGHT, known)
        took.append((time.perf_counter() - began) * 1000)
        plans.append(len(answer.plans))
    p95 = statistics.quantiles(took, n=20)[-1]
    return [
        Figure("workplaces", WORKPLACES, "places"),
        Figure("colleagues' open cars", RIDES, "cars"),
        Figure("the first day, compiled or read from disk", first, "s"),
        Figure("a day with two appointments, p50", statistics.median(took), "ms"),
        Figure("a day with two appointments, p95", p95, "ms", f"< {GOAL_MS:.0f}", p95 < GOAL_MS),
        Figure("plans shown, on average", statistics.mean(plans), "plans"),
        *matrices.measure(),
        *timetable.measure(),
        *following.measure(),
    ]
