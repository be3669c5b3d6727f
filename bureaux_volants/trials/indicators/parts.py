"""What the parts of a figure are called (figures.py): `commune:12`, `mode:bus+tram`, `telework:no`. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.models import Kind
from bureaux_volants.territory import french
from bureaux_volants.trials.surveys.diary import MODES

from .measures import OTHER
from .registry import Words
from .rows import KINDS

_FAMILIES: Mapping[str, Words] = {
    "telework": gettext_lazy("jours de télétravail convenus"),
    "distance": gettext_lazy("domicile – site d'affectation"),
    "employer": gettext_lazy("employeur"),
    "commune": gettext_lazy("commune"),
    "mode": gettext_lazy("mode"),
    "kind": gettext_lazy("nature"),
    "answer": gettext_lazy("réponse"),
}
_SAID: Mapping[str, Mapping[str, Words]] = {
    "telework": {
        "yes": gettext_lazy("télétravail convenu"),
        "no": gettext_lazy("pas de télétravail convenu"),
    },
    "distance": {
        "near": gettext_lazy("moins de 5 km"),
        "middle": gettext_lazy("de 5 à 15 km"),
        "far": gettext_lazy("15 km et plus"),
        "unknown": gettext_lazy("distance inconnue"),
    },
    "employer": {
        "intercommunal": gettext_lazy("intercommunalité"),
        "commune": gettext_lazy("commune"),
        "unknown": gettext_lazy("employeur inconnu"),
    },
    "answer": {
        "unknown": gettext_lazy("« je ne sais pas »"),
        "none": gettext_lazy("sans réponse"),
    },
    "mode": {str(mode): words for mode, words in MODES.items()},
    "kind": {code: Kind(code).label for code in KINDS},
}


def family_of(part: str) -> str:
    """Which breakdown a part belongs to; "" for the whole."""
    return part.partition(":")[0]


def family_words(part: str) -> str:
    """What the groups of the breakdown are groups of; "" for the whole."""
    family = family_of(part)
    return str(_FAMILIES.get(family, family))


def words_of(part: str, communes: Mapping[str, str]) -> str:
    """What the group is called; `communes`: names by number. "" for the whole; what is not known is told as it is written."""
    family, _colon, keys = part.partition(":")
    said = {"0": _("sans commune"), **communes} if family == "commune" else _SAID.get(family, {})
    names = [_("autres groupes, réunis") if key == OTHER else str(said.get(key, key)) for key in keys.split("+") if key]
    return french.listing(names)
