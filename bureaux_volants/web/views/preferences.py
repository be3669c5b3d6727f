"""Mes préférences: what I let others see, and what is kept about me."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.models import Booking, LateTap, WaitingEntry
from bureaux_volants.charter.keeping import about
from bureaux_volants.events.log import record
from bureaux_volants.hosting.keeping import reception_about
from bureaux_volants.messages.models import DeliveryPreferences, Notice
from bureaux_volants.planner.agenda.connecting import link_of, shown
from bureaux_volants.planner.models import CalendarFeed, DayPlan
from bureaux_volants.planner.rides import export as rides
from bureaux_volants.territory import french
from bureaux_volants.territory.models import WEEKDAYS, Agent
from bureaux_volants.trials.keeping import trials_about
from bureaux_volants.trials.surveys.answering import about as survey_answers
from bureaux_volants.trials.surveys.answering import weeks_kept
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.forms import PreferencesForm


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def preferences(request: AgentRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=request.user, directory=request.directory)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            with transaction.atomic():
                form.save()
                # Which, not what: the log is kept longer than a home commune should be.
                record(
                    request.directory.territory_id,
                    author_of(request),
                    "agent.preferences",
                    "agent",
                    request.user.pk,
                    fields=form.changed_data,
                )
            messages.success(request, _("Vos préférences sont enregistrées."))
            return redirect("preferences")
        status = 422
        request.user.refresh_from_db()
    kept = {
        "bookings": Booking.objects.filter(agent=request.user).count(),
        "notices": Notice.objects.filter(recipient=request.user).count(),
        "waiting": WaitingEntry.objects.filter(agent=request.user).count(),
    }
    names = dict(WEEKDAYS)
    agreed = french.listing([str(names[day]) for day in sorted(request.user.telework_weekdays)])
    context = {"form": form, "kept": kept, "tokens": _tokens(request), "agreed_days": agreed}
    return render(request, "web/preferences.html", context, status=status)


def _tokens(request: AgentRequest) -> list[Any]:
    """The person's API tokens. The pages and the API are neighbours that do not import each other."""
    try:
        token = apps.get_model("api", "Token")
    except LookupError:
        return []
    return list(token.objects.filter(agent=request.user, revoked_at=None).order_by("-created_at", "-pk"))


@require_POST
@agent_page
def revoke_token(request: AgentRequest, token_id: int) -> HttpResponse:
    tokens = apps.get_model("api", "Token").objects.filter(pk=token_id, agent=request.user, revoked_at=None)
    with transaction.atomic():
        if not tokens.update(revoked_at=timezone.now()):
            raise Http404
        record(request.directory.territory_id, author_of(request), "token.revoked", "token", token_id)
    messages.success(request, _("Ce jeton n'ouvre plus rien."))
    return redirect("preferences")


@require_safe
@agent_page
def my_data(request: AgentRequest) -> HttpResponse:
    """Everything kept about the person, for them (RGPD, articles 15 and 20)."""
    agent = request.user
    told = {
        "agent": {
            "email": agent.email,
            "first_name": agent.first_name,
            "last_name": agent.last_name,
            "organisation": str(agent.organisation or ""),
            "service": str(agent.service or ""),
            "usual_site": str(agent.usual_site or ""),
            "home_commune": str(agent.home_commune or ""),
            "home_point": [agent.home_lat, agent.home_lon],
            "telework_weekdays": agent.telework_weekdays,
            "visibility": agent.visibility,
            "roles": [str(g.get_role_display()) for g in agent.grants.all()],
        },
        "bookings": list(
            Booking.objects.filter(agent=agent)
            .order_by("start")
            .values(
                "reference",
                "site__name",
                "resource__name",
                "start",
                "end",
                "state",
                "features",
                "counterfactual",
                "checked_in_at",
                "checked_in_by",
                "ended_at",
                "end_reason",
                "created_at",
            )
        ),
        "waiting": list(
            WaitingEntry.objects.filter(agent=agent).values("site__name", "start", "end", "state", "created_at")
        ),
        "day_plans": list(
            DayPlan.objects.filter(agent=agent).values(
                "reference", "date", "asked", "answer", "chosen", "created_at", "booked_at", "cancelled_at"
            )
        ),
        "calendar": _calendar(agent),
        "published_calendars": [
            {"site": f.site and f.site.name, "created_at": f.created_at}
            for f in CalendarFeed.objects.filter(agent=agent).select_related("site").order_by("pk")
        ],
        "said_without_network": list(
            LateTap.objects.filter(agent=agent)
            .order_by("received_at", "pk")
            .values("booking__reference", "what", "tapped_at", "received_at", "done", "sentence")
        ),
        "charter": about(agent),
        "rides": rides.about(agent),
        "delivery": DeliveryPreferences.objects.filter(agent=agent)
        .values("paces", "digest_at", "quiet_from", "quiet_until", "has_invitations")
        .first(),
        "reception": reception_about(agent),
        "trials": trials_about(agent),
        "surveys": survey_answers(agent),
        "weeks_at_a_desk_of_a_trial": weeks_kept(agent),
        "notices": list(
            Notice.objects.filter(recipient=agent).values("created_at", "subject", "body", "read_at", "sent_at")
        ),
    }
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer.headers["Content-Disposition"] = 'attachment; filename="mes-donnees.json"'
    return answer


def _calendar(agent: Agent) -> dict[str, Any] | None:
    """Where the person's own calendar is, without what opens it: of an iCalendar file, that is most of the address."""
    link = link_of(agent)
    if link is None:
        return None
    told = shown(link)
    return {
        "server": told.host,
        "user": told.user,
        "has_password": bool(told.user),
        "connected_at": link.created_at,
        "problem": told.problem,
    }
