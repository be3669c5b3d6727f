"""A second, invented territory: its trial changes nothing, and its page must say so.

No such communes exist: their codes are of no département, their SIREN are attributed to nobody, and their points lie in the Bay of
Biscay, where no place could be mistaken for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from django.contrib.auth.hashers import make_password

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.models import Resource, RuleSet
from bureaux_volants.events.log import Fact, record_many
from bureaux_volants.territory.models import Agent, Commune, Grant, OpeningHours, Organisation, Service, Site, Territory
from bureaux_volants.territory.mosaic import schematic_contours

from . import joining, lab, people, sites, trials
from .diary import Diary
from .history import SOFTWARE
from .lab import Bench
from .places import TERRITORY_RULES

SIREN = "000000001"
NAME = "Trois-Rives Agglomération (territoire inventé)"
SLUG = "trois-rives"
LAB = people.ELSEWHERE_LAB

#: The town first: it has the seat, and no part in the trial.
COMMUNES = (
    "Grandrive-la-Neuve",
    "Aubessonne",
    "Brévilliers-l'Étang",
    "Champ-des-Hérons",
    "Doucelles-sur-Rive",
    "Estrannes",
    "Fontvoisin",
    "Grésillonne",
    "Hautepraie",
    "Islemontier",
    "Jonquerives",
    "Lavandières-le-Gué",
    "Mirebrume",
)
#: Degrees: the town, and how far the others lie around it.
LAT, LON, AROUND = 45.80, -4.20, 0.09
AGENTS_EACH, DESKS = 13, 3
#: Who live in the town and have no part in the trial: were they few, what is told of the trial would tell of them.
TOWNSPEOPLE = 24

WEDGE = replace(
    lab.WEDGE,
    title="Douze mairies ouvrent par étapes",
    context="Même protocole qu'à Metz Métropole, dans un territoire inventé où les bureaux remplacent des jours passés chez soi. "
    "Essai inventé pour la démonstration : l'effet y est connu de qui l'a écrit.",
)


def write_elsewhere(*, seed: int, now: dt.datetime) -> Territory:
    """Write the territory, its people and its trial."""
    territory = Territory.objects.create(siren=SIREN, name=NAME, slug=SLUG, is_demonstration=True)
    rng = Random(f"{seed}/{SLUG}")
    communes = _communes(territory)
    organisations = _organisations(territory, communes)
    mairies = _sites(territory, communes, organisations)
    agents, by = _people(rng, territory, communes, organisations, mairies)
    bench = Bench.of(territory, by, seed, now)
    trial, members = lab.wedge_begun(bench, WEDGE, [c.pk for c in communes[1:]], agents)
    lab.wedge_lived(bench, trial, members, trials.NO_EFFECT)
    directory = get_directory(territory.pk, anew=True)
    joining.come(trial, [m.agent for m in members], Diary(directory), {}, seed=seed, now=now)
    today = bench.days.today.isoformat()
    record_many(
        SOFTWARE, [Fact(territory.pk, "demo.loaded", "territory", territory.pk, {"today": today, "seed": seed}, now)]
    )
    return territory


def _communes(territory: Territory) -> list[Commune]:
    # The town, then two rings of six.
    ring = [(0.0, 0.0)] + [
        (AROUND * size * y, AROUND * size * 1.4 * x)
        for size, turn in ((1.0, 0), (1.75, 1))
        for x, y in (
            ((1, 0), (0.5, 0.87), (-0.5, 0.87), (-1, 0), (-0.5, -0.87), (0.5, -0.87))
            if not turn
            else ((0.87, 0.5), (0, 1), (-0.87, 0.5), (-0.87, -0.5), (0, -1), (0.87, -0.5))
        )
    ]
    points = {f"99{n + 901}": (LAT + dy, LON + dx) for n, (dy, dx) in enumerate(ring)}
    contours = schematic_contours(points)
    return Commune.objects.bulk_create(
        Commune(
            territory=territory,
            code=code,
            name=name,
            population=21000 if n == 0 else 900 + 137 * n,
            lat=round(points[code][0], 4),
            lon=round(points[code][1], 4),
            contour=contours[code],
        )
        for n, (code, name) in enumerate(zip(points, COMMUNES, strict=True))
    )


def _of(name: str) -> str:
    return f"d'{name}" if name[0] in "AEIOUYÉ" else f"de {name}"


def _organisations(territory: Territory, communes: list[Commune]) -> list[Organisation]:
    """The agglomeration, then the communes in their order."""
    kinds = Organisation.Kind
    own = Organisation(
        territory=territory, siret=f"{SIREN}00000", name="Trois-Rives Agglomération", kind=kinds.INTERCOMMUNAL
    )
    return Organisation.objects.bulk_create(
        [
            own,
            *(
                Organisation(
                    territory=territory,
                    siret=f"0000000{n + 10}00000",
                    name=f"Commune {_of(c.name)}",
                    kind=kinds.COMMUNE,
                    commune=c,
                )
                for n, c in enumerate(communes)
            ),
        ]
    )


def _sites(territory: Territory, communes: list[Commune], organisations: list[Organisation]) -> list[Site]:
    """The seat, then a mairie in each commune of the trial."""
    town = communes[0]
    seat = Site(
        territory=territory,
        organisation=organisations[0],
        commune=town,
        slug="siege",
        name="Siège de l'agglomération",
        kind=Site.Kind.METROPOLE,
        lat=town.lat,
        lon=town.lon,
        equipment=sites.EXAMPLE,
    )
    mairies = [
        Site(
            territory=territory,
            organisation=organisation,
            commune=commune,
            slug=f"mairie-{commune.code}",
            name=f"Mairie {_of(commune.name)}",
            kind=Site.Kind.MAIRIE,
            lat=commune.lat,
            lon=commune.lon,
            equipment=f"Wi-Fi des agents, prises à chaque place. {sites.EXAMPLE}",
        )
        for commune, organisation in zip(communes[1:], organisations[2:], strict=True)
    ]
    made = Site.objects.bulk_create([seat, *mairies])
    OpeningHours.objects.bulk_create(
        OpeningHours(
            site=site,
            weekday=weekday,
            opens_at=dt.time.fromisoformat(opens),
            closes_at=dt.time.fromisoformat(closes),
        )
        for site in made
        for weekday, spans in sites.WITH_LUNCH_BREAK.items()
        for opens, closes in spans
    )
    Resource.objects.bulk_create(
        Resource(territory=territory, site=site, name=f"Bureau {n}", features=[])
        for site in made
        for n in range(1, DESKS + 1)
    )
    RuleSet.objects.create(territory=territory, **TERRITORY_RULES)
    return made


def _people(
    rng: Random, territory: Territory, communes: list[Commune], organisations: list[Organisation], made: list[Site]
) -> tuple[list[Agent], Agent]:
    """As many who live in each commune of the trial and work at the seat, somebody at each reception, the town's, and the lab."""
    services = Service.objects.bulk_create(
        Service(territory=territory, organisation=organisations[0], name=name)
        for name in ("Urbanisme", "Finances", "Eau et assainissement", people.ELSEWHERE_SERVICE)
    )
    every = [(first, last) for first in people.FIRST_NAMES for last in people.LAST_NAMES]
    names = rng.sample(every, AGENTS_EACH * len(communes[1:]))
    no_password = make_password(None)

    def seated(n: int, name: tuple[str, str], service: Service, commune: Commune, telework: Sequence[int]) -> Agent:
        """Somebody who works at the seat."""
        return Agent(
            territory=territory,
            email=f"agent{n:03d}@{SLUG}.example",
            first_name=name[0],
            last_name=name[1].replace("-", " "),
            organisation=organisations[0],
            service=service,
            usual_site=made[0],
            home_commune=commune,
            telework_weekdays=[*telework],
            password=no_password,
        )

    around = communes[1:]
    rows = [
        seated(n + 1, name, rng.choice(services[:3]), around[n % len(around)], rng.choice(([], [3], [5], [1, 5])))
        for n, name in enumerate(names)
    ]
    free = sorted({*every} - {*names})
    town = [
        seated(len(rows) + n + 1, name, services[n % 3], communes[0], [5] if n % 2 else [])
        for n, name in enumerate(free[:: len(free) // TOWNSPEOPLE][:TOWNSPEOPLE])
    ]
    by = Agent(
        territory=territory,
        email=LAB,
        first_name="Estelle",
        last_name="Bonnet",
        organisation=organisations[0],
        service=services[3],
        usual_site=made[0],
        home_commune=communes[0],
        visibility=Agent.Visibility.EVERYONE,
        password=no_password,
    )
    Agent.objects.bulk_create([*rows, *town, by])
    Grant.objects.bulk_create(
        [
            Grant(territory=territory, agent=by, role=Grant.Role.LAB),
            *(
                Grant(territory=territory, agent=rows[n], role=Grant.Role.HOST, site=mairie)
                for n, mairie in enumerate(made[1:])
            ),
        ]
    )
    return rows, by
