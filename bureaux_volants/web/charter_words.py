"""The charter's rules in French: what each asks, and what it does."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.charter.rules import Effect, Rule
from bureaux_volants.territory import french
from bureaux_volants.travel.journeys import Way

WAYS: dict[Way, Any] = {
    Way.WALK: gettext_lazy("à pied"),
    Way.OWN_BIKE: gettext_lazy("vélo personnel"),
    Way.POOL_BIKE: gettext_lazy("vélo du parc"),
    Way.TRANSIT: gettext_lazy("transports en commun"),
    Way.SHARED_RIDE: gettext_lazy("voiture d'un collègue"),
    Way.POOL_CAR: gettext_lazy("voiture du parc"),
    Way.OWN_CAR: gettext_lazy("voiture personnelle"),
    Way.PARK_AND_RIDE: gettext_lazy("parking-relais"),
    Way.BIKE_AND_RIDE: gettext_lazy("vélo puis transports"),
}
ENERGIES: dict[str, Any] = {
    "diesel": gettext_lazy("gazole"),
    "petrol": gettext_lazy("essence"),
    "hybrid": gettext_lazy("hybride"),
    "electric": gettext_lazy("électrique"),
    "assisted": gettext_lazy("assistance électrique"),
    "human": gettext_lazy("sans moteur"),
}
EFFECTS: dict[Effect, Any] = {
    Effect.ADVISE: gettext_lazy("conseille"),
    Effect.REASON: gettext_lazy("demande un motif"),
    Effect.APPROVAL: gettext_lazy("demande l'accord de l'encadrement"),
    Effect.REFUSE: gettext_lazy("refuse"),
}


def number(value: float) -> str:
    """`3`, `1,5`."""
    return f"{value:g}".replace(".", ",")


def conditions(rule: Rule) -> str:
    """`voiture du parc ou voiture personnelle ; moins de 3 km ; rien à transporter`."""
    told: list[str] = []
    if rule.ways:
        told.append(_(" ou ").join(str(WAYS[w]) for w in WAYS if w in rule.ways))
    if rule.energies:
        told.append(_("énergie : %s") % _(" ou ").join(str(ENERGIES[e]) for e in rule.energies))
    if rule.km_from is not None:
        told.append(_("à partir de %s km") % number(rule.km_from))
    if rule.km_under is not None:
        told.append(_("moins de %s km") % number(rule.km_under))
    if rule.instead is not None and rule.times is not None:
        told.append(
            _("%(way)s : au plus %(times)s × cette durée") % {"way": WAYS[rule.instead], "times": number(rule.times)}
        )
    if rule.people_under is not None:
        alone = rule.people_under == 2
        told.append(_("seul à bord") if alone else _("moins de %d personnes à bord") % rule.people_under)
    if rule.load is not None:
        told.append(_("quelque chose à transporter") if rule.load else _("rien à transporter"))
    if rule.accessible is not None:
        told.append(_("besoin d'accessibilité") if rule.accessible else _("sans besoin d'accessibilité"))
    if rule.hour_from is not None and rule.hour_until is not None:
        told.append(
            _("départ entre %(a)s et %(b)s") % {"a": french.clock(rule.hour_from), "b": french.clock(rule.hour_until)}
        )
    if rule.others_from is not None:
        told.append(
            ngettext(
                "au moins %d autre voiture qui y va à la même heure",
                "au moins %d autres voitures qui y vont à la même heure",
                rule.others_from,
            )
            % rule.others_from
        )
    if rule.again_from is not None:
        told.append(
            ngettext(
                "au moins %d autre trajet au même endroit dans la semaine",
                "au moins %d autres trajets au même endroit dans la semaine",
                rule.again_from,
            )
            % rule.again_from
        )
    return " ; ".join(told)
