"""Every way from A to B side by side: the timetable's rides where one covers the day, estimates else, and why a way is missing. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .estimate import Estimate
from .footprint import BUILT_IN, Tables
from .gtfs.source import TimetableSource
from .gtfs.timetable import Timetable
from .journeys import Cost, Footprint, Journey, Place, PoolUnit, SideBySide, Traveller, Way
from .outline import HUB_WAYS

#: The units that a pool would lend for a trip, until one is chosen.
POOL: dict[Way, PoolUnit] = {
    Way.POOL_BIKE: PoolUnit("bike", "assisted"),
    Way.POOL_CAR: PoolUnit("car", "electric"),
    Way.SHARED_RIDE: PoolUnit("car", "diesel", people=2),
}


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the ways: the timetable that covers the day, or None; where to leave a car or a bike; the tables."""

    timetable: Timetable | None = None
    car_parks: Sequence[Place] = ()
    stops: Sequence[Place] = ()
    tables: Tables = BUILT_IN


def side_by_side(
    origin: Place,
    destination: Place,
    traveller: Traveller,
    around: Around,
    *,
    depart: dt.datetime | None = None,
    arrive: dt.datetime | None = None,
) -> SideBySide:
    """One journey at least of every way that can be taken, in the order of `Way`. Give either `depart` or `arrive`, aware.

    The car parks and stops are tried from the origin; by the timetable, public transport answers with its whole Pareto set.
    """
    estimate = Estimate(around.car_parks, around.stops, around.tables)
    ridden = None if around.timetable is None else TimetableSource(around.timetable, around.tables)
    journeys: list[Journey] = []
    missing: dict[Way, str] = {}
    for way in Way:
        unit = POOL.get(way)
        if way is Way.TRANSIT and ridden is not None:
            found = ridden.journeys(way, origin, destination, traveller, depart=depart, arrive=arrive)
            why = _("aucun trajet en transports à cette heure")
        elif way in HUB_WAYS and ridden is not None:
            found = _by_hub(way, origin, destination, traveller, estimate, ridden, around, depart, arrive)
            why = estimate.why_not(way, origin, destination, traveller, unit) or _(
                "aucun trajet en transports à cette heure"
            )
        else:
            found = estimate.journeys(way, origin, destination, traveller, depart=depart, arrive=arrive, unit=unit)
            why = estimate.why_not(way, origin, destination, traveller, unit)
        journeys += found
        if not found:
            missing[way] = why
    return SideBySide(tuple(journeys), missing)


def _by_hub(
    way: Way,
    origin: Place,
    destination: Place,
    traveller: Traveller,
    estimate: Estimate,
    ridden: TimetableSource,
    around: Around,
    depart: dt.datetime | None,
    arrive: dt.datetime | None,
) -> Sequence[Journey]:
    """The own vehicle to a hub, then the timetable: the quickest over the hubs on the way, or nothing."""
    own = Way.OWN_CAR if way is Way.PARK_AND_RIDE else Way.OWN_BIKE
    found: list[Journey] = []
    for hub in around.car_parks if way is Way.PARK_AND_RIDE else around.stops:
        # The estimate knows whether the hub is on the way and near enough.
        alone = Estimate((hub,), (hub,), around.tables)
        if alone.why_not(way, origin, destination, traveller):
            continue
        if depart is not None:
            first = estimate.journeys(own, origin, hub, traveller, depart=depart)[:1]
            rides = ridden.journeys(Way.TRANSIT, hub, destination, traveller, depart=first[0].arrive) if first else ()
        else:
            rides = ridden.journeys(Way.TRANSIT, hub, destination, traveller, arrive=arrive)
            first = estimate.journeys(own, origin, hub, traveller, arrive=rides[0].depart)[:1] if rides else ()
        if first and rides:
            found.append(joined(way, first[0], rides[0]))
    return sorted(found, key=lambda j: j.minutes)[:1]


def joined(way: Way, one: Journey, two: Journey) -> Journey:
    """Two journeys, one after the other, as one of `way`."""
    return Journey(
        way=way,
        sections=(*one.sections, *two.sections),
        km=one.km + two.km,
        car_km=one.car_km + two.car_km,
        footprint=Footprint(
            one.footprint.use + two.footprint.use, one.footprint.total + two.footprint.total, two.footprint.factors
        ),
        cost=Cost(one.cost.employer + two.cost.employer, one.cost.agent + two.cost.agent, two.cost.fares),
        effort_minutes=one.effort_minutes + two.effort_minutes,
        transfers=one.transfers + two.transfers,
        spread_minutes=one.spread_minutes + two.spread_minutes,
        basis=two.basis,
    )
