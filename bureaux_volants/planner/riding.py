"""The rides of a chosen plan, told line by line: what the timetable knows of each of its journeys. Pure.

The search knows when each ride leaves and arrives, and weighs emissions, money and changes as estimated for such a distance; for the few
plans that are shown, the lines that are really ridden say them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from bureaux_volants.travel.estimate import Estimate
from bureaux_volants.travel.footprint import Tables
from bureaux_volants.travel.gtfs.source import TimetableSource
from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Journey, Place, Traveller, Way
from bureaux_volants.travel.matrix import Option

from .clock import BY_CLOCK
from .plans import TRAVEL, Plan, Step
from .problem import HOME


def ridden(
    plan: Plan,
    timetable: Timetable,
    places: Sequence[Place],
    options: Sequence[Option],
    traveller: Traveller,
    midnight: dt.datetime,
    tables: Tables,
) -> Plan:
    """The plan with the journeys of its ways by the clock, and their figures."""
    source, estimate = TimetableSource(timetable, tables), Estimate(tables=tables)

    def told(step: Step) -> Step:
        option = options[step.option] if step.option >= 0 else None
        if step.what != TRAVEL or option is None or option.way not in BY_CLOCK:
            return step
        depart, arrive = (midnight + dt.timedelta(minutes=m) for m in (step.start, step.end))
        a, b, gate = places[step.origin], places[step.place], option.hub
        parts: list[Journey] = []
        if gate is not None:
            by = Way.OWN_CAR if option.way is Way.PARK_AND_RIDE else Way.OWN_BIKE
            if step.origin == HOME:
                parts += estimate.journeys(by, a, gate, traveller, depart=depart)[:1]
                depart, a = (parts[0].arrive if parts else depart), gate
            else:
                parts += estimate.journeys(by, gate, b, traveller, arrive=arrive)[:1]
                arrive, b = (parts[0].depart if parts else arrive), gate
        in_time = [
            j
            for j in source.journeys(Way.TRANSIT, a, b, traveller, depart=depart, unit=option.unit)
            if j.arrive <= arrive
        ]
        if not in_time:
            return step
        # Of those that are there in time: the fewest changes, then the latest to leave.
        ride = min(in_time, key=lambda j: (j.transfers, j.arrive))
        later = [
            j
            for j in source.journeys(Way.TRANSIT, a, b, traveller, arrive=ride.arrive, unit=option.unit)
            if j.depart >= depart and j.transfers <= ride.transfers
        ]
        ride = max(later, key=lambda j: j.depart, default=ride)
        whole = [*parts, ride] if step.origin == HOME else [ride, *parts]
        return replace(
            step,
            spread=sum(j.spread_minutes for j in whole),
            km=sum(j.km for j in whole),
            car_km=sum(j.car_km for j in whole),
            grams_use=sum(j.footprint.use for j in whole),
            grams_total=sum(j.footprint.total for j in whole),
            employer=sum(j.cost.employer for j in whole),
            agent=sum(j.cost.agent for j in whole),
            effort=sum(j.effort_minutes for j in whole),
            transfers=float(ride.transfers),
            journeys=tuple(whole),
        )

    return replace(plan, steps=tuple(told(step) for step in plan.steps))
