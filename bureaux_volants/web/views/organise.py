"""Organiser ma journée: what the day is made of, the few best ways to spend it, and one button that books everything."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.entries import calendar_of, changes_of
from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.charter.asking import reason_of
from bureaux_volants.keys.holding import prepare
from bureaux_volants.planner.asked import Impossible
from bureaux_volants.planner.booking import Gone, book_plan, cancel_plan, plan_for, say_without
from bureaux_volants.planner.keeping import asked_in
from bureaux_volants.planner.meeting import teams_of
from bureaux_volants.planner.met import appointments_between, with_meetings
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.naming import Names
from bureaux_volants.planner.person import has_licence, home_of, may_work_at_home
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.seats import seats_of
from bureaux_volants.web.access import AgentRequest, agent_page, author_of
from bureaux_volants.web.agenda import read_agenda
from bureaux_volants.web.forms_organise import OrganiseForm, beginning, filled, lines_of
from bureaux_volants.web.organising import ordinary, shown, told_since
from bureaux_volants.web.when import first_choice


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def organise(request: AgentRequest) -> HttpResponse:
    """The form, filled with what the person took last time; posted, it leads to the proposals."""
    directory, now = request.directory, timezone.now()
    names = Names(directory)
    places = names.known
    home = home_of(request.user)
    lending = {s.commune_code: s.commune_name for s in directory.sites if s.is_active and s.units_of(Kind.DESK)}
    lending = dict(sorted(lending.items(), key=lambda c: c[1]))
    teams = teams_of(request.user)
    context: dict[str, Any] = {"places": places, "home": home}
    if request.method != "POST":
        day = first_choice(directory, now)
        before = DayPlan.objects.filter(agent=request.user).order_by("-created_at", "-pk")
        like = before.filter(reference=request.GET.get("comme", "")[:11].replace("\0", "")).first()
        last = like or before.first()
        form = OrganiseForm(
            initial=beginning(last.asked if last else None, day, directory.zone, again=like is not None),
            names=names,
            zone=directory.zone,
            communes=lending,
            teams=teams,
        )
        form.initial.update(filled(form, request.GET))
        read = (
            None
            if like or _names_meetings(request.GET)
            else read_agenda(request, form.fields["date"].clean(form.initial["date"]), places)
        )
        if like is None and not _names_meetings(request.GET):
            date = form.fields["date"].clean(form.initial["date"])
            agreed = appointments_between(request.user, date, date, directory.zone)
            if read is not None or agreed:
                found = with_meetings(read.meetings if read is not None else (), agreed)
                form.initial.update(lines_of(found, directory.zone))
        habit = before.filter(date__week_day=day.isoweekday() % 7 + 1).exclude(asked__appointments=[]).first()
        return render(
            request, "web/organise.html", {**context, "form": form, "habit": None if like else habit, "agenda": read}
        )
    form = OrganiseForm(request.POST, names=names, zone=directory.zone, communes=lending, teams=teams)
    if form.is_valid():
        day = form.cleaned_data["date"]
        asked = form.asked(home, may_work_at_home(request.user, day), has_licence(request.user, day))
        try:
            plan = propose(request.user, asked, now=now)
        except (Impossible, NotFound) as error:
            form.add_error(None, error.message)
        else:
            return redirect("plans", plan.reference)
    return render(request, "web/organise.html", {**context, "form": form}, status=422)


def _names_meetings(query: QueryDict) -> bool:
    """The address brings appointments of its own, as the week does."""
    return any(name.startswith("to_") for name in query)


def _plan(request: AgentRequest, reference: str) -> DayPlan:
    try:
        return plan_for(request.user, reference)
    except NotFound:
        raise Http404 from None


@require_safe
@agent_page
def plans(request: AgentRequest, reference: str) -> HttpResponse:
    """The proposals, or the one that was booked with its bookings."""
    plan = _plan(request, reference)
    bookings = list(Booking.objects.filter(plan_part__plan=plan).select_related("site", "resource").order_by("start"))
    said = {b.counterfactual for b in bookings if b.kind == Kind.DESK}
    is_booked = plan.booked_at is not None and plan.cancelled_at is None
    changes = changes_of(bookings)
    context = {
        "plan": plan,
        "asked": asked_in(plan.asked),
        "is_booked": is_booked,
        "is_past": plan.date < request.directory.today(timezone.now()),
        "proposals": shown(plan, request.user),
        "reference_day": plan.answer["reference"],
        "missing": plan.answer["missing"],
        "parts": [(booking, told_since(changes[booking.pk])) for booking in bookings],
        "seats": seats_of(plan),
        "tiles": settings.BV_TILE_URL,
        "attribution": settings.BV_TILE_ATTRIBUTION,
        "has_changed": is_booked and any(changes.values()),
        "reason": reason_of(request.user, plan.reference) if is_booked else "",
        "counterfactuals": Booking.Counterfactual.choices if is_booked and said else [],
        "said": said.pop() if len(said) == 1 else "",
        "ordinary": ordinary(plan),
    }
    return render(request, "web/plans.html", context)


@require_POST
@agent_page
def book(request: AgentRequest, reference: str) -> HttpResponse:
    """Book a proposal whole; when something has just gone, the same day is asked again and what holds now is shown."""
    plan = _plan(request, reference)
    try:
        number = int(request.POST.get("number", ""))
    except ValueError:
        raise Http404 from None
    try:
        plan = book_plan(
            request.user, plan.reference, number, author_of(request), reason=request.POST.get("reason", "")
        )
    except Gone as gone:
        messages.error(request, _("Rien n'a été réservé : %(why)s") % {"why": gone.message})
        try:
            again = propose(request.user, asked_in(plan.asked))
        except Impossible as impossible:
            messages.error(request, impossible.message)
            return redirect("organise")
        messages.info(request, _("Voici ce qui reste possible pour la même journée."))
        return redirect("plans", again.reference)
    except NotFound:
        raise Http404 from None
    except BookingError as error:
        messages.error(request, error.message)
        return redirect("plans", plan.reference)
    made = list(Booking.objects.filter(plan_part__plan=plan))
    for booking in made:
        prepare(booking, author_of(request))
    messages.success(request, _("Votre journée est réservée."))
    if any(booking.awaits_manager for booking in made):
        messages.info(request, _("Votre encadrement est prévenu : le véhicule vous est gardé jusqu'à sa réponse."))
    for seat in seats_of(plan):
        told = _("%s est prévenu : la place vous est gardée jusqu'à sa réponse.") % seat.offer.driver
        messages.info(request, told)
    return redirect("plans", plan.reference)


@require_safe
@agent_page
def calendar(request: AgentRequest, reference: str) -> HttpResponse:
    """The day's stays, one entry each, for the person's calendar; taken again, the same entries as they are now."""
    plan = _plan(request, reference)
    bookings = list(Booking.objects.filter(plan_part__plan=plan).select_related("site", "resource").order_by("start"))
    if not bookings:
        raise Http404
    told = calendar_of(bookings, changes_of(bookings), settings.BV_BASE_URL, timezone.now(), request.directory.zone)
    answer = HttpResponse(told, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{plan.reference}.ics"'
    return answer


@require_POST
@agent_page
def without(request: AgentRequest, reference: str) -> HttpResponse:
    """One tap: where the person would have worked without the day's desks."""
    plan = _plan(request, reference)
    answer = request.POST.get("counterfactual", "")
    if answer not in Booking.Counterfactual.values:
        raise Http404
    try:
        say_without(request.user, plan.reference, Booking.Counterfactual(answer), author_of(request))
    except BookingError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Merci, c'est noté."))
    return redirect("plans", plan.reference)


@require_POST
@agent_page
def cancel(request: AgentRequest, reference: str) -> HttpResponse:
    """Give the whole day up."""
    plan = _plan(request, reference)
    try:
        cancel_plan(request.user, plan.reference, author_of(request))
    except BookingError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Votre journée est annulée : tout ce qui était réservé est rendu."))
    return redirect("plans", plan.reference)
