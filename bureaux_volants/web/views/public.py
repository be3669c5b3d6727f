"""Pages that need no account."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bureaux_volants.territory.models import Territory


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "web/accessibility.html", {"contact": settings.BV_CONTACT_EMAIL})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    territory = request.user.territory if request.user.is_authenticated else None
    days = (territory or Territory()).names_kept_days
    return render(request, "web/privacy.html", {"contact": settings.BV_CONTACT_EMAIL, "days": days})


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """For whoever watches the service: 200 when the database answers, 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": False}, status=503)
    return JsonResponse({"status": "ok", "database": True})
