"""The employer's mobility plan as tables: what each indicator means, what it rests on, its figures. The page and the files tell the same."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureaux_volants.booking.models import Kind
from bureaux_volants.territory import french
from bureaux_volants.trials.indicators.rows import KINDS
from bureaux_volants.trials.mobility_plan.gathering import Plan
from bureaux_volants.trials.mobility_plan.months import OTHERS, Total, Travel
from bureaux_volants.trials.models import RunningCost
from bureaux_volants.trials.surveys.diary import MODES
from bureaux_volants.web.fleet_tables import Column, Row, Table, number, percent

_NO_CHART = SafeString("")


def tables(plan: Plan) -> list[Table]:
    """In the order of a plan: how people come, how they go about, the pool, what may spare a journey, what it costs."""
    return [
        _travel(plan, plan.commute, "domicile-travail", _("Déplacements domicile-travail, par mode")),
        _travel(plan, plan.business, "professionnels", _("Déplacements professionnels, par mode")),
        _by_month(plan),
        _occupancy(plan),
        _pool(plan),
        _distances(plan),
        _days(plan),
        _telework(plan),
        _allowances(plan),
        _costs(plan),
        _sources(plan),
    ]


def period_of(plan: Plan) -> str:
    return _("du %(first)s au %(last)s") % {
        "first": french.day(plan.first, year=True),
        "last": french.day(plan.last, year=True),
    }


def _mode(code: str) -> str:
    return _("modes de peu de personnes, réunis") if code == OTHERS else str(MODES.get(code, code)).capitalize()


def _kind(code: str) -> str:
    return _("réunis, peu de personnes") if code == OTHERS or code not in KINDS else str(Kind(code).label).capitalize()


def _hidden_months(hidden: int) -> str:
    """What is missing from a sum, "" when nothing is."""
    if not hidden:
        return ""
    said = ngettext(
        "%(n)d mois n'est pas compté : moins de cinq personnes y sont concernées, ou des réponses ont été retirées pendant ce mois ou depuis.",
        "%(n)d mois ne sont pas comptés : moins de cinq personnes y sont concernées, ou des réponses ont été retirées pendant ces mois ou depuis.",
        hidden,
    )
    return said % {"n": hidden}


def _nothing(hidden: int) -> str:
    return _hidden_months(hidden) or _("Rien n'a été déclaré ni enregistré sur la période.")


_DIARY = gettext_lazy(
    "Source : carnet de déplacements des essais, déclaratif ; un échantillon, pas tous les agents. Une semaine compte dans le mois où elle finit, quand cinq de ses jours sont remplis. Distances telles que dites. Émissions : "
    "facteurs de l'ADEME (usage et fabrication) en vigueur chaque jour, voiture au gazole comptée par véhicule avec une personne à bord."
)


def _travel(plan: Plan, found: Travel, slug: str, title: str) -> Table:
    most = max((s.people for s in found.shares), default=0)
    car = next((s for s in found.shares if s.mode == "car"), None)
    rows = [
        Row(
            (
                _mode(s.mode),
                s.trips,
                s.trips / found.trips,
                s.km,
                s.km / found.km if found.km else None,
                s.low,
                s.high,
                None if s.grams is None else s.grams / 1e6,
                s.people,
                f"{s.months}/{found.months}",
            )
        )
        for s in found.shares
    ]
    headline = (
        _("%(share)s des kilomètres en voiture") % {"share": percent(car.km / found.km)}
        if car and found.km
        else _("%(km)s km déclarés") % {"km": number(round(found.km))}
    )
    sample = _(
        "%(trips)s trajets et %(km)s km déclarés, sur %(n)d mois ; au moins %(most)d personnes pour un mode."
    ) % {
        "trips": number(found.trips),
        "km": number(round(found.km)),
        "n": found.months,
        "most": most,
    }
    return Table(
        slug,
        title,
        " ".join(
            (
                _("Part de chaque mode dans les trajets et dans les kilomètres, et tonnes de CO2 équivalent émises."),
                str(_DIARY),
                _(
                    "L'intervalle à 95 % de la part des kilomètres est prudent : moyenne pondérée des bornes de chaque mois. « Personnes » : au moins, le plus grand nombre d'un mois. Les modes de moins de cinq personnes dans un mois y sont réunis."
                ),
            )
        ),
        headline,
        " ".join(filter(None, (sample, _hidden_months(found.hidden)))),
        (
            Column(_("Mode")),
            Column(_("Trajets"), is_number=True),
            Column(_("Part des trajets"), is_share=True),
            Column(_("Km"), is_number=True),
            Column(_("Part des km"), is_share=True),
            Column(_("De"), is_share=True),
            Column(_("À"), is_share=True),
            Column(_("tCO2e"), is_number=True),
            Column(_("Personnes, au moins"), is_number=True),
            Column(_("Mois où le mode est distingué")),
        ),
        tuple(rows),
        _NO_CHART,
        "" if rows else _nothing(found.hidden),
    )


def _kg(grams: float | None) -> float | None:
    return None if grams is None else grams / 1e3


def _by_month(plan: Plan) -> Table:
    words = {"commute": _("domicile-travail"), "business": _("professionnel")}
    rows = []
    for month in plan.months:
        for purpose, name in words.items():
            label = f"{date_format(month.first, 'F Y')}, {name}"
            if purpose in month.hidden:
                rows.append(
                    Row(
                        (
                            label,
                            _("non montré : moins de cinq personnes, ou un autre chiffre s’en déduirait"),
                            *[None] * 7,
                        )
                    )
                )
            for mode, a in month.travel.get(purpose, {}).items():
                rows.append(Row((label, _mode(mode), a.trips, a.km, _kg(a.grams), a.people, a.share, a.low, a.high)))
    return Table(
        "par-mois",
        _("Déplacements de chaque mois"),
        _(
            "Les mêmes déplacements, mois par mois, avec l'intervalle à 95 % de chaque part (erreurs groupées par personne)."
        )
        + f" {_DIARY}",
        ngettext("%(n)d mois", "%(n)d mois", len(plan.months)) % {"n": len(plan.months)},
        "",
        (
            Column(_("Mois et motif")),
            Column(_("Mode")),
            Column(_("Trajets"), is_number=True),
            Column(_("Km"), is_number=True),
            Column(_("kgCO2e"), is_number=True),
            Column(_("Personnes"), is_number=True),
            Column(_("Part des km"), is_share=True),
            Column(_("De"), is_share=True),
            Column(_("À"), is_share=True),
        ),
        tuple(rows),
        _NO_CHART,
        "" if rows else _nothing(0),
    )


def _occupancy(plan: Plan) -> Table:
    found = plan.occupancy
    return Table(
        "occupation-voitures",
        _("Personnes à bord des voitures partagées"),
        _(
            "Nombre moyen de personnes à bord, conducteur compris, des sorties où la voiture du parc a été prise. Source : annoncé à la réservation, et places prises depuis. L'occupation des voitures personnelles n'est pas mesurée : le carnet ne dit pas combien de personnes sont à bord."
        ),
        _("%(mean)s personne par voiture") % {"mean": f"{found.mean:.2f}".replace(".", ",")} if found.mean else "",
        " ".join(
            filter(
                None,
                (
                    _("%(outings)s sorties, au moins %(people)d conducteurs.")
                    % {"outings": number(found.outings), "people": found.people},
                    _hidden_months(found.hidden),
                ),
            )
        ),
        (
            Column(_("Voitures")),
            Column(_("Personnes à bord"), is_number=True),
            Column(_("De"), is_number=True),
            Column(_("À"), is_number=True),
            Column(_("Sorties"), is_number=True),
            Column(_("Conducteurs, au moins"), is_number=True),
        ),
        (Row((_("Voitures du parc"), found.mean, found.low, found.high, found.outings, found.people)),),
        _NO_CHART,
        "" if found.mean is not None else _nothing(found.hidden),
    )


def _pool(plan: Plan) -> Table:
    hidden = sum("pool" in m.hidden for m in plan.months)
    outings = sum(o.count for o, _months in plan.pool.values())
    return Table(
        "parc-partage",
        _("Usage du parc partagé"),
        _(
            "Sorties où le véhicule ou la carte a vraiment été pris, et kilomètres : entre deux relevés du compteur, sinon deux fois la distance annoncée. Source : boîtes à clés et relevés."
        ),
        ngettext("%(n)s sortie", "%(n)s sorties", outings) % {"n": number(outings)},
        _hidden_months(hidden),
        (
            Column(_("Quoi")),
            Column(_("Sorties"), is_number=True),
            Column(_("Km connus"), is_number=True),
            Column(_("Personnes, au moins"), is_number=True),
            Column(_("Mois")),
        ),
        tuple(Row((_kind(kind), o.count, o.km, o.people, str(n))) for kind, (o, n) in plan.pool.items()),
        _NO_CHART,
        "" if plan.pool else _nothing(hidden),
    )


def _distances(plan: Plan) -> Table:
    rows, low = [], 0.0
    for end, people in plan.distances:
        if end is None:
            label = _("inconnue")
        elif end == float("inf"):
            label = _("%(low)d km et plus") % {"low": low}
        else:
            label = _("de %(low)d à %(high)d km") % {"low": low, "high": end}
            low = end
        rows.append(Row((label, people)))
    known = sum(people for _end, people in plan.distances)
    return Table(
        "distances",
        _("Distance du domicile au site d'affectation"),
        _(
            "Agents par tranche de distance, à vol d'oiseau, du domicile (ou de sa commune, si seule elle est connue) au site d'affectation. Source : annuaire au jour de l'export, effectifs arrondis à cinq près pour qu'on ne voie pas qui arrive ou part."
        ),
        _("environ %(n)s agents") % {"n": number(known)},
        "",
        (Column(_("Distance")), Column(_("Agents, arrondis à 5"), is_number=True)),
        tuple(rows),
        _NO_CHART,
    )


def _days(plan: Plan) -> Table:
    lines: Sequence[tuple[str, Total, str]] = (
        (_("Jours en bureau volant"), plan.flying, _("réservations et arrivées")),
        (_("Jours à vélo domicile-travail déclarés au carnet"), plan.bike_days, _("carnet de déplacements")),
        (_("Places en covoiturage entre collègues"), plan.seats, _("covoiturage de l'application")),
    )
    return Table(
        "jours",
        _("Bureaux volants, vélo et covoiturage"),
        _(
            "Un jour en bureau volant est un jour où l'agent est venu à un bureau réservé hors de son site d'affectation. Un jour à vélo est un jour du carnet avec au moins un trajet domicile-travail à vélo, personnel ou du parc : le carnet ne les distingue pas. « Personnes » : au moins, le plus grand nombre d'un mois."
        ),
        _("%(n)s jours en bureau volant") % {"n": number(plan.flying.count)},
        "",
        (
            Column(_("Quoi")),
            Column(_("Nombre"), is_number=True),
            Column(_("Personnes, au moins"), is_number=True),
            Column(_("Mois non comptés (moins de cinq personnes)"), is_number=True),
            Column(_("Source")),
        ),
        tuple(Row((label, t.count, t.people, t.hidden, source)) for label, t, source in lines),
        _NO_CHART,
    )


def _telework(plan: Plan) -> Table:
    days = sum(n * people for n, people in plan.telework)
    return Table(
        "teletravail",
        _("Télétravail convenu"),
        _(
            "Agents par nombre de jours de télétravail convenus chaque semaine. Ce sont des jours convenus, pas des jours constatés : l'application ne suit pas le télétravail à domicile. Source : annuaire au jour de l'export, effectifs arrondis à cinq près."
        ),
        _("environ %(n)s jours convenus par semaine") % {"n": number(days)},
        "",
        (Column(_("Jours par semaine")), Column(_("Agents, arrondis à 5"), is_number=True)),
        tuple(Row((str(n), people)) for n, people in plan.telework),
        _NO_CHART,
        "" if plan.telework else _("Personne n'a de compte."),
    )


def _allowances(plan: Plan) -> Table:
    rows = [
        Row(
            (
                str(year),
                _("%(n)d jours et plus") % {"n": band.days},
                band.euros,
                band.people if band.people is not None else _("moins de cinq : non montré"),
            )
        )
        for year, bands in plan.years
        for band in bands
    ]
    return Table(
        "forfait-mobilites-durables",
        _("Forfait mobilités durables"),
        _(
            "Agents par nombre de jours de covoiturage domicile-travail enregistrés ici dans l'année civile, et montant auquel ces jours ouvrent droit (décret 2020-1547 : 100, 200 ou 300 euros dès 30, 60 ou 100 jours). Un minimum : les jours à vélo personnel et le covoiturage fait ailleurs se déclarent sur l'honneur et ne sont pas connus ici. Un véhicule du parc ne compte pas."
        ),
        ", ".join(str(year) for year, _bands in plan.years),
        "",
        (
            Column(_("Année")),
            Column(_("Jours")),
            Column(_("Montant (€)"), is_number=True),
            Column(_("Agents"), is_number=True),
        ),
        tuple(rows),
        _NO_CHART,
        ""
        if rows
        else _("Il se compte par année civile entière et terminée : la période choisie n'en contient aucune."),
    )


def _costs(plan: Plan) -> Table:
    rows = [
        Row((str(RunningCost.Kind(kind).label).capitalize(), float(amount), _("dépenses saisies pour les essais")))
        for kind, amount in plan.costs.by_kind
    ]
    car = sum(s.euros or 0.0 for s in plan.business.shares)
    if plan.business.km:
        rows.append(
            Row((_("Missions en voiture, au barème"), car, _("carnet et indemnités kilométriques : un échantillon")))
        )
    return Table(
        "couts",
        _("Coûts"),
        _(
            "Dépenses de fonctionnement saisies pour les essais du territoire sur la période ; à part, ce que coûteraient au taux de la première tranche des indemnités kilométriques les missions en voiture déclarées. Les deux ne s'additionnent pas."
        ),
        _("%(euros)s € de fonctionnement") % {"euros": number(float(plan.costs.whole))},
        "",
        (Column(_("Nature")), Column(_("Euros"), is_number=True), Column(_("Source"))),
        tuple(rows),
        _NO_CHART,
        "" if rows else _("Aucune dépense n'a été saisie."),
    )


def _sources(plan: Plan) -> Table:
    rows = [
        (
            _("Périmètre"),
            _(
                "Tout le territoire, tous employeurs réunis : le carnet est tenu sous pseudonyme, il ne se répartit pas par employeur."
            ),
        ),
        (_("Texte"), _("Plan de mobilité employeur : code des transports, article L1214-8-2.")),
        (
            _("Petits groupes"),
            _(
                "Chaque mois est rendu sûr séparément (cinq personnes au moins), puis les mois s'additionnent : deux périodes soustraites l'une de l'autre ne montrent donc personne."
            ),
        ),
        (_("Barèmes"), ", ".join(plan.tables)),
        (
            _("Ce qui manque"),
            _(
                "Les agents sans compte, les déplacements de qui ne tient pas de carnet, l'occupation des voitures personnelles, le télétravail réellement fait, les abonnements de transport remboursés."
            ),
        ),
    ]
    return Table(
        "sources",
        _("Sources et limites"),
        _("D'où viennent ces chiffres et ce qu'ils ne disent pas."),
        _("à lire avant de citer un chiffre"),
        "",
        (Column(_("Sujet")), Column(_("Ce qu'il faut savoir"))),
        tuple(Row(row) for row in rows),
        _NO_CHART,
    )
