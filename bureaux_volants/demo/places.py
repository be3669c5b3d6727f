"""Writing the places of the demonstration: territory, communes, organisations, sites, hours, desks, rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bureaux_volants.booking.models import Feature, Resource, RuleSet
from bureaux_volants.territory.models import (
    Closure,
    Commune,
    Landmark,
    OpeningHours,
    Organisation,
    Phase,
    Season,
    Site,
    Territory,
)
from bureaux_volants.territory.mosaic import schematic_contours

from . import metz, sites
from .sites import SiteFacts, Week

#: The first mairies opened this long ago; the next ones open in as many days as NEXT_PHASE says.
DAYS_OPEN = 60
NEXT_PHASE = 30

#: What the territory decides where a site does not.
TERRITORY_RULES: dict[str, int | str] = {
    "notice_minutes": 0,
    # Far enough for a term of Tuesdays, until Easter from most of the year.
    "horizon_days": 180,
    "shortest_minutes": 60,
    "longest_minutes": 720,
    "weekly_limit": 3,
    "approval": RuleSet.Approval.AUTOMATIC,
    "approval_hours": 24,
    "approval_default": RuleSet.Default.REFUSED,
    "grace_minutes": 60,
    "check_in_early_minutes": 30,
}


@dataclass(frozen=True)
class Places:
    """What was written, by INSEE code or slug. The métropole's own organisation has the code ""."""

    territory: Territory
    communes: dict[str, Commune]
    organisations: dict[str, Organisation]
    sites: dict[str, Site]


@dataclass(frozen=True, slots=True)
class RealMap:
    """Contours imported from the national API, which a reload must not lose."""

    territory: dict[str, Any] | None
    communes: dict[str, tuple[float, float, int, dict[str, Any] | None]]


def real_map(territory: Territory) -> RealMap | None:
    """The imported map of a territory; None when its contours are schematic anyway."""
    if territory.contours_are_schematic:
        return None
    rows = territory.communes.values_list("code", "lat", "lon", "population", "contour")
    return RealMap(territory.contour, {code: (lat, lon, people, contour) for code, lat, lon, people, contour in rows})


def write_places(rng: Random, today: dt.date, known_map: RealMap | None) -> Places:
    """Write everything that does not depend on people."""
    territory = Territory.objects.create(
        siren=metz.SIREN,
        name=metz.NAME,
        slug=metz.SLUG,
        is_demonstration=True,
        contour={"type": "Polygon", "coordinates": [[list(v) for v in (*metz.OUTLINE, metz.OUTLINE[0])]]},
    )
    communes = _communes(territory, known_map)
    Landmark.objects.bulk_create(
        Landmark(
            territory=territory,
            kind=Landmark.Kind.PARK_AND_RIDE if name.startswith("P+R") else Landmark.Kind.STOP,
            name=name,
            lat=lat,
            lon=lon,
        )
        for name, lat, lon in metz.STOPS
    )
    organisations = _organisations(territory, communes)
    places = Places(territory, communes, organisations, _sites(territory, communes, organisations, today))
    _furnish(rng, places, all_sites())
    RuleSet.objects.create(territory=territory, **TERRITORY_RULES)
    return places


def add_sites(rng: Random, places: Places, more: Sequence[SiteFacts]) -> None:
    """Sites that came later than the others, with their hours, desks and rules."""
    made = Site.objects.bulk_create([_site(places, facts, None) for facts in more])
    places.sites.update({s.slug: s for s in made})
    _furnish(rng, places, more)


def _furnish(rng: Random, places: Places, of: Sequence[SiteFacts]) -> None:
    _hours(places, of)
    _desks(rng, places, of)
    _rules(places, of)


def all_sites() -> tuple[SiteFacts, ...]:
    return sites.METROPOLE_SITES + sites.MAIRIES


def _communes(territory: Territory, known_map: RealMap | None) -> dict[str, Commune]:
    contours = schematic_contours({c.code: (c.lat, c.lon) for c in metz.COMMUNES}, metz.OUTLINE, metz.MORE_POINTS)
    rows = [
        Commune(
            territory=territory,
            code=c.code,
            name=c.name,
            population=c.population,
            lat=c.lat,
            lon=c.lon,
            contour=contours[c.code],
        )
        for c in metz.COMMUNES
    ]
    if known_map is not None:
        territory.contour, territory.contours_are_schematic = known_map.territory, False
        territory.save(update_fields=["contour", "contours_are_schematic"])
        for row in rows:
            if row.code in known_map.communes:
                row.lat, row.lon, row.population, row.contour = known_map.communes[row.code]
    return {c.code: c for c in Commune.objects.bulk_create(rows)}


def _organisations(territory: Territory, communes: dict[str, Commune]) -> dict[str, Organisation]:
    rows = [
        Organisation(
            territory=territory,
            siret=metz.SIREN + metz.NO_ESTABLISHMENT,
            name=metz.NAME,
            kind=Organisation.Kind.INTERCOMMUNAL,
        )
    ]
    rows += [
        Organisation(
            territory=territory,
            siret=c.siren + metz.NO_ESTABLISHMENT,
            name=f"{'Ville' if c.population > 8000 else 'Commune'} {c.of_name}",
            kind=Organisation.Kind.COMMUNE,
            commune=communes[c.code],
        )
        for c in metz.COMMUNES
    ]
    made = Organisation.objects.bulk_create(rows)
    return dict(zip(["", *(c.code for c in metz.COMMUNES)], made, strict=True))


def _sites(
    territory: Territory, communes: dict[str, Commune], organisations: dict[str, Organisation], today: dt.date
) -> dict[str, Site]:
    opening = {1: today - dt.timedelta(days=DAYS_OPEN), 2: today + dt.timedelta(days=NEXT_PHASE)}
    names = {1: "sept premières mairies", 2: "trois mairies de plus"}
    phases = {n: Phase.objects.create(territory=territory, number=n, name=names[n], opens_on=opening[n]) for n in names}
    places = Places(territory, communes, organisations, {})
    rows = [_site(places, facts, phases.get(facts.phase)) for facts in all_sites()]
    made = {s.slug: s for s in Site.objects.bulk_create(rows)}
    for facts in all_sites():
        if facts.only_for_the_metropole:
            made[facts.slug].open_to.add(organisations[""])
    return made


def _site(places: Places, facts: SiteFacts, phase: Phase | None) -> Site:
    mairie = facts.kind == Site.Kind.MAIRIE
    lat, lon = facts.lat, facts.lon
    if mairie and not places.territory.contours_are_schematic:
        # An imported commune is placed at its mairie.
        lat, lon = places.communes[facts.commune].lat, places.communes[facts.commune].lon
    return Site(
        territory=places.territory,
        organisation=places.organisations[facts.commune if mairie else ""],
        commune=places.communes[facts.commune],
        slug=facts.slug,
        name=facts.name,
        kind=facts.kind,
        address=facts.address,
        lat=lat,
        lon=lon,
        access_notes=facts.access,
        around=facts.around,
        equipment=f"{facts.equipment} {sites.EXAMPLE}",
        phase=phase,
    )


def _hours(places: Places, of: Sequence[SiteFacts]) -> None:
    rows: list[OpeningHours] = []

    def add(site: Site, week: Week, season: Season | None) -> None:
        for weekday, intervals in week.items():
            for opens, closes in intervals:
                rows.append(
                    OpeningHours(
                        site=site,
                        season=season,
                        weekday=weekday,
                        opens_at=dt.time.fromisoformat(opens),
                        closes_at=dt.time.fromisoformat(closes),
                    )
                )

    for facts in of:
        site = places.sites[facts.slug]
        add(site, facts.week, None)
        if facts.season is not None:
            part = facts.season
            season = Season.objects.create(site=site, name=part.name, first_day=part.first_day, last_day=part.last_day)
            add(site, part.week, season)
    OpeningHours.objects.bulk_create(rows)


def _desks(rng: Random, places: Places, of: Sequence[SiteFacts]) -> None:
    rows = []
    for facts in of:
        for number in range(1, facts.desks + 1):
            likely = {
                Feature.SECOND_SCREEN: 0.55,
                Feature.DOCK: 0.4,
                Feature.QUIET: 0.3,
                Feature.STANDING: 0.15,
                Feature.PHONE_BOOTH: 0.1,
            }
            features = [feature for feature, chance in likely.items() if rng.random() < chance]
            if number == 1 and facts.slug != "cloitre-recollets":
                features.append(Feature.WHEELCHAIR)
            rows.append(
                Resource(
                    territory=places.territory,
                    site=places.sites[facts.slug],
                    name=f"Bureau {number}",
                    features=sorted(features),
                )
            )
    Resource.objects.bulk_create(rows)


def _rules(places: Places, of: Sequence[SiteFacts]) -> None:
    for facts in of:
        if facts.rules:
            RuleSet.objects.create(territory=places.territory, site=places.sites[facts.slug], **facts.rules)


def close(places: Places, slug: str, start: dt.datetime, end: dt.datetime, reason: str) -> Closure:
    """A closure known in advance: nobody has booked over it."""
    return Closure.objects.create(
        territory=places.territory, site=places.sites[slug], start=start, end=end, reason=reason
    )
