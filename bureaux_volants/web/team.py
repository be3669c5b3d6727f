"""Mon équipe: the week of the people a manager works with, within what each of them shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bureaux_volants.booking.queries import TeamDay, TeamMember, team_week
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import holiday_name
from bureaux_volants.territory.models import Agent, Service
from bureaux_volants.territory.permissions import Action, may

from .access import AgentRequest, role_page
from .team_approvals import approvals_for
from .team_export import Line, as_csv, as_xlsx
from .team_together import TeamDayForm, of_week
from .weeks import asked_monday


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many of those who show their week are elsewhere on a day, or at home."""

    date: dt.date
    flying: int
    at_home: int
    holiday: str


@dataclass(frozen=True, slots=True)
class Week:
    """A service's week, as the page and the exports tell it."""

    service: Service | None
    services: list[Service]
    monday: dt.date
    members: list[TeamMember]
    days: list[DayCount]


def services_of(manager: Agent, territory_id: int) -> list[Service]:
    """The services whose week a manager may see: those of the organisations in their care, and their own."""
    found = Service.objects.filter(territory_id=territory_id).select_related("organisation")
    return [
        s
        for s in found.order_by("organisation__name", "name")
        if s.pk == manager.service_id or may(manager, Action.MANAGE_TEAM, organisation_id=s.organisation_id)
    ]


def _service(request: AgentRequest, services: list[Service]) -> Service | None:
    """The service asked for; one's own, else the first, when none is. Not found when it is not in one's care."""
    asked = request.GET.get("service", "")
    if asked:
        found = next((s for s in services if str(s.pk) == asked), None)
        if found is None:
            raise Http404
        return found
    own = next((s for s in services if s.pk == request.user.service_id), None)
    return own or (services[0] if services else None)


def _week(request: AgentRequest, service: Service | None = None) -> Week:
    services = services_of(request.user, request.directory.territory_id)
    service = service or _service(request, services)
    monday = asked_monday(request)
    people: list[Agent] = []
    if service is not None:
        people = list(
            Agent.objects.filter(service=service, territory_id=request.directory.territory_id, is_active=True).order_by(
                "last_name", "first_name", "pk"
            )
        )
    members = team_week(request.user, people, monday)
    days = [
        DayCount(
            day,
            sum(1 for m in members if m.days[n].bookings),
            sum(1 for m in members if m.days[n].at_home),
            holiday_name(day, request.directory.departement),
        )
        for n, day in enumerate(monday + dt.timedelta(days=n) for n in range(5))
    ]
    return Week(service, services, monday, members, days)


@require_safe
@role_page(Action.MANAGE_TEAM)
def team(request: AgentRequest) -> HttpResponse:
    return team_page(request)


def team_page(
    request: AgentRequest, service: Service | None = None, *, form: TeamDayForm | None = None, status: int = 200
) -> HttpResponse:
    """The week of a service, with the form of team days, bound when it was refused."""
    week = _week(request, service)
    today = request.directory.today(timezone.now())
    context = {
        "approvals": approvals_for(request.user, request.directory.territory_id),
        "week": week,
        "friday": week.monday + dt.timedelta(days=4),
        "earlier": week.monday - dt.timedelta(days=7),
        "later": week.monday + dt.timedelta(days=7),
        "hidden": sum(1 for m in week.members if not m.shows),
        "today": today,
        "together": of_week(week.service, week.members, week.monday, today),
        "form": form or TeamDayForm(territory_id=request.directory.territory_id, today=today),
    }
    return render(request, "web/team/week.html", context, status=status)


def _words(request: AgentRequest, member: TeamMember, day: TeamDay) -> str:
    if not member.shows:
        return _("non partagé")
    if day.bookings:
        zone = request.directory.zone
        return " ; ".join(f"{b.site.name}, {french.at(b.start, zone)} – {french.at(b.end, zone)}" for b in day.bookings)
    return _("télétravail à domicile") if day.at_home else ""


@require_safe
@role_page(Action.MANAGE_TEAM)
def export(request: AgentRequest, form: str) -> HttpResponse:
    """The same week as a file, with nothing that the page does not show. `form` is "csv" or "xlsx"."""
    week = _week(request)
    head = [_("Nom"), _("Prénom"), *(french.day(d.date) for d in week.days)]
    lines: list[Line] = [
        [m.agent.last_name, m.agent.first_name, *(_words(request, m, day) for day in m.days)] for m in week.members
    ]
    make, kind = (as_csv, "text/csv; charset=utf-8") if form == "csv" else (as_xlsx, XLSX)
    response = HttpResponse(make(head, lines), content_type=kind)
    name = f"equipe-{slugify(week.service.name) if week.service else 'vide'}-{week.monday.isoformat()}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
