"""Every indicator with its written definition. A figure that is kept names the code and the version of its indicator.

A definition never changes under a figure: a change is a new version, valid from its day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Better(StrEnum):
    """Which way is better; NEITHER where a higher figure is neither good nor bad."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Indicator:
    """`per_agent_week`: exists for one person and one ISO week, so that a trial may take it as an outcome.

    `needs_names`: cannot be worked out again once names have left the bookings (booking/retention.py): what was kept before stands.
    """

    code: str
    version: int
    valid_from: dt.date
    name: Words
    definition: Words
    denominator: Words
    unit: Words
    source: Words
    better: Better
    per_agent_week: bool = False
    needs_names: bool = False


_FIRST = dt.date(2026, 1, 1)
_DIARY = _("carnet de déplacements (déclaratif)")
_BOOKINGS = _("réservations et arrivées constatées")
_FACTORS = _("carnet de déplacements ; facteurs de l'ADEME, Impact CO2, juillet 2026")
_PER_WEEK = _("agents et semaines dont le carnet est rempli")


def _weekly(
    code: str,
    name: Words,
    definition: Words,
    unit: Words,
    source: Words,
    better: Better,
    denominator: Words = _PER_WEEK,
    *,
    needs_names: bool = False,
) -> Indicator:
    return Indicator(
        code,
        1,
        _FIRST,
        name,
        definition,
        denominator,
        unit,
        source,
        better,
        per_agent_week=True,
        needs_names=needs_names,
    )


def _whole(
    code: str,
    name: Words,
    definition: Words,
    denominator: Words,
    unit: Words,
    source: Words,
    better: Better,
    *,
    needs_names: bool = False,
) -> Indicator:
    return Indicator(code, 1, _FIRST, name, definition, denominator, unit, source, better, needs_names=needs_names)


_NO_DENOMINATOR = _("sans dénominateur : un effectif")
_STAYS = _("venues à un bureau volant")
#: What everything about stays means by one.
_A_STAY = _(
    "Une venue est une réservation de bureau où quelqu'un est arrivé, ailleurs que sur son propre site d'affectation ; sans arrivée "
    "signalée, elle compte quand l'heure est passée et que le bureau n'a pas été libéré faute d'arrivée. Les visites sans compte n'en sont pas."
)

_ALL = (
    _weekly(
        "car_km",
        _("kilomètres en voiture pour le travail"),
        _(
            "Kilomètres parcourus en voiture (seul ou à plusieurs) pour aller au travail, en revenir ou se déplacer en mission, "
            "une semaine donnée. Les trajets privés ne comptent pas. Une semaine est remplie quand cinq de ses jours le sont."
        ),
        _("km par agent et par semaine"),
        _DIARY,
        Better.LOWER,
    ),
    _weekly(
        "travel_minutes",
        _("temps de déplacement"),
        _("Minutes passées en déplacement une semaine donnée, pour les trajets dont la durée a été dite."),
        _("minutes par agent et par semaine"),
        _DIARY,
        Better.LOWER,
    ),
    _weekly(
        "gco2e",
        _("émissions des déplacements de travail"),
        _(
            "Kilomètres du domicile au travail et en mission, multipliés par le facteur de leur mode (usage et fabrication) en vigueur ce "
            "jour-là. Le carnet ne dit ni l'énergie de la voiture ni combien y sont à bord : elle compte comme une voiture au gazole, une personne à bord."
        ),
        _("gCO2e par agent et par semaine"),
        _FACTORS,
        Better.LOWER,
    ),
    _weekly(
        "cost_eur",
        _("coût des déplacements de travail"),
        _(
            "Kilomètres en voiture du domicile au travail et en mission, au taux de la première tranche des indemnités kilométriques en "
            "vigueur ce jour-là, qui que ce soit qui paie."
        ),
        _("EUR par agent et par semaine"),
        _("carnet de déplacements ; indemnités kilométriques de la fonction publique"),
        Better.LOWER,
    ),
    _weekly(
        "flying_days",
        _("jours en bureau volant"),
        _("Jours d'une semaine où l'agent est venu à un bureau volant. Deux venues le même jour comptent une fois."),
        _("jours par agent et par semaine"),
        _BOOKINGS,
        Better.HIGHER,
        _("agents suivis et semaines suivies, y compris sans aucune réservation"),
        needs_names=True,
    ),
    _whole(
        "bookings",
        _("réservations de bureau"),
        _(
            "Réservations de bureau demandées pour un jour de la période, quelle qu'en soit l'issue. Les visites sans compte n'en sont pas."
        ),
        _NO_DENOMINATOR,
        _("réservations"),
        _("réservations"),
        Better.HIGHER,
    ),
    _whole(
        "stays",
        _("venues à un bureau volant"),
        _A_STAY,
        _NO_DENOMINATOR,
        _("venues"),
        _BOOKINGS,
        Better.HIGHER,
        needs_names=True,
    ),
    _whole(
        "agents",
        _("agents différents"),
        _("Personnes différentes venues au moins une fois à un bureau volant sur la période."),
        _NO_DENOMINATOR,
        _("agents"),
        _BOOKINGS,
        Better.HIGHER,
        needs_names=True,
    ),
    _whole(
        "desk_occupancy",
        _("occupation des bureaux"),
        _(
            "Jours de bureau où quelqu'un est venu, visites comprises, rapportés aux jours de bureau prêtés. Les bureaux en service et les "
            "horaires sont ceux du jour du calcul ; les fermetures et les jours où un site prête moins de bureaux sont comptés à leur date."
        ),
        _("bureaux prêtés, un par jour d'ouverture"),
        _("%"),
        _BOOKINGS,
        Better.HIGHER,
    ),
    _whole(
        "no_show",
        _("absences sans prévenir"),
        _(
            "Réservations de bureau venues à leur heure où personne n'est arrivé. Une réservation annulée avant n'en est pas une."
        ),
        _("réservations de bureau venues à leur heure"),
        _("%"),
        _BOOKINGS,
        Better.LOWER,
    ),
    _whole(
        "refusals",
        _("demande non satisfaite"),
        _(
            "Demandes de bureau mises en liste d'attente et jamais servies, même retirées depuis, et demandes refusées par le site ou "
            "l'encadrement. Ne comptent pas, faute d'être enregistrées : les recherches abandonnées et les demandes que les règles arrêtent à la saisie."
        ),
        _("demandes enregistrées : réservations de bureau, et inscriptions en liste d'attente restées sans bureau"),
        _("%"),
        _("réservations et liste d'attente"),
        Better.LOWER,
    ),
    _whole(
        "meetings",
        _("rencontres entre métropole et communes"),
        _("Rencontres proposées dans l'application entre un agent et une mairie qui accueille, et dites tenues."),
        _NO_DENOMINATOR,
        _("rencontres"),
        _("besoins et rencontres"),
        Better.HIGHER,
    ),
    _whole(
        "pool_km",
        _("kilomètres des véhicules partagés"),
        _(
            "Kilomètres des sorties où le véhicule a été pris : entre deux relevés du compteur, sinon deux fois la distance annoncée."
        ),
        _("sans dénominateur : une somme"),
        _("km"),
        _("boîtes à clés et relevés de compteur"),
        Better.NEITHER,
    ),
    _whole(
        "modes",
        _("répartition des modes"),
        _(
            "Kilomètres du domicile au travail et en mission par mode, déclarés dans le carnet, des semaines remplies (cinq jours au moins) ; les sorties prouvées par une clé rendue "
            "sont données à part (kilomètres des véhicules partagés) et ne s'y ajoutent pas. Les modes de moins de cinq personnes sont réunis."
        ),
        _("kilomètres déclarés pour le travail"),
        _("%"),
        _DIARY,
        Better.NEITHER,
    ),
    _whole(
        "shared_rides",
        _("trajets partagés"),
        _(
            "Places acceptées dans la voiture d'un collègue, la sienne ou une voiture partagée, pour des trajets qui n'ont pas été annulés."
        ),
        _NO_DENOMINATOR,
        _("places"),
        _("covoiturage"),
        Better.HIGHER,
        needs_names=True,
    ),
    _whole(
        "instead_of_home",
        _("bureau volant à la place du domicile"),
        _(
            "Part des venues où l'agent aurait travaillé chez lui : une telle venue ajoute des déplacements au lieu d'en éviter. "
            "Les réponses « je ne sais pas » et l'absence de réponse sont données à part."
        ),
        _("venues à un bureau volant dont l'agent a dit où il aurait travaillé"),
        _("%"),
        _("réponse donnée à la réservation"),
        Better.LOWER,
        needs_names=True,
    ),
    _whole(
        "who5",
        _("bien-être (OMS-5)"),
        _(
            "Somme de cinq réponses de 0 à 5, multipliée par 4. Un score brut sous 13 est faible ; dix points de changement comptent. "
            "Une vague compte à sa clôture."
        ),
        _("réponses complètes à l'échelle"),
        _("points, de 0 à 100"),
        _("questionnaire ; OMS-5 (WHO-5, 1998)"),
        Better.HIGHER,
    ),
    _whole(
        "sts",
        _("satisfaction des trajets (STS)"),
        _(
            "Moyenne de trois sous-échelles de trois réponses, de −4 à 4, sur les trajets de la semaine. Une vague compte à sa clôture."
        ),
        _("réponses complètes à l'échelle"),
        _("points, de −4 à 4"),
        _("questionnaire ; Ettema et al., STS (2011)"),
        Better.HIGHER,
    ),
    _whole(
        "participation",
        _("participation par commune"),
        _(
            "Agents venus au moins une fois à un bureau volant, par commune de résidence ; pour un essai, par commune à laquelle l'agent est rattaché."
        ),
        _("agents de la commune"),
        _("%"),
        _BOOKINGS,
        Better.HIGHER,
        needs_names=True,
    ),
    _whole(
        "equity",
        _("qui peut l'utiliser, qui ne le peut pas"),
        _(
            "Part des agents venus au moins une fois, selon qu'ils ont ou non des jours de télétravail convenus, la distance de leur domicile à "
            "leur site d'affectation (à vol d'oiseau : moins de 5 km, de 5 à 15, davantage) et leur employeur. Le sexe et la catégorie ne sont pas "
            "enregistrés : ils ne peuvent venir que d'une question posée."
        ),
        _("agents de chaque groupe"),
        _("%"),
        _("fiches des agents et réservations"),
        Better.NEITHER,
        needs_names=True,
    ),
    _whole(
        "cost_per_stay",
        _("coût de fonctionnement par venue"),
        _(
            "Dépenses de fonctionnement saisies pour l'essai, divisées par les venues à un bureau volant sur la même période."
        ),
        _STAYS,
        _("EUR par venue"),
        _("dépenses saisies et arrivées constatées"),
        Better.LOWER,
        needs_names=True,
    ),
    _whole(
        "arrivals_told",
        _("arrivées signalées"),
        _(
            "Qualité des données : part des présences que l'agent, l'accueil ou le code du site a signalées ; les autres sont présumées."
        ),
        _("réservations de bureau honorées ou présumées l'être"),
        _("%"),
        _BOOKINGS,
        Better.HIGHER,
    ),
    _whole(
        "answers_known",
        _("venues dont on sait ce qu'elles remplacent"),
        _("Qualité des données : part des venues dont l'agent a dit où il aurait travaillé sans bureau volant."),
        _STAYS,
        _("%"),
        _("réponse donnée à la réservation"),
        Better.HIGHER,
        needs_names=True,
    ),
    _whole(
        "diary_filled",
        _("semaines de carnet remplies"),
        _("Qualité des données : part des semaines commencées dans le carnet dont cinq jours au moins sont remplis."),
        _("agents et semaines dont un jour au moins est rempli"),
        _("%"),
        _DIARY,
        Better.HIGHER,
    ),
)

INDICATORS: Mapping[str, Indicator] = {one.code: one for one in _ALL}


def indicator(code: str) -> Indicator:
    """The version in force. Raises KeyError for an unknown code."""
    return INDICATORS[code]
