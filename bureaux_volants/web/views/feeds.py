"""Mes réservations dans mon agenda: give an address out, take it back, and what it answers."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.planner.agenda import feeds
from bureaux_volants.territory.models import Site
from bureaux_volants.web.access import AgentRequest, agent_page, author_of

#: Where the clear address waits for the one page that shows it.
SHOWN_ONCE = "feed_shown_once"


def _site(request: AgentRequest) -> Site | None:
    """The site named by the form; None for the person's own stays."""
    slug = request.POST.get("site", "")
    if not slug:
        return None
    try:
        return Site.objects.get(pk=request.directory.site(slug).id)
    except KeyError:
        raise Http404 from None


@require_POST
@agent_page
def publish(request: AgentRequest) -> HttpResponse:
    try:
        clear = feeds.publish(request.user, _site(request), author_of(request))
    except feeds.CannotPublish:
        raise Http404 from None
    request.session[SHOWN_ONCE] = settings.BV_BASE_URL.rstrip("/") + reverse("feed", args=[clear])
    return redirect("agenda")


@require_POST
@agent_page
def withdraw(request: AgentRequest) -> HttpResponse:
    if feeds.withdraw(request.user, _site(request), author_of(request)):
        messages.success(request, _("Cette adresse ne répond plus."))
    return redirect("agenda")


@require_safe
def feed(request: HttpRequest, clear: str) -> HttpResponse:
    """The calendar, for whoever has its address: programmes do not sign in."""
    text = feeds.read(clear)
    if text is None:
        raise Http404
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="bureaux-volants.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
