"""The days on which a team is together: how they are asked for, and who told to be elsewhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking import team_days
from bureaux_volants.booking.queries import TeamMember
from bureaux_volants.territory.models import Service, Site, TeamDay

from .forms import FARTHEST, DateInput

ONCE, WEEKLY = "once", "weekly"


class TeamDayForm(forms.Form):
    """A day together: where, and from when, once or each week."""

    site = forms.ModelChoiceField(
        label=gettext_lazy("Où"),
        queryset=Site.objects.none(),
        empty_label=gettext_lazy("Choisissez un site"),
        error_messages={
            "required": gettext_lazy("Choisissez le site où l'équipe se retrouve."),
            "invalid_choice": gettext_lazy("Ce site n'existe pas : choisissez-en un dans la liste."),
        },
    )
    date = forms.DateField(
        label=gettext_lazy("Le"),
        widget=DateInput(),
        error_messages={
            "required": gettext_lazy("Indiquez le jour."),
            "invalid": gettext_lazy("Indiquez un jour, par exemple 24/11/2026."),
        },
    )
    repeat = forms.ChoiceField(
        label=gettext_lazy("Quand"),
        choices=[(WEEKLY, gettext_lazy("Ce jour, chaque semaine")), (ONCE, gettext_lazy("Ce jour seulement"))],
        initial=WEEKLY,
        error_messages={"required": gettext_lazy("Dites si c'est chaque semaine ou ce jour seulement.")},
    )
    until = forms.DateField(
        label=gettext_lazy("Jusqu'au (compris)"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Vide : jusqu'à nouvel ordre."),
        error_messages={"invalid": gettext_lazy("Indiquez un jour, par exemple 24/11/2026.")},
    )

    def __init__(self, *args: Any, territory_id: int, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["site"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Site.objects.filter(territory_id=territory_id, is_active=True).order_by("name")

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if date < self.today:
            raise forms.ValidationError(_("Ce jour est passé : choisissez aujourd'hui ou un jour à venir."))
        if date - self.today > FARTHEST:
            raise forms.ValidationError(_("Ce jour est trop loin."))
        if date.isoweekday() > 5:
            raise forms.ValidationError(_("Choisissez un jour du lundi au vendredi."))
        return date

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        date, until = data.get("date"), data.get("until")
        if date and until and data.get("repeat") == WEEKLY and until < date:
            self.add_error("until", _("Le dernier jour doit suivre le premier."))
        return data

    @property
    def last(self) -> dt.date | None:
        """The last day, of a valid form; None without end."""
        if self.cleaned_data["repeat"] == ONCE:
            return self.cleaned_data["date"]  # type: ignore[no-any-return]
        return self.cleaned_data["until"]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Together:
    """A team day of the week shown: those of the team who told to be elsewhere, as far as they show it."""

    date: dt.date
    row: TeamDay
    elsewhere: list[TeamMember]
    is_over: bool


def of_week(service: Service | None, members: list[TeamMember], monday: dt.date, today: dt.date) -> list[Together]:
    """The service's days of that week. One query."""
    if service is None:
        return []
    found = team_days.team_days_of(service.pk, monday, monday + dt.timedelta(days=4))
    return [
        Together(day, row, team_days.elsewhere(members, row, day), day < today) for day, row in sorted(found.items())
    ]
