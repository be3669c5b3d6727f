"""The charter in force for a person on a day, and what it says of a day's answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.charter.rules import Effect, Rule
from bureaux_volants.charter.versions import rules_for
from bureaux_volants.fleet.models import Trip
from bureaux_volants.territory.calendar import local_day, monday_of
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.modes import Point

from .asked import Asked
from .day import Answer
from .obeying import Obeying, OtherTrip, said_out


def obeying(agent: Agent, asked: Asked, directory: Directory) -> Obeying:
    """What the planner must obey. Two queries, and one more where a rule looks at other trips."""
    version, rules = rules_for(agent, asked.date)
    return Obeying(rules, asked, other_trips(agent, rules, asked.date, directory), version)


def other_trips(agent: Agent, rules: tuple[Rule, ...], date: dt.date, directory: Directory) -> tuple[OtherTrip, ...]:
    """The cars that are booked: everybody's that day, the person's own the whole week. Nothing where no rule asks."""
    if not any(rule.looks_at_others for rule in rules):
        return ()
    day = local_day(date, directory.zone)
    monday = local_day(monday_of(date), directory.zone).start
    trips = Trip.objects.filter(
        territory_id=directory.territory_id,
        booking__kind=Kind.CAR,
        booking__state__in=HOLDING,
        booking__start__gte=monday,
        booking__start__lt=monday + dt.timedelta(days=7),
    ).values_list("lat", "lon", "booking__start", "booking__agent_id")
    return tuple(
        OtherTrip(Point(lat, lon), start.astimezone(directory.zone), who == agent.pk)
        for lat, lon, start, who in trips
        if who == agent.pk or day.start <= start < day.end
    )


def told(answer: dict[str, Any], found: Answer, charter: Obeying) -> dict[str, Any]:
    """The kept answer with what the charter says: of each plan under `rules`, and why the usual day is not among them."""
    for kept, plan in zip(answer["plans"], found.plans, strict=True):
        kept["rules"] = said_out(charter.says(plan, found.midnight))
    answer["charter"] = charter.version
    if found.reference is not None:
        against = [
            said for _step, said in charter.says(found.reference, found.midnight) if said.effect is Effect.REFUSE
        ]
        answer["missing"] += dict.fromkeys(
            f"Votre journée habituelle n'est pas proposée, la charte l'écarte : {said.sentence}" for said in against
        )
    return answer
