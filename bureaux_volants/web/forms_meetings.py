"""The forms of presences, needs and meetings."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.hosting.models import (
    LENGTHS,
    LONGEST_ANSWER,
    LONGEST_NOTE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MeetingAnswer,
    Need,
    Presence,
    Skill,
)
from bureaux_volants.hosting.needs import FARTHEST
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Agent

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PresenceForm(forms.Form):
    """What one can help with during a stay, and who may see it."""

    is_open = forms.BooleanField(label=gettext_lazy("La mairie peut me demander un quart d'heure"), required=False)
    skills = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Je peux aider sur"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(
        label=gettext_lazy("Un mot (facultatif)"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Par exemple : plutôt en fin de matinée."),
    )
    shown_to = forms.ChoiceField(
        label=gettext_lazy("Qui le voit"),
        choices=Agent.Visibility,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("La mairie qui vous accueille ne le voit que si c'est tout le territoire."),
    )

    def __init__(self, *args: Any, skills: Sequence[Skill], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["skills"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(s.pk, s.name) for s in skills]
        if not skills:
            del self.fields["skills"]


def begun_with(said: Presence | None) -> dict[str, Any]:
    """What the form begins with: what was said of this stay, or the last time; everybody sees it unless they say otherwise."""
    if said is None:
        return {"is_open": True, "shown_to": Agent.Visibility.EVERYONE}
    return {
        "is_open": said.is_open,
        "skills": [s.pk for s in said.skills.all()],
        "note": said.note,
        "shown_to": said.shown_to,
    }


class NeedForm(forms.Form):
    """A need, in the words of the commune."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(
        label=gettext_lazy("Votre besoin, en une ligne"),
        max_length=LONGEST_TITLE,
        help_text=gettext_lazy("Par exemple : un avis sur une zone humide."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Dites en une ligne ce dont vous avez besoin.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Précisions (facultatif)"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    skill = forms.TypedChoiceField(
        label=gettext_lazy("Sur quel sujet"),
        coerce=int,
        error_messages={"required": gettext_lazy("Choisissez le sujet : il dit quel service solliciter.")},
    )
    site = forms.TypedChoiceField(label=gettext_lazy("Où recevez-vous"), coerce=int)
    before = forms.DateField(
        label=gettext_lazy("Au plus tard le"),
        widget=_DAY,
        error_messages={"required": gettext_lazy("Donnez une date : sans elle, rien ne presse et rien ne se fait.")},
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Combien de temps"), coerce=int, choices=[(n, f"{n} min") for n in LENGTHS], initial=30
    )
    part = forms.ChoiceField(label=gettext_lazy("Quand recevez-vous"), choices=Need.Part, initial=Need.Part.DAY)

    def __init__(self, *args: Any, sites: Sequence[SiteEntry], skills: Sequence[Skill], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("skill", [("", _("Choisir…")), *((s.pk, s.name) for s in skills)]),
            ("site", [(s.id, s.name) for s in sites]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = choices
        if len(sites) == 1:
            self.fields["site"].widget = forms.HiddenInput()

    @staticmethod
    def beginning(today: dt.date, sites: Sequence[SiteEntry]) -> dict[str, Any]:
        return {"token": uuid.uuid4(), "before": today + dt.timedelta(days=14), "site": sites[0].id}


class SlotForm(forms.Form):
    """One of the times at which a meeting can begin."""

    start = forms.ChoiceField(
        label=gettext_lazy("Quand"),
        error_messages={
            "required": gettext_lazy("Choisissez un créneau."),
            "invalid_choice": gettext_lazy("Ce créneau n'est plus possible : choisissez-en un autre."),
        },
    )

    def __init__(self, *args: Any, slots: Sequence[dt.datetime], zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["start"]
        assert isinstance(field, forms.ChoiceField)
        days: dict[str, list[tuple[str, str]]] = {}
        for slot in slots:
            day = french.day(slot.astimezone(zone).date())
            days.setdefault(day, []).append((slot.astimezone(dt.UTC).isoformat(), french.at(slot, zone)))
        # A day's name once over its hours; none of it for a single day.
        field.choices = next(iter(days.values())) if len(days) == 1 else list(days.items())

    @property
    def chosen(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.cleaned_data["start"])


class QuarterForm(SlotForm):
    """When, and about what."""

    title = forms.CharField(
        label=gettext_lazy("De quoi voulez-vous parler"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Dites en une ligne de quoi vous voulez parler.")},
    )
    field_order = ("title", "start")


class OfferForm(forms.Form):
    """Another time than those proposed, on the day one is there."""

    at = forms.TimeField(
        label=gettext_lazy("Une autre heure"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": gettext_lazy("Donnez une heure."), "invalid": gettext_lazy("Donnez une heure.")},
    )

    def on(self, day: dt.date, zone: ZoneInfo) -> dt.datetime:
        return local(day, self.cleaned_data["at"], zone)


class AnswerForm(forms.Form):
    """A written answer."""

    text = forms.CharField(
        label=gettext_lazy("Votre réponse"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Écrivez d'abord votre réponse.")},
    )


class PostponeForm(forms.Form):
    """A later day."""

    before = forms.DateField(
        label=gettext_lazy("Nouvelle date"),
        widget=_DAY,
        help_text=gettext_lazy("D'ici %(n)d jours au plus.") % {"n": FARTHEST},
    )


class WhyForm(forms.Form):
    """A word to the other side, if one wants."""

    reason = forms.CharField(
        label=gettext_lazy("Un mot (facultatif)"),
        required=False,
        max_length=140,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class AfterForm(forms.Form):
    """One question after a meeting."""

    said = forms.ChoiceField(
        label=gettext_lazy("Cette rencontre a-t-elle été utile ?"),
        choices=MeetingAnswer.Said,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez l'une des réponses.")},
    )
    wants_more = forms.BooleanField(label=gettext_lazy("Il y a une suite à donner"), required=False)
