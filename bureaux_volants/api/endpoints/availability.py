"""Where something is free, and why not."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from bureaux_volants.api.access import ApiRequest, agent_of
from bureaux_volants.api.addresses import only_known_parameters
from bureaux_volants.api.openapi import problems
from bureaux_volants.api.problems import Problem
from bureaux_volants.api.schemas import Availability, AvailabilityQuery
from bureaux_volants.booking.search import SiteAvailability, search

router = Router(tags=["Disponibilités"])


def _told(found: SiteAvailability) -> dict[str, Any]:
    """A site's answer in the shape of `Availability`."""
    return {
        "slug": found.site.slug,
        "name": found.site.name,
        "commune": found.site.commune_name,
        "lat": found.site.lat,
        "lon": found.site.lon,
        "free": found.free,
        "capacity": found.capacity,
        "bookable": found.bookable,
        "reasons": [{"code": r.code, "message": r.message} for r in found.reasons],
    }


@router.get(
    "/availability",
    response=Availability,
    operation_id="availability",
    url_name="availability",
    summary="Ce qui est libre",
    description=(
        "Chaque site qui a des places de cette nature : combien sont libres pendant toute la période, si je peux y "
        "réserver, et sinon pourquoi, toutes raisons réunies."
    ),
    openapi_extra=problems(404),
)
def availability(request: ApiRequest, query: Query[AvailabilityQuery]) -> JsonResponse:
    only_known_parameters(request, AvailabilityQuery)
    try:
        found = search(
            agent_of(request),
            query.kind.value,
            query.start,
            query.end,
            features=frozenset(f.value for f in query.features),
            site_slug=query.site,
        )
    except KeyError:
        raise Problem("not-found", _("Ce site n'existe pas.")) from None
    # Written as it is: validating sixty sites again against the schema would cost a fifth of the answer's time.
    return JsonResponse({"sites": [_told(a) for a in found]}, json_dumps_params={"ensure_ascii": False})
