"""Metz Métropole: real communes and places, as facts typed in with their public sources. No Django here.

Communes: INSEE code, SIREN, name and municipal population from Etalab's découpage administratif (vintage 2026; INSEE,
DGCL), Licence Ouverte. Places: the public-transport stop or car park beside each (GTFS of LE MET' and register of car
parks, Eurométropole de Metz, Licence Ouverte), to 4 decimals: never the building itself, which may be some hundred metres
away. A commune's point is the stop of its mairie or village centre where one is known by its name, else an interior
point of its contour. The outline was computed once from the contours (IGN ADMIN EXPRESS COG, Licence Ouverte) and
simplified to about 300 m.

Which places lend desks, their opening hours, rules and equipment are an example: nothing here says what is really done
there. No address is given where no public source of the above gives one.
"""

from __future__ import annotations

from dataclasses import dataclass

SIREN = "200039865"
NAME = "Metz Métropole"
SLUG = "metz-metropole"

#: A SIRET is a SIREN and five digits. 00000 is attributed to no establishment: these identify nobody by mistake.
NO_ESTABLISHMENT = "00000"


@dataclass(frozen=True, slots=True)
class CommuneFacts:
    """One member commune; its point is in degrees."""

    code: str
    siren: str
    name: str
    population: int
    lat: float
    lon: float

    @property
    def of_name(self) -> str:
        """The name after "de": `de Marly`, `d'Augny`, `du Ban-Saint-Martin`."""
        if self.name.startswith("Le "):
            return f"du {self.name[3:]}"
        return f"d'{self.name}" if self.name[0] in "AEIOUYÉ" else f"de {self.name}"


COMMUNES: tuple[CommuneFacts, ...] = (
    CommuneFacts("57017", "215700170", "Amanvillers", 2188, 49.1674, 6.0439),
    CommuneFacts("57031", "215700311", "Ars-Laquenexy", 934, 49.0860, 6.2609),
    CommuneFacts("57032", "215700329", "Ars-sur-Moselle", 4616, 49.0862, 6.0358),
    CommuneFacts("57039", "215700394", "Augny", 2207, 49.0587, 6.1219),
    CommuneFacts("57049", "215700493", "Le Ban-Saint-Martin", 4684, 49.1226, 6.1418),
    CommuneFacts("57134", "215701343", "Châtel-Saint-Germain", 1880, 49.1222, 6.0815),
    CommuneFacts("57140", "215701400", "Chesny", 553, 49.0542, 6.2418),
    CommuneFacts("57142", "215701426", "Chieulles", 408, 49.1574, 6.2193),
    CommuneFacts("57146", "215701467", "Coin-lès-Cuvry", 824, 49.0241, 6.1289),
    CommuneFacts("57147", "215701475", "Coin-sur-Seille", 338, 49.0098, 6.1603),
    CommuneFacts("57162", "215701624", "Cuvry", 1096, 49.0357, 6.1709),
    CommuneFacts("57212", "215702127", "Féy", 754, 49.0288, 6.1045),
    CommuneFacts("57256", "215702564", "Gravelotte", 817, 49.1091, 6.0303),
    CommuneFacts("57351", "215703513", "Jury", 1408, 49.0722, 6.2545),
    CommuneFacts("57352", "215703521", "Jussy", 466, 49.1025, 6.0864),
    CommuneFacts("57385", "215703851", "Laquenexy", 1255, 49.0761, 6.3150),
    CommuneFacts("57396", "215703968", "Lessy", 794, 49.1260, 6.1033),
    CommuneFacts("57412", "215704123", "Longeville-lès-Metz", 4102, 49.1148, 6.1459),
    CommuneFacts("57415", "215704156", "Lorry-lès-Metz", 1720, 49.1447, 6.1093),
    CommuneFacts("57416", "215704164", "Lorry-Mardigny", 683, 48.9836, 6.0979),
    CommuneFacts("57445", "215704453", "Marieulles", 700, 49.0055, 6.1113),
    CommuneFacts("57447", "215704479", "Marly", 10286, 49.0601, 6.1542),
    CommuneFacts("57452", "215704529", "La Maxe", 1056, 49.1604, 6.1931),
    CommuneFacts("57454", "215704545", "Mécleuves", 1196, 49.0530, 6.2751),
    CommuneFacts("57463", "215704636", "Metz", 122572, 49.1194, 6.1755),
    CommuneFacts("57467", "215704677", "Mey", 309, 49.1367, 6.2383),
    CommuneFacts("57480", "215704800", "Montigny-lès-Metz", 21718, 49.0999, 6.1524),
    CommuneFacts("57487", "215704875", "Moulins-lès-Metz", 5265, 49.1070, 6.1063),
    CommuneFacts("57510", "215705104", "Noisseville", 1109, 49.1346, 6.2776),
    CommuneFacts("57512", "215705120", "Nouilly", 719, 49.1361, 6.2584),
    CommuneFacts("57534", "215705344", "Peltre", 1790, 49.0744, 6.2227),
    CommuneFacts("57545", "215705450", "Plappeville", 2027, 49.1307, 6.1235),
    CommuneFacts("57552", "215705526", "Pouilly", 963, 49.0545, 6.1956),
    CommuneFacts("57553", "215705534", "Pournoy-la-Chétive", 610, 49.0177, 6.1518),
    CommuneFacts("57593", "215705930", "Roncourt", 1058, 49.1980, 6.0538),
    CommuneFacts("57601", "215706011", "Rozérieulles", 1334, 49.1225, 6.0398),
    CommuneFacts("57616", "215706169", "Saint-Julien-lès-Metz", 3554, 49.1344, 6.2027),
    CommuneFacts("57622", "215706227", "Saint-Privat-la-Montagne", 1878, 49.1859, 6.0384),
    CommuneFacts("57624", "215706243", "Sainte-Ruffine", 623, 49.1075, 6.0968),
    CommuneFacts("57634", "215706342", "Saulny", 1590, 49.1587, 6.1061),
    CommuneFacts("57642", "215706425", "Scy-Chazelles", 2753, 49.1148, 6.1132),
    CommuneFacts("57693", "215706938", "Vantoux", 823, 49.1346, 6.2281),
    CommuneFacts("57694", "215706946", "Vany", 478, 49.1532, 6.2402),
    CommuneFacts("57701", "215707019", "Vaux", 792, 49.0976, 6.0554),
    CommuneFacts("57707", "215707076", "Vernéville", 715, 49.1363, 6.0084),
    CommuneFacts("57751", "215707514", "Woippy", 14967, 49.1513, 6.1501),
)

#: Ring of (longitude, latitude) around the 46 communes, closed by its first point.
OUTLINE: tuple[tuple[float, float], ...] = (
    (6.0813, 48.9631),
    (6.0654, 48.9916),
    (6.0902, 49.0185),
    (6.0786, 49.0457),
    (6.0987, 49.0605),
    (6.1009, 49.0856),
    (6.0912, 49.0868),
    (6.0906, 49.0750),
    (6.0703, 49.0637),
    (6.0536, 49.0774),
    (6.0399, 49.0724),
    (6.0264, 49.0879),
    (6.0199, 49.0797),
    (6.0052, 49.0845),
    (6.0077, 49.1115),
    (5.9814, 49.1444),
    (6.0386, 49.1739),
    (6.0221, 49.1852),
    (6.0183, 49.2079),
    (6.0536, 49.2119),
    (6.0671, 49.2104),
    (6.0689, 49.1991),
    (6.0858, 49.2000),
    (6.0651, 49.1836),
    (6.0575, 49.1758),
    (6.0669, 49.1796),
    (6.1088, 49.1637),
    (6.1530, 49.1709),
    (6.1508, 49.1886),
    (6.1666, 49.1901),
    (6.1837, 49.1776),
    (6.2046, 49.1768),
    (6.2052, 49.1581),
    (6.2236, 49.1666),
    (6.2331, 49.1592),
    (6.2479, 49.1641),
    (6.2479, 49.1470),
    (6.2721, 49.1397),
    (6.2853, 49.1449),
    (6.2889, 49.1356),
    (6.2427, 49.1197),
    (6.2565, 49.1084),
    (6.2452, 49.0980),
    (6.2626, 49.0915),
    (6.2851, 49.0992),
    (6.3053, 49.0849),
    (6.3213, 49.0904),
    (6.3477, 49.0842),
    (6.3387, 49.0706),
    (6.3178, 49.0674),
    (6.3145, 49.0700),
    (6.2981, 49.0680),
    (6.2888, 49.0450),
    (6.3069, 49.0318),
    (6.2663, 49.0285),
    (6.2593, 49.0423),
    (6.2316, 49.0437),
    (6.2126, 49.0549),
    (6.1797, 49.0420),
    (6.1733, 49.0322),
    (6.1835, 49.0242),
    (6.1690, 49.0050),
    (6.1181, 48.9983),
    (6.1299, 48.9779),
)

#: More points of communes whose ground lies far around their centre: the Technopôle and Borny are Metz, not the village
#: that happens to be nearer.
MORE_POINTS: dict[str, tuple[tuple[float, float], ...]] = {
    "57463": ((49.1042, 6.2044), (49.1079, 6.2432), (49.1095, 6.2477), (49.0913, 6.2336), (49.1277, 6.1850)),
    "57751": ((49.1506, 6.1740),),
    "57039": ((49.0641, 6.1293),),
}

#: Stops that people name when they say where they go (GTFS stop areas of LE MET', Licence Ouverte): name, degrees.
STOPS: tuple[tuple[str, float, float], ...] = (
    ("Centre Pompidou-Metz", 49.1091, 6.1809),
    ("Gare de Metz", 49.1105, 6.1766),
    ("République", 49.1149, 6.1729),
    ("Roi George", 49.1107, 6.1715),
    ("Muse", 49.1058, 6.1815),
    ("Place d'Armes", 49.1194, 6.1755),
    ("Place de Chambre", 49.1203, 6.1739),
    ("Place des Charrons", 49.1163, 6.1830),
    ("Saulcy", 49.1206, 6.1645),
    ("Fort Moselle", 49.1243, 6.1648),
    ("Pontiffroy", 49.1273, 6.1750),
    ("Blida", 49.1258, 6.1813),
    ("P+R Rochambeau", 49.1296, 6.1702),
    ("P+R Woippy", 49.1503, 6.1733),
    ("P+R Foire Expo", 49.0914, 6.2314),
    ("P+R Faubourg", 49.0851, 6.1826),
    ("Colombey", 49.1108, 6.2305),
    ("Route de Borny", 49.1150, 6.1924),
    ("Hôpital Legouest", 49.1117, 6.1925),
    ("Hôpital Schuman", 49.1234, 6.2422),
    ("Hôpital Mercy", 49.0858, 6.2437),
    ("Mercy Maternité", 49.0850, 6.2374),
    ("Grigy", 49.0950, 6.2207),
    ("Magny-au-Bois", 49.0753, 6.1952),
    ("Hauts-de-Magny", 49.0741, 6.1907),
    ("Avenue de Magny", 49.0641, 6.1672),
    ("Place de Gaulle", 49.0603, 6.1626),
    ("Gare d'Augny", 49.0702, 6.1375),
    ("Gare de Peltre", 49.0743, 6.2226),
    ("Gare de Woippy", 49.1486, 6.1554),
    ("Woippy Château", 49.1529, 6.1451),
    ("Place de France", 49.1562, 6.1530),
    ("Saint-Julien Fort", 49.1411, 6.2061),
)
