"""Liste d'attente: joining and leaving."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bureaux_volants.booking import waiting
from bureaux_volants.booking.errors import AlreadyWaiting, BookingError, NotFound
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.queries import place_in_queue
from bureaux_volants.web.access import AgentRequest, agent_page, author_of, here
from bureaux_volants.web.forms import BookForm


@require_POST
@agent_page
def join(request: AgentRequest) -> HttpResponse:
    form = BookForm(request.POST, directory=request.directory)
    if form.entry is None:
        raise Http404
    when = form.when
    if when is None:
        messages.error(request, _("Indiquez le jour et les heures."))
        return redirect("search")
    stay = when.interval(form.entry)
    features = frozenset(form.cleaned_data.get("features", ()))
    try:
        entry = waiting.join(
            request.user, Ask(Kind.DESK, form.entry.id, stay.start, stay.end, features), author_of(request)
        )
    except AlreadyWaiting as error:
        messages.info(request, error.message)
    except BookingError as error:
        messages.error(request, error.message)
        return redirect(here(request, "search"))
    else:
        told = _(
            "Vous êtes n° %(place)d sur la liste d'attente (%(site)s). Dès qu'un bureau se libère, il est à vous et vous "
            "recevez un message. Vous pouvez quitter la liste depuis vos réservations."
        )
        messages.success(request, told % {"site": form.entry.name, "place": place_in_queue(entry)})
    return redirect(here(request, "bookings"))


@require_POST
@agent_page
def leave(request: AgentRequest, entry_id: int) -> HttpResponse:
    try:
        waiting.leave(request.user, entry_id, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Vous n'êtes plus sur cette liste d'attente."))
    return redirect(here(request, "bookings"))
