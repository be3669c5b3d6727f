"""Trouver un bureau: when, near what; a list and a map that say the same thing."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.places import known_places, usual_origin
from bureaux_volants.booking.queries import coming
from bureaux_volants.territory.models import Commune, Landmark, Territory
from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.finding import find, for_map, told_once
from bureaux_volants.web.forms import SearchForm
from bureaux_volants.web.when import WHOLE, first_choice, opening_days

#: Days one tap away above the results.
NEXT_DAYS = 10


@require_safe
@agent_page
def search(request: AgentRequest) -> HttpResponse:
    now = timezone.now()
    directory = request.directory
    communes = list(Commune.objects.filter(territory_id=directory.territory_id).defer("contour"))
    landmarks = Landmark.objects.filter(territory_id=directory.territory_id)
    known = known_places(directory, communes, landmarks)
    usual = usual_origin(request.user, directory, communes)
    if usual is not None and usual not in known:
        known.insert(0, usual)
    asked = request.GET.copy()
    if "date" not in asked:
        starts = coming(request.user, now=now).filter(kind=Kind.DESK).values_list("start", flat=True)
        taken = {start.astimezone(directory.zone).date() for start in starts}
        asked["date"] = first_choice(directory, now, taken).isoformat()
    asked.setdefault("part", WHOLE)
    asked.setdefault("near", usual.name if usual else "")
    form = SearchForm(asked, places=known)
    form.is_valid()
    when = form.when
    features = frozenset(form.cleaned_data.get("features", ()))
    origin = form.origin
    found = find(request.user, directory, when, features=features, origin=origin) if when else []
    kept = asked.copy()
    kept.pop("date", None)
    context = {
        "form": form,
        "when": when,
        "features": sorted(features),
        "origin": origin,
        "found": found,
        "free": [f for f in found if f.tone == "free"],
        "full": [f for f in found if f.tone == "full"],
        "common": told_once(found),
        "closed": [f for f in found if f.tone == "closed"],
        "map": {**for_map(found, origin), "tiles": settings.BV_TILE_URL, "attribution": settings.BV_TILE_ATTRIBUTION},
        "next_days": opening_days(directory, directory.today(now), NEXT_DAYS),
        "kept": kept.urlencode(),
    }
    if request.htmx and not request.htmx.boosted:
        return render(request, "web/parts/results.html", context)
    return render(request, "web/search.html", context | {"places": form.places})


@require_safe
@agent_page
def contours(request: AgentRequest) -> HttpResponse:
    """The communes' outlines for the map, as GeoJSON; kept by the browser, they rarely change."""
    territory = Territory.objects.get(pk=request.directory.territory_id)
    rows = Commune.objects.filter(territory=territory).exclude(contour=None).values_list("name", "contour")
    answer = JsonResponse(
        {
            "type": "FeatureCollection",
            "schematic": territory.contours_are_schematic,
            "features": [
                {"type": "Feature", "properties": {"name": name}, "geometry": contour} for name, contour in rows
            ],
        }
    )
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
