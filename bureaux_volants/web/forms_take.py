"""What people send to take something of the pool and to bring it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.places import Place, find_place
from bureaux_volants.fleet.models import Reading
from bureaux_volants.fleet.trips import Destination
from bureaux_volants.territory.calendar import Interval, local
from bureaux_volants.travel.modes import Point

from .forms import FARTHEST, DateInput, TimeInput
from .forms_fleet import photo_field

MOST_PEOPLE = 9
#: Who says nothing goes now, for so long.
SHORT_ERRAND = dt.timedelta(hours=2)
#: With less than this left of the day, it is about tomorrow.
LEAST = dt.timedelta(minutes=30)


class TakeForm(forms.Form):
    """From where, when, where to, with how many."""

    site_slug = forms.ChoiceField(label=_("Au départ de"))
    to = forms.CharField(
        label=_("Pour aller à"),
        required=False,
        max_length=120,
        help_text=_("Une commune, un site, un arrêt."),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    people_aboard = forms.TypedChoiceField(
        label=_("À combien"),
        required=False,
        coerce=int,
        empty_value="1",
        choices=[(n, str(n)) for n in range(1, MOST_PEOPLE + 1)],
    )
    date = forms.DateField(
        label=_("Jour"), widget=DateInput(), error_messages={"invalid": _("Indiquez un jour, par exemple 2026-11-24.")}
    )
    start = forms.TimeField(label=_("Départ"), widget=TimeInput())
    end = forms.TimeField(label=_("Retour"), widget=TimeInput())

    def __init__(self, *args: Any, sites: list[SiteEntry], places: list[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sites = {s.slug: s for s in sites}
        self.places = places
        self.destination: Destination | None = None
        field = self.fields["site_slug"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(s.slug, s.name) for s in sites]

    @classmethod
    def beginning(
        cls, given: QueryDict, usual: SiteEntry, now: dt.datetime, *, sites: list[SiteEntry], places: list[Place]
    ) -> TakeForm:
        """The form as it is first shown: from the usual site, now, for an errand."""
        asked = given.copy()
        begins = now.astimezone(usual.zone).replace(second=0, microsecond=0)
        # The quarter of an hour that has begun: whoever stands before the box has the code at once.
        begins -= dt.timedelta(minutes=begins.minute % 15)
        if (begins + LEAST).date() != begins.date():
            begins += dt.timedelta(minutes=60 - begins.minute)
        ends = begins + SHORT_ERRAND
        if ends.date() != begins.date():
            ends = begins.replace(hour=23, minute=45)
        asked.setdefault("site_slug", usual.slug)
        asked.setdefault("people_aboard", "1")
        asked.setdefault("date", begins.date().isoformat())
        asked.setdefault("start", f"{begins:%H:%M}")
        asked.setdefault("end", f"{ends:%H:%M}")
        return cls(asked, sites=sites, places=places)

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if abs(date - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        return date

    def clean_to(self) -> str:
        text: str = self.cleaned_data["to"]
        place = find_place(text, self.places)
        if place is None and text.strip():
            raise forms.ValidationError(_("Nous ne connaissons pas ce lieu : essayez une commune, un site, un arrêt."))
        self.destination = None if place is None else Destination(place.name, Point(place.lat, place.lon))
        return text

    def clean(self) -> dict[str, Any]:
        super().clean()
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and start >= end:
            self.add_error("end", _("L'heure de retour doit suivre l'heure de départ."))
        return self.cleaned_data

    @property
    def site(self) -> SiteEntry:
        return self._sites[self.cleaned_data["site_slug"]]

    @property
    def people(self) -> int:
        return int(self.cleaned_data.get("people_aboard") or 1)

    @property
    def stay(self) -> Interval:
        """The hours asked; for a valid form."""
        data, zone = self.cleaned_data, self.site.zone
        return Interval(local(data["date"], data["start"], zone), local(data["date"], data["end"], zone))


class ReadingForm(forms.Form):
    """What is read when a thing is brought back. Only its state must be said."""

    condition = forms.ChoiceField(label=_("État"), choices=Reading.Condition.choices, widget=forms.RadioSelect)
    odometer_km = forms.IntegerField(label=_("Compteur (km)"), required=False, min_value=0, max_value=2_000_000)
    charge_percent = forms.IntegerField(label=_("Charge ou plein (%)"), required=False, min_value=0, max_value=100)
    note = forms.CharField(label=_("À signaler"), required=False, max_length=400, widget=forms.Textarea({"rows": 2}))
    photo = photo_field()
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind != Kind.CAR:
            del self.fields["odometer_km"]
        if kind == Kind.TRANSPORT_CARD:
            del self.fields["charge_percent"]
