"""Places as somebody names them to a program: a site, a commune, a stop, or coordinates; within the territory's reach."""

from __future__ import annotations

import re

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.places import find_place, known_places, plain
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Commune, Landmark
from bureaux_volants.travel.gtfs.store import in_service
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point

from . import geocoding
from .asked import Impossible

#: Farther than this from every commune and site, a place is outside the territory's reach, kilometres.
REACH_KM = 60.0

#: Before the identifier that the loaded timetable gives a stop.
STOP = "stop:"

_COORDINATES = re.compile(r"\s*(-?\d{1,2}(?:\.\d{1,15})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*", re.ASCII)


class Names:
    """The places of a territory, read once for all the names of a question. Two queries, two more for a stop of the timetable."""

    def __init__(self, directory: Directory) -> None:
        communes = list(Commune.objects.filter(territory_id=directory.territory_id).defer("contour"))
        landmarks = Landmark.objects.filter(territory_id=directory.territory_id)
        self.known = known_places(directory, communes, landmarks)
        self._territory = directory.territory_id
        self._sites = {s.slug: s for s in directory.sites if s.is_active}

    def place(self, text: str) -> Place:
        """What `text` names: a site's identifier, `stop:` and a stop's, `latitude,longitude`, or a name. Raises Impossible."""
        site = self._sites.get(text)
        if site is not None:
            return Place(site.name, Point(site.lat, site.lon), f"site:{site.slug}")
        numbers = _COORDINATES.fullmatch(text)
        if numbers is not None:
            return self._point(float(numbers[1]), float(numbers[2]))
        asks = geocoding.is_set()
        # With an address service, « 3 rue des Lilas, Marly » is that address, not the commune.
        found = None if text.startswith(STOP) else find_place(text, self.known, in_an_address=not asks)
        if found is not None:
            return Place(found.name, Point(found.lat, found.lon))
        place = self._stop(text)
        if place is None and asks and plain(text) and not text.startswith(STOP):
            place = self._address(text)
        if place is None:
            raise Impossible(
                "unknown-place",
                "Nous ne connaissons pas ce lieu : essayez une adresse, un site, une commune, un arrêt."
                if asks
                else "Nous ne connaissons pas ce lieu : essayez un site, une commune, un arrêt.",
            )
        return place

    def _address(self, text: str) -> Place | None:
        """What the address service knows of it. Raises Impossible: several, too far away, or no answer."""
        middle = [sum(getattr(k, axis) for k in self.known) / max(1, len(self.known)) for axis in ("lat", "lon")]
        try:
            found = geocoding.one_of(text, geocoding.search(text, Point(*middle)))
        except geocoding.Unavailable:
            raise Impossible(
                "geocoder-silent",
                "Le service d'adresses ne répond pas : choisissez un lieu de la liste ou une commune.",
            ) from None
        if len(found) > 1:
            choices = ", ".join(f"« {f.label} »" for f in found)
            raise Impossible(
                "several-places", f"{len(found)} adresses correspondent, écrivez l'une d'elles : {choices}."
            )
        if not found:
            return None
        point = found[0].point
        return Place(found[0].label, self._point(point.lat, point.lon).point)

    def _stop(self, text: str) -> Place | None:
        """A stop of the loaded timetable: by its identifier, else by its whole name, else by how a name begins."""
        running = in_service(self._territory)
        if running is None:
            return None
        layout = running.timetable.layout
        if text.startswith(STOP):
            wanted = text.removeprefix(STOP)
            fitting = [n for n, known in enumerate(layout.stop_ids) if known == wanted]
        else:
            # No part of a name: « Mairie d'Atlantide » is not any stop « Mairie ».
            wanted = plain(text)
            names = [plain(name) for name in layout.stop_names]
            fitting = [n for n, name in enumerate(names) if name == wanted]
            fitting = fitting or [n for n, name in enumerate(names) if wanted and name.startswith(wanted)]
        if not fitting:
            return None
        n = fitting[0]
        at = self._point(float(layout.lat[n]), float(layout.lon[n]))
        return Place(layout.stop_names[n], at.point, f"{STOP}{layout.stop_ids[n]}")

    def _point(self, lat: float, lon: float) -> Place:
        near = abs(lat) <= 90 and abs(lon) <= 180
        if not near or not any(distance_km(lat, lon, k.lat, k.lon) <= REACH_KM for k in self.known):
            raise Impossible("place-outside", f"Ce lieu est à plus de {REACH_KM:.0f} km du territoire.")
        return Place(f"{lat:.5f}, {lon:.5f}", Point(lat, lon))
