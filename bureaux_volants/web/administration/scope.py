"""Everything in the administration is of one territory: lists, choices, what is sent, what is written in the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.db.utils import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import lock
from bureaux_volants.events.log import Author, record
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Season, Site, Territory

from .site import administers

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyInline = admin.TabularInline[Any, Any]
    AnyForm = forms.ModelForm[Any]
    AnyBase = admin.options.BaseModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyInline = admin.TabularInline
    AnyForm = forms.ModelForm
    AnyBase = object


def author_of(request: HttpRequest) -> Author:
    """Who acts, for the event log."""
    return Author(cast(Agent, request.user), Event.Origin.ADMIN)


def own_territory(request: HttpRequest) -> int | None:
    """The territory one administers; None for who runs the installation, and sees all of them."""
    user = cast(Agent, request.user)
    return None if user.is_superuser else user.territory_id


def path_to_territory(model: type[Model]) -> str:
    """How a row of this model names its territory."""
    if model is Territory:
        return "pk"
    try:
        model._meta.get_field("territory")
    except FieldDoesNotExist:
        return "site__territory_id"
    return "territory_id"


def scoped(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """Those of the rows that are of the administrator's territory."""
    territory_id = own_territory(request)
    if territory_id is not None:
        return rows.filter(**{path_to_territory(rows.model): territory_id})
    return rows if cast(Agent, request.user).is_superuser else rows.none()


def territory_id_of(row: Any) -> int | None:
    """The territory of a row, None when it has none."""
    match row:
        case Territory():
            return row.pk
        case Season():
            return row.site.territory_id
        case _:
            return cast("int | None", getattr(row, "territory_id", None))


def name_widgets(form: forms.BaseForm) -> None:
    """Give a name to what Django's tables and pairs of fields leave without: a screen reader says it."""
    for field in form.fields.values():
        parts = field.widget.widgets if isinstance(field.widget, forms.MultiWidget) else []
        for part, word in zip(parts, (_("date"), _("heure")), strict=False):
            part.attrs.setdefault("aria-label", f"{field.label} : {word}")


class ScopedForm(AnyForm):
    """A form whose row, and everything it refers to, is of one territory.

    The territory is not asked of those who have only one; it takes part in the checks all the same, so that "once per
    territory" is a sentence and not a crash.
    """

    territory_id: ClassVar[int | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.territory_id is not None and self._has_territory and self.instance.territory_id is None:
            self.instance.territory_id = self.territory_id
        name_widgets(self)

    @property
    def _has_territory(self) -> bool:
        return hasattr(self.instance, "territory_id")

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        if self._has_territory and self.instance.territory_id is not None and "territory" not in (self._errors or {}):  # type: ignore[attr-defined]  # not self.errors: it would begin anew
            excluded.discard("territory")
        return excluded

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        site = data.get("site")
        if self._has_territory and self.instance.territory_id is None:
            chosen = data.get("territory")
            self.instance.territory_id = chosen.pk if chosen else site.territory_id if site else None
        mine = territory_id_of(self.instance) or territory_id_of(data.get("territory"))
        for name, value in list(data.items()):
            if name == "territory":
                continue
            referred = value if isinstance(value, QuerySet | list | tuple) else [value]
            theirs = {territory_id_of(v) for v in referred if isinstance(v, Model)}
            if mine is not None and theirs - {None, mine}:
                self.add_error(name, _("Ce choix est d'un autre territoire."))
        return data


class ScopedChoices(AnyBase):
    """Offers, and accepts, only what is of the administrator's territory."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = kwargs.get("queryset", db_field.remote_field.model._default_manager.all())
        kwargs["queryset"] = scoped(rows, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Related rows have pages of their own: nobody deletes a commune from within a site."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = field.widget.can_change_related = False
            field.widget.can_add_related = field.widget.can_view_related = False
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = kwargs.get("queryset", db_field.remote_field.model._default_manager.all())
        kwargs["queryset"] = scoped(rows, request)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ScopedFilter(RelatedFieldListFilter):
    """A filter that names no other territory's rows."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = scoped(field.remote_field.model._default_manager.all(), request)
        return [(row.pk, str(row)) for row in rows]


#: How a list, its dates and our links compare a field. Nothing else may follow its name: not the fields of another row.
COMPARISONS = ("exact", "id__exact", "isnull", "gte", "lt", "year", "month", "day")


def site_ids_of(territory_id: int) -> list[int]:
    return list(Site.objects.filter(territory_id=territory_id).values_list("pk", flat=True))


class Scoped(ScopedChoices, AnyModelAdmin):
    """A model of a territory. `fact` is the kind of event that a change writes, `subject` what it speaks of."""

    form = ScopedForm
    fact = ""
    subject = ""
    can_add = True
    can_change = True
    can_delete = False
    list_per_page = 50
    show_full_result_count = False
    #: Whether a change of these rows may contradict a booking being made: those who book wait for it.
    changes_directory = False

    # -- who may

    def _may(self, request: HttpRequest, obj: Any | None) -> bool:
        if not administers(request.user):
            return False
        mine = own_territory(request)
        return obj is None or mine is None or territory_id_of(obj) == mine

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, None)

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self._may(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_add and self._may(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self.can_change and self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self.can_delete and self._may(request, obj)

    # -- what is seen

    #: Fields that links of ours filter by, beside those of `list_filter`.
    linked_by: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what a list offers to filter by: an address must not ask about a password or a home."""
        offered = [
            one[0] if isinstance(one, tuple) else getattr(one, "parameter_name", one) for one in self.list_filter
        ]
        names = [name for name in (*offered, self.date_hierarchy, *self.linked_by) if isinstance(name, str)]
        return any(lookup in {name, *(f"{name}__{how}" for how in COMPARISONS)} for name in names)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What no filter can mean (a NUL, the year 9999) is answered as Django answers what none understands."""
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError):
            raise IncorrectLookupParameters from None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return scoped(super().get_queryset(request), request)

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """The territory is shown to those who see several."""
        sets = super().get_fieldsets(request, obj)
        if own_territory(request) is None:
            return sets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f != "territory"]}) for name, options in sets
        ]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if own_territory(request) is None else [c for c in shown if c != "territory"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Nothing moves from one territory to another."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "territory"] if obj is not None and hasattr(obj, "territory_id") else fixed

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"territory_id": own_territory(request)})

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django would go back to the index with a sentence; elsewhere here what is not one's own is not found."""
        raise Http404

    # -- what it is called: Django's own titles know no elision and no plural

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        title = _("Ajouter : %(name)s") % {"name": self.opts.verbose_name}
        return super().add_view(request, form_url, {"title": title} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        title = capfirst(str(self.opts.verbose_name))
        return super().change_view(request, object_id, form_url, {"title": title} | (extra_context or {}))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one history there is: the event log of this row."""
        row = self.get_object(request, object_id)
        if row is None or not self.subject:
            raise Http404
        log = reverse("admin:events_event_changelist")
        return HttpResponseRedirect(f"{log}?subject_kind__exact={self.subject}&subject_id__exact={row.pk}")

    # -- what is written

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.lock_directory(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.lock_directory(obj)
        super().delete_model(request, obj)

    def lock_directory(self, obj: Any) -> None:
        """Nobody books half-way through a change of what decides whether they may."""
        if self.changes_directory and (territory_id := territory_id_of(obj)) is not None:
            site_id = self.site_of(obj)
            lock(sites=[site_id] if site_id is not None else site_ids_of(territory_id))

    def site_of(self, obj: Any) -> int | None:
        """The site that a change concerns, None for all of them."""
        return cast("int | None", getattr(obj, "site_id", None))

    def data_of(self, obj: Any) -> dict[str, Any]:
        """What the event says of the row, without names."""
        return {"site": self.site_of(obj)} if self.changes_directory else {}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if message:  # saved as it was: nothing happened
            self._record(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._write(request, obj, _("Supprimé."))

    def _record(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Django's own log of the administration is not kept: one log tells everything."""
        self._write(request, obj, LogEntry(change_message=json.dumps(message)).get_change_message())

    def _write(self, request: HttpRequest, obj: Any, told: str) -> None:
        territory_id = territory_id_of(obj)
        if self.fact and territory_id is not None:
            record(territory_id, author_of(request), self.fact, self.subject, obj.pk, told=told, **self.data_of(obj))


class ReadOnly(Scoped):
    """Rows that only their own services write."""

    can_add = False
    can_change = False


class NamedCells(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A table of rows whose cells say what they are: Django names the columns only to the eye."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            drawn = getattr(field.widget, "widget", field.widget)  # Django wraps those that refer to other rows
            drawn.attrs.setdefault("aria-label", _("Supprimer") if name == "DELETE" else str(field.label))


class OnceEach(NamedCells):
    """Inline rows of which no two may agree in all of `once`."""

    once: ClassVar[Iterable[str]] = ()

    def clean(self) -> None:
        super().clean()
        seen: set[tuple[Any, ...]] = set()
        for form in self.forms:
            data = getattr(form, "cleaned_data", None)
            if not data or data.get("DELETE"):
                continue
            key = tuple(data.get(name) for name in self.once)
            if key in seen:
                form.add_error(None, _("Cette ligne en répète une autre."))
            seen.add(key)


class ScopedInline(ScopedChoices, AnyInline):
    """Rows inside the page of another row: who may change that one may change these."""

    form = ScopedForm
    formset = NamedCells
    extra = 0
    show_change_link = False

    def _may(self, request: HttpRequest, obj: Any | None) -> bool:
        mine = own_territory(request)
        return administers(request.user) and (obj is None or mine is None or territory_id_of(obj) == mine)

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self._may(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return self._may(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        owner = territory_id_of(obj) if obj is not None else own_territory(request)
        formset.form = type(formset.form.__name__, (formset.form,), {"territory_id": owner})
        return formset
