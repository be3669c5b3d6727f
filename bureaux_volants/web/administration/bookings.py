"""What can be booked, by which rules, and what was."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.booking.locks import lock
from bureaux_volants.booking.models import Booking, Feature, Resource, RuleSet, WaitingEntry
from bureaux_volants.booking.withdraw import save_unit

from .places import RulesForm
from .scope import ReadOnly, Scoped, ScopedFilter, ScopedForm, author_of


class ResourceForm(ScopedForm):
    features = forms.MultipleChoiceField(
        label=gettext_lazy("Caractéristiques"),
        required=False,
        choices=Feature.choices,
        widget=forms.CheckboxSelectMultiple,
    )


@admin.register(Resource)
class ResourceAdmin(Scoped):
    """Taking a desk out of service seats its bookings elsewhere, or cancels them and tells their holders."""

    form = ResourceForm
    fact, subject = "resource.changed", "resource"
    changes_directory = True
    can_delete = True
    list_display = ["name", "site", "kind", "what_it_has", "is_active", "territory"]
    list_select_related = ["site", "territory"]
    list_filter = [("site", ScopedFilter), "kind", "is_active"]
    search_fields = ["name", "site__name"]
    autocomplete_fields = ["site"]
    fieldsets = [
        (None, {"fields": ["site", "kind", "name", "features", "is_active"]}),
        (gettext_lazy("Plan"), {"fields": ["plan_x", "plan_y"], "classes": ["collapse"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Bookings were made for this place and this kind of thing."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "site", "kind"] if obj is not None else fixed

    @admin.display(description=gettext_lazy("caractéristiques"))
    def what_it_has(self, resource: Any) -> str:
        return ", ".join(str(Feature(f).label) for f in resource.features)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.territory_id = obj.site.territory_id
        if not change:
            super().save_model(request, obj, form, change)
            return
        done = save_unit(obj, author_of(request))
        if done.reseated:
            text = ngettext(
                "%(count)d réservation a été placée ailleurs sur le site.",
                "%(count)d réservations ont été placées ailleurs sur le site.",
                len(done.reseated),
            )
            messages.info(request, text % {"count": len(done.reseated)})
        if done.cancelled:
            text = ngettext(
                "%(count)d réservation n'a pas trouvé d'autre place : elle est annulée, la personne est prévenue et "
                "orientée vers d'autres sites.",
                "%(count)d réservations n'ont pas trouvé d'autre place : elles sont annulées, les personnes sont "
                "prévenues et orientées vers d'autres sites.",
                len(done.cancelled),
            )
            messages.warning(request, text % {"count": len(done.cancelled)})


@admin.register(RuleSet)
class RuleSetAdmin(Scoped):
    form = RulesForm
    fact, subject = "rules.changed", "rules"
    changes_directory = True
    can_delete = True
    list_display = ["kind", "where", "horizon_days", "weekly_limit", "approval", "grace_minutes", "territory"]
    list_display_links = ["kind", "where"]
    list_select_related = ["site", "territory"]
    list_filter = ["kind", ("site", ScopedFilter)]
    autocomplete_fields = ["site"]
    fieldsets = [
        (
            None,
            {
                "fields": ["territory", "site", "kind"],
                "description": gettext_lazy(
                    "Sans site : les règles du territoire. Pour un site, un champ vide veut dire « comme le territoire »."
                ),
            },
        ),
        (
            gettext_lazy("Quand et combien"),
            {"fields": ["notice_minutes", "horizon_days", "shortest_minutes", "longest_minutes", "weekly_limit"]},
        ),
        (gettext_lazy("Accord du site"), {"fields": ["approval", "approval_hours", "approval_default"]}),
        (gettext_lazy("Arrivée"), {"fields": ["check_in_early_minutes", "grace_minutes"]}),
    ]

    @admin.display(description=gettext_lazy("où"), ordering="site__name")
    def where(self, rules: Any) -> str:
        return str(rules.site or _("tout le territoire"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "site", "kind"] if obj is not None else fixed

    def lock_directory(self, obj: Any) -> None:
        if obj.site_id is not None:
            lock(sites=[obj.site_id])
        else:
            super().lock_directory(obj)


@admin.register(Booking)
class BookingAdmin(ReadOnly):
    """To find and to understand; hosts and holders change bookings, each on their own pages."""

    subject = "booking"
    list_display = ["reference", "agent", "site", "resource", "start", "end", "state", "territory"]
    list_select_related = ["agent", "site", "resource", "territory"]
    list_filter = ["state", ("site", ScopedFilter), "kind", "start"]
    date_hierarchy = "start"
    ordering = ["-start"]
    search_fields = ["reference", "agent__email", "agent__last_name", "agent__first_name"]
    search_help_text = gettext_lazy("Référence, nom ou adresse électronique")
    fieldsets = [
        (None, {"fields": ["reference", "state", "agent", "booked_by", "created_at"]}),
        (gettext_lazy("Place"), {"fields": ["site", "kind", "resource", "is_pinned", "features"]}),
        (gettext_lazy("Temps"), {"fields": ["start", "end", "answer_by", "free_if_absent_at"]}),
        (gettext_lazy("Suite"), {"fields": ["checked_in_at", "checked_in_by", "ended_at", "end_reason"]}),
    ]


@admin.register(WaitingEntry)
class WaitingEntryAdmin(ReadOnly):
    subject = "waiting"
    list_display = ["agent", "site", "start", "end", "state", "booking", "created_at", "territory"]
    list_select_related = ["agent", "site", "booking", "territory"]
    list_filter = ["state", ("site", ScopedFilter), "start"]
    date_hierarchy = "start"
    ordering = ["-start"]
    search_fields = ["agent__email", "agent__last_name", "agent__first_name", "booking__reference"]
    fieldsets = [
        (None, {"fields": ["agent", "site", "kind", "start", "end", "features", "state", "booking", "created_at"]})
    ]
