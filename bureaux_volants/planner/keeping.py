"""What is asked and answered, as plain values that a database keeps and a page or a program reads. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bureaux_volants.travel.footprint import Tables
from bureaux_volants.travel.journeys import Basis, Place, Section, Traveller, Way
from bureaux_volants.travel.modes import Point

from .asked import Appointment, Asked
from .day import KINDS, Answer
from .plans import Plan, Step
from .worked import worked


def place_out(place: Place) -> dict[str, Any]:
    return {"name": place.name, "lat": place.point.lat, "lon": place.point.lon, "key": place.key}


def place_in(kept: dict[str, Any]) -> Place:
    return Place(kept["name"], Point(kept["lat"], kept["lon"]), kept["key"])


def asked_out(asked: Asked) -> dict[str, Any]:
    """What was asked; `asked_in` reads it back."""
    t = asked.traveller
    return {
        "date": asked.date.isoformat(),
        "hours": [at.isoformat() for at in asked.hours],
        "appointments": [
            {
                "place": place_out(a.place),
                "start": a.start.isoformat(),
                "end": a.end.isoformat(),
                "may_be_remote": a.may_be_remote,
                "may_move": a.may_move,
            }
            for a in asked.appointments
        ],
        "features": sorted(asked.features),
        "home": None if asked.home is None else place_out(asked.home),
        "may_work_at_home": asked.may_work_at_home,
        "usual": asked.usual.value,
        "with_pool": asked.with_pool,
        "meet": asked.meet,
        "traveller": {
            "has_bike": t.has_bike,
            "bike_is_assisted": t.bike_is_assisted,
            "has_car": t.has_car,
            "car_energy": t.car_energy,
            "has_licence": t.has_licence,
            "has_pass": t.has_pass,
            "carries_things": t.carries_things,
            "walk_km": t.walk_km,
            "bike_km": t.bike_km,
        },
    }


def asked_in(kept: dict[str, Any]) -> Asked:
    first, last = (dt.datetime.fromisoformat(at) for at in kept["hours"])
    return Asked(
        date=dt.date.fromisoformat(kept["date"]),
        hours=(first, last),
        appointments=tuple(
            Appointment(
                place_in(a["place"]),
                dt.datetime.fromisoformat(a["start"]),
                dt.datetime.fromisoformat(a["end"]),
                a["may_be_remote"],
                a.get("may_move", False),
            )
            for a in kept["appointments"]
        ),
        features=frozenset(kept["features"]),
        home=None if kept["home"] is None else place_in(kept["home"]),
        may_work_at_home=kept["may_work_at_home"],
        traveller=Traveller(**kept["traveller"]),
        usual=Way(kept["usual"]),
        with_pool=kept["with_pool"],
        meet=kept.get("meet", ""),
    )


def answer_out(
    answer: Answer, missing: list[str], notes: list[str], tables: Tables, traveller: Traveller
) -> dict[str, Any]:
    """The plans and the reference day with their hours as instants, and the versions of the tables they stand on.

    `missing`: why a usual choice is not there; `notes`: what to know of the figures. French sentences.
    """
    return {
        "versions": {"factors": tables.factors.version, "costs": tables.money},
        "missing": missing,
        "notes": notes,
        "plans": [_plan(plan, answer, traveller) for plan in answer.plans],
        "reference": None if answer.reference is None else _plan(answer.reference, answer, traveller),
    }


def _plan(plan: Plan, answer: Answer, traveller: Traveller) -> dict[str, Any]:
    return {
        "virtues": list(plan.virtues),
        "steps": [_step(s, answer, traveller) for s in plan.steps],
        "loans": [
            {
                "kind": answer_kind(loan.kind),
                "base": place_out(answer.places[loan.base]),
                "to": place_out(answer.places[loan.place]),
                "start": _at(loan.start, answer),
                "end": _at(loan.end, answer),
            }
            for loan in plan.loans
        ],
        "totals": {
            "minutes": sum(s.end - s.start for s in plan.travels),
            "lost_minutes": plan.lost,
            "spread_minutes": round(plan.total("spread")),
            "km": round(plan.total("km"), 1),
            "car_km": round(plan.total("car_km"), 1),
            "grams_use": round(plan.total("grams_use")),
            "grams_total": round(plan.total("grams_total")),
            "employer_eur": round(plan.total("employer"), 2),
            "agent_eur": round(plan.total("agent"), 2),
            "effort_minutes": round(plan.total("effort")),
            "transfers": round(plan.total("transfers")),
        },
    }


def answer_kind(number: int) -> str:
    """The name of a pool kind, as booking knows it."""
    return KINDS[number][1].kind


def _at(minutes: int, answer: Answer) -> str:
    return (answer.midnight + dt.timedelta(minutes=minutes)).isoformat()


def _step(step: Step, answer: Answer, traveller: Traveller) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "what": step.what,
        "start": _at(step.start, answer),
        "end": _at(step.end, answer),
        "place": place_out(answer.places[step.place]),
    }
    if step.option >= 0:
        option = answer.options[step.option]
        kept |= {
            "from": place_out(answer.places[step.origin]),
            "way": option.way.value,
            "unit": option.unit.kind if option.unit is not None else "",
            "minutes": step.end - step.start,
            "spread_minutes": round(step.spread),
            "km": round(step.km, 1),
            "grams_use": round(step.grams_use),
            "grams_total": round(step.grams_total),
            "employer_eur": round(step.employer, 2),
            "agent_eur": round(step.agent, 2),
            "basis": _basis(step),
            "sections": [_section(s) for journey in step.journeys for s in journey.sections],
            "worked": worked(step, answer, traveller),
        }
        if option.offer:
            kept["offer"] = option.offer
    return kept


def _basis(step: Step) -> str:
    """Whose hours it goes by: a line's are told, a car's are reckoned."""
    told = any(journey.basis is Basis.TIMETABLE for journey in step.journeys)
    return (Basis.TIMETABLE if told else Basis.ESTIMATE).value


def _section(section: Section) -> dict[str, Any]:
    return {
        "mode": section.mode.value,
        "from": place_out(section.origin),
        "to": place_out(section.destination),
        "start": section.start.isoformat(),
        "end": section.end.isoformat(),
        "km": round(section.km, 1),
        "line": section.line,
        "headsign": section.headsign,
    }
