"""Writing what the national API said into a territory: all of it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from .models import Commune, Site, Territory
from .national_api import NationalCommune, NationalTerritory


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import changed. `strangers` are communes known here that the authority no longer has; they are kept."""

    territory: Territory
    is_new: bool
    created: int
    updated: int
    moved_sites: int
    strangers: tuple[str, ...]


@transaction.atomic
def save(national: NationalTerritory) -> Imported:
    """Create the territory, or bring its communes up to date by their INSEE code.

    The mairies already among the sites are placed where the State places them. A commune that left the authority is
    kept, since sites, people and bookings may belong to it.
    """
    territory = Territory.objects.select_for_update().filter(siren=national.siren).first()
    is_new = territory is None
    if territory is None:
        territory = Territory(siren=national.siren, name=national.name, slug=_free_slug(national.name))
    territory.contour = national.contour
    territory.contours_are_schematic = False
    territory.save()

    known = {c.code: c for c in Commune.objects.filter(territory=territory)}
    created = [_filled(Commune(territory=territory, code=c.code), c) for c in national.communes if c.code not in known]
    updated = [_filled(known[c.code], c) for c in national.communes if c.code in known]
    Commune.objects.bulk_create(created)
    Commune.objects.bulk_update(updated, ["name", "population", "lat", "lon", "contour"])

    current = {c.code for c in national.communes}
    moved = _place_mairies(territory, {c.code: c for c in national.communes})
    strangers = tuple(sorted(c.name for code, c in known.items() if code not in current))
    return Imported(territory, is_new, len(created), len(updated), moved, strangers)


def _filled(commune: Commune, said: NationalCommune) -> Commune:
    commune.name = said.name
    commune.population = said.population
    commune.lat, commune.lon = said.lat, said.lon
    commune.contour = said.contour
    return commune


def _place_mairies(territory: Territory, said: dict[str, NationalCommune]) -> int:
    """Move the mairies; in a commune with several, none is the mairie for certain, and all stay."""
    by_code: dict[str, list[Site]] = {}
    for site in Site.objects.filter(territory=territory, kind=Site.Kind.MAIRIE).select_related("commune"):
        by_code.setdefault(site.commune.code, []).append(site)
    moved = [sites[0] for code, sites in by_code.items() if code in said and len(sites) == 1]
    for site in moved:
        commune = said[site.commune.code]
        site.lat, site.lon = commune.lat, commune.lon
    Site.objects.bulk_update(moved, ["lat", "lon"])
    return len(moved)


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "territoire"
    taken = set(Territory.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
