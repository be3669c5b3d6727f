"""Dire son état: at pick-up or on the way, in three taps."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.photos import BadPhoto, clean
from bureaux_volants.booking.queries import own
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.condition import report
from bureaux_volants.fleet.models import Reading
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.forms_fleet import StateForm


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def condition(request: AgentRequest, reference: str) -> HttpResponse:
    """The state of what one has taken; the fleet manager hears of it, with who had it before."""
    try:
        booking = own(request.user, reference)
    except NotFound:
        raise Http404 from None
    if booking.kind == Kind.DESK:
        raise Http404
    if booking.state != State.IN_USE:
        return redirect("booking", booking.reference)
    form = StateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            photo = clean(data["photo"]) if data["photo"] else None
            told = report(
                booking.pk, Reading.Condition(data["condition"]), author_of(request), note=data["note"], photo=photo
            )
        except BadPhoto as bad:
            form.add_error("photo", bad.message)
        except BookingError as error:
            messages.error(request, error.message)
        else:
            thanks = _("Merci : la gestion de flotte est prévenue.") if told is not None else _("Merci : tout va bien.")
            messages.success(request, thanks)
            return redirect("booking", booking.reference)
    status = 200 if request.method != "POST" else 422
    return render(request, "web/condition.html", {"booking": booking, "form": form}, status=status)
