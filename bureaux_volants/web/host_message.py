"""A word to everybody who comes on a day: written once, seen before it goes, sent once to each."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from bureaux_volants.booking.errors import BookingError
from bureaux_volants.hosting.day_messages import expected, send, sent
from bureaux_volants.hosting.models import LONGEST_MESSAGE, MESSAGES_A_DAY
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .host import asked_date, hosted_site


class MessageForm(forms.Form):
    """The text; `token` makes a form that is sent twice one message."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Votre message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "500 caractères au plus. Chaque personne le reçoit une fois, à son adresse électronique."
        ),
        error_messages={
            "required": gettext_lazy("Écrivez d'abord votre message."),
            "max_length": gettext_lazy("Ce message est trop long : 500 caractères au plus."),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.HOST)
def message(request: AgentRequest, slug: str) -> HttpResponse:
    """Who will receive it, what was sent already, and the form."""
    site = hosted_site(request, slug)
    date = asked_date(request)
    form = MessageForm(request.POST or None, initial={"token": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            done = send(request.directory.territory_id, site.id, date, data["text"], data["token"], author_of(request))
        except BookingError as error:
            form.add_error(None, error.message)
        else:
            told = ngettext("Message envoyé à %(n)d personne.", "Message envoyé à %(n)d personnes.", done.people)
            messages.success(request, told % {"n": done.people})
            address = redirect("host_site", site.slug)
            address["Location"] += f"?date={date.isoformat()}"
            return address
    before = sent(site.id, date)
    context = {
        "site": site,
        "date": date,
        "form": form,
        "people": expected(request.directory, site.id, date),
        "sent": before,
        "left": MESSAGES_A_DAY - len(before),
        "title": _("Écrire à ceux qui viennent"),
    }
    return render(request, "web/host/message.html", context, status=422 if request.method == "POST" else 200)
