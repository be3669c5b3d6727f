"""Writing the people of the demonstration: services, 600 agents, the personas and their roles."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from django.contrib.auth.hashers import make_password

from bureaux_volants.territory.models import Agent, Grant, Service, Site

from . import metz, people
from .people import PersonaFacts
from .places import Places, all_sites

TELEWORK_DAYS: tuple[list[int], ...] = ([], [1], [2], [3], [5], [1, 3], [3, 5], [1, 5])
TELEWORK_WEIGHTS = (40, 8, 4, 14, 22, 3, 6, 3)
VISIBILITIES = ("team", "organisation", "everyone", "nobody")
VISIBILITY_WEIGHTS = (58, 22, 12, 8)


@dataclass(frozen=True)
class Staff:
    """The people written: the 600 in the order of their addresses, those who move, the personas by address."""

    agents: list[Agent]
    mobile: list[Agent]
    personas: dict[str, Agent]


def write_staff(rng: Random, places: Places) -> Staff:
    """Write services, people and roles. Nobody has a usable password: personas enter by one click."""
    services = _services(places)
    names = rng.sample([(f, l) for f in people.FIRST_NAMES for l in people.LAST_NAMES], people.AGENTS)  # noqa: E741
    mobile_ranks = set(rng.sample(range(people.AGENTS), int(people.AGENTS * people.MOBILE_SHARE)))
    homes = rng.choices([c.code for c in metz.COMMUNES], [c.population for c in metz.COMMUNES], k=people.AGENTS)
    rows = []
    for rank, ((first, last), home) in enumerate(zip(names, homes, strict=True)):
        site = _usual_site(rng, places)
        employer = next(code for code, o in places.organisations.items() if o.pk == site.organisation_id)
        rows.append(
            Agent(
                territory=places.territory,
                email=f"agent{rank + 1:03d}@metz.example",
                first_name=first,
                last_name=last.replace("-", " "),
                organisation=places.organisations[employer],
                service=rng.choice(services[employer]),
                usual_site=site,
                # Some people do not say where they live.
                home_commune=places.communes[home] if rng.random() < 0.9 else None,
                telework_weekdays=rng.choices(TELEWORK_DAYS, TELEWORK_WEIGHTS)[0],
                visibility=rng.choices(VISIBILITIES, VISIBILITY_WEIGHTS)[0],
                password=make_password(None),
            )
        )
    personas = [_persona(p, places, services) for p in people.PERSONAS]
    Agent.objects.bulk_create([*rows, *personas], batch_size=200)
    staff = Staff(rows, [rows[rank] for rank in sorted(mobile_ranks)], {p.email: p for p in personas})
    _grants(places, staff)
    return staff


def _services(places: Places) -> dict[str, list[Service]]:
    """Services by employer code: those of the métropole, and of the communes that have a site."""
    employers = {f.commune for f in all_sites() if f.kind == Site.Kind.MAIRIE}
    made = {"": [_service(places, "", name) for name in people.METROPOLE_SERVICES]}
    for code in sorted(employers):
        made[code] = [_service(places, code, name) for name in people.COMMUNE_SERVICES]
    Service.objects.bulk_create([service for of_one in made.values() for service in of_one])
    return made


def _service(places: Places, employer: str, name: str) -> Service:
    return Service(territory=places.territory, organisation=places.organisations[employer], name=name)


def _usual_site(rng: Random, places: Places) -> Site:
    if rng.random() < people.COMMUNE_SHARE:
        mairies = [f for f in all_sites() if f.kind == Site.Kind.MAIRIE]
        return places.sites[rng.choices(mairies, [f.desks for f in mairies])[0].slug]
    homes = [f for f in all_sites() if f.staff]
    return places.sites[rng.choices(homes, [f.staff for f in homes])[0].slug]


def _persona(facts: PersonaFacts, places: Places, services: dict[str, list[Service]]) -> Agent:
    return Agent(
        territory=places.territory,
        email=facts.email,
        first_name=facts.first_name,
        last_name=facts.last_name,
        organisation=places.organisations[facts.employer],
        service=next(s for s in services[facts.employer] if s.name == facts.service),
        usual_site=places.sites[facts.site],
        home_commune=places.communes[facts.home],
        visibility=facts.visibility,
        is_staff=facts.email == people.ADMIN,
        password=make_password(None),
    )


def _grants(places: Places, staff: Staff) -> None:
    """Roles of the personas, and somebody at the reception of every mairie and of the larger sites."""
    role, territory = Grant.Role, places.territory

    def grant(agent: Agent, what: Grant.Role, **scope: object) -> Grant:
        return Grant(territory=territory, agent=agent, role=what, **scope)

    host = staff.personas[people.HOST]
    rows = [
        grant(host, role.HOST, site=places.sites["mairie-marly"]),
        # Chesny is small: Marly answers for it.
        grant(host, role.HOST, site=places.sites["mairie-chesny"]),
        grant(staff.personas[people.FLEET], role.FLEET_MANAGER),
        grant(staff.personas[people.MANAGER], role.MANAGER, organisation=places.organisations[""]),
        grant(staff.personas[people.LAB], role.LAB),
        grant(staff.personas[people.ADMIN], role.ADMINISTRATOR),
    ]
    for slug, site in places.sites.items():
        here = next((a for a in staff.agents if a.usual_site_id == site.pk), None)
        if here is not None and slug not in ("mairie-marly", "mairie-chesny"):
            rows.append(grant(here, role.HOST, site=site))
    Grant.objects.bulk_create(rows)
