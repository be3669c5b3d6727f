"""Mon équipe: what the charter makes wait for a manager's agreement."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may_answer_for

from .access import AgentRequest, author_of, role_page


def approvals_for(manager: Agent, territory_id: int) -> list[Booking]:
    """The bookings that wait for this person's agreement, the soonest first."""
    asked = (
        Booking.objects.filter(
            territory_id=territory_id, state=State.REQUESTED, awaits_manager=True, end__gt=timezone.now()
        )
        .select_related("agent", "site", "trip", "approval_asked")
        .order_by("start", "pk")
    )
    return [booking for booking in asked if may_answer_for(manager, booking.agent)]


@require_POST
@role_page(Action.MANAGE_TEAM)
def answer(request: AgentRequest, reference: str, verb: str) -> HttpResponse:
    """Say yes or no to one of them. Of two managers at once the second is told how things stand."""
    # PostgreSQL refuses a text that holds a NUL.
    if verb not in {"accorder", "refuser"} or "\0" in reference:
        raise Http404
    booking = (
        Booking.objects.select_related("agent")
        .filter(reference=reference.upper(), territory_id=request.directory.territory_id, approval_asked__isnull=False)
        .first()
    )
    if booking is None or not may_answer_for(request.user, booking.agent):
        raise Http404
    try:
        if verb == "accorder":
            service.approve(booking.pk, author_of(request), as_manager=True)
            told = _("C'est accordé, et dit à %(agent)s.")
        else:
            if not booking.awaits_manager:
                raise Http404
            service.refuse(booking.pk, author_of(request))
            told = _("C'est refusé, et dit à %(agent)s.")
    except BookingError as error:
        messages.warning(request, f"{booking.agent} : {error.message}")
    else:
        messages.success(request, told % {"agent": booking.agent})
    return redirect("team")
