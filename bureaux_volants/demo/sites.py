"""The places of the demonstration: real ones, with hours, desks and rules given as an example. No Django here.

Positions and their sources: see metz.py. Addresses are those that the registers of stops and car parks, or the published
seat of the place, give; the others are left empty rather than guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(1, 6)
WORKING_DAYS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)

#: Weekday to its open intervals, local "HH:MM" bounds.
Week = dict[int, tuple[tuple[str, str], ...]]


def week(*intervals: tuple[str, str], **other: tuple[tuple[str, str], ...]) -> Week:
    """The same intervals from Monday to Friday, but where a day says otherwise (`friday=(...)`; empty: closed)."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return {day: other.get(name, intervals) for day, name in zip(WORKING_DAYS, names, strict=True)}


CONTINUOUS = week(("08:00", "18:30"))
MORNING, AFTERNOON = ("08:30", "12:00"), ("13:30", "17:30")
WITH_LUNCH_BREAK = week(MORNING, AFTERNOON)


@dataclass(frozen=True, slots=True)
class SeasonFacts:
    """Hours of a part of the year, "MM-DD" bounds included."""

    name: str
    first_day: str
    last_day: str
    week: Week


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A place and what it lends. `phase` 0: open since before the test. `rules`: what it decides otherwise."""

    slug: str
    name: str
    kind: str
    commune: str
    lat: float
    lon: float
    desks: int
    address: str = ""
    access: str = ""
    around: str = ""
    equipment: str = "Wi-Fi des agents, prises à chaque place."
    week: Week = field(default_factory=lambda: CONTINUOUS)
    season: SeasonFacts | None = None
    phase: int = 0
    rules: dict[str, int | str] = field(default_factory=dict)
    only_for_the_metropole: bool = False
    #: Share of the métropole's agents who have their usual desk here.
    staff: float = 0.0


METROPOLE_SITES = (
    SiteFacts(
        "maison-metropole",
        "Maison de la Métropole",
        "metropole",
        "57463",
        49.1076,
        6.1817,
        desks=12,
        address="Place du Parlement de Metz, 57000 Metz",
        access="À pied depuis la gare par le quartier de l'Amphithéâtre. Arrêt Centre Pompidou Metz. "
        "Présentez-vous à l'accueil du rez-de-chaussée.",
        around="Centre Pompidou-Metz, restaurants et commerces du quartier de l'Amphithéâtre.",
        equipment="Wi-Fi des agents, écrans, deux cabines téléphoniques, cuisine partagée.",
        staff=0.44,
    ),
    SiteFacts(
        "centre-technique",
        "Centre Technique Métropolitain",
        "metropole",
        "57463",
        49.1095,
        6.2477,
        desks=8,
        access="Zone de Metz-Actipôle, arrêt Drapiers. Entrée des piétons à côté du portail ; dites que vous venez "
        "pour un bureau de passage.",
        around="Restaurants de la zone d'activités.",
        equipment="Wi-Fi des agents, vestiaire et douche.",
        week=week(("07:00", "17:00")),
        only_for_the_metropole=True,
        staff=0.2,
    ),
    SiteFacts(
        "maison-archeologie",
        "Maison de l'Archéologie et du Patrimoine",
        "metropole",
        "57463",
        49.1077,
        6.2384,
        desks=4,
        access="Zone de Metz-Actipôle, arrêt Sébastopol.",
        week=WITH_LUNCH_BREAK,
        staff=0.03,
    ),
    SiteFacts(
        "harmony-park",
        "Technopôle – Harmony Park",
        "metropole",
        "57463",
        49.1079,
        6.2432,
        desks=10,
        address="11 boulevard Solidarité, 57070 Metz",
        access="Arrêt Solidarité, devant l'entrée.",
        around="Restaurants du boulevard, parc à vélos couvert.",
        equipment="Wi-Fi des agents, écrans, salle de réunion de six places.",
        staff=0.1,
    ),
    SiteFacts(
        "musee-cour-dor",
        "Musée de La Cour d'Or",
        "metropole",
        "57463",
        49.1205,
        6.1788,
        desks=4,
        access="Arrêt Cour d'Or. Passez par l'entrée du personnel : l'accueil du musée vous ouvre.",
        around="Vieille ville, cathédrale à quelques pas.",
        week=week(("09:00", "12:30"), ("13:30", "17:45"), tuesday=()),
        rules={"grace_minutes": 0},
        staff=0.03,
    ),
    SiteFacts(
        "conservatoire",
        "Conservatoire Gabriel-Pierné",
        "metropole",
        "57463",
        49.1207,
        6.1812,
        desks=4,
        access="Arrêt Conservatoire. Sonnez à l'accueil.",
        equipment="Wi-Fi des agents. On entend les répétitions l'après-midi : prévoyez un casque.",
        week=week(("09:00", "20:00")),
        season=SeasonFacts("Vacances de fin d'année", "12-20", "01-03", week(("09:00", "12:00"))),
        staff=0.02,
    ),
    SiteFacts(
        "opera-theatre",
        "Opéra-Théâtre",
        "metropole",
        "57463",
        49.1216,
        6.1741,
        desks=4,
        address="Place de la Comédie, 57000 Metz",
        access="Arrêt Préfecture, puis la place de la Comédie. Entrée des artistes.",
        week=week(("09:30", "18:00")),
        season=SeasonFacts("Relâche d'été", "07-15", "08-25", {}),
        staff=0.01,
    ),
    SiteFacts(
        "cloitre-recollets",
        "Cloître des Récollets",
        "metropole",
        "57463",
        49.1212,
        6.1797,
        desks=6,
        address="1 rue des Récollets, 57000 Metz",
        access="Arrêt Sainte-Ségolène. L'escalier est raide : pas d'accès en fauteuil roulant.",
        equipment="Wi-Fi des agents. Lieu très calme, sur le jardin.",
        week=week(("08:30", "17:30")),
        staff=0.02,
    ),
    SiteFacts(
        "office-tourisme",
        "Inspire Metz – Office de tourisme",
        "metropole",
        "57463",
        49.1201,
        6.1765,
        desks=4,
        access="Arrêt Office de tourisme, au pied de la cathédrale.",
        around="Marché couvert, commerces du centre.",
        week=week(("09:00", "18:00")),
    ),
    SiteFacts(
        "arsenal",
        "Arsenal – Cité musicale-Metz",
        "metropole",
        "57463",
        49.1162,
        6.1690,
        desks=4,
        access="Arrêt Poincaré. Parking République à côté.",
        around="Esplanade et jardins.",
        week=week(("09:00", "12:30"), ("13:30", "18:00")),
    ),
    SiteFacts(
        "metz-congres",
        "Metz Congrès Robert Schuman",
        "metropole",
        "57463",
        49.1078,
        6.1787,
        desks=6,
        address="Rue aux Arènes, 57000 Metz",
        access="À cinq minutes à pied du parvis sud de la gare.",
        week=week(("08:30", "18:00")),
    ),
    SiteFacts(
        "centre-pompidou",
        "Centre Pompidou-Metz",
        "metropole",
        "57463",
        49.1091,
        6.1809,
        desks=4,
        access="Parvis des Droits-de-l'Homme, derrière la gare. Entrée des bureaux par le côté.",
        around="Jardins et cafés du parvis.",
        week=week(("10:00", "18:00"), tuesday=()),
    ),
    SiteFacts(
        "metz-expo",
        "Metz Expo – Parc des expositions",
        "metropole",
        "57463",
        49.0913,
        6.2336,
        desks=4,
        address="Rue de la Grange aux Bois, 57070 Metz",
        access="Arrêt P+R Foire Expo. Parking-relais à l'entrée.",
        week=week(("08:30", "17:00")),
    ),
    SiteFacts(
        "pole-multimodal",
        "Pôle d'échanges multimodal de Metz",
        "metropole",
        "57463",
        49.1070,
        6.1772,
        desks=6,
        access="Au sud de la gare, arrêt Pôle multimodal. Bureaux au premier étage, ascenseur.",
        equipment="Wi-Fi des agents, consigne à vélos au rez-de-chaussée.",
        week=week(("07:00", "19:00")),
    ),
    SiteFacts(
        "haganis-cvd",
        "HAGANIS – Centre de valorisation des déchets",
        "metropole",
        "57463",
        49.1277,
        6.1850,
        desks=4,
        address="Avenue de Blida, 57000 Metz",
        access="Arrêt Chambière. Contrôle à la barrière : dites que vous venez pour un bureau de passage.",
        week=week(("07:30", "16:30")),
        staff=0.08,
    ),
    SiteFacts(
        "bliiida",
        "BLIIIDA – Tiers-lieu",
        "third_place",
        "57463",
        49.1258,
        6.1814,
        desks=6,
        address="Avenue de Blida, 57000 Metz",
        access="Arrêt Blida. L'accueil du tiers-lieu vous indique les places des agents.",
        around="Café du tiers-lieu, ateliers d'artistes.",
        equipment="Wi-Fi, salle de réunion à la demande, café partagé.",
        week=week(("09:00", "19:00")),
    ),
    SiteFacts(
        "parc-relais-woippy",
        "Parc relais P+R Woippy",
        "metropole",
        "57751",
        49.1506,
        6.1740,
        desks=4,
        address="Rue du Fort Gambetta, 57140 Woippy",
        access="Terminus du parc relais : laissez la voiture, le bus part de l'autre côté du quai.",
        week=week(("07:30", "18:30")),
    ),
    SiteFacts(
        "plateau-frescaty",
        "Plateau de Frescaty",
        "metropole",
        "57039",
        49.0641,
        6.1293,
        desks=6,
        access="Entrée par Augny. La desserte en bus est rare : comptez plutôt sur le vélo ou le covoiturage.",
        equipment="Wi-Fi des agents, grand parc à vélos.",
        week=week(("08:00", "17:30")),
        staff=0.07,
    ),
)

MAIRIES = (
    SiteFacts(
        "mairie-marly",
        "Hôtel de Ville de Marly",
        "mairie",
        "57447",
        49.0601,
        6.1542,
        desks=6,
        access="Arrêt Hôtel de Ville. Entrée principale, puis à droite après l'accueil : la salle des bureaux volants "
        "est fléchée. Arceaux à vélos devant la porte.",
        around="Boulangerie et restaurants du centre.",
        equipment="Wi-Fi des agents, écrans, imprimante, coin cuisine.",
        week=week(MORNING, AFTERNOON, friday=(MORNING, ("13:30", "16:30"))),
        phase=1,
        # Nobody is counted absent here: the host sees each person come.
        rules={"grace_minutes": 0},
    ),
    SiteFacts(
        "mairie-woippy",
        "Hôtel de Ville de Woippy",
        "mairie",
        "57751",
        49.1513,
        6.1501,
        desks=5,
        access="Arrêt Hôtel de Ville. Demandez la salle du conseil au guichet unique.",
        around="Place de France et ses commerces.",
        week=week(("08:00", "12:00"), ("13:30", "17:30"), thursday=(("08:00", "12:00"), ("13:30", "19:00"))),
        phase=1,
    ),
    SiteFacts(
        "mairie-montigny",
        "Hôtel de Ville de Montigny-lès-Metz",
        "mairie",
        "57480",
        49.0999,
        6.1524,
        desks=6,
        access="Arrêt Hôtel de Ville. Parkings Belvédère et Saint-Joseph à côté.",
        around="Jardin botanique, commerces de la rue de Pont-à-Mousson.",
        week=week(("08:30", "17:30")),
        phase=1,
    ),
    SiteFacts(
        "mairie-moulins",
        "Mairie de Moulins-lès-Metz",
        "mairie",
        "57487",
        49.1070,
        6.1063,
        desks=4,
        access="Arrêt Moulins Mairie, devant l'entrée.",
        week=week(MORNING, AFTERNOON, wednesday=(MORNING,)),
        phase=1,
    ),
    SiteFacts(
        "mairie-saint-julien",
        "Mairie de Saint-Julien-lès-Metz",
        "mairie",
        "57616",
        49.1344,
        6.2027,
        desks=4,
        access="Arrêt Saint-Julien Église, puis quelques minutes à pied.",
        week=week(("09:00", "12:00"), ("14:00", "18:00"), friday=(("09:00", "12:00"),)),
        phase=1,
        rules={"approval": "asked", "approval_hours": 24, "approval_default": "refused"},
    ),
    SiteFacts(
        "mairie-amanvillers",
        "Mairie d'Amanvillers",
        "mairie",
        "57017",
        49.1674,
        6.0439,
        desks=3,
        access="Arrêt Amanvillers Mairie.",
        around="Départ de sentiers ; pas de restaurant tout près : prévoyez le repas.",
        week=week(MORNING, AFTERNOON, wednesday=(MORNING,)),
        season=SeasonFacts("Été", "07-15", "08-20", week(("08:30", "12:30"))),
        phase=1,
        rules={"notice_minutes": 720, "grace_minutes": 0},
    ),
    SiteFacts(
        "mairie-chesny",
        "Mairie de Chesny",
        "mairie",
        "57140",
        49.0542,
        6.2418,
        desks=2,
        access="Arrêt Chesny Mairie. Petite équipe : la secrétaire de mairie vous ouvre.",
        week=week(("09:00", "12:00"), ("14:00", "17:30"), wednesday=()),
        phase=1,
        rules={"approval": "asked", "approval_hours": 24, "approval_default": "granted"},
    ),
    SiteFacts(
        "mairie-metz",
        "Hôtel de Ville de Metz",
        "mairie",
        "57463",
        49.1194,
        6.1755,
        desks=6,
        address="Place d'Armes, 57000 Metz",
        access="Arrêt Place d'Armes, face à la cathédrale.",
        week=week(("08:30", "18:00")),
        phase=2,
    ),
    SiteFacts(
        "mairie-augny",
        "Mairie d'Augny",
        "mairie",
        "57039",
        49.0587,
        6.1219,
        desks=3,
        access="Arrêt Augny Mairie.",
        week=WITH_LUNCH_BREAK,
        phase=2,
    ),
    SiteFacts(
        "mairie-chatel",
        "Mairie de Châtel-Saint-Germain",
        "mairie",
        "57134",
        49.1222,
        6.0815,
        desks=3,
        access="Arrêt Châtel Mairie.",
        week=week(MORNING, AFTERNOON, wednesday=(MORNING,)),
        phase=2,
    ),
)


def _lending(slug: str, of_name: str, commune: str, lat: float, lon: float, desks: int, hours: Week) -> SiteFacts:
    return SiteFacts(f"mairie-{slug}", f"Mairie {of_name}", "mairie", commune, lat, lon, desks=desks, week=hours)


_SHORT = week(("09:00", "12:00"), ("14:00", "17:30"), wednesday=(("09:00", "12:00"),))
#: Mairies that the second trial opens, in an order drawn by lot; each is at its commune's point (metz.py).
TRIAL_MAIRIES = (
    _lending("ars-sur-moselle", "d'Ars-sur-Moselle", "57032", 49.0862, 6.0358, 4, WITH_LUNCH_BREAK),
    _lending("ban-saint-martin", "du Ban-Saint-Martin", "57049", 49.1226, 6.1418, 4, WITH_LUNCH_BREAK),
    _lending("cuvry", "de Cuvry", "57162", 49.0357, 6.1709, 2, _SHORT),
    _lending("laquenexy", "de Laquenexy", "57385", 49.0761, 6.3150, 2, _SHORT),
    _lending("lorry-les-metz", "de Lorry-lès-Metz", "57415", 49.1447, 6.1093, 3, WITH_LUNCH_BREAK),
    _lending("la-maxe", "de La Maxe", "57452", 49.1604, 6.1931, 2, _SHORT),
    _lending("noisseville", "de Noisseville", "57510", 49.1346, 6.2776, 2, _SHORT),
    _lending("peltre", "de Peltre", "57534", 49.0744, 6.2227, 3, WITH_LUNCH_BREAK),
    _lending("plappeville", "de Plappeville", "57545", 49.1307, 6.1235, 3, WITH_LUNCH_BREAK),
    _lending("rozerieulles", "de Rozérieulles", "57601", 49.1225, 6.0398, 2, _SHORT),
    _lending("saint-privat", "de Saint-Privat-la-Montagne", "57622", 49.1859, 6.0384, 3, WITH_LUNCH_BREAK),
    _lending("saulny", "de Saulny", "57634", 49.1587, 6.1061, 2, WITH_LUNCH_BREAK),
)

#: Said on every site's page: the reader must not come at these hours.
EXAMPLE = "Horaires, bureaux et équipements sont donnés à titre d'exemple."
