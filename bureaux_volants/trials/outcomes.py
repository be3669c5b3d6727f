"""What a trial may take as its main outcome: the indicators that exist per person and week, and their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Outcome:
    """`label` for people, `unit` of its threshold."""

    label: object
    unit: object


OUTCOMES: Mapping[str, Outcome] = {
    "car_km": Outcome(_("kilomètres en voiture pour le travail"), _("km par agent et par semaine")),
    "co2": Outcome(_("émissions des déplacements de travail"), _("kg CO2e par agent et par semaine")),
    "commute_minutes": Outcome(_("temps de trajet pour le travail"), _("minutes par agent et par semaine")),
    "desk_days": Outcome(_("journées en bureau volant"), _("jours par agent et par semaine")),
}
