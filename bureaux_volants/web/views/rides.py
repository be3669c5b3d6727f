"""Covoiturage: offer one's own trip, see the rides that go one's way, ask, answer in one tap, withdraw; files of journeys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import CHANGEABLE
from bureaux_volants.planner.asked import Impossible
from bureaux_volants.planner.booking import plan_for
from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.planner.naming import Names
from bureaux_volants.planner.person import home_of
from bureaux_volants.planner.rides import export
from bureaux_volants.planner.rides.giving_up import cancel_ride
from bureaux_volants.planner.rides.leaving import joined_ahead, leave
from bureaux_volants.planner.rides.matching import Fit, OpenRide, grams_of, ranked
from bureaux_volants.planner.rides.offers import Offer, offer_ride, open_rides
from bureaux_volants.planner.rides.seats import accept, ask_seat, refuse, withdraw
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.footprint import BUILT_IN
from bureaux_volants.travel.journeys import Place
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.csv_answer import csv_answer
from bureaux_volants.web.forms_rides import OfferForm, WayForm
from bureaux_volants.web.organising import number
from bureaux_volants.web.team_export import as_csv

#: Of those that suit, so many are shown.
MOST_SHOWN = 10
#: One is ready a little before the hour that one has in mind.
SLACK = dt.timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Suits:
    """A ride that goes one's way, as the page shows it."""

    ride: OpenRide
    fit: Fit
    detour: int
    walk: int
    kg: str


def _named(text: str, names: Names, home: Place | None, agent: Agent) -> Place:
    """Where somebody means. Home keeps its point and goes by its commune's name alone. Raises Impossible."""
    if text.strip().lower() == _("chez moi"):
        if home is None:
            raise Impossible(
                "no-home", _("Vous n'avez pas indiqué où vous habitez : donnez un lieu, ou vos préférences.")
            )
        return Place(agent.home_commune.name if agent.home_commune else _("un domicile"), home.point, home.key)
    return names.place(text)


def _initial(request: AgentRequest) -> dict[str, Any]:
    soon = timezone.now().astimezone(request.directory.zone) + dt.timedelta(minutes=30)
    return {"date": soon.date(), "time": soon.time().replace(minute=soon.minute // 15 * 15, second=0, microsecond=0)}


@require_safe
@agent_page
def rides(request: AgentRequest) -> HttpResponse:
    """My shared rides; once a way is told, those of colleagues that go it."""
    agent, now, names = request.user, timezone.now(), Names(request.directory)
    home = home_of(agent)
    searched = "destination" in request.GET
    form = WayForm(request.GET if searched else None, initial=_initial(request), zone=request.directory.zone)
    context: dict[str, Any] = {"form": form, "places": names.known, "home": home, "searched": False}
    status = 200
    if searched and form.is_valid():
        try:
            a, b = (_named(form.cleaned_data[end], names, home, agent) for end in ("origin", "destination"))
        except Impossible as error:
            form.add_error(None, error.message)
        else:
            context |= {"found": _found(agent, a, b, form.at, now), "searched": True}
    if searched and not form.is_valid():
        status = 422
    since = now - dt.timedelta(hours=2)
    drives = RideOffer.objects.filter(driver=agent, arrive__gte=since).exclude(state=RideOffer.State.CANCELLED)
    asks = RideRequest.objects.filter(passenger=agent, dropped_at__gte=since).select_related("offer__driver")
    offers = list(drives.select_related("booking").order_by("depart"))
    of_offers: dict[int, list[RideRequest]] = {o.pk: [] for o in offers}
    for one in (
        RideRequest.objects.filter(offer__in=offers, state__in=RIDING).select_related("passenger").order_by("pk")
    ):
        of_offers[one.offer_id].append(one)
    context |= {
        "now": now,
        "drives": [
            (o, of_offers[o.pk], o.seats - o.taken, any(r.state == RideRequest.State.ASKED for r in of_offers[o.pk]))
            for o in offers
        ],
        "asks": list(asks.exclude(state=RideRequest.State.WITHDRAWN).order_by("picked_at")),
        "joined": joined_ahead(agent, now),
        "year": now.astimezone(request.directory.zone).year,
    }
    return render(request, "web/rides.html", context, status=status)


def _found(agent: Agent, a: Place, b: Place, at: dt.datetime, now: dt.datetime) -> list[Suits]:
    open_that_day = open_rides(agent, at.astimezone(timezone.get_current_timezone()).date(), now)
    told = []
    for ride, fit in ranked(open_that_day, a, b, ready=max(now, at - SLACK))[:MOST_SHOWN]:
        grams = grams_of(fit.km, ride.car_energy, ride.people + 1, BUILT_IN.factors)
        told.append(Suits(ride, fit, round(fit.detour_minutes), round(fit.walk_minutes), number(grams / 1000)))
    return told


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def offer(request: AgentRequest) -> HttpResponse:
    """Offer a ride: by hand, from a booked pool car (`reservation`), or from a step of a booked day (`journee`, `etape`)."""
    agent, names = request.user, Names(request.directory)
    home = home_of(agent)
    reference = request.POST.get("reservation") or request.GET.get("reservation", "")
    context: dict[str, Any] = {"places": names.known, "home": home, "reference": reference}
    initial = {**_initial(request), "seats": 2, "max_detour_minutes": 10, "flexible_minutes": 10, "energy": "diesel"}
    if request.method != "POST":
        initial |= _from_booking(request, reference) if reference else _from_step(request)
        cars = Booking.objects.filter(
            agent=agent, kind=Kind.CAR, state__in=CHANGEABLE, trip__isnull=False, end__gt=timezone.now()
        ).exclude(ride_offers__in=RideOffer.objects.exclude(state=RideOffer.State.CANCELLED))
        context["cars"] = [] if reference else list(cars.select_related("trip", "resource").order_by("start")[:5])
        context["form"] = OfferForm(initial=initial, zone=request.directory.zone)
        return render(request, "web/ride_offer.html", context)
    form = OfferForm(request.POST, zone=request.directory.zone)
    context["form"] = form
    if form.is_valid():
        data = form.cleaned_data
        try:
            a, b = (_named(data[end], names, home, agent) for end in ("origin", "destination"))
            asked = Offer(
                a, b, form.at, data["seats"], data["max_detour_minutes"], data["flexible_minutes"], data["energy"]
            )
            offer_ride(agent, asked, author_of(request), reference=reference)
        except NotFound:
            raise Http404 from None
        except (Impossible, BookingError) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Votre trajet est ouvert à vos collègues : vous serez prévenu des demandes."))
            return redirect("rides")
    return render(request, "web/ride_offer.html", context, status=422)


def _from_booking(request: AgentRequest, reference: str) -> dict[str, Any]:
    booking = None
    if "\0" not in reference:
        booking = (
            Booking.objects.select_related("trip", "site", "resource")
            .filter(agent=request.user, kind=Kind.CAR, trip__isnull=False, reference=reference.upper())
            .first()
        )
    if booking is None:
        raise Http404
    start = booking.start.astimezone(request.directory.zone)
    return {
        "origin": booking.site.name,
        "destination": booking.trip.destination,
        "date": start.date(),
        "time": start.time(),
        "seats": max(1, (booking.resource.seats or 1) - booking.trip.people),
        "flexible_minutes": 0,
    }


def _from_step(request: AgentRequest) -> dict[str, Any]:
    """A travel by one's own car of a booked day, in the form; nothing where there is none."""
    if "journee" not in request.GET:
        return {}
    try:
        plan = plan_for(request.user, request.GET["journee"][:11])
        step = plan.answer["plans"][plan.chosen or 0]["steps"][int(request.GET.get("etape", ""))]
    except (NotFound, ValueError, IndexError):
        raise Http404 from None
    if plan.chosen is None or step.get("way") != "own_car":
        raise Http404
    start = dt.datetime.fromisoformat(step["start"]).astimezone(request.directory.zone)
    ends = {
        name: _("chez moi") if step[key]["key"] == "home" else step[key]["name"]
        for name, key in (("origin", "from"), ("destination", "place"))
    }
    return {**ends, "date": start.date(), "time": start.time()}


@require_POST
@agent_page
def ask(request: AgentRequest, offer_id: int) -> HttpResponse:
    """Ask for a seat, with the way that the search was made for."""
    form = WayForm(request.POST, zone=request.directory.zone)
    if not form.is_valid() or not RideOffer.objects.filter(pk=offer_id, territory=request.user.territory).exists():
        raise Http404
    names, home = Names(request.directory), home_of(request.user)
    try:
        a, b = (_named(form.cleaned_data[end], names, home, request.user) for end in ("origin", "destination"))
        ready = max(timezone.now(), form.at - SLACK)
        made = ask_seat(request.user, offer_id, a, b, author_of(request), ready=ready)
    except NotFound:
        raise Http404 from None
    except (Impossible, BookingError) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Demande envoyée à %(who)s : votre place est gardée.") % {"who": made.offer.driver})
    return redirect("rides")


def _act(request: AgentRequest, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect("rides")


@require_POST
@agent_page
def answer(request: AgentRequest, request_id: int, verb: str) -> HttpResponse:
    """One tap: take somebody along, or not; or give one's own seat back."""
    service, done = {
        "accepter": (accept, _("C'est noté : votre collègue est prévenu.")),
        "refuser": (refuse, _("C'est noté : la place est de nouveau libre.")),
        "retirer": (withdraw, _("Votre place est rendue.")),
    }.get(verb) or _nothing()
    return _act(request, lambda: service(request.user, request_id, author_of(request)), done)


def _nothing() -> Any:
    raise Http404


@require_POST
@agent_page
def cancel(request: AgentRequest, reference: str) -> HttpResponse:
    """The ride is not shared any more."""
    done = _("Ce trajet n'est plus proposé ; ceux qui comptaient dessus sont prévenus.")
    return _act(request, lambda: cancel_ride(request.user, reference, author_of(request)), done)


@require_POST
@agent_page
def quit_pool_car(request: AgentRequest, reference: str) -> HttpResponse:
    """A seat in somebody's pool car, joined by *Prendre*, is given back."""
    return _act(request, lambda: leave(request.user, reference, author_of(request)), _("Votre place est rendue."))


def _year(request: AgentRequest) -> int:
    text = request.GET.get("annee", "")
    if text.isascii() and text.isdigit() and len(text) == 4 and 2000 <= int(text) <= 2200:
        return int(text)
    return timezone.localdate().year


@require_safe
@agent_page
def my_days(request: AgentRequest) -> HttpResponse:
    """The agent's shared journeys of a year, and which days may be declared on honour for the allowance."""
    year = _year(request)
    days = export.days_of(request.user, year, request.directory.zone, timezone.now())
    head = [_("Jour"), _("Rôle"), _("De"), _("À"), _("km"), _("Compte"), _("Sinon, pourquoi")]
    lines = [
        [
            d.day.isoformat(),
            _("conducteur") if d.drives else _("passager"),
            d.origin,
            d.destination,
            number(d.km),
            _("oui") if d.counts else _("non"),
            d.why_not,
        ]
        for d in days
    ]
    counted = len({d.day for d in days if d.counts})
    lines.append([_("Jours qui comptent"), "", "", "", "", str(counted), ""])
    return csv_answer(f"covoiturage-{year}.csv", as_csv(head, lines))
