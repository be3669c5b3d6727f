"""Accueil: the sites whose reception a person runs, who comes, and what there is to answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.booking import service
from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.series import answer_series
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.events.log import Author
from bureaux_volants.hosting.handing_over import handovers_of, own_reception
from bureaux_volants.hosting.sides import meetings_at
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may

from .access import AgentRequest, author_of, here, role_page
from .host_day import closures_of, expected_by_site, reception, requests_of, together, who

#: How far around today a date in an address is believed.
FARTHEST = dt.timedelta(days=730)


class ReasonForm(forms.Form):
    """Why somebody cannot come: it is sent to them."""

    reason = forms.CharField(
        label=gettext_lazy("Motif"),
        max_length=140,
        error_messages={"required": gettext_lazy("Indiquez un motif : il est transmis à la personne.")},
    )


def hosted_site(request: AgentRequest, slug: str) -> SiteEntry:
    """The site, if this person runs its reception; not found otherwise."""
    try:
        site = request.directory.site(slug)
    except KeyError:
        raise Http404 from None
    if not may(request.user, Action.HOST, site=site):
        raise Http404
    return site


def hosted_sites(request: AgentRequest) -> list[SiteEntry]:
    """All sites whose reception this person runs, in the order of their names."""
    return [s for s in request.directory.sites if may(request.user, Action.HOST, site=s)]


def asked_date(request: AgentRequest) -> dt.date:
    """The day named in the address; today when there is none, or no sensible one."""
    today = request.directory.today(timezone.now())
    try:
        date = dt.date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return today
    if abs(date - today) <= FARTHEST:
        return date
    messages.info(request, _("Cette date est trop éloignée : voici aujourd'hui."))
    return today


@require_safe
@role_page(Action.HOST)
def host(request: AgentRequest) -> HttpResponse:
    """The sites one hosts; with a single one, its own page."""
    sites = hosted_sites(request)
    if len(sites) == 1:
        return redirect("host_site", sites[0].slug)
    now = timezone.now()
    today = request.directory.today(now)
    tallies = expected_by_site(request.directory, sites, today)
    waiting: dict[int, int] = {}
    for asked in requests_of(request.directory, sites, now):
        waiting[asked.site_id] = waiting.get(asked.site_id, 0) + 1
    rows = []
    for site in sites:
        tally = tallies.get(site.id, {})
        rows.append(
            {
                "site": site,
                "day": site.day(today),
                "expected": sum(n for state, n in tally.items() if state in (*HOLDING, State.COMPLETED)),
                "arrived": tally.get(State.IN_USE, 0) + tally.get(State.COMPLETED, 0),
                "missed": tally.get(State.NO_SHOW, 0),
                "requests": waiting.get(site.id, 0),
            }
        )
    rows.sort(key=lambda r: (not r["requests"], not r["expected"]))
    return render(request, "web/host/sites.html", {"today": today, "rows": rows})


def may_see_handovers(agent: Agent, today: dt.date) -> bool:
    """Whether the page about standing in has anything for somebody: they host in their own name, or stand in."""
    return own_reception(agent).exists() or bool(handovers_of(agent, today))


@require_safe
@role_page(Action.HOST)
def site(request: AgentRequest, slug: str) -> HttpResponse:
    """One site: requests first, then the day, then what is shut."""
    entry = hosted_site(request, slug)
    now = timezone.now()
    date = asked_date(request)
    return render(
        request,
        "web/host/site.html",
        {
            "site": entry,
            "date": date,
            "today": request.directory.today(now),
            "reception": reception(request.user, request.directory, entry, date, now=now),
            "requests": together(requests_of(request.directory, [entry], now)),
            "meetings": meetings_at(entry.id, local_day(date, request.directory.zone)),
            "closures": closures_of(request.directory, entry, now),
            "unanswered": entry.rules_for(Kind.DESK).approval_default,
            "earlier": date - dt.timedelta(days=7),
            "later": date + dt.timedelta(days=7),
            "is_today": date == request.directory.today(now),
            "may_hand_over": may_see_handovers(request.user, request.directory.today(now)),
            "several": len(hosted_sites(request)) > 1,
        },
    )


@require_safe
@role_page(Action.HOST)
def sheet(request: AgentRequest, slug: str) -> HttpResponse:
    """The day on paper: hours, name, desk. Only those who are still to come or are there, nothing else about them."""
    entry = hosted_site(request, slug)
    date = asked_date(request)
    day = reception(request.user, request.directory, entry, date, now=timezone.now(), with_free=False)
    there = [v for v in day.visits if v.booking.state in (State.CONFIRMED, State.IN_USE)]
    context = {"site": entry, "date": date, "visits": there, "closed_because": day.closed_because}
    return render(request, "web/host/sheet.html", context)


# -- what a host does ---------------------------------------------------------------------------------------------------

Verb = Callable[[Booking, Author, str], Any]

#: Word in the address -> the service, and what is said after. Those who need a reason are named below.
VERBS: dict[str, tuple[Verb, Any]] = {
    "accorder": (
        lambda b, who, why: service.approve(b.pk, who),
        gettext_lazy("C'est accordé, et dit à %(agent)s."),
    ),
    "refuser": (
        lambda b, who, why: service.refuse(b.pk, who, reason=why),
        gettext_lazy("C'est refusé : la réponse et d'autres sites possibles ont été envoyés à %(agent)s."),
    ),
    "arrivee": (
        lambda b, who, why: service.check_in(b.pk, who, Booking.CheckInBy.HOST),
        gettext_lazy("Arrivée notée : %(agent)s, %(place)s."),
    ),
    "depart": (
        lambda b, who, why: service.leave(b.pk, who),
        gettext_lazy("Départ noté : %(agent)s. La place est libre."),
    ),
    "annuler": (
        lambda b, who, why: service.cancel(b.pk, who, reason=why),
        gettext_lazy("C'est annulé, et dit à %(agent)s."),
    ),
    # Every date of its series that still waits.
    "accorder-serie": (
        lambda b, who, why: answer_series(b.series_id or 0, b.site_id, who, granted=True),
        gettext_lazy("Toutes ces dates sont accordées, et c'est dit à %(agent)s."),
    ),
    "refuser-serie": (
        lambda b, who, why: answer_series(b.series_id or 0, b.site_id, who, granted=False, reason=why),
        gettext_lazy("Toutes ces dates sont refusées, et c'est dit à %(agent)s."),
    ),
}
WITH_REASON = {"refuser", "annuler", "refuser-serie"}


@require_POST
@role_page(Action.HOST)
def act(request: AgentRequest, slug: str, reference: str, verb: str) -> HttpResponse:
    """One of the verbs on one booking of the site. Of two hosts at once the second is told how things stand."""
    entry = hosted_site(request, slug)
    if verb not in VERBS or "\0" in reference:  # PostgreSQL refuses a text that holds a NUL
        raise Http404
    booking = (
        Booking.objects.select_related("agent", "resource", "visitor")
        .filter(reference=reference.upper(), site_id=entry.id, territory_id=request.directory.territory_id)
        .first()
    )
    if booking is None:
        raise Http404
    reason = ""
    if verb in WITH_REASON:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(str(e) for e in form.errors["reason"]))
            return redirect(here(request, "host"))
        reason = form.cleaned_data["reason"]
    do, said = VERBS[verb]
    try:
        do(booking, author_of(request), reason)
    except BookingError as error:
        messages.warning(request, f"{who(booking)} : {error.message}")
    else:
        messages.success(request, said % {"agent": who(booking), "place": booking.resource})
    return redirect(here(request, "host"))
