"""Usage du parc: what the pool is used for, and the same as files."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bureaux_volants.fleet.board import sites_of
from bureaux_volants.fleet.using import PERIODS, Usage, measure
from bureaux_volants.territory import french
from bureaux_volants.territory.permissions import Action

from . import fleet_export
from .access import AgentRequest, role_page
from .fleet_tables import tables
from .team import XLSX

#: Long enough to see something, short enough to be recent.
USUAL = 90


def _days(request: AgentRequest) -> int:
    asked = request.GET.get("jours", "")
    return next((days for days in PERIODS if str(days) == asked), USUAL)


def _measured(request: AgentRequest) -> Usage:
    sites = sites_of(request.user, request.directory)
    return measure(request.directory, sites, _days(request), timezone.now())


def _period(found: Usage) -> str:
    first, last = french.day(found.first, year=True), french.day(found.last, year=True)
    return _("du %(first)s au %(last)s") % {"first": first, "last": last}


@require_safe
@role_page(Action.MANAGE_FLEET)
def usage(request: AgentRequest) -> HttpResponse:
    found = _measured(request)
    context = {
        "tables": tables(found) if found.units else [],
        "period": _period(found),
        "days": _days(request),
        "periods": PERIODS,
    }
    return render(request, "web/fleet/usage.html", context)


@require_safe
@role_page(Action.MANAGE_FLEET)
def export(request: AgentRequest, form: str) -> HttpResponse:
    """The tables as a file, with nothing that the page does not show. `form` is "csv" or "xlsx"."""
    found = _measured(request)
    make, kind = (fleet_export.as_csv, "text/csv; charset=utf-8") if form == "csv" else (fleet_export.as_xlsx, XLSX)
    response = HttpResponse(make(_period(found), tables(found) if found.units else []), content_type=kind)
    name = f"usage-du-parc-{found.first.isoformat()}-{found.last.isoformat()}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
