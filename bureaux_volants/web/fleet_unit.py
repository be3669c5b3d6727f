"""A unit's sheet for the fleet manager, what is written on it, and « qui l'avait ? »."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.errors import BookingError, Refused
from bureaux_volants.booking.models import Resource
from bureaux_volants.booking.withdraw import Withdrawn
from bureaux_volants.fleet import condition, out_of_service, upkeep
from bureaux_volants.fleet.board import sites_of
from bureaux_volants.fleet.models import Damage, Vehicle
from bureaux_volants.fleet.sheet import find_unit, sheet_of
from bureaux_volants.fleet.whereabouts import who_had
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Territory
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .forms_fleet import CostForm, HowForm, OutForm, ServiceForm, WhoForm


def _unit(request: AgentRequest, resource_id: int) -> Resource:
    """The unit, when it is in this person's care."""
    found = find_unit(request.directory, sites_of(request.user, request.directory), resource_id)
    if found is None:
        raise Http404
    return found


def _show(request: AgentRequest, unit: Resource, *, status: int = 200, **refused: Any) -> HttpResponse:
    """The sheet; a form that was refused is shown with what was typed."""
    now = timezone.now()
    today = request.directory.today(now)
    context = {
        "sheet": sheet_of(unit, request.directory, now),
        "now": now,
        "today": today,
        "out_form": OutForm(),
        "cost_form": CostForm(initial={"day": today}),
        "service_form": ServiceForm(initial={"done_on": today}),
        "how_form": HowForm(auto_id=False),
        **refused,
    }
    return render(request, "web/fleet/unit.html", context, status=status)


@require_safe
@role_page(Action.MANAGE_FLEET)
def unit(request: AgentRequest, resource_id: int) -> HttpResponse:
    return _show(request, _unit(request, resource_id))


def _told(result: Withdrawn) -> str:
    """What became of those who had booked it."""
    if not result.reseated and not result.cancelled:
        return _("C'est hors service. Personne ne l'avait réservé.")
    parts = [
        ngettext("%(n)d réservation déplacée", "%(n)d réservations déplacées", n) % {"n": n}
        for n in [len(result.reseated)]
        if n
    ] + [
        ngettext("%(n)d réservation annulée", "%(n)d réservations annulées", n) % {"n": n}
        for n in [len(result.cancelled)]
        if n
    ]
    return _("C'est hors service : %(what)s. Chaque personne est prévenue.") % {"what": french.listing(parts)}


@require_POST
@role_page(Action.MANAGE_FLEET)
def take_out(request: AgentRequest, resource_id: int) -> HttpResponse:
    """Out of service, from now."""
    what, form = _unit(request, resource_id), OutForm(request.POST)
    if not form.is_valid():
        return _show(request, what, status=422, out_form=form)
    try:
        messages.success(
            request, _told(out_of_service.take_out(what.pk, form.cleaned_data["reason"], author_of(request)))
        )
    except BookingError as error:
        messages.error(request, error.message)
    return redirect("fleet_unit", what.pk)


@require_POST
@role_page(Action.MANAGE_FLEET)
def put_back(request: AgentRequest, resource_id: int) -> HttpResponse:
    what = _unit(request, resource_id)
    try:
        out_of_service.put_back(what.pk, author_of(request))
        messages.success(request, _("C'est de nouveau en service."))
    except BookingError as error:
        messages.error(request, error.message)
    return redirect("fleet_unit", what.pk)


@require_POST
@role_page(Action.MANAGE_FLEET)
def add_cost(request: AgentRequest, resource_id: int) -> HttpResponse:
    what, form = _unit(request, resource_id), CostForm(request.POST)
    if not form.is_valid():
        return _show(request, what, status=422, cost_form=form)
    upkeep.add_cost(what, author_of(request), **form.cleaned_data)
    messages.success(request, _("C'est noté."))
    return redirect("fleet_unit", what.pk)


@require_POST
@role_page(Action.MANAGE_FLEET)
def remove_cost(request: AgentRequest, resource_id: int, cost_id: int) -> HttpResponse:
    what = _unit(request, resource_id)
    try:
        upkeep.remove_cost(what, cost_id, author_of(request))
    except BookingError:
        raise Http404 from None
    messages.success(request, _("C'est effacé."))
    return redirect("fleet_unit", what.pk)


@require_POST
@role_page(Action.MANAGE_FLEET)
def service_done(request: AgentRequest, resource_id: int) -> HttpResponse:
    what = _unit(request, resource_id)
    vehicle = Vehicle.objects.filter(pk=what.pk).first()
    if vehicle is None:
        raise Http404
    form = ServiceForm(request.POST)
    if not form.is_valid():
        return _show(request, what, status=422, service_form=form)
    upkeep.service_done(vehicle, author_of(request), **form.cleaned_data)
    messages.success(request, _("C'est noté."))
    return redirect("fleet_unit", what.pk)


def _damage(what: Resource, damage_id: int) -> Damage:
    found = Damage.objects.filter(pk=damage_id, resource=what).first()
    if found is None:
        raise Http404
    return found


@require_POST
@role_page(Action.MANAGE_FLEET)
def settle(request: AgentRequest, resource_id: int, damage_id: int) -> HttpResponse:
    """Say what was done about a report."""
    what = _unit(request, resource_id)
    damage, form = _damage(what, damage_id), HowForm(request.POST, auto_id=False)
    if not form.is_valid():
        return _show(request, what, status=422, how_form=form, refused_damage=damage.pk)
    try:
        condition.settle(damage.pk, author_of(request), how=form.cleaned_data["how"])
        messages.success(request, _("C'est réglé."))
    except BookingError as error:
        messages.error(request, error.message)
    return redirect("fleet_unit", what.pk)


@require_safe
@role_page(Action.MANAGE_FLEET)
def photo(request: AgentRequest, resource_id: int, damage_id: int) -> FileResponse:
    """The photo of a report, for who looks after the unit and nobody else."""
    picture = _damage(_unit(request, resource_id), damage_id).photo
    if not picture:
        raise Http404
    try:
        answer = FileResponse(picture.open("rb"), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None
    # A picture, whatever its bytes say.
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.MANAGE_FLEET)
def who(request: AgentRequest) -> HttpResponse:
    """Who had it at that instant? Asking is a POST: the question is written in the log."""
    sites = sites_of(request.user, request.directory)
    form: forms.Form = WhoForm(initial={"about": request.GET.get("quoi", "")[:80]})
    context: dict[str, Any] = {}
    kept = Territory.objects.values_list("vehicle_names_kept_days", flat=True).get(pk=request.directory.territory_id)
    status = 200
    if request.method == "POST":
        form = asked = WhoForm(request.POST)
        status = 422
        if asked.is_valid():
            data = asked.cleaned_data
            try:
                context["answers"] = who_had(
                    request.directory, sites, data["about"], asked.at, author_of(request), reason=data["reason"]
                )
                context["at"], context["about"], status = asked.at, data["about"].strip(), 200
            except Refused as refused:
                for reason in refused.refusals:
                    asked.add_error(_FIELD_OF.get(reason.code), reason.message)
    return render(request, "web/fleet/who.html", {"form": form, "kept": kept, **context}, status=status)


_FIELD_OF = {"reason-missing": "reason", "not-yet": "date", "unit-unknown": "about"}
