"""Every way from one place to another, side by side."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ninja import Query, Router

from bureaux_volants.api.access import ApiRequest, agent_of, territory_of
from bureaux_volants.api.addresses import only_known_parameters
from bureaux_volants.api.openapi import problems
from bureaux_volants.api.schemas_days import JourneysOut, JourneysQuery
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.planner.comparing import compare
from bureaux_volants.travel.journeys import Journey, Place, Section, Traveller

router = Router(tags=["Trajets"])


def _place(place: Place) -> dict[str, Any]:
    return {"name": place.name, "lat": place.point.lat, "lon": place.point.lon}


def _section(section: Section, zone: dt.tzinfo) -> dict[str, Any]:
    return {
        "mode": section.mode.value,
        "from": _place(section.origin),
        "to": _place(section.destination),
        "start": section.start.astimezone(zone),
        "end": section.end.astimezone(zone),
        "km": round(section.km, 2),
        "line": section.line,
        "headsign": section.headsign,
    }


def _journey(journey: Journey, zone: dt.tzinfo) -> dict[str, Any]:
    return {
        "way": journey.way.value,
        "depart": journey.depart.astimezone(zone),
        "arrive": journey.arrive.astimezone(zone),
        "minutes": round(journey.minutes),
        "spread_minutes": round(journey.spread_minutes),
        "km": round(journey.km, 2),
        "car_km": round(journey.car_km, 2),
        "grams_use": round(journey.footprint.use),
        "grams_total": round(journey.footprint.total),
        "employer_eur": round(journey.cost.employer, 2),
        "agent_eur": round(journey.cost.agent, 2),
        "effort_minutes": round(journey.effort_minutes),
        "transfers": journey.transfers,
        "basis": journey.basis.value,
        "sections": [_section(s, zone) for s in journey.sections],
    }


@router.get(
    "/journeys",
    response=JourneysOut,
    operation_id="journeys",
    url_name="journeys",
    summary="Tous les moyens d'aller d'un lieu à un autre",
    description=(
        "Donnez `depart` ou `arrive`. Les transports suivent les horaires chargés quand ils vont jusqu'à ce jour ; sinon "
        "ils sont estimés, et `notes` le dit. `missing` dit pourquoi un moyen manque. Émissions en gCO2e pour une personne."
    ),
    openapi_extra=problems(404),
)
def journeys(request: ApiRequest, query: Query[JourneysQuery]) -> dict[str, Any]:
    only_known_parameters(request, JourneysQuery)
    directory = get_directory(territory_of(request))
    traveller = Traveller(
        has_bike=query.bike,
        bike_is_assisted=query.bike_is_assisted,
        has_car=query.car,
        has_licence=query.car,
        has_pass=query.transport_pass,
        carries_things=query.carries_things,
    )
    found, tables, notes = compare(
        directory, agent_of(request), query.from_, query.to, traveller, depart=query.depart, arrive=query.arrive
    )
    return {
        "journeys": [_journey(j, directory.zone) for j in found.journeys],
        "missing": {way.value: why for way, why in found.missing.items()},
        "notes": notes,
        "versions": {"factors": tables.factors.version, "costs": tables.money},
    }
