"""A rule of the charter as a form: every condition may be left empty, and is then not asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bureaux_volants.charter.rules import CONDITIONS, LONGEST_SENTENCE, Invalid, Rule, read, written

from .charter_words import EFFECTS, ENERGIES, WAYS

_ANY = ("", _("peu importe"))
_YES_OR_NO = [_ANY, ("yes", _("oui")), ("no", _("non"))]
_SMALL = {"inputmode": "numeric", "size": "4"}
_DECIMAL = {"inputmode": "decimal", "size": "6"}


class TextForm(forms.Form):
    """The text that people accept."""

    text = forms.CharField(label=_("Texte de la charte"), required=False, widget=forms.Textarea(attrs={"rows": "14"}))


class RuleForm(forms.Form):
    """What it asks of a trip and what it does. All checks are the charter's own (charter/rules.py)."""

    sentence = forms.CharField(
        label=_("Phrase que les agents lisent"),
        required=False,
        widget=forms.Textarea(attrs={"rows": "2", "maxlength": str(LONGEST_SENTENCE)}),
    )
    effect = forms.ChoiceField(
        label=_("La règle…"),
        required=False,
        choices=[(e.value, label) for e, label in EFFECTS.items()],
        help_text=_("Un motif n'est lu que par la personne. Un accord ne se demande que pour un véhicule du parc."),
    )
    code = forms.CharField(
        label=_("Code"),
        required=False,
        help_text=_("Court et stable, sans espace ni accent : trajet-court. Les statistiques et l'API le citent."),
    )
    ways = forms.MultipleChoiceField(
        label=_("Moyens concernés"),
        required=False,
        choices=[(w.value, label) for w, label in WAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Aucun coché : tous."),
    )
    energies = forms.MultipleChoiceField(
        label=_("Énergie du véhicule"),
        required=False,
        choices=list(ENERGIES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Aucune cochée : toutes."),
    )
    km_from = forms.CharField(label=_("À partir de (km)"), required=False, widget=forms.TextInput(attrs=_DECIMAL))
    km_under = forms.CharField(label=_("Moins de (km)"), required=False, widget=forms.TextInput(attrs=_DECIMAL))
    instead = forms.ChoiceField(
        label=_("Si, par cet autre moyen,"),
        required=False,
        choices=[("", _("pas de comparaison")), *((w.value, label) for w, label in WAYS.items())],
    )
    times = forms.CharField(
        label=_("le trajet prend au plus (fois la durée)"), required=False, widget=forms.TextInput(attrs=_DECIMAL)
    )
    people_under = forms.CharField(
        label=_("Moins de… personnes à bord"), required=False, widget=forms.TextInput(attrs=_SMALL)
    )
    load = forms.ChoiceField(label=_("Quelque chose à transporter"), required=False, choices=_YES_OR_NO)
    accessible = forms.ChoiceField(label=_("Besoin d'accessibilité"), required=False, choices=_YES_OR_NO)
    hour_from = forms.CharField(
        label=_("Départ à partir de"),
        required=False,
        widget=forms.TextInput(attrs={"size": "6", "placeholder": "9:00"}),
    )
    hour_until = forms.CharField(
        label=_("et avant"), required=False, widget=forms.TextInput(attrs={"size": "6", "placeholder": "16:00"})
    )
    others_from = forms.CharField(
        label=_("Autres voitures au même endroit, à la même heure (au moins)"),
        required=False,
        widget=forms.TextInput(attrs=_SMALL),
    )
    again_from = forms.CharField(
        label=_("Autres trajets de la personne au même endroit, dans la semaine (au moins)"),
        required=False,
        widget=forms.TextInput(attrs=_SMALL),
    )

    @classmethod
    def of(cls, rule: Rule) -> RuleForm:
        """The form that says this rule."""
        initial = written(rule)
        for name in ("load", "accessible"):
            if name in initial:
                initial[name] = "yes" if initial[name] else "no"
        for name in ("km_from", "km_under", "times"):
            if name in initial:
                initial[name] = f"{initial[name]:g}".replace(".", ",")
        return cls(initial=initial)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            data["rule"] = read({name: data.get(name) for name in ("code", "effect", "sentence", *CONDITIONS)})
        except Invalid as invalid:
            self.tell(invalid)
        return data

    def tell(self, invalid: Invalid) -> None:
        """Say each fault beside its field."""
        for fault in invalid.faults:
            self.add_error(fault.field or None, fault.sentence)
