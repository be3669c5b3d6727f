"""Somebody at the door without a booking: a name or none, one more tap, and they have a desk."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking
from bureaux_volants.hosting.reception import found_people, receive_agent, receive_visitor
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .host import hosted_site


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.HOST)
def walk_in(request: AgentRequest, slug: str) -> HttpResponse:
    """GET looks for somebody with an account by name; POST gives a desk, to them (`agent`) or to a visitor (`name`)."""
    site = hosted_site(request, slug)
    territory_id = request.directory.territory_id
    if request.method != "POST":
        words = request.GET.get("name", "")[:80]
        context = {"site": site, "words": words.strip(), "people": found_people(territory_id, words)}
        return render(request, "web/host/walk_in.html", context)
    named = request.POST.get("agent", "")
    person = None
    try:
        if named:
            number = int(named) if named.isdecimal() and len(named) < 12 else 0
            person = Agent.objects.filter(pk=number, territory_id=territory_id, is_active=True).first()
            if person is None:
                messages.warning(request, _("Cette personne n'a pas de compte ici."))
                return redirect("host_walk_in", site.slug)
            booking, who = receive_agent(territory_id, site.id, person, author_of(request)), str(person)
        else:
            name = request.POST.get("name", "").replace("\0", "")
            visitor = receive_visitor(territory_id, site.id, author_of(request), name=name)
            booking, who = visitor.booking, str(visitor)
    except BookingError as error:
        messages.warning(request, f"{person} : {error.message}" if person else error.message)
    else:
        messages.success(request, _said(booking, who, request))
    return redirect("host_site", site.slug)


def _said(booking: Booking, who: str, request: AgentRequest) -> str:
    return _("%(who)s : %(place)s, jusqu'à %(until)s.") % {
        "who": who,
        "place": booking.resource,
        "until": french.at(booking.end, request.directory.zone),
    }
