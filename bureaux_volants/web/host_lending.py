"""Fewer desks on one day: how many, who has booked already, and that they stay."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from bureaux_volants.booking.availability import peak
from bureaux_volants.booking.capacity import lend
from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.queries import expected_at
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.territory import french
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .forms import DateInput
from .host import asked_date, hosted_site


class LendForm(forms.Form):
    """A day, and how many desks are lent."""

    date = forms.DateField(
        label=gettext_lazy("Jour"),
        widget=DateInput(),
        error_messages={
            "required": gettext_lazy("Indiquez un jour."),
            "invalid": gettext_lazy("Indiquez un jour, par exemple 24/11/2026."),
        },
    )
    desks = forms.IntegerField(
        label=gettext_lazy("Bureaux prêtés"),
        min_value=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": gettext_lazy("Indiquez un nombre de bureaux."),
            "invalid": gettext_lazy("Indiquez un nombre de bureaux, en chiffres."),
            "min_value": gettext_lazy("Indiquez un nombre de bureaux, à partir de 0."),
        },
    )

    def __init__(self, *args: Any, units: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["desks"].widget.attrs["max"] = units
        self.fields["desks"].help_text = ngettext("Ce site a %(n)d bureau.", "Ce site a %(n)d bureaux.", units) % {
            "n": units
        }


def taken_at_once(request: AgentRequest, site: SiteEntry, date: Any) -> int:
    """How many desks are taken at the busiest instant of a day."""
    found = expected_at(request.directory.territory_id, site.id, date, date).filter(state__in=HOLDING)
    return peak([(b.start, b.end) for b in found])


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.HOST)
def lending(request: AgentRequest, slug: str) -> HttpResponse:
    site = hosted_site(request, slug)
    units = len(site.units_of(Kind.DESK))
    date = asked_date(request)
    if request.method != "POST":
        form = LendForm(initial={"date": date, "desks": site.fewer.get(date, units)}, units=units)
        context = {"site": site, "form": form, "date": date, "taken": taken_at_once(request, site, date)}
        return render(request, "web/host/lending.html", context)
    form = LendForm(request.POST, units=units)
    if form.is_valid():
        day, desks = form.cleaned_data["date"], form.cleaned_data["desks"]
        try:
            lend(request.directory.territory_id, site.id, day, desks, author_of(request))
        except BookingError as error:
            form.add_error("desks" if desks > units else "date", error.message)
        else:
            _tell(request, site, day, desks, units)
            address = redirect("host_site", site.slug)
            address["Location"] += f"?date={day.isoformat()}"
            return address
    return render(request, "web/host/lending.html", {"site": site, "form": form, "date": date}, status=422)


def _tell(request: AgentRequest, site: SiteEntry, day: Any, desks: int, units: int) -> None:
    if desks == units:
        messages.success(request, _("Tous les bureaux sont de nouveau prêtés %(day)s.") % {"day": french.day(day)})
        return
    messages.success(
        request,
        ngettext("%(n)d bureau prêté %(day)s.", "%(n)d bureaux prêtés %(day)s.", desks)
        % {"n": desks, "day": french.day(day)},
    )
    taken = taken_at_once(request, site, day)
    if taken > desks:
        messages.warning(
            request,
            _(
                "%(taken)d bureaux sont déjà réservés à la même heure ce jour-là : personne n'est annulé. "
                "Prévoyez une place pour chacun, ou prévenez les personnes concernées."
            )
            % {"taken": taken},
        )
