"""Who I am for the API, and the sites of my territory."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router

from bureaux_volants.api.access import ApiRequest, agent_of, territory_of
from bureaux_volants.api.addresses import only_known_parameters
from bureaux_volants.api.schemas import Me, Sites
from bureaux_volants.booking.directory import SiteEntry, get_directory
from bureaux_volants.territory.models import Agent, Grant
from bureaux_volants.territory.permissions import grants_of

router = Router(tags=["Repères"])


@router.get(
    "/me", response=Me, operation_id="me", url_name="me", summary="Qui je suis", description="L'agent du jeton."
)
def me(request: ApiRequest) -> dict[str, Any]:
    only_known_parameters(request)
    agent = Agent.objects.select_related("territory", "organisation", "service", "usual_site").get(
        pk=agent_of(request).pk
    )
    territory = agent.territory
    assert territory is not None  # as access.territory_of
    return {
        "email": agent.email,
        "name": agent.get_full_name(),
        "territory": {"slug": territory.slug, "name": territory.name},
        "organisation": agent.organisation.name if agent.organisation else None,
        "service": agent.service.name if agent.service else None,
        "usual_site": agent.usual_site.slug if agent.usual_site else None,
        "visibility": agent.visibility,
        # Everybody of a territory is an agent, with or without a grant that says so.
        "roles": sorted({Grant.Role.AGENT.value, *(held.role for held in grants_of(agent))}),
        "scopes": request.auth.scopes,
    }


@router.get(
    "/sites",
    response=Sites,
    operation_id="sites",
    url_name="sites",
    summary="Les sites",
    description="Tous les sites du territoire, dans l'ordre des noms, avec leurs places et leur ouverture du jour.",
)
def sites(request: ApiRequest) -> dict[str, Any]:
    only_known_parameters(request)
    directory = get_directory(territory_of(request))
    today = directory.today(timezone.now())

    def told(site: SiteEntry) -> dict[str, Any]:
        day = site.day(today)
        units: dict[str, int] = {}
        for unit in site.units:
            if unit.is_active:
                units[unit.kind] = units.get(unit.kind, 0) + 1
        return {
            "slug": site.slug,
            "name": site.name,
            "kind": site.kind,
            "commune": site.commune_name,
            "address": site.address,
            "lat": site.lat,
            "lon": site.lon,
            "active": site.is_active,
            "units": units,
            "open_today": [
                {"start": i.start.astimezone(site.zone), "end": i.end.astimezone(site.zone)} for i in day.open
            ],
            "closed_because": day.closed_because,
        }

    return {"sites": [told(site) for site in directory.sites]}
