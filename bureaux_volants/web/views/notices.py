"""Messages: what the person was told, also by e-mail."""

from __future__ import annotations

import datetime as dt

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent
from bureaux_volants.web.access import AgentRequest, agent_page

PER_PAGE = 20

#: What tells somebody of their own act.
OWN_ACTS = (
    "booking.confirmed",
    "booking.requested",
    "booking.changed",
    "series.booked",
    "series.requested",
    "plan.booked",
    "plan.cancelled",
)


def already_said(agent: Agent, path: str, since: dt.datetime) -> None:
    """The page after an act says it all: the notice of that act is not news. The e-mail is sent all the same."""
    own = Notice.objects.filter(recipient=agent, path=path, kind__in=OWN_ACTS, created_at__gte=since, read_at=None)
    own.update(read_at=timezone.now())


@require_safe
@agent_page
def notices(request: AgentRequest) -> HttpResponse:
    shown = Paginator(Notice.objects.filter(recipient=request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/notices.html", {"notices": shown})


@require_POST
@agent_page
def open_notice(request: AgentRequest, notice_id: int) -> HttpResponse:
    """Mark as read, then show what the notice speaks of."""
    notice = get_object_or_404(Notice, pk=notice_id, recipient=request.user)
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())
    safe = notice.path.startswith("/") and url_has_allowed_host_and_scheme(notice.path, allowed_hosts=None)
    return redirect(notice.path if safe else "notices")


@require_POST
@agent_page
def read_all(request: AgentRequest) -> HttpResponse:
    Notice.objects.filter(recipient=request.user, read_at=None).update(read_at=timezone.now())
    return redirect("notices")
