"""Addresses by their text, from the address service that the territory has chosen, where it has chosen one.

The protocol is that of the French Base Adresse Nationale (addok, IGN's « géocodage »): `GET …/search?q=…&lat=…&lon=…&limit=…`, answered by
a GeoJSON FeatureCollection whose properties have `label` and `score`. An answer is kept for a day under a digest of what was asked, without
who asked.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.cache import cache

from bureaux_volants.booking.places import plain
from bureaux_volants.travel.modes import Point

from .agenda.fetching import CannotFetch, Request, fetch

#: Seconds for an answer, redirections included; whoever fills a form does not wait longer.
WHOLE = 1.5
LARGEST = 256 * 1024
KEPT = 24 * 3600
MOST = 5
#: Below this score the service itself is not sure that it is an address at all; above that, it is.
LEAST_SCORE, SURE = 0.4, 0.7
#: The second answer is another address than the first, not less likely, within this.
CLOSE = 0.05


class Unavailable(Exception):
    """The address service does not answer, or not in its language."""


@dataclass(frozen=True, slots=True)
class Found:
    """An address: as the service writes it, where it is, how sure it is (0 to 1)."""

    label: str
    point: Point
    score: float


def is_set() -> bool:
    """Whether this installation has an address service."""
    return bool(settings.BV_GEOCODER_URL)


def search(text: str, near: Point) -> list[Found]:
    """What the text may name, the likeliest first. Raises Unavailable."""
    asked = {"q": text[:200], "lat": f"{near.lat:.2f}", "lon": f"{near.lon:.2f}", "limit": MOST}
    url = f"{settings.BV_GEOCODER_URL}?{urlencode(asked)}"
    key = "geocoder:" + hashlib.sha256(url.encode()).hexdigest()
    kept: list[tuple[str, float, float, float]] | None = cache.get(key)
    if kept is None:
        kept = _ask(url)
        cache.set(key, kept, KEPT)
    found = [Found(label, Point(lat, lon), score) for label, lat, lon, score in kept if score >= LEAST_SCORE]
    return sorted(found, key=lambda f: -f.score)


def _ask(url: str) -> list[tuple[str, float, float, float]]:
    parts = urlsplit(url)
    # An administrator chose the server, which may stand in the authority's own network.
    allowed = {parts.netloc, f"{parts.scheme}://{parts.netloc}"}
    try:
        answer = json.loads(
            fetch(url, Request(accept="application/json"), allowed=allowed, whole=WHOLE, largest=LARGEST)
        )
        return [_read(feature) for feature in answer["features"][:MOST]]
    except (CannotFetch, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise Unavailable from error


def _read(feature: dict[str, object]) -> tuple[str, float, float, float]:
    geometry, properties = feature["geometry"], feature["properties"]
    if not isinstance(geometry, dict) or not isinstance(properties, dict):
        raise TypeError("no feature")
    lon, lat = (float(c) for c in geometry["coordinates"][:2])
    score = float(properties.get("score", 0))
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 <= score <= 1.5):
        raise ValueError("no place on Earth")
    return str(properties["label"])[:120], lat, lon, score


def one_of(text: str, found: list[Found]) -> list[Found]:
    """The one address that the text means, or those between which the person must choose; none when nothing is likely."""
    exact = [f for f in found if plain(f.label) == plain(text)]
    if exact:
        return exact[:1]
    if found and found[0].score >= SURE and (len(found) == 1 or found[1].score < found[0].score - CLOSE):
        return found[:1]
    return found
