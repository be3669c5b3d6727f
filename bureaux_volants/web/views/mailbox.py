"""The demonstration's mailbox: what was sent to whom. There is none outside a demonstration."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.mailbox import mails


@require_safe
@agent_page
def mailbox(request: AgentRequest) -> HttpResponse:
    """The last mails, each unfolded by a touch. Where mails really leave, nothing is kept to be shown."""
    if not request.directory.is_demonstration or not settings.EMAIL_FILE_PATH:
        raise Http404
    found = mails(Path(settings.EMAIL_FILE_PATH), request.directory.territory_id)
    return render(request, "web/mailbox.html", {"mails": found})
