"""What a fleet manager writes down about a unit, what is asked about it, and the state that people report."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.fleet.models import Cost, Reading
from bureaux_volants.territory.calendar import local

from .forms import DateInput

_INVALID_DAY = {"invalid": _("Indiquez un jour, par exemple 24/11/2026.")}
MOST_KM = 2_000_000
#: Nothing of the pool is older, and nobody plans further.
_LONG = dt.timedelta(days=366 * 20)


class _Fields(forms.Form):
    """Several forms stand on one page: each has names of its own."""

    def _day(self, name: str, *, past: bool = False) -> dt.date | None:
        day: dt.date | None = self.cleaned_data[name]
        today = timezone.localdate()
        if day is not None and (abs(day - today) > _LONG or (past and day > today)):
            raise forms.ValidationError(
                _("Ce jour est à venir.") if day > today and past else _("Ce jour est trop loin.")
            )
        return day


class OutForm(_Fields):
    prefix = "out"
    reason = forms.CharField(label=_("Pourquoi ?"), max_length=200)


class CostForm(_Fields):
    """An amount, with its day and what it is for."""

    prefix = "cost"
    day = forms.DateField(label=_("Jour"), widget=DateInput(), error_messages=_INVALID_DAY)
    category = forms.ChoiceField(label=_("Nature"), choices=Cost.Category.choices)
    amount = forms.DecimalField(
        label=_("Montant (€ TTC)"),
        max_digits=9,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("Un remboursement s'écrit avec un signe moins."),
    )
    note = forms.CharField(label=_("Précision"), required=False, max_length=120)

    def clean_day(self) -> dt.date | None:
        return self._day("day")

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount == 0:
            raise forms.ValidationError(_("Indiquez un montant."))
        return amount


class ServiceForm(_Fields):
    """A service that was done, and when the next one is due."""

    prefix = "service"
    done_on = forms.DateField(label=_("Fait le"), widget=DateInput(), error_messages=_INVALID_DAY)
    what = forms.CharField(label=_("Quoi"), max_length=120)
    odometer_km = forms.IntegerField(label=_("Compteur (km)"), required=False, min_value=0, max_value=MOST_KM)
    next_on = forms.DateField(
        label=_("Prochain avant le"), required=False, widget=DateInput(), error_messages=_INVALID_DAY
    )
    next_km = forms.IntegerField(label=_("ou avant (km)"), required=False, min_value=1, max_value=MOST_KM)

    def clean_done_on(self) -> dt.date | None:
        return self._day("done_on", past=True)

    def clean_next_on(self) -> dt.date | None:
        return self._day("next_on")


class HowForm(_Fields):
    how = forms.CharField(label=_("Qu'avez-vous fait ?"), max_length=200)


class WhoForm(forms.Form):
    """Who had what, when, and why it is asked."""

    about = forms.CharField(
        label=_("Véhicule ou carte"),
        required=False,
        max_length=80,
        help_text=_("Une immatriculation ou un nom. Vide : tout ce qui était sorti."),
    )
    date = forms.DateField(label=_("Jour"), widget=DateInput(), error_messages=_INVALID_DAY)
    time = forms.TimeField(label=_("Heure"), widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    reason = forms.CharField(
        label=_("Pourquoi ?"),
        max_length=200,
        help_text=_("Par exemple : avis de contravention du 12 mars. Le journal garde la question, et qui la pose."),
    )

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if abs(date - timezone.localdate()) > _LONG:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        return date

    @property
    def at(self) -> dt.datetime:
        """The instant asked; for a valid form."""
        return local(self.cleaned_data["date"], self.cleaned_data["time"], timezone.get_current_timezone())


def photo_field() -> forms.FileField:
    """Where a photo of what is wrong may be given."""
    return forms.FileField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput({"accept": "image/*"}),
        help_text=_("Facultative. Ni lieu ni date n'y restent ; seule la gestion de flotte la voit."),
    )


class StateForm(forms.Form):
    """Three taps: how it is, a word, a photo."""

    condition = forms.ChoiceField(label=_("État"), choices=Reading.Condition.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Ce que vous voyez"), required=False, max_length=400, widget=forms.Textarea({"rows": 2})
    )
    photo = photo_field()
