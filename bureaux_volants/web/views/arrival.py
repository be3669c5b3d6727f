"""The QR code at the door: GET asks, POST says that the person has arrived."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.queries import coming
from bureaux_volants.booking.service import check_in
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Site
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.cards import cards


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def arrival(request: AgentRequest, code: str) -> HttpResponse:
    directory, now = request.directory, timezone.now()
    site = get_object_or_404(Site, check_in_code=code.replace("\0", ""), territory_id=directory.territory_id)
    tomorrow = local_day(directory.today(now), directory.zone).end
    here = list(coming(request.user, now=now).filter(site=site, start__lt=tomorrow))
    # Two stays in one day: the one that has begun or begins first and has not been told yet.
    mine = next((b for b in here if b.state == State.CONFIRMED), None)
    if request.method == "POST" and mine is not None:
        try:
            check_in(mine.pk, author_of(request), Booking.CheckInBy.QR)
        except BookingError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("Bienvenue ! Votre arrivée est notée."))
        return redirect("arrival", code)
    elsewhere = coming(request.user, now=now).filter(start__lt=tomorrow).exclude(site=site).first()
    return render(
        request,
        "web/arrival.html",
        {"site": site, "cards": cards(here, directory, now, request.user), "mine": mine, "elsewhere": elsewhere},
    )
