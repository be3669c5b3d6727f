"""Team days: a manager sets a weekday or a date on which a service is together, and takes it back."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from bureaux_volants.booking import team_days
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.queries import team_week
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent, Service, TeamDay
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .team import services_of, team_page
from .team_together import TeamDayForm


def _managed(request: AgentRequest, service_id: str) -> Service:
    found = next(
        (s for s in services_of(request.user, request.directory.territory_id) if str(s.pk) == service_id), None
    )
    if found is None:
        raise Http404
    return found


def _back(service: Service, day: dt.date) -> HttpResponse:
    return redirect(f"{reverse('team')}?week={day.isoformat()}&service={service.pk}")


@require_POST
@role_page(Action.MANAGE_TEAM)
def set_day(request: AgentRequest) -> HttpResponse:
    """Set a day; refused, the week is shown again with what was typed."""
    service = _managed(request, request.POST.get("service", ""))
    today = request.directory.today(timezone.now())
    form = TeamDayForm(request.POST, territory_id=request.directory.territory_id, today=today)
    if form.is_valid():
        site, day = form.cleaned_data["site"], form.cleaned_data["date"]
        try:
            row = team_days.set_team_day(service, site, day, form.last, author_of(request))
        except BookingError as error:
            form.add_error(None, error.message)
        else:
            messages.success(
                request,
                _("Journée d'équipe fixée : %(day)s, %(site)s.") % {"day": french.day(day), "site": site.name},
            )
            _say_who_is_elsewhere(request, service, row, day)
            return _back(service, day)
    return team_page(request, service, form=form, status=422)


def _say_who_is_elsewhere(request: AgentRequest, service: Service, row: TeamDay, day: dt.date) -> None:
    people = list(Agent.objects.filter(service=service, is_active=True).order_by("last_name", "first_name", "pk"))
    members = team_week(request.user, people, monday_of(day))
    away = team_days.elsewhere(members, row, day)
    if away:
        names = french.listing([str(m.agent) for m in away])
        messages.warning(
            request,
            ngettext(
                "%(names)s a déjà prévu d'être ailleurs ce jour-là.",
                "%(names)s ont déjà prévu d'être ailleurs ce jour-là.",
                len(away),
            )
            % {"names": names},
        )


@require_POST
@role_page(Action.MANAGE_TEAM)
def remove_day(request: AgentRequest, team_day_id: int) -> HttpResponse:
    """Not that time (`whole` absent), or no more from that day on."""
    row = TeamDay.objects.filter(pk=team_day_id, territory_id=request.directory.territory_id).first()
    if row is None:
        raise Http404
    service = _managed(request, str(row.service_id))
    try:
        day = dt.date.fromisoformat(request.POST.get("date", ""))
    except ValueError:
        raise Http404 from None
    if day < request.directory.today(timezone.now()):
        messages.error(request, _("Ce jour est passé : il reste tel qu'il a été."))
        return _back(service, day)
    if "whole" in request.POST:
        team_days.end(row, day, author_of(request))
        messages.success(request, _("Il n'y a plus de journée d'équipe à partir du %s.") % french.day(day))
    else:
        team_days.skip(row, day, author_of(request))
        messages.success(request, _("Pas de journée d'équipe le %s.") % french.day(day))
    return _back(service, day)
