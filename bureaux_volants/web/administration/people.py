"""Accounts and roles."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.errors import BookingError, NotFound
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.events.log import record
from bureaux_volants.messages import outbox
from bureaux_volants.territory.models import WEEKDAYS, Agent, Grant
from bureaux_volants.trials.leaving import leave_all

from .scope import OnceEach, Scoped, ScopedFilter, ScopedForm, ScopedInline, author_of, own_territory


def record_grant(request: HttpRequest, grant: Grant, kind: str) -> None:
    """A role given or taken is an event of the person, whichever page it was done from."""
    record(
        grant.territory_id,
        author_of(request),
        kind,
        "agent",
        grant.agent_id,
        role=grant.role,
        organisation=grant.organisation_id,
        site=grant.site_id,
    )


class GrantForm(ScopedForm):
    """The territory of a role is that of the person who holds it."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("organisation") and data.get("site"):
            self.add_error("site", _("Un rôle porte sur une organisation ou sur un site, pas les deux."))
        return data


class GrantFormSet(OnceEach):
    once = ("role", "organisation", "site")


class GrantInline(ScopedInline):
    model = Grant
    form = GrantForm
    formset = GrantFormSet
    fields = ["role", "organisation", "site"]
    verbose_name_plural = gettext_lazy("rôles (sans organisation ni site : sur tout le territoire)")

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        """Nobody shuts themselves out."""
        return super().has_delete_permission(request, obj) and obj != request.user


class AgentForm(ScopedForm):
    telework_weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Jours de télétravail à domicile convenus"),
        required=False,
        coerce=int,
        choices=WEEKDAYS[:5],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        team, employer = data.get("service"), data.get("organisation")
        if team and (employer is None or team.organisation_id != employer.pk):
            self.add_error("service", _("Ce service n'est pas de cet employeur."))
        return data


@admin.register(Agent)
class AgentAdmin(Scoped):
    """Accounts are opened here and closed here, never deleted: bookings and the log speak of them."""

    form = AgentForm
    fact, subject = "agent.changed", "agent"
    list_display = ["last_name", "first_name", "email", "organisation", "service", "is_active", "territory"]
    list_display_links = ["last_name", "first_name", "email"]
    list_select_related = ["organisation", "service", "territory"]
    list_filter = ["is_active", "grants__role", ("organisation", ScopedFilter)]
    search_fields = ["email", "first_name", "last_name"]
    autocomplete_fields = ["organisation", "service", "usual_site"]
    inlines = [GrantInline]
    actions = ["invite"]
    fieldsets = [
        (None, {"fields": ["territory", "email", "first_name", "last_name", "is_active"]}),
        (gettext_lazy("Travail"), {"fields": ["organisation", "service", "usual_site", "telework_weekdays"]}),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        """Who runs the installation is not changed by who runs a territory."""
        if obj is not None and obj.is_superuser and own_territory(request) is not None:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        return [*fixed, "is_active"] if obj is not None and obj == request.user else fixed

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            self._invite(obj)
            messages.info(request, _("Un message invite cette personne à choisir son mot de passe."))
        if change and "email" in form.changed_data:
            # The former address no longer signs in, nor receives a link to do so.
            EmailAddress.objects.filter(user=obj).delete()
        if change and "is_active" in form.changed_data and not obj.is_active:
            # Each in its own transaction, once this one is over: together they would lock people and sites crosswise.
            transaction.on_commit(lambda: self._free_bookings(request, obj))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for one in formset.forms:
            one.instance.territory_id = form.instance.territory_id
        super().save_formset(request, form, formset, change)
        for grant in formset.new_objects:
            record_grant(request, grant, "agent.granted")
        for grant in formset.deleted_objects:
            record_grant(request, grant, "agent.revoked")

    def _record(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Without the lines about roles, which name the person and have their own events."""
        own = [part for part in message if not any("object" in said for said in part.values())]
        if own:
            super()._record(request, obj, own)

    def _free_bookings(self, request: HttpRequest, agent: Agent) -> None:
        leave_all(agent, author_of(request), reason=_("compte fermé"))
        queued = WaitingEntry.objects.filter(agent=agent, state=WaitingEntry.State.WAITING).order_by("pk")
        for entry_id in queued.values_list("pk", flat=True):
            # Served meanwhile: then it is among the bookings below.
            with suppress(NotFound):
                waiting.leave(agent, entry_id, author_of(request))
        coming = Booking.objects.filter(agent=agent, state__in=HOLDING, end__gt=timezone.now()).order_by("pk")
        freed = 0
        for booking in coming:
            try:
                service.cancel(booking.pk, author_of(request), reason=_("compte fermé"))
                freed += 1
            except BookingError:
                continue  # ended meanwhile
        if freed:
            text = ngettext("%(count)d réservation libérée.", "%(count)d réservations libérées.", freed)
            messages.info(request, text % {"count": freed})

    def _invite(self, agent: Agent) -> None:
        if agent.territory_id is not None:
            outbox.write(
                agent,
                "account.opened",
                _("Votre compte Bureaux volants est ouvert"),
                _(
                    "Choisissez votre mot de passe à la page ci-dessous : indiquez votre adresse, un lien vous est envoyé."
                ),
                reverse("account_reset_password"),
            )

    @admin.action(description=gettext_lazy("Renvoyer l'invitation à choisir un mot de passe"))
    def invite(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        people = list(chosen.filter(is_active=True))
        for agent in people:
            self._invite(agent)
        text = ngettext("%(count)d invitation envoyée.", "%(count)d invitations envoyées.", len(people))
        messages.success(request, text % {"count": len(people)})


@admin.register(Grant)
class GrantAdmin(Scoped):
    """Who may what. A role is given or taken, not changed: the log then says what was true when."""

    form = GrantForm
    subject = "agent"
    can_change = False
    can_delete = True
    list_display = ["agent", "role", "scope", "territory"]
    list_select_related = ["agent", "organisation", "site", "territory"]
    list_filter = ["role", ("organisation", ScopedFilter), ("site", ScopedFilter)]
    search_fields = ["agent__email", "agent__first_name", "agent__last_name"]
    autocomplete_fields = ["agent", "organisation", "site"]
    fieldsets = [
        (
            None,
            {
                "fields": ["territory", "agent", "role", "organisation", "site"],
                "description": gettext_lazy("Sans organisation ni site, le rôle vaut pour tout le territoire."),
            },
        )
    ]

    @admin.display(description=gettext_lazy("sur"))
    def scope(self, grant: Any) -> str:
        return str(grant.site or grant.organisation or _("tout le territoire"))

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        """Nobody shuts themselves out."""
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.agent_id != cast(Agent, request.user).pk
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record_grant(request, obj, "agent.granted")

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for grant in queryset:
            record_grant(request, grant, "agent.revoked")
