"""The pool's papers: what each vehicle and card is, and who may drive."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from bureaux_volants.fleet.models import Licence, Policy, TakeHome, TransportCard, Vehicle
from bureaux_volants.fleet.papers import renew

from .scope import Scoped, ScopedForm, author_of

CATEGORIES = [(c, c) for c in ("AM", "A1", "A2", "A", "B1", "B", "BE", "C1", "C", "D1", "D")]


class LicenceForm(ScopedForm):
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Catégories"), choices=CATEGORIES, widget=forms.CheckboxSelectMultiple
    )


class _Papers(Scoped):
    """Saving papers also looks after the bookings that they no longer cover."""

    list_select_related = ["resource", "resource__site", "territory"]
    autocomplete_fields = ["resource"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "resource"] if obj is not None else fixed

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.territory_id = obj.resource.territory_id
        renew(obj, author_of(request))


@admin.register(Vehicle)
class VehicleAdmin(_Papers):
    fact, subject = "vehicle.changed", "resource"
    list_display = ["resource", "plate", "energy", "odometer_km", "insured_until", "inspected_until", "territory"]
    list_filter = ["energy"]
    search_fields = ["resource__name", "plate"]
    fieldsets = [
        (None, {"fields": ["resource", "model", "plate", "energy", "odometer_km", "charge_percent"]}),
        (
            gettext_lazy("Échéances"),
            {"fields": ["insured_until", "inspected_until", "service_due_on", "service_due_km"]},
        ),
    ]


@admin.register(TransportCard)
class TransportCardAdmin(_Papers):
    fact, subject = "card.changed", "resource"
    list_display = ["resource", "product", "valid_until", "territory"]
    search_fields = ["resource__name", "product"]
    fieldsets = [(None, {"fields": ["resource", "product", "holder", "valid_until"]})]
    autocomplete_fields = ["resource", "holder"]


@admin.register(Licence)
class LicenceAdmin(Scoped):
    """The licence that somebody showed; its number is not asked."""

    form = LicenceForm
    fact, subject = "licence.changed", "licence"
    can_delete = True
    list_display = ["agent", "categories", "valid_until", "checked_on", "territory"]
    list_select_related = ["agent", "territory"]
    search_fields = ["agent__email", "agent__first_name", "agent__last_name"]
    autocomplete_fields = ["agent"]
    fieldsets = [(None, {"fields": ["territory", "agent", "categories", "valid_from", "valid_until", "checked_on"]})]


@admin.register(TakeHome)
class TakeHomeAdmin(Scoped):
    fact, subject = "take_home.changed", "take_home"
    can_delete = True
    list_display = ["agent", "valid_from", "valid_until", "document", "territory"]
    list_select_related = ["agent", "territory"]
    search_fields = ["agent__email", "agent__last_name", "document"]
    autocomplete_fields = ["agent"]
    fieldsets = [(None, {"fields": ["territory", "agent", "valid_from", "valid_until", "document"]})]


@admin.register(Policy)
class PolicyAdmin(Scoped):
    """What the territory decides about its pool: how patient it is, what it announces, what a car asks for."""

    fact, subject = "policy.changed", "policy"
    list_display = [
        "territory",
        "late_holder_minutes",
        "late_manager_minutes",
        "late_ahead_minutes",
        "cars_need_charter",
    ]
    list_select_related = ["territory"]
    fieldsets = [
        (None, {"fields": ["territory"]}),
        (
            gettext_lazy("Retards"),
            {"fields": ["late_holder_minutes", "late_manager_minutes", "late_ahead_minutes"]},
        ),
        (gettext_lazy("Entretien"), {"fields": ["service_soon_days", "service_soon_km"]}),
        (gettext_lazy("Charte"), {"fields": ["cars_need_charter"]}),
    ]
