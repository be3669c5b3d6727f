"""What the lab writes beside a trial's figures: a decision, a mark of the grid."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureaux_volants.trials.deciding import Evidence
from bureaux_volants.trials.models import Rating
from bureaux_volants.trials.models.trial import MARKS_IN_WORDS as IN_WORDS

from .forms import DateInput


class DecisionForm(forms.Form):
    """A decision that was taken."""

    day = forms.DateField(
        label=gettext_lazy("Prise le"),
        widget=DateInput,
        error_messages={"required": gettext_lazy("Dites quel jour.")},
    )
    who = forms.CharField(
        label=gettext_lazy("Par qui"),
        max_length=120,
        help_text=gettext_lazy("Une fonction ou une instance, pas un nom."),
        error_messages={"required": gettext_lazy("Dites qui a décidé.")},
    )
    what = forms.CharField(
        label=gettext_lazy("Décision"),
        max_length=300,
        error_messages={"required": gettext_lazy("Dites ce qui est décidé.")},
    )
    ground = forms.CharField(
        label=gettext_lazy("Sur quoi elle s'appuie (facultatif)"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
        required=False,
    )


class RatingForm(forms.Form):
    """One line of the working group's grid."""

    criterion = forms.ChoiceField(label=gettext_lazy("Critère"), choices=Rating.Criterion)
    mark = forms.ChoiceField(
        # Django's own catalogue has a « Note », which is a remark.
        label=pgettext_lazy("grille", "Note"),
        # None beforehand, and each in words: a minus alone passes for « not rated ».
        choices=[("", gettext_lazy("Choisir…")), *((mark, f"{mark.label}  {IN_WORDS[mark]}") for mark in Rating.Mark)],
        error_messages={"required": gettext_lazy("Choisissez une note.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": gettext_lazy("Écrivez pourquoi : une note sans raison ne dit rien.")},
    )
    evidence_label = forms.CharField(label=gettext_lazy("Preuve (facultatif)"), max_length=120, required=False)
    evidence_path = forms.CharField(
        label=gettext_lazy("Son adresse"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Une page d'ici (/labo/…) ou une adresse https."),
    )

    @property
    def evidence(self) -> list[Evidence]:
        """The link, when one was given."""
        said = self.cleaned_data["evidence_label"], self.cleaned_data["evidence_path"]
        return [Evidence(*said)] if any(said) else []
