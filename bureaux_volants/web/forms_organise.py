"""What a day is made of, as somebody types it on a phone: the day, its hours, up to four appointments, what one has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import DESK_FEATURES
from bureaux_volants.planner import geocoding
from bureaux_volants.planner.asked import TEAM, Appointment, Asked, Impossible
from bureaux_volants.planner.naming import Names
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Service
from bureaux_volants.travel.journeys import Place, Traveller, Way

from .forms import FARTHEST, DateInput, TimeInput

#: Lines for appointments; the first is shown at once, the others unfold.
LINES = range(1, 5)

USUAL = [
    (Way.OWN_CAR.value, _("ma voiture")),
    (Way.TRANSIT.value, _("les transports")),
    (Way.OWN_BIKE.value, _("mon vélo")),
    (Way.WALK.value, _("la marche")),
]
HAS = [
    ("bike", _("un vélo")),
    ("ebike", _("un vélo électrique")),
    ("car", _("une voiture")),
    ("pass", _("un abonnement de transport")),
]
#: Ways that need something of one's own.
_NEEDS = {Way.OWN_CAR.value: "car", Way.OWN_BIKE.value: "bike"}


def _kilometres() -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})


class OrganiseForm(forms.Form):
    """A day to organise."""

    date = forms.DateField(
        label=_("Jour"), widget=DateInput(), error_messages={"invalid": _("Indiquez un jour, par exemple 24/11/2026.")}
    )
    start = forms.TimeField(label=_("Je travaille de"), widget=TimeInput())
    end = forms.TimeField(label=_("à"), widget=TimeInput())
    has = forms.MultipleChoiceField(
        label=_("J'ai, ce jour-là"), required=False, choices=HAS, widget=forms.CheckboxSelectMultiple
    )
    usual = forms.ChoiceField(label=_("D'habitude, je prends"), choices=USUAL)
    carries = forms.BooleanField(label=_("Je transporte du matériel"), required=False)
    features = forms.MultipleChoiceField(
        label=_("Il me faut, pour travailler"),
        required=False,
        choices=[(f.value, f.label) for f in DESK_FEATURES],
        widget=forms.CheckboxSelectMultiple,
    )

    walk_km = forms.FloatField(
        label=_("À pied, au plus (km)"), required=False, min_value=0.1, max_value=20, widget=_kilometres()
    )
    bike_km = forms.FloatField(
        label=_("À vélo, au plus (km)"), required=False, min_value=0.5, max_value=60, widget=_kilometres()
    )

    meet = forms.ChoiceField(label=_("Je veux travailler avec"), required=False)

    def __init__(
        self,
        *args: Any,
        names: Names,
        zone: ZoneInfo,
        communes: dict[str, str],
        teams: Sequence[Service] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["meet"]
        assert isinstance(field, forms.ChoiceField)
        with_teams = [(_("Une équipe, là où elle a dit être"), [(f"{TEAM}{s.pk}", s.name) for s in teams])]
        in_communes = (_("Les gens d'une commune, dans ses murs"), list(communes.items()))
        field.choices = [("", _("sans préférence")), *(with_teams if teams else ()), in_communes]
        self.names, self.zone = names, zone
        self._found: dict[int, Place] = {}
        for n in LINES:
            self.fields[f"to_{n}"] = forms.CharField(
                label=_("Lieu du rendez-vous"),
                help_text=_("Une adresse, un site, une commune, un arrêt.") if n == 1 and geocoding.is_set() else "",
                required=False,
                max_length=120,
                widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
            )
            self.fields[f"from_{n}"] = forms.TimeField(label=_("De"), required=False, widget=TimeInput())
            self.fields[f"until_{n}"] = forms.TimeField(label=_("À"), required=False, widget=TimeInput())
            self.fields[f"remote_{n}"] = forms.BooleanField(label=_("Possible à distance"), required=False)
            self.fields[f"move_{n}"] = forms.BooleanField(label=_("Peut changer de jour"), required=False)

    def lines(self) -> list[dict[str, Any]]:
        """The appointments' fields, line by line; a line with something in it is open."""
        found = []
        for n in LINES:
            bound = {name: self[f"{name}_{n}"] for name in ("to", "from", "until", "remote", "move")}
            found.append({"n": n, **bound, "is_open": any(b.value() for b in bound.values())})
        return found

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if abs(date - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        return date

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("start") and data.get("end") and data["start"] >= data["end"]:
            self.add_error("end", _("La journée doit finir après son début."))
        for n in LINES:
            self._clean_line(n)
        needed = _NEEDS.get(data.get("usual", ""))
        if needed and not {needed, "e" + needed} & set(data.get("has", ())):
            # What one usually takes, one has.
            data["has"] = [*data.get("has", ()), needed]
        return data

    def _clean_line(self, n: int) -> None:
        data = self.cleaned_data
        text, start, end = data.get(f"to_{n}", "").strip(), data.get(f"from_{n}"), data.get(f"until_{n}")
        if not text:
            if start or end:
                self.add_error(f"to_{n}", _("Dites où est ce rendez-vous, ou videz la ligne."))
            return
        try:
            self._found[n] = self.names.place(text)
        except Impossible as impossible:
            self.add_error(f"to_{n}", impossible.message)
        if start is None and f"from_{n}" not in self.errors:
            self.add_error(f"from_{n}", _("Indiquez l'heure du rendez-vous."))
        if end is None and f"until_{n}" not in self.errors:
            self.add_error(f"until_{n}", _("Indiquez jusqu'à quelle heure."))
        if start and end and start >= end:
            self.add_error(f"until_{n}", _("Le rendez-vous doit finir après son début."))

    def asked(self, home: Place | None, may_work_at_home: bool, has_licence: bool) -> Asked:
        """What the planner is asked; for a valid form. Appointments come in the order of their hours."""
        data = self.cleaned_data
        day: dt.date = data["date"]
        has = set(data["has"])
        meetings = [
            Appointment(
                Place(place.name, place.point),
                local(day, data[f"from_{n}"], self.zone),
                local(day, data[f"until_{n}"], self.zone),
                data[f"remote_{n}"],
                data[f"move_{n}"],
            )
            for n, place in self._found.items()
        ]
        return Asked(
            date=day,
            hours=(local(day, data["start"], self.zone), local(day, data["end"], self.zone)),
            appointments=tuple(sorted(meetings, key=lambda a: (a.start, a.end))),
            features=frozenset(data["features"]),
            home=home,
            may_work_at_home=may_work_at_home,
            traveller=Traveller(
                has_bike=bool(has & {"bike", "ebike"}),
                bike_is_assisted="ebike" in has,
                has_car="car" in has,
                # Who has a car drives it; a car of the pool asks for the licence itself (fleet/driving.py).
                has_licence="car" in has or has_licence,
                has_pass="pass" in has,
                carries_things=data["carries"],
                walk_km=data.get("walk_km") or Traveller().walk_km,
                bike_km=data.get("bike_km") or Traveller().bike_km,
            ),
            usual=Way(data["usual"]),
            meet=data["meet"],
        )


def beginning(previous: dict[str, Any] | None, date: dt.date, zone: ZoneInfo, *, again: bool = False) -> dict[str, Any]:
    """What the form begins with: what the person had and took last time (DayPlan.asked), an ordinary day else.

    `again`: with the appointments of that day too, at their hours.
    """
    if previous is None:
        return {
            "date": date,
            "start": dt.time(8, 30),
            "end": dt.time(17, 30),
            "usual": Way.OWN_CAR.value,
            "has": ["car"],
        }
    had = previous["traveller"]
    first, last = (dt.datetime.fromisoformat(at).astimezone(zone).time() for at in previous["hours"])
    has = [
        name
        for name, is_so in (
            ("bike", had["has_bike"] and not had["bike_is_assisted"]),
            ("ebike", had["has_bike"] and had["bike_is_assisted"]),
            ("car", had["has_car"]),
            ("pass", had["has_pass"]),
        )
        if is_so
    ]
    found = {
        "date": date,
        "start": first,
        "end": last,
        "usual": previous["usual"],
        "has": has,
        "features": previous["features"],
        "walk_km": had["walk_km"],
        "bike_km": had["bike_km"],
    }
    for n, one in zip(LINES, previous["appointments"] if again else (), strict=False):
        start, end = (dt.datetime.fromisoformat(one[at]).astimezone(zone).time() for at in ("start", "end"))
        found |= {
            f"to_{n}": one["place"]["name"],
            f"from_{n}": start,
            f"until_{n}": end,
            f"remote_{n}": one["may_be_remote"],
            f"move_{n}": one.get("may_move", False),
        }
    return found


def lines_of(appointments: Sequence[Appointment], zone: ZoneInfo) -> dict[str, Any]:
    """What the form's lines hold for these appointments, as far as it has lines."""
    found: dict[str, Any] = {}
    for n, one in zip(LINES, appointments, strict=False):
        found[f"to_{n}"] = one.place.name
        found[f"from_{n}"], found[f"until_{n}"] = (f"{at.astimezone(zone):%H:%M}" for at in (one.start, one.end))
        found |= {
            f"{name}_{n}": "on" for name, is_so in (("remote", one.may_be_remote), ("move", one.may_move)) if is_so
        }
    return found


def filled(form: OrganiseForm, query: QueryDict) -> dict[str, str]:
    """What an address fills the form with: the week opens it for a day and its appointments. What means nothing is left out."""
    found = {}
    for name, field in form.fields.items():
        value = query.get(name, "").strip()
        with suppress(forms.ValidationError):
            if value and field.clean(value):
                found[name] = value
    return found
