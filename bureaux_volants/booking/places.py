"""The places somebody can name: communes, sites and their addresses, stops and other landmarks. Nothing is asked of anybody else's server."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bureaux_volants.booking.directory import Directory
from bureaux_volants.territory.models import Agent, Commune, Landmark


@dataclass(frozen=True, slots=True)
class Place:
    """A named point; `also` is another name it answers to."""

    name: str
    lat: float
    lon: float
    also: str = ""


def plain(text: str) -> str:
    """Letters without case, accents or punctuation: `Saint-Julien-lès-Metz` is `saint julien les metz`."""
    letters = unicodedata.normalize("NFKD", text.replace("œ", "oe")).casefold()
    kept = (c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def known_places(directory: Directory, communes: Iterable[Commune], landmarks: Iterable[Landmark]) -> list[Place]:
    """Communes first, then sites, which answer to their address too, then stops and other landmarks."""
    found = [Place(c.name, c.lat, c.lon) for c in communes]
    found += [Place(s.name, s.lat, s.lon, s.address) for s in directory.sites if s.is_active]
    # A stop says what it is, so that « Hôtel de Ville (arrêt) » is not taken for the mairie itself.
    found += [Place(f"{m.name} ({m.get_kind_display()})", m.lat, m.lon, m.name) for m in landmarks]
    return found


def find_place(text: str, places: Iterable[Place], *, in_an_address: bool = True) -> Place | None:
    """The place that a text names: its whole name, else how a name begins, else a part of a name or an address.

    `in_an_address`: else the place whose name is a part of the text.
    """
    wanted = plain(text)
    if not wanted:
        return None
    names = [(plain(p.name), plain(p.also), p) for p in places]
    tests = (
        lambda name, also: wanted in (name, also),
        lambda name, also: name.startswith(wanted),
        lambda name, also: wanted in name or wanted in also,
        # A whole address that somebody pasted contains the name of its commune.
        lambda name, also: f" {name} " in f" {wanted} ",
    )
    for test in tests if in_an_address else tests[:-1]:
        fitting = [place for name, also, place in names if test(name, also)]
        if fitting:
            return min(fitting, key=lambda p: len(p.name))
    return None


def usual_origin(agent: Agent, directory: Directory, communes: Iterable[Commune]) -> Place | None:
    """Where distances start unless somebody says otherwise: the home, as a point or a commune, else the usual site."""
    if agent.home_lat is not None and agent.home_lon is not None:
        return Place(_("chez moi"), agent.home_lat, agent.home_lon)
    home = next((c for c in communes if c.pk == agent.home_commune_id), None)
    if home is not None:
        return Place(home.name, home.lat, home.lon)
    site = next((s for s in directory.sites if s.id == agent.usual_site_id), None)
    return Place(site.name, site.lat, site.lon) if site else None
