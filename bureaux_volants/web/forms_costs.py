"""What running a trial cost, as people type it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bureaux_volants.trials.models import RunningCost
from bureaux_volants.trials.spending import MOST_EUROS, Expense

from .forms import DateInput

_SPACES = re.compile(r"[\s\u00a0\u202f]|€|(?i:euros?|eur)")
_WRONG = _("Le montant s'écrit en euros et centimes, par exemple 1 234,50.")


class EurosField(forms.DecimalField):
    """Euros as written in French: a comma, spaces between thousands, a euro sign or none; a point is understood too."""

    def __init__(self, **kwargs: Any) -> None:
        said = {"invalid": _WRONG, "max_digits": _WRONG, "max_decimal_places": _WRONG, "max_whole_digits": _WRONG}
        said |= {"min_value": _WRONG, "max_value": _WRONG, "required": _WRONG}
        super().__init__(
            min_value=0.01,
            max_value=MOST_EUROS,
            max_digits=10,
            decimal_places=2,
            localize=True,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            error_messages=said,
            **kwargs,
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(_SPACES.sub("", value) if isinstance(value, str) else value)


class ExpenseForm(forms.Form):
    """One cost."""

    day = forms.DateField(
        label=_("Jour"),
        widget=DateInput(),
        error_messages={
            "required": _("Dites quel jour."),
            "invalid": _("Indiquez un jour, par exemple 24/11/2026."),
        },
    )
    kind = forms.ChoiceField(
        label=_("Nature"),
        choices=RunningCost.Kind,
        error_messages={
            "invalid_choice": _("Choisissez la nature de la dépense."),
            "required": _("Choisissez la nature de la dépense."),
        },
    )
    label = forms.CharField(
        label=_("Dépense"),
        max_length=160,
        help_text=_("En quelques mots, sans nommer personne : « 12 h d'accueil », « badges »."),
        error_messages={"required": _("Dites en quelques mots ce qui a été payé.")},
    )
    euros = EurosField(label=_("Montant (€)"))

    @staticmethod
    def beginning(cost: RunningCost) -> dict[str, Any]:
        return {"day": cost.day, "kind": cost.kind, "label": cost.label, "euros": cost.euros}

    @property
    def expense(self) -> Expense:
        """The cost as sent, once valid."""
        return Expense(**self.cleaned_data)
