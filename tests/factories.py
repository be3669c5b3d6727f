"""Small worlds for tests, in the domain's words. Everything is real rows; every default is an ordinary case."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from bureaux_volants.booking.models import Kind, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Commune, Grant, OpeningHours, Organisation, Service, Site, Territory
from tests.clock import NOW as NOW
from tests.clock import TUESDAY as TUESDAY

PARIS = ZoneInfo("Europe/Paris")
_numbers = itertools.count(1)

TEST = Author(None, Event.Origin.COMMAND)


def at(day: dt.date, clock: str) -> dt.datetime:
    """`at(TUESDAY, "9:30")`: the instant in Paris, in UTC."""
    hour, _, minute = clock.partition(":")
    return dt.datetime.combine(day, dt.time(int(hour), int(minute or 0)), PARIS).astimezone(dt.UTC)


def territory(**fields: Any) -> Territory:
    n = next(_numbers)
    # Telework is switched off unless a test is about it, so that weeks can be filled freely.
    values: dict[str, Any] = {
        "siren": f"{n:09d}",
        "name": f"Territoire {n}",
        "slug": f"territoire-{n}",
        "flying_day_is_telework": False,
    }
    return Territory.objects.create(**{**values, **fields})


def organisation(where: Territory, **fields: Any) -> Organisation:
    n = next(_numbers)
    values: dict[str, Any] = {"siret": f"{n:014d}", "name": f"Organisation {n}", "kind": Organisation.Kind.COMMUNE}
    return Organisation.objects.create(territory=where, **{**values, **fields})


def commune(where: Territory, **fields: Any) -> Commune:
    n = next(_numbers)
    values: dict[str, Any] = {"code": f"57{n % 1000:03d}", "name": f"Commune {n}", "lat": 49.1, "lon": 6.17}
    return Commune.objects.create(territory=where, **{**values, **fields})


def service(employer: Organisation, **fields: Any) -> Service:
    values: dict[str, Any] = {"name": f"Service {next(_numbers)}"}
    return Service.objects.create(territory=employer.territory, organisation=employer, **{**values, **fields})


def hours(
    site: Site, weekdays: Iterable[int] = range(1, 6), spans: Iterable[tuple[str, str]] = (("08:00", "18:00"),)
) -> None:
    """Open on these weekdays during these spans; whatever was there is replaced."""
    site.opening_hours.all().delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(site=site, weekday=day, opens_at=opens, closes_at=closes)
        for day in weekdays
        for opens, closes in spans
    )


def site(where: Territory, *, desks: int = 2, **fields: Any) -> Site:
    """A mairie open from 8 to 18, Monday to Friday, with so many plain desks ("Bureau 1"…)."""
    n = next(_numbers)
    host = fields.pop("organisation", None) or organisation(where)
    place = fields.pop("commune", None) or commune(where)
    values: dict[str, Any] = {
        "slug": f"site-{n}",
        "name": f"Mairie {n}",
        "kind": Site.Kind.MAIRIE,
        "lat": 49.1 + (n % 100) / 1000,
        "lon": 6.17,
    }
    made = Site.objects.create(territory=where, organisation=host, commune=place, **{**values, **fields})
    hours(made)
    for number in range(1, desks + 1):
        desk(made, name=f"Bureau {number}")
    return made


def desk(where: Site, **fields: Any) -> Resource:
    values: dict[str, Any] = {"name": f"Bureau n° {next(_numbers)}", "kind": Kind.DESK}
    return Resource.objects.create(territory_id=where.territory_id, site=where, **{**values, **fields})


def rules(where: Territory, *, at_site: Site | None = None, **fields: Any) -> RuleSet:
    """The rules of desks; a weekly limit out of the way unless said."""
    values: dict[str, Any] = {} if at_site else {"weekly_limit": 7, "horizon_days": 400}
    return RuleSet.objects.create(territory=where, site=at_site, kind=Kind.DESK, **{**values, **fields})


def agent(where: Territory, **fields: Any) -> Agent:
    n = next(_numbers)
    values: dict[str, Any] = {"email": f"personne{n}@exemple.test", "first_name": "Personne", "last_name": f"N° {n}"}
    made = Agent(territory=where, **{**values, **fields})
    made.set_unusable_password()
    made.save()
    return made


def grant(who: Agent, role: str, *, over: Organisation | Site | None = None) -> Grant:
    assert who.territory is not None
    return Grant.objects.create(
        territory=who.territory,
        agent=who,
        role=role,
        organisation=over if isinstance(over, Organisation) else None,
        site=over if isinstance(over, Site) else None,
    )


def ask(where: Site, day: dt.date = TUESDAY, start: str = "9", end: str = "12", **fields: Any) -> Ask:
    """A desk at a site from one clock time to another."""
    return Ask(Kind.DESK, where.pk, at(day, start), at(day, end), **fields)
