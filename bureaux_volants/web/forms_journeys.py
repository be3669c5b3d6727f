"""From where to where, when, with what."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.territory.calendar import local
from bureaux_volants.travel.journeys import Traveller

from .forms import FARTHEST, DateInput, TimeInput
from .forms_organise import HAS


def place_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=120, widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"})
    )


class JourneysForm(forms.Form):
    """A journey to compare the ways of."""

    origin = place_field(_("De"))
    destination = place_field(_("À"))
    when = forms.ChoiceField(label=_("Je veux"), choices=[("arrive", _("arriver à")), ("depart", _("partir à"))])
    date = forms.DateField(
        label=_("Jour"), widget=DateInput(), error_messages={"invalid": _("Indiquez un jour, par exemple 24/11/2026.")}
    )
    time = forms.TimeField(label=_("Heure"), widget=TimeInput())
    has = forms.MultipleChoiceField(label=_("J'ai"), required=False, choices=HAS, widget=forms.CheckboxSelectMultiple)
    carries = forms.BooleanField(label=_("Je transporte du matériel"), required=False)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if abs(date - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        return date

    @property
    def at(self) -> dt.datetime:
        """The instant asked for; of a valid form."""
        return local(self.cleaned_data["date"], self.cleaned_data["time"], self.zone)

    @property
    def traveller(self) -> Traveller:
        """What the person has; of a valid form."""
        has = set(self.cleaned_data["has"])
        return Traveller(
            has_bike=bool(has & {"bike", "ebike"}),
            bike_is_assisted="ebike" in has,
            has_car="car" in has,
            has_licence="car" in has,
            has_pass="pass" in has,
            carries_things=self.cleaned_data["carries"],
        )
