"""The pool as GBFS 3.0 feeds, for trip planners that have a token."""

from __future__ import annotations

from typing import Annotated

from django.conf import settings
from django.http import JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Path, Router
from pydantic import Field

from bureaux_volants.api.access import ApiRequest, territory_of
from bureaux_volants.api.addresses import only_known_parameters
from bureaux_volants.api.openapi import problems
from bureaux_volants.api.problems import Problem
from bureaux_volants.api.schemas import GbfsFeed
from bureaux_volants.fleet.gbfs import FEEDS
from bureaux_volants.fleet.publishing import feed

router = Router(tags=["GBFS"])

FeedName = Annotated[str, Field(description="Un flux de GBFS 3.0 : " + ", ".join(f"{f}.json" for f in FEEDS) + ".")]


def _base() -> str:
    """Where the feeds are, as others reach them: not as a proxy calls this process."""
    return settings.BV_BASE_URL.rstrip("/") + reverse("api:gbfs", args=["gbfs.json"]).removesuffix("gbfs.json")


@router.get(
    "/gbfs/{name}",
    response=GbfsFeed,
    operation_id="gbfs",
    url_name="gbfs",
    summary="Le parc, en GBFS 3.0",
    description=(
        "Les voitures et les vélos du territoire, pour un calculateur d'itinéraires : commencez par gbfs.json. Les stations "
        "sont les sites. Rien de personnel : un véhicule sorti n'y est pas, et son identifiant change à chaque sortie."
    ),
    openapi_extra=problems(404),
)
def gbfs(request: ApiRequest, name: Path[FeedName]) -> JsonResponse:
    only_known_parameters(request)
    try:
        content = feed(territory_of(request), name.removesuffix(".json"), _base())
    except KeyError:
        raise Problem("not-found", _("Ce flux n'existe pas.")) from None
    return JsonResponse(content, json_dumps_params={"ensure_ascii": False})
