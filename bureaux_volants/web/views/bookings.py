"""Mes réservations: the list, one booking, and everything its holder can do with it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking import service
from bureaux_volants.booking.counterfactual import say
from bureaux_volants.booking.errors import BookingError, NotFound, Refused
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.notices import path_of
from bureaux_volants.booking.queries import bookings_of, coming, is_paused, own, past, place_in_queue, waiting_of
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.charter.asking import reason_of
from bureaux_volants.fleet.gentle import hints
from bureaux_volants.hosting.sheets import door_of, latest
from bureaux_volants.hosting.showing import presence_of
from bureaux_volants.hosting.sides import mine_ahead
from bureaux_volants.keys.holding import state_of
from bureaux_volants.territory.calendar import local, local_day
from bureaux_volants.territory.permissions import Action, may
from bureaux_volants.web.access import AgentRequest, agent_page, author_of, here
from bureaux_volants.web.cards import card, cards
from bureaux_volants.web.forms import AbsenceForm, EndForm, WhenForm
from bureaux_volants.web.views.notices import already_said
from bureaux_volants.web.views.presence import may_be_said_of
from bureaux_volants.web.when import FREE

PER_PAGE = 20


def _own(request: AgentRequest, reference: str) -> Booking:
    try:
        return own(request.user, reference)
    except NotFound:
        raise Http404 from None


@require_safe
@agent_page
def bookings(request: AgentRequest) -> HttpResponse:
    now = timezone.now()
    before = Paginator(past(request.user, now=now).select_related("trip"), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(before)
    short = hints(shown, request.directory)
    return render(
        request,
        "web/bookings.html",
        {
            "cards": cards(
                list(coming(request.user, now=now).select_related("trip")), request.directory, now, request.user
            ),
            "past": before,
            "past_rows": [(b, short.get(b.pk)) for b in shown],
            "waiting": [(w, place_in_queue(w), is_paused(w)) for w in waiting_of(request.user, now=now)],
            "absence": AbsenceForm(),
        },
    )


@require_safe
@agent_page
def booking(request: AgentRequest, reference: str) -> HttpResponse:
    found = _own(request, reference)
    site = request.directory.site_by_id(found.site_id)
    now = timezone.now()
    sheet = latest(found.site_id)
    is_coming = found.state in (State.CONFIRMED, State.IN_USE)
    return render(
        request,
        "web/booking.html",
        {
            "booking": found,
            "hint": hints([found], request.directory).get(found.pk),
            "is_over": found.start <= now,
            "card": card(found, request.directory, now, state_of(found, request.user, now=now)),
            "site": site,
            "counterfactuals": Booking.Counterfactual.choices,
            "grace": site.rules_for(found.kind).grace_minutes,
            "unanswered": site.rules_for(found.kind).approval_default,
            "door": door_of(request.user, site, request.directory, now, sheet) if is_coming else None,
            "has_sheet": sheet is not None,
            # Of a day to come: that it will be shown here, not what it is.
            "door_later": is_coming and sheet is not None and bool(sheet.code),
            "is_host": may(request.user, Action.HOST, site=site),
            "with_presence": may_be_said_of(found),
            "presence": presence_of(found) if found.kind == Kind.DESK else None,
            "meetings": [m for m in mine_ahead(request.user, now) if m.booking_id == found.pk],
            "reason": reason_of(request.user, found.reference) if found.kind != Kind.DESK else "",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def change(request: AgentRequest, reference: str) -> HttpResponse:
    """Move, shorten or extend; of a stay that has begun only the end moves."""
    found = _own(request, reference)
    directory = request.directory
    site = directory.site_by_id(found.site_id)
    start, end = found.start.astimezone(directory.zone), found.end.astimezone(directory.zone)
    begun = found.state == State.IN_USE
    form: WhenForm | EndForm
    if begun:
        form = EndForm(request.POST or None, initial={"end": end.time()})
    else:
        form = WhenForm(
            request.POST or None,
            initial={"date": start.date(), "part": FREE, "start": start.time(), "end": end.time()},
        )
    refusals: list[object] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if isinstance(form, EndForm):
                new_start, new_end = found.start, local(start.date(), form.cleaned_data["end"], directory.zone)
            else:
                when = form.when
                assert when is not None
                stay = when.interval(site)
                new_start, new_end = stay.start, stay.end
            began = timezone.now()
            try:
                service.change(found.pk, author_of(request), start=new_start, end=new_end)
            except Refused as error:
                refusals = list(error.refusals)
            except BookingError as error:
                refusals, status = [error], 409
            else:
                already_said(request.user, path_of(found), began)
                messages.success(request, _("C'est modifié."))
                return redirect("booking", found.reference)
    context = {"form": form, "booking": found, "site": site, "begun": begun, "refusals": refusals}
    return render(request, "web/change.html", context, status=status)


@require_POST
@agent_page
def cancel(request: AgentRequest, reference: str) -> HttpResponse:
    found = _own(request, reference)
    try:
        if found.state != State.CANCELLED:  # the second of two taps finds it done
            service.cancel(found.pk, author_of(request))
        messages.success(request, _("Réservation annulée : merci, la place servira à quelqu'un d'autre."))
    except BookingError as error:
        messages.error(request, error.message)
    return redirect(here(request, "bookings"))


@require_POST
@agent_page
def arrive(request: AgentRequest, reference: str) -> HttpResponse:
    found = _own(request, reference)
    try:
        service.check_in(found.pk, author_of(request), Booking.CheckInBy.PHONE)
        messages.success(request, _("Bienvenue ! Votre arrivée est notée."))
    except BookingError as error:
        messages.error(request, error.message)
    return redirect(here(request))


@require_POST
@agent_page
def leave(request: AgentRequest, reference: str) -> HttpResponse:
    found = _own(request, reference)
    try:
        if found.state != State.COMPLETED:
            service.leave(found.pk, author_of(request))
        messages.success(request, _("Votre départ est noté : le bureau est libre pour d'autres. Bonne route !"))
    except BookingError as error:
        messages.error(request, error.message)
    return redirect(here(request))


@require_POST
@agent_page
def counterfactual(request: AgentRequest, reference: str) -> HttpResponse:
    """One tap: where the person would have worked without this desk."""
    found = _own(request, reference)
    answer = request.POST.get("counterfactual", "")
    if answer not in Booking.Counterfactual.values:
        raise Http404
    say(found.pk, author_of(request), Booking.Counterfactual(answer))
    messages.success(request, _("Merci, c'est noté."))
    return redirect(here(request))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def cancel_period(request: AgentRequest) -> HttpResponse:
    """A leave: GET lists what would be given back, POST gives it back."""
    form = AbsenceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return render(request, "web/cancel_period.html", {"form": form}, status=422)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    if request.method == "POST":
        cancelled = service.cancel_period(request.user, first, last, author_of(request))
        told = ngettext("%(count)d réservation annulée.", "%(count)d réservations annulées.", len(cancelled))
        if cancelled:
            messages.success(request, told % {"count": len(cancelled)})
        else:
            messages.info(request, _("Aucune réservation à annuler sur cette période."))
        return redirect("bookings")
    zone = request.directory.zone
    start, end = local_day(first, zone).start, local_day(last, zone).end
    concerned = (
        bookings_of(request.user)
        .filter(state__in=HOLDING, start__gte=start, start__lt=end, end__gt=timezone.now())
        .exclude(state=State.IN_USE)
        .order_by("start")
    )
    context = {"form": form, "first": first, "last": last, "concerned": list(concerned)}
    return render(request, "web/cancel_period.html", context)
