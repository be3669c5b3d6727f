"""The source that always answers: great circle, detour, pace (outline.py), with its error stated. Pure but for its French sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.formats import localize
from django.utils.translation import gettext as _

from .footprint import BUILT_IN, HOME, Tables, car_km_of, cost_of, footprint_of, is_commuting
from .journeys import Basis, Journey, Place, PoolUnit, Section, Traveller, Way
from .modes import Point
from .outline import HUB_WAYS, POOL_WAYS, Outline, crow_km, lacks, outline, spread


@dataclass(frozen=True)
class Estimate:
    """A `Source` without any network. `car_parks`: park-and-rides; `stops`: where a bike can be left to ride on."""

    car_parks: Sequence[Place] = ()
    stops: Sequence[Place] = ()
    tables: Tables = BUILT_IN

    def journeys(
        self,
        way: Way,
        origin: Place,
        destination: Place,
        traveller: Traveller,
        *,
        depart: dt.datetime | None = None,
        arrive: dt.datetime | None = None,
        unit: PoolUnit | None = None,
    ) -> Sequence[Journey]:
        """One journey, or none where the person has not what it takes or would go too far: see `why_not`.

        ValueError unless exactly one aware instant is given, of departure or of arrival.
        """
        given = depart if arrive is None else arrive
        if given is None or (depart is not None and arrive is not None) or given.tzinfo is None:
            raise ValueError("give one aware instant: depart or arrive")
        if lacks(way, traveller, unit):
            return ()
        found = [
            (via, shape)
            for via, shape in self._shapes(way, origin, destination, traveller, unit)
            if not any(passed.item() for _code, passed, _km in shape.limits)
        ]
        if not found:
            return ()
        # In whole microseconds, as instants are kept.
        via, shape = min(found, key=lambda f: _minutes(f[1]))
        start = given if arrive is None else given - dt.timedelta(minutes=_minutes(shape))
        return (self._journey(way, origin, destination, via, shape, traveller, unit, start),)

    def why_not(
        self, way: Way, origin: Place, destination: Place, traveller: Traveller, unit: PoolUnit | None = None
    ) -> str:
        """Why this way is not proposed, one French sentence; empty when it is."""
        lacking = lacks(way, traveller, unit)
        if lacking:
            return _lacking(lacking)
        reasons: list[str] = []
        for _via, shape in self._shapes(way, origin, destination, traveller, unit):
            passed = next(((code, km.item()) for code, over, km in shape.limits if over.item()), None)
            if passed is None:
                return ""
            reasons.append(_too(*passed))
        if reasons and way not in HUB_WAYS:
            return reasons[0]
        if way is Way.PARK_AND_RIDE:
            return _("aucun parking-relais sur le chemin")
        return _("aucun arrêt sur le chemin où laisser un vélo")

    def _shapes(
        self, way: Way, origin: Place, destination: Place, traveller: Traveller, unit: PoolUnit | None
    ) -> list[tuple[Place | None, Outline]]:
        """What the way is made of, by each place that it could go by."""
        direct = crow_km([origin], [destination])
        vias: Sequence[Place | None] = (None,)
        if way in HUB_WAYS:
            vias = self.car_parks if way is Way.PARK_AND_RIDE else self.stops
        elif way in POOL_WAYS and unit is not None:
            vias = (unit.base,)
        found: list[tuple[Place | None, Outline]] = []
        for via in vias:
            first, second = np.zeros_like(direct), direct
            if via is not None:
                first, second = crow_km([origin], [via]), crow_km([via], [destination])
                if way in HUB_WAYS and _is_homeward(origin, destination):
                    first, second = second, first
            found.append((via, outline(way, traveller, unit, direct, first, second)))
        return found

    def _journey(
        self,
        way: Way,
        origin: Place,
        destination: Place,
        via: Place | None,
        shape: Outline,
        traveller: Traveller,
        unit: PoolUnit | None,
        start: dt.datetime,
    ) -> Journey:
        homeward = way in HUB_WAYS and _is_homeward(origin, destination)
        parts = tuple(reversed(shape.parts)) if homeward else shape.parts
        total_km = sum(p.km.item() for p in parts) or 1.0
        sections: list[Section] = []
        here, at, gone = origin, start, 0.0
        for number, part in enumerate(parts):
            km = part.km.item()
            # Fetching a unit where one stands needs no walk.
            if part.ends_at_via and not km and via is None:
                continue
            gone += km
            last = number == len(parts) - 1
            meets_via = parts[number + 1].ends_at_via if homeward and not last else part.ends_at_via and not homeward
            if last:
                there = destination
            elif meets_via and via is not None:
                there = via
            else:
                there = Place(_("arrêt"), _between(origin, destination, gone / total_km))
            at += dt.timedelta(minutes=part.wait)
            end = at + dt.timedelta(minutes=part.minutes.item())
            sections.append(Section(part.mode, here, there, at, end, km))
            here, at = there, end
        minutes = _minutes(shape)
        commuting = is_commuting(origin, destination)
        return Journey(
            way=way,
            sections=tuple(sections),
            km=sum(s.km for s in sections),
            car_km=car_km_of(way, sections, unit),
            footprint=footprint_of(way, sections, traveller, unit, self.tables),
            cost=cost_of(way, sections, traveller, unit, commuting, self.tables),
            effort_minutes=sum(p.effort.item() for p in parts),
            transfers=int(shape.transfers.item()),
            spread_minutes=spread(way, np.array(minutes)).item(),
            basis=Basis.ESTIMATE,
        )


def _minutes(shape: Outline) -> float:
    return sum(p.minutes.item() + p.wait for p in shape.parts)


def _is_homeward(origin: Place, destination: Place) -> bool:
    return destination.key == HOME and origin.key != HOME


def _between(a: Place, b: Place, share: float) -> Point:
    """A point on the straight line: nothing is known of where the stop really is."""
    return Point(a.point.lat + (b.point.lat - a.point.lat) * share, a.point.lon + (b.point.lon - a.point.lon) * share)


def _lacking(code: str) -> str:
    return {
        "no-bike": _("pas de vélo déclaré"),
        "no-car": _("pas de voiture déclarée"),
        "no-licence": _("pas de permis déclaré"),
        "no-pool-bike": _("pas de vélo partagé à prendre"),
        "no-pool-car": _("pas de voiture partagée à prendre"),
        "carries-things": _("trop chargé pour un vélo"),
        "bike-carries-one": _("un vélo ne porte qu'une personne"),
    }[code]


def _too(code: str, km: float) -> str:
    distance = localize(round(km, 1))
    return {
        "too-far-on-foot": _("trop loin à pied : %(km)s km"),
        "too-far-loaded": _("trop loin à pied avec un chargement : %(km)s km"),
        "too-far-by-bike": _("trop loin à vélo : %(km)s km"),
        "too-near-to-ride": _("trop près pour attendre un bus : %(km)s km"),
        "hub-out-of-the-way": _("le parking-relais n'est pas sur le chemin"),
    }[code] % {"km": distance}
