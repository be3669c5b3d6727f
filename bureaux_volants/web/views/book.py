"""Réserver: one site, one stay, or the same each week."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bureaux_volants.booking.errors import Alternative, BookingError, NoUnitFree, Refused
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.notices import path_of
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.queries import bookings_of
from bureaux_volants.booking.search import alternatives
from bureaux_volants.booking.series import book_series
from bureaux_volants.booking.service import book as book_stay
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.finding import ABOUT_THE_PERSON, look, queued
from bureaux_volants.web.forms import UNTIL_FOUR_WEEKS, BookForm
from bureaux_volants.web.series_result import remember, remembered
from bureaux_volants.web.views.notices import already_said
from bureaux_volants.web.when import WHOLE, When


def _ask(form: BookForm, when: When) -> Ask:
    assert form.entry is not None
    stay = when.interval(form.entry)
    data = form.cleaned_data
    return Ask(Kind.DESK, form.entry.id, stay.start, stay.end, frozenset(data["features"]), data["unit"])


def _same(request: AgentRequest, ask: Ask) -> Booking | None:
    """The very booking that is asked, if this person has it: the form was sent twice."""
    return (
        bookings_of(request.user)
        .filter(site_id=ask.site_id, start=ask.start, end=ask.end, kind=ask.kind, state__in=HOLDING)
        .first()
    )


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def book(request: AgentRequest) -> HttpResponse:
    """GET shows what would be booked, with the options; POST books. Nothing typed is lost when it cannot be."""
    if request.method != "POST":
        given = request.GET.copy()
        given.setdefault("part", WHOLE)
        given.setdefault("until", UNTIL_FOUR_WEEKS)
        form = BookForm(given, directory=request.directory)
        if form.entry is None or not form.entry.is_active:
            raise Http404
        return _page(request, form, form.when)
    form = BookForm(request.POST, directory=request.directory)
    if form.entry is None:
        raise Http404
    if not form.is_valid():
        return _page(request, form, form.when, status=422)
    when = form.when
    assert when is not None
    ask = _ask(form, when)
    author, answer, began = author_of(request), form.cleaned_data["counterfactual"], timezone.now()
    if last := form.cleaned_data.get("last_day"):
        remember(request, form.entry, when, last, book_series(request.user, ask, last, author, counterfactual=answer))
        already_said(request.user, reverse("bookings"), began)
        return redirect("series")
    try:
        booking = book_stay(request.user, ask, author, counterfactual=answer)
    except (Refused, NoUnitFree) as error:
        same = _same(request, ask)
        if same is None:
            return _page(request, form, when, error=error, status=409 if isinstance(error, NoUnitFree) else 422)
        booking = same
    already_said(request.user, path_of(booking), began)
    if booking.state == State.REQUESTED:
        messages.success(request, _("Demande transmise : le site vous répondra, un bureau vous est gardé d'ici là."))
    else:
        messages.success(request, _("C'est réservé."))
    return redirect("booking", booking.reference)


def _page(
    request: AgentRequest, form: BookForm, when: When | None, *, error: BookingError | None = None, status: int = 200
) -> HttpResponse:
    """The form; where these hours cannot be had, why, and what can be done instead, come before it."""
    assert form.entry is not None
    now = timezone.now()
    site, found = form.entry, None
    features = frozenset(form.cleaned_data.get("features", ()))
    if when is not None:
        answers = look(request.user, request.directory, when, features=features, sites=[site], now=now)
        found = answers[0] if answers else None
    reasons = found[1].reasons if found else []
    refusals = error.refusals if isinstance(error, Refused) else [] if error is None else [error]
    is_full = bool(reasons) and all(r.code == "no-unit-free" for r in reasons)
    others: list[Alternative] = []
    if found and reasons and not any(r.code in ABOUT_THE_PERSON for r in reasons):
        others = error.alternatives if isinstance(error, NoUnitFree) else []
        others = others or alternatives(request.user, Kind.DESK, site.id, found[0], features=features, now=now)
    horizon = site.rules_for(Kind.DESK).horizon_days
    return render(
        request,
        "web/book.html",
        {
            "form": form,
            "site": site,
            "when": when,
            "stay": found[0] if found else None,
            "answer": found[1] if found else None,
            "refusals": refusals,
            "blocked": bool(reasons) or (when is not None and found is None),
            "alternatives": others,
            "is_full": is_full,
            "waits": found is not None and is_full and any(at == site.id for at, _ in queued(request.user, found[0])),
            "four_weeks": when.date + dt.timedelta(weeks=3) if when else None,
            "horizon": request.directory.today(now) + dt.timedelta(days=horizon),
        },
        status=status,
    )


@require_safe
@agent_page
def series(request: AgentRequest) -> HttpResponse:
    """What became of the last repeated request: dates booked, dates missed and what could be had instead."""
    result = remembered(request)
    if result is None:
        return redirect("bookings")
    booked = bookings_of(request.user).filter(reference__in=result["booked"]).order_by("start")
    return render(request, "web/series.html", {"result": result, "booked": list(booked)})
