"""Mon agenda: give the address of a calendar, with what opens it; take it back."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bureaux_volants.planner.agenda.connecting import CannotConnect, Given, connect, link_of, shown
from bureaux_volants.planner.agenda.connecting import disconnect as forget
from bureaux_volants.planner.agenda.feeds import feeds_of
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.host import hosted_sites
from bureaux_volants.web.views.feeds import SHOWN_ONCE


class AgendaForm(forms.Form):
    """Where a calendar is and what opens it; free text, so that what is wrong with it is said in one sentence.

    Nothing that is kept is written here again; what is left empty stays as it is (planner/agenda/connecting.py).
    """

    address = forms.CharField(
        label=gettext_lazy("Adresse de l'agenda"),
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Votre agenda la donne dans ses réglages : l'adresse CalDAV, ou l'adresse privée au format iCal (.ics). "
            "Elle commence par https://."
        ),
    )
    user = forms.CharField(
        label=gettext_lazy("Identifiant (facultatif)"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Mot de passe d'application (facultatif)"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Créez-en un dans votre agenda, pour cet usage seul."),
    )


@sensitive_post_parameters("address", "user", "password")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@agent_page
def agenda(request: AgentRequest) -> HttpResponse:
    """The calendar is asked for, tried, and kept when it answers; what opens it is never written on a page again."""
    form = AgendaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            connect(request.user, Given(**form.cleaned_data), request.directory.zone, author_of(request))
        except CannotConnect as error:
            form.add_error(error.about, str(error))
        else:
            messages.success(request, _("Votre agenda est relié : vos journées commencent par lui."))
            return redirect("organise")
    link = link_of(request.user)
    given = feeds_of(request.user)
    context = {
        "form": form,
        "link": link,
        "shown": shown(link) if link else None,
        "own_feed": given.get(None),
        "site_feeds": [(site, given.get(site.id)) for site in hosted_sites(request)],
        "shown_once": request.session.pop(SHOWN_ONCE, ""),
    }
    return render(request, "web/agenda.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@agent_page
def disconnect(request: AgentRequest) -> HttpResponse:
    if forget(request.user, author_of(request)):
        messages.success(request, _("L'adresse de votre agenda est effacée, et ce qui l'ouvrait avec elle."))
    return redirect("agenda")
