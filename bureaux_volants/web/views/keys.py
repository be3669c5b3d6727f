"""The key of a booking: its code, to its holder alone, when its time comes; and all that somebody has in hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound, Refused
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.queries import own
from bureaux_volants.keys import declaring
from bureaux_volants.keys.holding import in_hand, state_of
from bureaux_volants.web.access import AgentRequest, agent_page, author_of, here


def _own_loan(request: AgentRequest, reference: str) -> Booking:
    try:
        booking = own(request.user, reference)
    except NotFound:
        raise Http404 from None
    if booking.kind == Kind.DESK:
        raise Http404
    return booking


@require_safe
@agent_page
def key(request: AgentRequest, reference: str) -> HttpResponse:
    """The part of a page that says how the key is taken: asked for again while somebody stands before the box.

    `vu` is the stamp of what the page shows: 204 while that is still true, so that nothing moves under a finger.
    """
    booking = _own_loan(request, reference)
    state = state_of(booking, request.user)
    if state is None or (request.htmx and request.GET.get("vu") == state.stamp):
        return HttpResponse(status=204)
    if not request.htmx:
        return redirect("booking", booking.reference)
    return render(request, "web/parts/key.html", {"key": state})


@require_POST
@agent_page
def taken(request: AgentRequest, reference: str) -> HttpResponse:
    """Say at a mechanical box that the key is taken."""
    booking = _own_loan(request, reference)
    try:
        declaring.declare_taken(booking, author_of(request))
    except Refused as refused:
        for reason in refused.refusals:
            messages.error(request, reason.message)
    except BookingError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("C'est noté : bonne route !"))
    return redirect(here(request, "custody"))


@require_safe
@agent_page
def custody(request: AgentRequest) -> HttpResponse:
    """Ma garde: what I have now, since when, until when, and where it goes back."""
    return render(request, "web/custody.html", {"held": in_hand(request.user), "now": timezone.now()})
