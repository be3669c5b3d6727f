"""The territory and its places: communes, organisations, services, phases, sites, closures."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTimeWidget
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.booking import closing
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.locks import lock
from bureaux_volants.booking.models import Booking, RuleSet
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.territory import french
from bureaux_volants.territory.models import (
    Closure,
    Commune,
    Landmark,
    OpeningHours,
    Organisation,
    Phase,
    Season,
    Service,
    Site,
    Territory,
)
from bureaux_volants.web.host_closing import told
from bureaux_volants.web.host_day import is_outside_hours

from .scope import OnceEach, Scoped, ScopedFilter, ScopedForm, ScopedInline, author_of, own_territory

LONGEST_CLOSURE = dt.timedelta(days=366)
#: Nobody plans the opening of a place further ahead.
FARTHEST_PHASE = dt.timedelta(days=3653)

#: So many bookings are named in one message.
MOST_NAMED = 20


class TerritoryForm(ScopedForm):
    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise forms.ValidationError(_("Ce fuseau n'existe pas : écrivez par exemple Europe/Paris.")) from None
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        days = (data.get("telework_days_per_week") or 0) + (data.get("presence_days_per_week") or 0)
        if days > 7:
            self.add_error("presence_days_per_week", _("Télétravail et présence dépassent sept jours."))
        return data


@admin.register(Territory)
class TerritoryAdmin(Scoped):
    form = TerritoryForm
    fact, subject = "rules.changed", "territory"
    changes_directory = True
    list_display = ["name", "siren", "flying_day_is_telework", "telework_days_per_week", "presence_days_per_week"]
    fieldsets = [
        (None, {"fields": ["name", "siren", "slug", "time_zone", "half_day_at", "is_demonstration"]}),
        (
            gettext_lazy("Télétravail (décret 2016-151)"),
            {
                "fields": [
                    "flying_day_is_telework",
                    "telework_days_per_week",
                    "presence_days_per_week",
                    "telework_assessed_by",
                ]
            },
        ),
        (gettext_lazy("Données personnelles"), {"fields": ["names_kept_days", "vehicle_names_kept_days"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and own_territory(request) is None

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """What other systems and addresses know it by is set at installation."""
        fixed = ["siren", "slug", "time_zone", "is_demonstration"]
        return fixed if own_territory(request) is not None else []


@admin.register(Commune)
class CommuneAdmin(Scoped):
    fact, subject = "commune.changed", "commune"
    changes_directory = True
    can_delete = True
    list_display = ["name", "code", "population", "territory"]
    search_fields = ["name", "code"]
    fieldsets = [(None, {"fields": ["territory", "name", "code", "population", "lat", "lon"]})]

    def site_of(self, obj: Any) -> int | None:
        return None


@admin.register(Landmark)
class LandmarkAdmin(Scoped):
    fact, subject = "landmark.changed", "landmark"
    can_delete = True
    list_display = ["name", "kind", "territory"]
    list_filter = ["kind"]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["territory", "kind", "name", "lat", "lon"]})]


@admin.register(Organisation)
class OrganisationAdmin(Scoped):
    fact, subject = "organisation.changed", "organisation"
    changes_directory = True
    can_delete = True
    list_display = ["name", "kind", "siret", "commune", "territory"]
    list_select_related = ["commune", "territory"]
    list_filter = ["kind"]
    search_fields = ["name", "siret"]
    autocomplete_fields = ["commune"]
    fieldsets = [(None, {"fields": ["territory", "name", "kind", "siret", "commune"]})]


@admin.register(Service)
class ServiceAdmin(Scoped):
    fact, subject = "service.changed", "service"
    can_delete = True
    list_display = ["name", "organisation", "people", "territory"]
    ordering = ["name"]  # said here: a count of related rows forgets the model's own order
    list_select_related = ["organisation", "territory"]
    list_filter = [("organisation", ScopedFilter)]
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["territory", "organisation", "name"]})]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(count=Count("agents", filter=Q(agents__is_active=True)))

    @admin.display(description=gettext_lazy("personnes"), ordering="count")
    def people(self, service: Any) -> int:
        return int(service.count)


class PhaseForm(ScopedForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        opens, closes = data.get("opens_on"), data.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", _("Le dernier jour doit suivre le premier."))
        if opens and opens - timezone.localdate() > FARTHEST_PHASE:
            self.add_error("opens_on", _("Ce jour est trop loin."))
        return data


@admin.register(Phase)
class PhaseAdmin(Scoped):
    form = PhaseForm
    fact, subject = "site.changed", "phase"
    changes_directory = True
    can_delete = True
    list_display = ["number", "name", "opens_on", "closes_on", "territory"]
    list_display_links = ["name"]
    fieldsets = [(None, {"fields": ["territory", "number", "name", "opens_on", "closes_on"]})]


class SeasonForm(ScopedForm):
    class Meta:
        widgets = {"first_day": forms.TextInput(attrs={"size": 6}), "last_day": forms.TextInput(attrs={"size": 6})}


class SeasonInline(ScopedInline):
    model = Season
    form = SeasonForm


class HoursFormSet(OnceEach):
    once = ("season", "weekday", "opens_at")

    def clean(self) -> None:
        """Two openings of a day follow each other."""
        super().clean()
        rows = [f.cleaned_data for f in self.forms if getattr(f, "cleaned_data", None)]
        kept = [r for r in rows if not r.get("DELETE") and r.get("opens_at") and r.get("closes_at")]
        for number, one in enumerate(kept):
            for other in kept[number + 1 :]:
                same_day = (one["season"], one.get("weekday")) == (other["season"], other.get("weekday"))
                if same_day and one["opens_at"] < other["closes_at"] and other["opens_at"] < one["closes_at"]:
                    raise forms.ValidationError(_("Deux ouvertures du même jour se chevauchent."))


class HoursForm(ScopedForm):
    class Meta:
        widgets = {"opens_at": AdminTimeWidget(format="%H:%M"), "closes_at": AdminTimeWidget(format="%H:%M")}


class HoursInline(ScopedInline):
    model = OpeningHours
    form = HoursForm
    formset = HoursFormSet
    fields = ["weekday", "opens_at", "closes_at", "season"]

    def get_formset(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> Any:
        """Only the seasons of this very site are offered."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields["season"].queryset = Season.objects.filter(site=obj) if obj else Season.objects.none()
        return formset


class RulesForm(ScopedForm):
    """What contradicts itself, or what no booking may be, is said at once."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        shortest, longest = data.get("shortest_minutes"), data.get("longest_minutes")
        if shortest and longest and longest < shortest:
            self.add_error("longest_minutes", _("La durée maximale est plus courte que la durée minimale."))
        if longest and longest > 24 * 60 and data.get("kind", "desk") == "desk":
            self.add_error("longest_minutes", _("Un bureau se réserve pour un jour au plus : 1 440 minutes."))
        return data


class RulesFormSet(OnceEach):
    once = ("kind",)


class RulesInline(admin.StackedInline, ScopedInline):  # type: ignore[type-arg]
    model = RuleSet
    form = RulesForm
    formset = RulesFormSet
    exclude = ["territory"]
    verbose_name_plural = gettext_lazy("règles propres à ce site (vide : comme le territoire)")
    template = "admin/edit_inline/stacked.html"


class SiteForm(ScopedForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.instance.pk is not None:
            # Before anything is written, and until the end: who books meanwhile is seen here, or sees the change.
            lock(sites=[self.instance.pk])
            if data.get("is_active") is False and "is_active" in self.changed_data:
                coming = coming_at(self.instance.pk).count()
                if coming:
                    text = ngettext(
                        "%(count)d réservation est à venir : fermez d'abord le site (« Fermetures »), les personnes seront "
                        "prévenues et orientées ailleurs.",
                        "%(count)d réservations sont à venir : fermez d'abord le site (« Fermetures »), les personnes "
                        "seront prévenues et orientées ailleurs.",
                        coming,
                    )
                    self.add_error("is_active", text % {"count": coming})
        return data


def coming_at(site_id: int) -> QuerySet[Booking]:
    """The bookings of a site that are not over."""
    return Booking.objects.filter(site_id=site_id, state__in=HOLDING, end__gt=timezone.now())


@admin.register(Site)
class SiteAdmin(Scoped):
    form = SiteForm
    fact, subject = "site.changed", "site"
    changes_directory = True
    ordering = ["name"]  # said here: a count of related rows forgets the model's own order
    list_display = ["name", "kind", "commune", "phase", "desks", "is_active", "territory"]
    list_select_related = ["commune", "phase", "territory"]
    list_filter = ["kind", "is_active", ("phase", ScopedFilter)]
    search_fields = ["name", "address", "commune__name"]
    autocomplete_fields = ["commune", "organisation", "open_to"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [HoursInline, SeasonInline, RulesInline]
    fieldsets = [
        (None, {"fields": ["territory", "name", "slug", "kind", "organisation", "is_active"]}),
        (gettext_lazy("Où"), {"fields": ["commune", "address", "lat", "lon", "access_notes", "around"]}),
        (gettext_lazy("Accueil"), {"fields": ["equipment", "photo", "poster"]}),
        (gettext_lazy("Ouverture"), {"fields": ["phase", "open_to"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        active = Count("resources", filter=Q(resources__is_active=True))
        return super().get_queryset(request).annotate(count=active)

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """The identifier is in people's links and bookmarks: it is chosen once."""
        fixed = [*super().get_readonly_fields(request, obj), "poster"]
        return [*fixed, "slug"] if obj is not None else fixed

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return {} if obj is not None else super().get_prepopulated_fields(request, obj)

    @admin.display(description=gettext_lazy("bureaux en service"), ordering="count")
    def desks(self, site: Any) -> str:
        return format_html(
            '<a href="{}?site__id__exact={}">{}</a>', reverse("admin:booking_resource_changelist"), site.pk, site.count
        )

    @admin.display(description=gettext_lazy("affiche QR"))
    def poster(self, site: Any) -> str:
        if site.pk is None:
            return _("après l'enregistrement")
        return format_html('<a href="{}">{}</a>', reverse("host_poster", args=[site.slug]), _("voir l'affiche"))

    def site_of(self, obj: Any) -> int | None:
        return int(obj.pk) if obj.pk is not None else None

    def lock_directory(self, obj: Any) -> None:
        if obj.pk is not None:
            super().lock_directory(obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for one in formset.forms:
            if isinstance(one.instance, RuleSet):
                one.instance.territory_id = form.instance.territory_id
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            self._warn_of_misfits(request, form.instance)

    def _warn_of_misfits(self, request: HttpRequest, site: Site) -> None:
        """New hours may leave coming bookings outside of them: name them, each with a link to its day at the reception."""
        directory = get_directory(site.territory_id)
        coming = coming_at(site.pk).select_related("agent").order_by("start", "pk")
        misfits = [b for b in coming if is_outside_hours(b, directory)]
        if misfits:
            told = ngettext(
                "%(count)d réservation à venir tombe hors des horaires ou dans une fermeture : ",
                "%(count)d réservations à venir tombent hors des horaires ou dans une fermeture : ",
                len(misfits),
            ) % {"count": len(misfits)}
            page = reverse("host_site", args=[site.slug])
            links = format_html_join(
                "",
                '<li><a href="{}?date={}#{}">{} ({})</a></li>',
                (
                    (
                        page,
                        b.start.astimezone(directory.zone).date().isoformat(),
                        b.reference,
                        french.span(b.start, b.end, directory.zone),
                        b.agent,
                    )
                    for b in misfits[:MOST_NAMED]
                ),
            )
            rest = len(misfits) - MOST_NAMED
            more = ngettext("et %(count)d autre.", "et %(count)d autres.", rest) % {"count": rest} if rest > 0 else ""
            messages.warning(request, format_html("{}<ul>{}</ul>{}", told, links, more))


class ClosureForm(ScopedForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        start, end = data.get("start"), data.get("end")
        if start and end:
            if end <= timezone.now():
                self.add_error("end", _("Ce moment est passé."))
            if end - start > LONGEST_CLOSURE:
                self.add_error("end", _("Un an au plus."))
            if start - timezone.now() > 2 * LONGEST_CLOSURE:
                self.add_error("start", _("Ce jour est trop loin."))
        return data


@admin.register(Closure)
class ClosureAdmin(Scoped):
    """Closing goes through the same service as a host's page: those concerned are told. So does lifting a closure."""

    form = ClosureForm
    subject = "closure"  # the services write the events
    can_change = False
    can_delete = True
    list_display = ["reason", "where", "start", "end", "created_by", "territory"]
    list_select_related = ["site", "created_by", "territory"]
    list_filter = [("site", ScopedFilter), "start"]
    date_hierarchy = "start"
    search_fields = ["reason", "site__name"]
    fieldsets = [(None, {"fields": ["territory", "site", "start", "end", "reason"]})]

    @admin.display(description=gettext_lazy("site"), ordering="site__name")
    def where(self, closure: Any) -> str:
        return str(closure.site or _("tous les sites"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        done = closing.close_site(obj.territory_id, obj.site_id, obj.start, obj.end, obj.reason, author_of(request))
        obj.pk = done.closure.pk
        obj._state.adding = False
        messages.info(request, told(done))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        closing.reopen(obj.territory_id, obj.pk, author_of(request))
