"""Who may open a page: the frame around every view of a signed-in person."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may


class AgentRequest(HttpRequest):
    """A request of a signed-in member of a territory, as `agent_page` hands it to a view."""

    user: Agent
    htmx: HtmxDetails
    directory: Directory


View = Callable[..., HttpResponseBase]


def author_of(request: HttpRequest) -> Author:
    """Who acts in this request, for the event log."""
    return Author(cast(Agent, request.user), Event.Origin.WEB)


def agent_page(view: View) -> View:
    """A page for signed-in members of a territory, told in the territory's own time.

    Signed out: the sign-in page. An account without a territory has no page but the administration.
    """

    @login_required
    @wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        agent = cast(Agent, request.user)
        if not may(agent, Action.BOOK):
            if agent.is_staff:
                return redirect("admin:index")
            raise Http404
        assert agent.territory_id is not None
        directory = get_directory(agent.territory_id)
        request.directory = directory  # type: ignore[attr-defined]  # read by views and by the frame of the page
        with timezone.override(directory.zone):
            response = view(request, *args, **kwargs)
        # What one person sees is for no shared cache, nor for the next person at the same screen.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return framed


def role_page(action: Action) -> Callable[[View], View]:
    """A page of a role: not found for whoever holds it nowhere."""

    def decorate(view: View) -> View:
        @agent_page
        @wraps(view)
        def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(cast(Agent, request.user), action):
                raise Http404
            return view(request, *args, **kwargs)

        return framed

    return decorate


def here(request: HttpRequest, default: str = "day") -> str:
    """Where to go back to after a POST: the page named by the form if it is one of ours, else `default`."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if wanted.startswith("/") and safe else reverse(default)
