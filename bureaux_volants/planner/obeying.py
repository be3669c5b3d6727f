"""The charter in the day planner: what it refuses is taken out before the search, what it says of the rest stands beside each step.

Pure: the rules and other people's trips are given. Minutes that are compared (« moins d'une fois et demie ») are the estimated ones,
for both ways alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bureaux_volants.charter.judging import AllTrips, Bools, Said, TripFacts, judge, refused, speak
from bureaux_volants.charter.rules import WEIGHT, Effect, Rule
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.travel.footprint import people_aboard
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.matrix import Matrix, Option
from bureaux_volants.travel.modes import Point

from .asked import Asked
from .plans import TRAVEL, Plan, Step

#: Two destinations are one, and two departures at the same time, within these.
SAME_PLACE_KM = 0.5
SAME_TIME = dt.timedelta(minutes=45)
WHEELCHAIR = "wheelchair"


@dataclass(frozen=True, slots=True)
class OtherTrip:
    """A car trip that is booked already: where to, and when it leaves. `is_mine`: by the same person."""

    to: Point
    start: dt.datetime
    is_mine: bool


def energy_of(option: Option, traveller: Traveller) -> str:
    """What the vehicle of a way runs on; empty without one."""
    if option.unit is not None and option.way in (Way.POOL_BIKE, Way.POOL_CAR, Way.SHARED_RIDE):
        return option.unit.energy
    match option.way:
        case Way.OWN_CAR | Way.PARK_AND_RIDE:
            return traveller.car_energy
        case Way.OWN_BIKE | Way.BIKE_AND_RIDE:
            return "assisted" if traveller.bike_is_assisted else "human"
    return ""


def there(trips: Sequence[OtherTrip], to: Point, start: dt.datetime) -> tuple[int, int]:
    """How many other people's cars go there at about that time, and how often the person does so on other days."""
    others = again = 0
    for trip in trips:
        if distance_km(trip.to.lat, trip.to.lon, to.lat, to.lon) > SAME_PLACE_KM:
            continue
        if trip.is_mine:
            again += trip.start.date() != start.date()
        else:
            others += abs(trip.start - start) <= SAME_TIME
    return others, again


@dataclass
class Obeying:
    """A charter's rules for one person and day. `refuses` is asked once, before the search; then `says` of each step."""

    rules: tuple[Rule, ...]
    asked: Asked
    trips: tuple[OtherTrip, ...] = ()
    version: int = 0
    places: Sequence[Place] = field(default=(), init=False)
    figures: Matrix | None = field(default=None, init=False)

    def refuses(self, places: Sequence[Place], figures: Matrix) -> Bools | None:
        """[option, from, to]: what nobody may plan; None where the charter refuses nothing at all."""
        self.places, self.figures = places, figures
        refusing = [r for r in self.rules if r.effect is Effect.REFUSE]
        if not refusing:
            return None
        nothing = np.zeros(len(places), np.int64)
        all_trips = AllTrips(
            ways=[o.way for o in figures.options],
            energies=[energy_of(o, self.asked.traveller) for o in figures.options],
            people=[people_aboard(o.way, o.unit) for o in figures.options],
            km=figures.km,
            minutes=figures.minutes,
            has_load=self.asked.traveller.carries_things,
            needs_access=WHEELCHAIR in self.asked.features,
            others=nothing,
            again=nothing,
        )
        found = refused(refusing, speak(refusing, all_trips))
        # To stay is no trip.
        found[:, range(len(places)), range(len(places))] = False
        return found

    def says(self, plan: Plan, midnight: dt.datetime) -> list[tuple[int, Said]]:
        """What the rules say of a plan's travels: the number of the step and the rule, the heaviest first."""
        found = [
            (k, said)
            for k, step in enumerate(plan.steps)
            if step.what == TRAVEL
            for said in judge(self.rules, self._facts(step, midnight))
        ]
        return sorted(found, key=lambda one: (-WEIGHT[one[1].effect], one[0]))

    def _facts(self, step: Step, midnight: dt.datetime) -> TripFacts:
        assert self.figures is not None
        option = self.figures.options[step.option]
        instead: dict[Way, float] = {}
        for k, other in enumerate(self.figures.options):
            minutes = float(self.figures.minutes[k, step.origin, step.place])
            if np.isfinite(minutes):
                instead[other.way] = min(minutes, instead.get(other.way, np.inf))
        leaves = midnight + dt.timedelta(minutes=step.start)
        others, again = there(self.trips, self.places[step.place].point, leaves)
        at = (step.option, step.origin, step.place)
        return TripFacts(
            way=option.way,
            km=float(self.figures.km[at]),
            minutes=float(self.figures.minutes[at]),
            energy=energy_of(option, self.asked.traveller),
            people=people_aboard(option.way, option.unit),
            has_load=self.asked.traveller.carries_things,
            needs_access=WHEELCHAIR in self.asked.features,
            leaves=leaves.time(),
            others=others,
            again=again,
            instead=instead,
        )


def said_out(found: Sequence[tuple[int, Said]]) -> list[dict[str, Any]]:
    """What is kept with a plan; `said_in` reads it back."""
    return [{"code": s.code, "effect": s.effect.value, "sentence": s.sentence, "step": step} for step, s in found]


def said_in(kept: Sequence[dict[str, Any]]) -> list[Said]:
    """Each rule that speaks of a kept plan, once, the heaviest first."""
    return list(dict.fromkeys(Said(one["code"], Effect(one["effect"]), one["sentence"]) for one in kept))
