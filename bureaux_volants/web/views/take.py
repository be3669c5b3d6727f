"""Prendre un vélo, une voiture, une carte: where from, where to, with how many; then take it and bring it back."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import BookingError, NotFound, Refused
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.notices import path_of
from bureaux_volants.booking.photos import BadPhoto, clean
from bureaux_volants.booking.places import Place, known_places
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.queries import coming, own, place_in_queue
from bureaux_volants.booking.states import State
from bureaux_volants.fleet import queueing
from bureaux_volants.fleet.condition import report
from bureaux_volants.fleet.handover import AskAgain, read
from bureaux_volants.fleet.models import Reading
from bureaux_volants.fleet.trips import RideOffered, join_ride
from bureaux_volants.keys.declaring import bring_back
from bureaux_volants.keys.holding import has_something, prepare
from bureaux_volants.planner import pool_trips
from bureaux_volants.territory.models import Commune, Landmark
from bureaux_volants.web.access import AgentRequest, agent_page, author_of, here
from bureaux_volants.web.cards import cards
from bureaux_volants.web.forms_take import ReadingForm, TakeForm
from bureaux_volants.web.taking import TAKEN, offers, pools, usual_pool
from bureaux_volants.web.views.notices import already_said

#: What begins within this time is shown on the page where things are taken.
SOON = dt.timedelta(hours=2)
#: The state of what came back is told the same day, or not at all.
TOLD_WITHIN = dt.timedelta(hours=24)


def _places(request: AgentRequest) -> list[Place]:
    territory = request.directory.territory_id
    communes = Commune.objects.filter(territory_id=territory).defer("contour")
    return known_places(request.directory, communes, Landmark.objects.filter(territory_id=territory))


@require_safe
@agent_page
def take(request: AgentRequest) -> HttpResponse:
    """What can be taken: now, from the usual site, until somebody says otherwise."""
    now = timezone.now()
    sites = pools(request.directory)
    usual = usual_pool(request.user, request.directory)
    mine = coming(request.user, now=now).exclude(kind=Kind.DESK).filter(start__lt=now + SOON).select_related("trip")
    held = {"mine": cards(list(mine), request.directory, now, request.user), "has_keys": has_something(request.user)}
    if usual is None:
        return render(request, "web/take.html", {"nothing": True, **held})
    form = TakeForm.beginning(request.GET, usual, now, sites=sites, places=_places(request))
    context = {"form": form, "places": form.places, "nothing": False, "asked": form.is_valid(), **held}
    if form.is_valid():
        stay = form.stay
        context["site"], context["stay"], context["destination"] = form.site, stay, form.destination
        context["offers"] = offers(
            request.user, form.site, stay.start, stay.end, form.destination, form.people, now=now
        )
    return render(request, "web/take.html", context, status=200 if context["asked"] else 422)


@require_POST
@agent_page
def book(request: AgentRequest) -> HttpResponse:
    """Book one kind; when others already drive there, they are offered first."""
    form = TakeForm(request.POST, sites=pools(request.directory), places=_places(request))
    kind = request.POST.get("kind", "")
    if kind not in TAKEN:
        raise Http404
    if not form.is_valid():
        return render(request, "web/take.html", {"form": form, "places": form.places, "nothing": False}, status=422)
    stay, began = form.stay, timezone.now()
    try:
        if form.destination is None or kind == Kind.TRANSPORT_CARD:
            if kind == Kind.CAR:
                form.add_error("to", _("Pour une voiture, dites où vous allez."))
                return render(
                    request, "web/take.html", {"form": form, "places": form.places, "nothing": False}, status=422
                )
            booking = service.book(request.user, Ask(kind, form.site.id, stay.start, stay.end), author_of(request))
        else:
            booking = pool_trips.take(
                request.user,
                kind,
                form.site,
                stay.start,
                stay.end,
                form.destination,
                author_of(request),
                people=form.people,
                alone="alone" in request.POST,
                reason=request.POST.get("reason", ""),
            )
    except RideOffered as offered:
        context = {"form": form, "rides": offered.rides, "kind": kind, "destination": form.destination, "stay": stay}
        context["reason"] = request.POST.get("reason", "")
        return render(request, "web/ride_offered.html", context, status=409)
    except BookingError as error:
        reasons = [r.message for r in error.refusals] if isinstance(error, Refused) else [error.message]
        for reason in reasons:
            messages.error(request, reason)
        return redirect(here(request, "take"))
    prepare(booking, author_of(request))
    already_said(request.user, path_of(booking), began)
    if booking.awaits_manager:
        messages.success(
            request, _("C'est demandé : votre encadrement est prévenu, le véhicule vous est gardé d'ici là.")
        )
    else:
        messages.success(request, _("C'est réservé."))
    return redirect("booking", booking.reference)


@require_POST
@agent_page
def wait(request: AgentRequest) -> HttpResponse:
    """Wait for a kind of which everything is taken."""
    form = TakeForm(request.POST, sites=pools(request.directory), places=_places(request))
    kind = request.POST.get("kind", "")
    if kind not in TAKEN:
        raise Http404
    if not form.is_valid():
        return render(request, "web/take.html", {"form": form, "places": form.places, "nothing": False}, status=422)
    if form.destination is None and kind == Kind.CAR:
        form.add_error("to", _("Pour une voiture, dites où vous allez."))
        return render(request, "web/take.html", {"form": form, "places": form.places, "nothing": False}, status=422)
    stay = form.stay
    try:
        if form.destination is not None and kind != Kind.TRANSPORT_CARD:
            pool_trips.may_wait(request.user, kind, form.site, stay.start, form.destination, form.people)
        entry = queueing.join(
            request.user,
            kind,
            form.site.id,
            stay.start,
            stay.end,
            form.destination,
            author_of(request),
            people=form.people,
        )
    except BookingError as error:
        reasons = [r.message for r in error.refusals] if isinstance(error, Refused) else [error.message]
        for reason in reasons:
            messages.error(request, reason)
        return redirect(here(request, "take"))
    told = _(
        "Vous êtes n° %(place)d sur la liste d'attente (%(site)s). Dès que c'est possible, la réservation est à vous et "
        "vous recevez un message."
    )
    messages.success(request, told % {"site": form.site.name, "place": place_in_queue(entry)})
    return redirect("bookings")


@require_POST
@agent_page
def join(request: AgentRequest, reference: str) -> HttpResponse:
    """Take a seat in somebody else's car."""
    try:
        trip = join_ride(request.user, reference, author_of(request))
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.error(request, error.message)
        return redirect("take")
    told = _("Vous faites la route avec %(driver)s vers %(place)s. Cette personne est prévenue.")
    messages.success(request, told % {"driver": trip.booking.agent, "place": trip.destination})
    return redirect("day")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def give_back(request: AgentRequest, reference: str) -> HttpResponse:
    """Two taps: its state, and it is back."""
    try:
        booking = own(request.user, reference)
    except NotFound:
        raise Http404 from None
    if booking.kind == Kind.DESK:
        raise Http404
    if not _may_tell(booking):
        return redirect("booking", booking.reference)
    form = ReadingForm(request.POST or None, request.FILES or None, kind=booking.kind)
    doubtful = ""
    if request.method == "POST" and form.is_valid():
        is_over, doubtful = _returned(request, booking, form)
        if is_over:
            messages.success(request, _("C'est rendu : merci."))
            return redirect("day")
        if not doubtful and form.is_valid():
            return redirect("custody")
    context = {"booking": booking, "form": form, "doubtful": doubtful, "conditions": Reading.Condition.choices}
    return render(request, "web/give_back.html", context, status=200 if request.method != "POST" else 422)


def _may_tell(booking: Booking) -> bool:
    """While it is out; and once it is back, as long as its state was not said."""
    if booking.state == State.IN_USE:
        return True
    if booking.checked_in_at is None:
        return False
    said = Reading.objects.filter(booking=booking, moment=Reading.Moment.RETURNED)
    return booking.ended_at is not None and timezone.now() - booking.ended_at < TOLD_WITHIN and not said.exists()


def _returned(request: AgentRequest, booking: Booking, form: ReadingForm) -> tuple[bool, str]:
    """Keep what was read and end the loan: whether it is over, and what is asked again when the reading is unlikely."""
    data = form.cleaned_data
    try:
        photo = clean(data["photo"]) if data["photo"] else None
        read(
            booking.pk,
            Reading.Moment.RETURNED,
            author_of(request),
            odometer_km=data.get("odometer_km"),
            charge_percent=data.get("charge_percent"),
            condition=data["condition"],
            note=data["note"],
            confirmed=data["confirmed"],
        )
        report(
            booking.pk,
            Reading.Condition(data["condition"]),
            author_of(request),
            note=data["note"],
            photo=photo,
        )
        if booking.state != State.IN_USE or bring_back(booking, author_of(request)):
            return True, ""
        messages.success(request, _("Noté. Raccrochez la clé : la réservation se ferme dès que la boîte la sent."))
    except AskAgain as doubt:
        return False, doubt.message
    except BadPhoto as bad:
        form.add_error("photo", bad.message)
    except BookingError as error:
        messages.error(request, error.message)
    return False, ""
