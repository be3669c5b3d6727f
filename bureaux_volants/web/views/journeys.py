"""Comparer les trajets: every way from one place to another, side by side."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bureaux_volants.planner.asked import Impossible
from bureaux_volants.planner.comparing import compare
from bureaux_volants.planner.naming import Names
from bureaux_volants.planner.person import home_of
from bureaux_volants.territory import french
from bureaux_volants.travel.journeys import Basis, Journey
from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.forms_journeys import JourneysForm
from bureaux_volants.web.organising import ICONS, number, section_words, way_words


@dataclass(frozen=True, slots=True)
class Row:
    """One way, as the page shows it."""

    icon: str
    title: str
    journey: Journey
    duration: str
    off: int
    kg: str
    km: str
    cost: str
    is_estimate: bool
    is_soberest: bool
    is_quickest: bool
    parts: list[str]


def _row(journey: Journey, journeys: tuple[Journey, ...]) -> Row:
    employer, agent = round(journey.cost.employer, 2), round(journey.cost.agent, 2)
    costs = [_("%s € pour vous") % number(agent, 2)] if agent else []
    costs += [_("%s € pour l'employeur") % number(employer, 2)] if employer else []
    return Row(
        ICONS[journey.way],
        way_words(journey.way, "").capitalize(),
        journey,
        french.duration(round(journey.minutes)),
        round(journey.spread_minutes),
        number(journey.footprint.total / 1000, 2),
        number(journey.km),
        ", ".join(costs) or _("gratuit"),
        journey.basis is Basis.ESTIMATE,
        journey.footprint.total == min(j.footprint.total for j in journeys),
        journey.minutes == min(j.minutes for j in journeys),
        [
            section_words(s.mode, s.origin.name, s.destination.name, s.start, s.line, s.headsign)
            for s in journey.sections
        ],
    )


@require_safe
@agent_page
def journeys(request: AgentRequest) -> HttpResponse:
    """The form and, once filled, every way side by side."""
    directory = request.directory
    names, home = Names(directory), home_of(request.user)
    soon = timezone.now().astimezone(directory.zone) + dt.timedelta(minutes=15)
    initial = {
        "origin": _("chez moi") if home is not None else "",
        "date": soon.date(),
        "time": soon.time().replace(minute=soon.minute // 15 * 15, second=0, microsecond=0),
        "when": "depart",
        "has": ["car"],
    }
    asked = "destination" in request.GET
    form = JourneysForm(request.GET if asked else None, initial=initial, zone=directory.zone)
    context = {"form": form, "places": names.known, "home": home}
    if not asked:
        return render(request, "web/journeys.html", context)
    if not form.is_valid():
        return render(request, "web/journeys.html", context, status=422)
    origin, destination = (
        "home" if form.cleaned_data[name].strip().lower() == _("chez moi") else form.cleaned_data[name]
        for name in ("origin", "destination")
    )
    when = {form.cleaned_data["when"]: form.at}
    try:
        found, tables, notes = compare(directory, request.user, origin, destination, form.traveller, **when)
    except Impossible as error:
        form.add_error(None, error.message)
        return render(request, "web/journeys.html", context, status=422)
    rows = sorted((_row(j, found.journeys) for j in found.journeys), key=lambda r: r.journey.footprint.total)
    context |= {
        "rows": rows,
        "missing": [(way_words(way, "").capitalize(), why) for way, why in found.missing.items()],
        "notes": notes,
        "versions": tables.factors.version,
    }
    return render(request, "web/journeys.html", context)
