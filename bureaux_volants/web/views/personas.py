"""One-click sign-in as an invented person; exists in the demonstration only."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from bureaux_volants.territory.models import Agent
from bureaux_volants.web.personas import EMAILS


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    if not settings.BV_DEMO:
        raise Http404
    email = request.POST.get("persona", "")
    if email not in EMAILS:
        raise Http404
    # Never into real people's territory, whatever the settings say.
    agent = get_object_or_404(Agent, email=email, territory__is_demonstration=True, is_active=True)
    login(request, agent, backend="django.contrib.auth.backends.ModelBackend")
    wanted = request.POST.get("next", "")
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect(wanted if safe else "day")
