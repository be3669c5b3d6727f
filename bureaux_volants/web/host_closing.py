"""Closing a site for a half-day or longer: first who is concerned, then the closure. And reopening."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from bureaux_volants.booking import closing
from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.calendar import Interval, local, local_day
from bureaux_volants.territory.models import Closure
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .forms import DateInput, TimeInput
from .host import asked_date, hosted_site

MORNING, AFTERNOON, DAY, DAYS, HOURS = "morning", "afternoon", "day", "days", "free"

PARTS = [
    (MORNING, gettext_lazy("Le matin")),
    (AFTERNOON, gettext_lazy("L'après-midi")),
    (DAY, gettext_lazy("Toute la journée")),
    (DAYS, gettext_lazy("Plusieurs jours")),
    (HOURS, gettext_lazy("Certaines heures")),
]

LONGEST = dt.timedelta(days=366)


class CloseForm(forms.Form):
    """A closure of one site: a half-day, a day, several, or some hours of one."""

    date = forms.DateField(
        label=gettext_lazy("Jour"),
        widget=DateInput(),
        error_messages={"required": gettext_lazy("Indiquez le premier jour de la fermeture.")},
    )
    part = forms.ChoiceField(label=gettext_lazy("Quand"), choices=PARTS, widget=forms.RadioSelect, initial=DAY)
    last = forms.DateField(label=gettext_lazy("Jusqu'au (compris)"), required=False, widget=DateInput())
    start = forms.TimeField(label=gettext_lazy("De"), required=False, widget=TimeInput())
    end = forms.TimeField(label=gettext_lazy("À"), required=False, widget=TimeInput())
    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        max_length=120,
        help_text=gettext_lazy(
            "Il est montré à toutes les personnes qui cherchent un bureau : inventaire, travaux, élections…"
        ),
        error_messages={"required": gettext_lazy("Indiquez le motif : les personnes concernées le reçoivent.")},
    )

    def __init__(self, *args: Any, directory: Directory, site: SiteEntry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.directory = directory
        self.site = site

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        part, date = data.get("part"), data.get("date")
        if part == DAYS and not data.get("last") and "last" not in self.errors:
            self.add_error("last", _("Indiquez le dernier jour de fermeture."))
        if part == HOURS:
            for name, missing in (("start", _("Indiquez l'heure de début.")), ("end", _("Indiquez l'heure de fin."))):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, missing)
            if data.get("start") and data.get("end") and data["start"] >= data["end"]:
                self.add_error("end", _("La fin doit suivre le début."))
        if date and part == DAYS and data.get("last"):
            if data["last"] < date:
                self.add_error("last", _("Le dernier jour doit suivre le premier."))
            elif data["last"] - date > LONGEST:
                self.add_error("last", _("Un an au plus."))
        if date and abs(date - self.directory.today(timezone.now())) > 2 * LONGEST:
            self.add_error("date", _("Ce jour est trop loin."))
        if date and not self.errors:
            span = self._span(data)
            now = timezone.now()
            if span.end <= now:
                self.add_error("date", _("Ce moment est passé."))
            else:
                # What is over stays as it was: a closure of today begins now.
                data["span"] = Interval(max(span.start, now.replace(second=0, microsecond=0)), span.end)
        return data

    def _span(self, data: dict[str, Any]) -> Interval:
        date, zone = data["date"], self.directory.zone
        if data["part"] == DAYS:
            return Interval(local_day(date, zone).start, local_day(data["last"], zone).end)
        if data["part"] == HOURS:
            return Interval(local(date, data["start"], zone), local(date, data["end"], zone))
        return closing.closure_of_half(self.directory, self.site, date, data["part"])


@dataclass(frozen=True, slots=True)
class Effect:
    """What a closure would do to one booking: `left` is what remains of it, None when it is cancelled."""

    booking: Booking
    left: Interval | None


def effects(directory: Directory, site: SiteEntry, span: Interval, now: dt.datetime) -> list[Effect]:
    """Who is concerned, and how."""
    return [
        Effect(b, closing.what_remains(b, site, span, now))
        for b in closing.affected(directory.territory_id, site.id, span)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.HOST)
def close(request: AgentRequest, slug: str) -> HttpResponse:
    """Ask; show who is concerned; close once that was seen. Who books meanwhile is shown before it is done."""
    site = hosted_site(request, slug)
    if request.method != "POST":
        form = CloseForm(initial={"date": asked_date(request), "part": DAY}, directory=request.directory, site=site)
        return render(request, "web/host/close.html", {"site": site, "form": form})
    form = CloseForm(request.POST, directory=request.directory, site=site)
    if not form.is_valid():
        return render(request, "web/host/close.html", {"site": site, "form": form}, status=422)
    if "again" in request.POST:
        return render(request, "web/host/close.html", {"site": site, "form": form})
    now = timezone.now()
    span: Interval = form.cleaned_data["span"]
    if Closure.objects.filter(site_id=site.id, start__lte=span.start, end__gte=span.end).exists():
        messages.info(request, _("C'est déjà fermé à ce moment-là."))
        return redirect("host_site", site.slug)
    concerned = effects(request.directory, site, span, now)
    seen = set(request.POST.get("seen", "").split())
    if "confirm" in request.POST and {e.booking.reference for e in concerned} <= seen:
        try:
            done = closing.close_site(
                request.directory.territory_id,
                site.id,
                span.start,
                span.end,
                form.cleaned_data["reason"],
                author_of(request),
                now=now,
            )
        except BookingError as error:
            messages.error(request, error.message)
            return redirect("host_site", site.slug)
        messages.success(request, told(done))
        return redirect(f"{reverse('host_site', args=[site.slug])}?date={form.cleaned_data['date'].isoformat()}")
    context = {
        "site": site,
        "form": form,
        "span": span,
        "effects": concerned,
        "seen": " ".join(e.booking.reference for e in concerned),
        "more_came": "confirm" in request.POST,
        "cancelled": sum(1 for e in concerned if e.left is None),
        "shortened": sum(1 for e in concerned if e.left is not None),
    }
    return render(request, "web/host/close_preview.html", context)


def told(done: closing.Closed) -> str:
    """What a closure did, in a sentence."""
    count = len(done.cancelled) + len(done.shortened)
    if not count:
        return _("C'est fermé. Personne n'avait réservé.")
    return ngettext(
        "C'est fermé. %(count)d personne concernée a été prévenue.",
        "C'est fermé. %(count)d personnes concernées ont été prévenues.",
        count,
    ) % {"count": count}


@require_POST
@role_page(Action.HOST)
def reopen(request: AgentRequest, slug: str, closure_id: int) -> HttpResponse:
    """Lift a closure of this site; one of all sites is lifted in the administration."""
    site = hosted_site(request, slug)
    if not Closure.objects.filter(pk=closure_id, site_id=site.id).exists():
        messages.warning(request, _("Cette fermeture n'existe plus."))
        return redirect("host_site", site.slug)
    try:
        closing.reopen(request.directory.territory_id, closure_id, author_of(request))
        messages.success(request, _("C'est rouvert. Les personnes en liste d'attente sont servies les premières."))
    except BookingError as error:
        messages.warning(request, error.message)
    return redirect("host_site", site.slug)
