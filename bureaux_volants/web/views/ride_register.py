"""The territory's shared journeys of a period, with the columns of the national register, for administrators."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bureaux_volants.planner.rides import export
from bureaux_volants.territory.models import Commune
from bureaux_volants.territory.permissions import Action, may_everywhere
from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.csv_answer import csv_answer
from bureaux_volants.web.forms_rides import PeriodForm


def _for_administrators(request: AgentRequest) -> None:
    """The file tells of the whole territory: an administrator of a part of it has not found it."""
    if not may_everywhere(request.user, Action.ADMINISTER):
        raise Http404


@require_safe
@agent_page
def page(request: AgentRequest) -> HttpResponse:
    """Which period, and what the file holds. It begins with last month."""
    _for_administrators(request)
    last = timezone.localdate().replace(day=1) - dt.timedelta(days=1)
    form = PeriodForm(initial={"first": last.replace(day=1), "last": last})
    return render(request, "web/ride_register.html", {"form": form})


@require_safe
@agent_page
def download(request: AgentRequest) -> HttpResponse:
    """The file; with a period that is none, the page again, which says why."""
    _for_administrators(request)
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return render(request, "web/ride_register.html", {"form": form}, status=422)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    territory, zone = request.directory.territory_id, request.directory.zone
    found = export.journeys(territory, first, last, zone, timezone.now())
    communes = list(Commune.objects.filter(territory_id=territory).defer("contour"))
    operator = str(request.user.territory)
    lines = [export.register_row(one, communes, operator, zone) for one in found]
    return csv_answer(f"registre-covoiturage-{first}-{last}.csv", export.as_register(lines))
