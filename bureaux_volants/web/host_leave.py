"""My leave: who stands in at the reception, from when to when; ended by either of the two."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.hosting.handing_over import colleagues, end_handover, hand_over, handovers_of, own_reception
from bureaux_volants.territory.models import Agent

from .access import AgentRequest, agent_page, author_of
from .forms import DateInput


class LeaveForm(forms.Form):
    """Who stands in, from one day to another, both included."""

    substitute = forms.ModelChoiceField(
        label=gettext_lazy("Qui vous remplace"),
        queryset=Agent.objects.none(),
        empty_label=gettext_lazy("Choisir une personne"),
        error_messages={
            "required": gettext_lazy("Choisissez une personne de votre organisation."),
            "invalid_choice": gettext_lazy("Choisissez une personne de votre organisation."),
        },
    )
    first = forms.DateField(
        label=gettext_lazy("Du"),
        widget=DateInput(),
        error_messages={
            "required": gettext_lazy("Indiquez le premier jour."),
            "invalid": gettext_lazy("Indiquez un jour."),
        },
    )
    last = forms.DateField(
        label=gettext_lazy("Au (compris)"),
        widget=DateInput(),
        error_messages={
            "required": gettext_lazy("Indiquez le dernier jour."),
            "invalid": gettext_lazy("Indiquez un jour."),
        },
    )

    def __init__(self, *args: Any, host: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["substitute"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = colleagues(host)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def leave(request: AgentRequest) -> HttpResponse:
    """For whoever hosts in their own name, and for whoever stands in."""
    host, now = request.user, timezone.now()
    hosts = own_reception(host).exists()
    today = request.directory.today(now)
    given = handovers_of(host, today)
    if not hosts and not given:
        raise Http404
    form = LeaveForm(request.POST if request.method == "POST" else None, host=host) if hosts else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            data = form.cleaned_data
            try:
                hand_over(host, data["substitute"].pk, data["first"], data["last"], author_of(request), now=now)
            except BookingError as error:
                form.add_error("first", error.message)
            else:
                messages.success(request, _("C'est confié à %(who)s, et dit aux deux.") % {"who": data["substitute"]})
                return redirect("host_leave")
    context = {"form": form, "handovers": given, "today": today}
    return render(request, "web/host/leave.html", context, status=422 if form and form.errors else 200)


@require_POST
@agent_page
def end(request: AgentRequest, handover_id: int) -> HttpResponse:
    try:
        end_handover(request.user, handover_id, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Le remplacement est terminé, et c'est dit aux deux."))
    return redirect("host_leave" if own_reception(request.user).exists() else "day")
