"""The forms of the enquiry: notes, their photos, findings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.places import plain
from bureaux_volants.territory.models import Commune
from bureaux_volants.trials.enquiry import Note
from bureaux_volants.trials.models import Decision, FieldNote, Finding, Trial

from .forms import DateInput


def _number(value: str) -> int | None:
    return int(value) if value else None


class NoteForm(forms.Form):
    """One interview or observation."""

    kind = forms.ChoiceField(label=gettext_lazy("Nature"), choices=FieldNote.Kind, widget=forms.RadioSelect)
    day = forms.DateField(label=gettext_lazy("Jour"), widget=DateInput())
    who = forms.CharField(
        label=gettext_lazy("Qui, en termes généraux"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Par exemple : une agente d'accueil, deux secrétaires de mairie. Jamais un nom."),
    )
    place = forms.CharField(label=gettext_lazy("Où"), max_length=120, required=False)
    commune = forms.TypedChoiceField(label=gettext_lazy("Commune"), coerce=_number, empty_value=None, required=False)
    text = forms.CharField(
        label=gettext_lazy("Ce qui a été vu ou entendu"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=8000,
        error_messages={"required": gettext_lazy("Écrivez ce que vous avez vu ou entendu.")},
    )
    consent = forms.ChoiceField(
        label=gettext_lazy("Accord pour être cité"), choices=FieldNote.Consent, widget=forms.RadioSelect
    )
    consent_at = forms.DateField(label=gettext_lazy("Accord donné le"), widget=DateInput(), required=False)
    verbatims = forms.CharField(
        label=gettext_lazy("Phrases telles quelles, une par ligne"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        help_text=gettext_lazy("Si la personne est reconnaissable, seulement avec son accord."),
    )
    tags = forms.CharField(
        label=gettext_lazy("Étiquettes"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Séparées par des virgules : trajet, accueil, téléphone…"),
    )
    trial = forms.TypedChoiceField(label=gettext_lazy("Essai"), coerce=_number, empty_value=None, required=False)

    def __init__(self, *args: Any, territory_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        communes = sorted(Commune.objects.filter(territory_id=territory_id), key=lambda c: plain(c.name))
        trials = Trial.objects.filter(territory_id=territory_id)
        for name, choices in (
            ("commune", [(c.pk, c.name) for c in communes]),
            ("trial", [(t.pk, t.title) for t in trials]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", _("aucune") if name == "commune" else _("aucun")), *choices]

    def clean_verbatims(self) -> tuple[str, ...]:
        lines = tuple(line.strip() for line in self.cleaned_data["verbatims"].splitlines() if line.strip())
        if any(len(line) > 500 for line in lines):
            raise forms.ValidationError(_("Une phrase compte 500 caractères au plus."))
        return lines

    @staticmethod
    def beginning(note: FieldNote) -> dict[str, Any]:
        names = ("kind", "day", "who", "place", "text", "consent", "consent_at")
        return {
            **{name: getattr(note, name) for name in names},
            "commune": note.commune_id,
            "trial": note.trial_id,
            "tags": ", ".join(note.tags),
            "verbatims": "\n".join(v.text for v in note.verbatims.all()),
        }

    @property
    def note(self) -> Note:
        data = self.cleaned_data
        return Note(
            kind=data["kind"],
            day=data["day"],
            text=data["text"],
            who=data["who"],
            place=data["place"],
            commune_id=data["commune"],
            tags=tuple(data["tags"].split(",")),
            consent=data["consent"],
            consent_at=data["consent_at"],
            verbatims=data["verbatims"],
            trial_id=data["trial"],
        )


class PhotoForm(forms.Form):
    """A picture and what is seen on it."""

    picture = forms.FileField(
        label=gettext_lazy("Photo"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=gettext_lazy("Un lieu, pas un visage. La date et le lieu que l'appareil y écrit sont effacés."),
        error_messages={"required": gettext_lazy("Choisissez une photo.")},
    )
    alt = forms.CharField(
        label=gettext_lazy("Ce qu'on y voit"),
        max_length=160,
        error_messages={"required": gettext_lazy("Dites ce qu'on voit sur la photo : tout le monde ne la verra pas.")},
    )


class FindingForm(forms.Form):
    """What several notes say together."""

    title = forms.CharField(
        label=gettext_lazy("Constat"),
        max_length=160,
        help_text=gettext_lazy("Une phrase que l'on peut contredire."),
        error_messages={"required": gettext_lazy("Écrivez le constat.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Explication (facultatif)"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=4000,
        required=False,
    )
    notes = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Notes sur lesquelles il s'appuie"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Un constat s'appuie sur au moins une note : choisissez lesquelles.")},
    )
    led_to = forms.CharField(label=gettext_lazy("Ce à quoi il a mené"), max_length=300, required=False)
    trial = forms.TypedChoiceField(label=gettext_lazy("Essai"), coerce=_number, empty_value=None, required=False)
    decision = forms.TypedChoiceField(label=gettext_lazy("Décision"), coerce=_number, empty_value=None, required=False)

    def __init__(self, *args: Any, territory_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        notes, trial, decision = self.fields["notes"], self.fields["trial"], self.fields["decision"]
        assert isinstance(notes, forms.TypedMultipleChoiceField)
        assert isinstance(trial, forms.TypedChoiceField)
        assert isinstance(decision, forms.TypedChoiceField)
        notes.choices = [
            (n.pk, f"{n.day:%d/%m/%Y} – {n.who or n.get_kind_display()} : {Truncator(n.text).words(16)}")
            for n in FieldNote.objects.filter(territory_id=territory_id)
        ]
        decisions = Decision.objects.filter(trial__territory_id=territory_id).order_by("-day", "pk")
        decision.choices = [
            ("", _("aucune")),
            *((d.pk, f"{d.day:%d/%m/%Y} – {Truncator(d.what).words(16)}") for d in decisions),
        ]
        trial.choices = [("", _("aucun")), *((t.pk, t.title) for t in Trial.objects.filter(territory_id=territory_id))]

    @staticmethod
    def beginning(finding: Finding) -> dict[str, Any]:
        return {
            "title": finding.title,
            "text": finding.text,
            "led_to": finding.led_to,
            "trial": finding.trial_id,
            "decision": finding.decision_id,
            "notes": [n.pk for n in finding.notes.all()],
        }
