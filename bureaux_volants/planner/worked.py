"""What the emissions and the costs of a kept day are worked out from, and working them out again. Pure.

Beside its rounded figures, each travel of a kept plan has its kilometres by mode, by whom they are paid and in what vehicle: with the
tables of the versions that the answer names, the same figures come out, whatever timetables and speeds have become since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bureaux_volants.travel.estimate import Estimate
from bureaux_volants.travel.footprint import HOME, Tables, cost_of, footprint_of
from bureaux_volants.travel.journeys import Journey, Place, PoolUnit, Section, Traveller, Way
from bureaux_volants.travel.modes import Mode, Point

from .day import Answer
from .plans import Step

#: What is worked out again, as the kept totals name them, and to how many decimals they are kept.
FIGURES = {"grams_use": 0, "grams_total": 0, "employer_eur": 2, "agent_eur": 2}

_NOWHERE = Place("", Point(0.0, 0.0))
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A total that does not come out as it was kept. `plan` is its number, None for the reference day."""

    plan: int | None
    figure: str
    kept: float
    found: float


def worked(step: Step, answer: Answer, traveller: Traveller) -> list[dict[str, Any]]:
    """The journeys of a travel, each with its way, vehicle, kilometres by mode, and whether it is commuting."""
    option = answer.options[step.option]
    a, b = answer.places[step.origin], answer.places[step.place]
    journeys: Sequence[Journey] = step.journeys
    if not journeys:
        hubs = () if option.hub is None else (option.hub,)
        start = answer.midnight + dt.timedelta(minutes=step.start)
        estimate = Estimate(car_parks=hubs, stops=hubs)
        journeys = estimate.journeys(option.way, a, b, traveller, depart=start, unit=option.unit)
    unit = option.unit
    last = len(journeys) - 1
    return [
        {
            "way": journey.way.value,
            "unit": None if unit is None else {"kind": unit.kind, "energy": unit.energy, "people": unit.people},
            # Between the two ends one changes at a hub, which is nobody's home.
            "commuting": (n == 0 and a.key == HOME) or (n == last and b.key == HOME),
            "km": [[section.mode.value, section.km] for section in journey.sections],
        }
        for n, journey in enumerate(journeys)
    ]


def differences(answer: dict[str, Any], traveller: Traveller, tables: Tables) -> list[Difference]:
    """The totals of a kept answer that these tables do not give. KeyError for a day kept without what it takes."""
    plans: list[tuple[int | None, dict[str, Any]]] = list(enumerate(answer["plans"]))
    if answer["reference"] is not None:
        plans.append((None, answer["reference"]))
    found = []
    for number, plan in plans:
        totals = totals_of(plan, traveller, tables)
        found += [
            Difference(number, figure, plan["totals"][figure], totals[figure])
            for figure in FIGURES
            if totals[figure] != plan["totals"][figure]
        ]
    return found


def totals_of(plan: dict[str, Any], traveller: Traveller, tables: Tables) -> dict[str, float]:
    """The figures of a kept plan by these tables, rounded as they are kept."""
    sums = dict.fromkeys(FIGURES, 0.0)
    for step in plan["steps"]:
        for journey in step["worked"] if step["what"] == "travel" else ():
            way = Way(journey["way"])
            unit = None if journey["unit"] is None else PoolUnit(**journey["unit"])
            sections = [Section(Mode(mode), _NOWHERE, _NOWHERE, _NEVER, _NEVER, km) for mode, km in journey["km"]]
            footprint = footprint_of(way, sections, traveller, unit, tables)
            cost = cost_of(way, sections, traveller, unit, journey["commuting"], tables)
            sums["grams_use"] += footprint.use
            sums["grams_total"] += footprint.total
            sums["employer_eur"] += cost.employer
            sums["agent_eur"] += cost.agent
    # Whole numbers are kept as such.
    return {
        figure: round(sums[figure], digits) if digits else round(sums[figure]) for figure, digits in FIGURES.items()
    }
