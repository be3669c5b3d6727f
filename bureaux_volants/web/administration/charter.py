"""Exemptions from the charter in the administration: who, from when until when, which rules. No reason is asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.charter.models import CharterVersion, Exemption

from .scope import Scoped, ScopedForm


class ExemptionForm(ScopedForm):
    """The rules are chosen among those in force and those of the draft."""

    codes = forms.MultipleChoiceField(
        label=gettext_lazy("Règles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Aucune cochée : toutes. N'écrivez nulle part pourquoi."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = CharterVersion.objects.order_by("pk")
        if self.territory_id is not None:
            versions = versions.filter(territory_id=self.territory_id)
        known = {rule["code"]: rule["sentence"] for rules in versions.values_list("rules", flat=True) for rule in rules}
        if "codes" in self.fields:
            self.fields["codes"].choices = [(code, f"{code} – {told}") for code, told in sorted(known.items())]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("Le dernier jour précède le premier."))
        return data


@admin.register(Exemption)
class ExemptionAdmin(Scoped):
    form = ExemptionForm
    fact, subject = "exemption.changed", "exemption"
    can_delete = True
    list_display = ["agent", "valid_from", "valid_until", "codes", "territory"]
    list_select_related = ["agent", "territory"]
    search_fields = ["agent__email", "agent__first_name", "agent__last_name"]
    autocomplete_fields = ["agent"]
    fieldsets = [(None, {"fields": ["territory", "agent", "valid_from", "valid_until", "codes"]})]
