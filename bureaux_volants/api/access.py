"""Who calls: a bearer token, its scope, its agent."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may

from .models import Scope
from .problems import Problem
from .tokens import Recognised, recognise


class ApiRequest(HttpRequest):
    """A request that a token has opened."""

    auth: Recognised


class Bearer(HttpBearer):
    """`Authorization: Bearer bv_…`. Reading needs the scope `read`, everything else `book`."""

    def authenticate(self, request: HttpRequest, token: str) -> Recognised | None:
        found = recognise(token.strip())
        if found is None:
            return None
        needed = Scope.READ if request.method in {"GET", "HEAD"} else Scope.BOOK
        if needed not in found.scopes:
            raise Problem("missing-scope", _("Ce jeton n'a pas la portée « %(scope)s ».") % {"scope": needed.value})
        if not may(found.agent, Action.BOOK):
            raise Problem("not-allowed")
        return found


def agent_of(request: ApiRequest) -> Agent:
    """The person whose token this is: an active member of a territory."""
    return request.auth.agent


def territory_of(request: ApiRequest) -> int:
    territory_id = request.auth.agent.territory_id
    assert territory_id is not None  # Bearer lets nobody else in
    return territory_id


def author_of(request: ApiRequest) -> Author:
    """Who acts in this request, for the event log."""
    return Author(request.auth.agent, Event.Origin.API)
