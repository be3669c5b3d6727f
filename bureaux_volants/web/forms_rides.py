"""A ride to offer, or to look for: from where to where, when."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.territory.calendar import local

from .forms import FARTHEST, DateInput, TimeInput
from .forms_journeys import place_field

ENERGIES = [
    ("diesel", _("gazole")),
    ("petrol", _("essence")),
    ("hybrid", _("hybride")),
    ("electric", _("électrique")),
]


#: The longest period of a file, and the years that one may speak of.
LONGEST = dt.timedelta(days=365)
FIRST_YEAR, LAST_YEAR = 2000, 2200


class WayForm(forms.Form):
    """From where to where, on a day, at an hour."""

    origin = place_field(_("De"))
    destination = place_field(_("À"))
    date = forms.DateField(
        label=_("Jour"), widget=DateInput(), error_messages={"invalid": _("Indiquez un jour, par exemple 24/11/2026.")}
    )
    time = forms.TimeField(label=_("Départ à"), widget=TimeInput())

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


def _day_field(label: Any) -> forms.DateField:
    wrong = _("Indiquez un jour, par exemple 24/11/2026.")
    return forms.DateField(label=label, widget=DateInput(), error_messages={"invalid": wrong, "required": wrong})


class PeriodForm(forms.Form):
    """Some days in a row, both ends included."""

    first = _day_field(_("Du"))
    last = _day_field(_("Au (compris)"))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("La période finit avant son début."))
        elif first and last and last - first > LONGEST:
            self.add_error("last", _("Demandez un an au plus à la fois."))
        elif first and not FIRST_YEAR <= first.year <= LAST_YEAR:
            self.add_error("first", _("Ce jour est trop loin."))
        return data


class OfferForm(WayForm):
    """A ride that a driver offers."""

    seats = forms.IntegerField(label=_("Places pour des collègues"), min_value=1, max_value=8)
    max_detour_minutes = forms.IntegerField(label=_("Détour accepté (min)"), min_value=0, max_value=60)
    flexible_minutes = forms.IntegerField(label=_("Souplesse sur l'heure (± min)"), min_value=0, max_value=60)
    energy = forms.ChoiceField(label=_("Énergie de ma voiture"), choices=ENERGIES)
