"""What a person chooses of the messages that leave the application."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bureaux_volants.messages.kinds import Group
from bureaux_volants.messages.models import DeliveryPreferences

from .forms import TimeInput

Pace = DeliveryPreferences.Pace


class DeliveryForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A pace for each group that concerns the person, the hour of the mail of the day, the quiet hours, invitations."""

    class Meta:
        model = DeliveryPreferences
        fields = ("digest_at", "quiet_from", "quiet_until", "has_invitations")
        widgets = {"digest_at": TimeInput(), "quiet_from": TimeInput(), "quiet_until": TimeInput()}
        labels = {
            "digest_at": _("Le courriel du jour part à"),
            "quiet_from": _("Pas de courriel à partir de"),
            "quiet_until": _("Jusqu'à"),
            "has_invitations": _("Joindre une invitation d'agenda à chaque réservation"),
        }

    def __init__(self, *args: Any, groups: list[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        for group in groups:
            self.fields[group.value] = forms.ChoiceField(
                label=group.label, choices=Pace.choices, initial=self.instance.paces.get(group.value, Pace.AT_ONCE)
            )

    def paces(self) -> list[forms.BoundField]:
        return [self[group.value] for group in self.groups]

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        first, until = data.get("quiet_from"), data.get("quiet_until")
        if "quiet_from" not in self.errors and "quiet_until" not in self.errors and (first is None) != (until is None):
            self.add_error("quiet_from", _("Donnez le début et la fin des heures calmes, ou aucun des deux."))
        elif first is not None and first == until:
            self.add_error(
                "quiet_until", _("Les heures calmes finissent quand elles commencent : donnez une autre fin.")
            )
        return data

    def save(self, commit: bool = True) -> DeliveryPreferences:
        """What was chosen for groups that are not shown here stays."""
        chosen = {g.value: self.cleaned_data[g.value] for g in self.groups}
        self.instance.paces = {**self.instance.paces, **chosen}
        kept: DeliveryPreferences = super().save(commit)
        return kept
