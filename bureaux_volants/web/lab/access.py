"""Who opens the lab's pages: whoever may evaluate the whole territory. A trial spans organisations; a part of it means nothing."""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may_everywhere
from bureaux_volants.web.access import View, agent_page


def lab_page(view: View) -> View:
    """A page of the lab: not found for whoever may not evaluate everywhere in their territory."""

    @agent_page
    @wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_everywhere(cast(Agent, request.user), Action.EVALUATE):
            raise Http404
        return view(request, *args, **kwargs)

    return framed
