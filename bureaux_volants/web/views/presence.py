"""What one can help with during a stay: said, changed, taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.queries import own
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.hosting.showing import hide, last_said, presence_of, show, skills_of
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.forms_meetings import PresenceForm, begun_with


def may_be_said_of(booking: Booking) -> bool:
    """Whether a presence belongs to this booking: a desk that is held and not over."""
    return booking.kind == Kind.DESK and booking.state in HOLDING and booking.end > timezone.now()


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def presence(request: AgentRequest, reference: str) -> HttpResponse:
    """GET shows what is said of this stay, or begins with what was said the last time; POST says it, or takes it back."""
    try:
        booking = own(request.user, reference)
    except NotFound:
        raise Http404 from None
    if not may_be_said_of(booking):
        raise Http404
    if request.method == "POST" and "hide" in request.POST:
        hide(request.user, reference, author_of(request))
        messages.success(request, _("Plus rien n'est montré de cette venue."))
        return redirect("booking", booking.reference)
    said = presence_of(booking)
    skills = skills_of(booking.territory_id)
    form = PresenceForm(request.POST or None, initial=begun_with(said or last_said(request.user)), skills=skills)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            show(
                request.user,
                reference,
                data.get("skills", []),
                author_of(request),
                is_open=data["is_open"],
                shown_to=data["shown_to"],
                note=data["note"],
            )
        except BookingError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("C'est noté."))
            return redirect("booking", booking.reference)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "web/meetings/presence.html", {"booking": booking, "form": form, "said": said}, status=status
    )
