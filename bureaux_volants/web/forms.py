"""What people send: forms that parse and check shape. Whether it is allowed is for the rooms to say."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import DESK_FEATURES, Booking
from bureaux_volants.booking.places import Place, find_place
from bureaux_volants.territory.calendar import holidays_of_year
from bureaux_volants.territory.models import Agent, Commune

from .when import AFTERNOON, FREE, MORNING, WHOLE, When

PARTS = [(MORNING, _("Matin")), (AFTERNOON, _("Après-midi")), (WHOLE, _("Journée")), (FREE, _("Autres heures"))]

#: Bookings of another century help nobody.
FARTHEST = dt.timedelta(days=730)


class DateInput(forms.DateInput):
    """The browser's own date picker, whatever the language of the page."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own time picker, by quarters of an hour."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(attrs={"step": 900}, format="%H:%M")


class WhenForm(forms.Form):
    """A day and a part of it."""

    date = forms.DateField(
        label=_("Jour"), widget=DateInput(), error_messages={"invalid": _("Indiquez un jour, par exemple 24/11/2026.")}
    )
    part = forms.ChoiceField(label=_("Moment"), choices=PARTS, widget=forms.RadioSelect)
    start = forms.TimeField(label=_("De"), required=False, widget=TimeInput())
    end = forms.TimeField(label=_("À"), required=False, widget=TimeInput())

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if abs(date - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        return date

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("part") == FREE:
            start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
            if start is None and "start" not in self.errors:
                self.add_error("start", _("Indiquez l'heure d'arrivée."))
            if end is None and "end" not in self.errors:
                self.add_error("end", _("Indiquez l'heure de départ."))
            if start and end and start >= end:
                self.add_error("end", _("L'heure de départ doit suivre l'heure d'arrivée."))
        return self.cleaned_data

    @property
    def when(self) -> When | None:
        """The choice made; None while it has an error."""
        if not self.is_bound or (not self.is_valid() and {"date", "part", "start", "end"} & set(self.errors)):
            return None
        data = self.cleaned_data
        return When(data["date"], data["part"], data.get("start"), data.get("end"))


class SearchForm(WhenForm):
    """When, near what, with what."""

    near = forms.CharField(
        label=_("Près de"),
        required=False,
        max_length=120,
        help_text=_("Une commune, un site, un arrêt, une adresse de site."),
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
    )
    features = forms.MultipleChoiceField(
        label=_("Il me faut"),
        required=False,
        choices=[(f.value, f.label) for f in DESK_FEATURES],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, places: list[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        self.origin: Place | None = None

    def clean_near(self) -> str:
        text: str = self.cleaned_data["near"]
        self.origin = find_place(text, self.places)
        if text.strip() and self.origin is None:
            raise forms.ValidationError(
                _(
                    "Nous ne connaissons pas ce lieu : essayez le nom d'une commune ou d'un site. Les distances ne sont pas calculées."
                )
            )
        return text


def next_easter(day: dt.date) -> dt.date:
    """The Easter Sunday on that day or after it: the day before the public holiday of Easter Monday."""
    for year in (day.year, day.year + 1):
        monday = next(
            date for date, name in holidays_of_year(year, "").items() if "Pâques" in name and date.weekday() == 0
        )
        sunday = monday - dt.timedelta(days=1)
        if sunday >= day:
            return sunday
    raise AssertionError("Easter comes every year")


UNTIL_FOUR_WEEKS, UNTIL_EASTER, UNTIL_DAY = "four-weeks", "easter", "day"


class BookForm(WhenForm):
    """A booking of one site; repeated when asked."""

    site = forms.CharField(widget=forms.HiddenInput, max_length=60)
    features = forms.MultipleChoiceField(
        label=_("Il me faut"),
        required=False,
        choices=[(f.value, f.label) for f in DESK_FEATURES],
        widget=forms.CheckboxSelectMultiple,
    )
    unit = forms.TypedChoiceField(label=_("Quel bureau"), required=False, coerce=int, empty_value=None)
    counterfactual = forms.ChoiceField(
        label=_("Sans ce bureau volant…"),
        required=False,
        choices=[("", _("je préfère ne pas répondre")), *Booking.Counterfactual.choices],
    )
    repeat = forms.BooleanField(label=_("Chaque semaine, le même jour"), required=False)
    until = forms.ChoiceField(label=_("Jusqu'à quand"), required=False, widget=forms.RadioSelect)
    until_day = forms.DateField(label=_("Dernier jour"), required=False, widget=DateInput())

    def __init__(self, *args: Any, directory: Directory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.directory = directory
        self.entry = next((s for s in directory.sites if s.slug == self.data.get("site")), None)
        self.easter = next_easter(self._first_day())
        self.fields["until"].choices = [  # type: ignore[attr-defined]
            (UNTIL_FOUR_WEEKS, _("pendant quatre semaines")),
            (UNTIL_EASTER, _("jusqu'à Pâques")),
            (UNTIL_DAY, _("jusqu'à une date")),
        ]
        units = self.entry.units_of("desk") if self.entry else ()
        self.fields["unit"].choices = [("", _("Peu importe : le premier libre")), *((u.id, u.name) for u in units)]  # type: ignore[attr-defined]

    def _first_day(self) -> dt.date:
        """The day the form names so far; today when it names none that makes sense."""
        today = timezone.localdate()
        try:
            day = dt.date.fromisoformat(self.data.get("date", ""))
        except ValueError:
            return today
        return day if abs(day - today) <= FARTHEST else today

    def clean_site(self) -> str:
        if self.entry is None:
            raise forms.ValidationError(_("Ce site n'existe pas."))
        return self.entry.slug

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("repeat") and data.get("date"):
            first: dt.date = data["date"]
            choice = data.get("until") or UNTIL_FOUR_WEEKS
            shown = "until_day" if choice == UNTIL_DAY else "until"  # the other field is hidden
            last = {
                UNTIL_FOUR_WEEKS: first + dt.timedelta(weeks=3),
                UNTIL_EASTER: next_easter(first),
                UNTIL_DAY: data.get("until_day"),
            }[choice]
            if last is None:
                self.add_error("until_day", _("Indiquez le dernier jour."))
            elif last < first:
                self.add_error(shown, _("Le dernier jour doit suivre le premier."))
            elif last - first > dt.timedelta(days=366):
                self.add_error(shown, _("Un an au plus."))
            else:
                data["last_day"] = last
        return data


class EndForm(forms.Form):
    """The new end of a stay that has begun."""

    end = forms.TimeField(label=_("Je reste jusqu'à"), widget=TimeInput())


class AbsenceForm(forms.Form):
    """A leave: every booking of these days is given back."""

    first = forms.DateField(label=_("Du"), widget=DateInput())
    last = forms.DateField(label=_("Au (compris)"), widget=DateInput())

    def clean(self) -> dict[str, Any]:
        super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        for name, day in (("first", first), ("last", last)):
            if day and abs(day - timezone.localdate()) > FARTHEST:
                self.add_error(name, _("Cette date est trop loin d'aujourd'hui."))
        if first and last and last < first:
            self.add_error("last", _("Le dernier jour doit suivre le premier."))
        if first and last and last - first > dt.timedelta(days=366):
            self.add_error("last", _("Un an au plus."))
        return self.cleaned_data


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What a person says of themselves and lets others see."""

    class Meta:
        model = Agent
        fields = ["visibility", "home_commune"]
        labels = {
            "visibility": _("Qui voit où je travaille"),
            "home_commune": _("Ma commune"),
        }
        help_texts = {
            "visibility": _("L'accueil d'un site voit toujours qui vient sur ce site."),
            "home_commune": _("Facultatif : elle ne sert qu'à classer les sites du plus proche au plus lointain."),
        }
        widgets = {"visibility": forms.RadioSelect}

    def __init__(self, *args: Any, directory: Directory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {"territory_id": directory.territory_id}
        self.fields["home_commune"].queryset = Commune.objects.filter(**own)  # type: ignore[attr-defined]
        self.fields["home_commune"].empty_label = _("Je préfère ne pas le dire")  # type: ignore[attr-defined]
