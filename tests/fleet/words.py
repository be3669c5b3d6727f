"""Short sentences about the pool, for the tests of this room."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.fleet.models import Licence, Vehicle
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TUESDAY, at


def pool_rules(territory: Territory, *kinds: str, **fields: Any) -> None:
    """Taken and returned at any hour, with a turnaround of half an hour unless said."""
    values: dict[str, Any] = {"is_round_the_clock": True, "turnaround_minutes": 30, "longest_minutes": 4 * 1440}
    for kind in kinds or (Kind.CAR, Kind.BIKE, Kind.TRANSPORT_CARD):
        RuleSet.objects.create(territory=territory, kind=kind, **{**values, **fields})


def vehicle(site: Site, name: str, energy: str = "petrol", kind: str = Kind.CAR, **fields: Any) -> Resource:
    papers = {k: fields.pop(k) for k in list(fields) if hasattr(Vehicle, k) and not hasattr(Resource, k)}
    made = Resource.objects.create(
        territory_id=site.territory_id, site=site, kind=kind, name=name, **{"seats": 5, **fields}
    )
    Vehicle.objects.create(resource=made, territory_id=site.territory_id, energy=energy, **papers)
    return made


def driver(metz: Territory, **fields: Any) -> Agent:
    """Somebody with a licence that nobody worries about."""
    licence = {k: fields.pop(k) for k in ("categories", "valid_from", "valid_until") if k in fields}
    who = factories.agent(metz, **fields)
    values: dict[str, Any] = {
        "categories": ["B"],
        "valid_from": dt.date(2020, 1, 1),
        "valid_until": dt.date(2030, 1, 1),
        "checked_on": dt.date(2026, 1, 1),
    }
    Licence.objects.create(agent=who, territory=metz, **{**values, **licence})
    return who


def lent(
    site: Site,
    start: str,
    end: str,
    *,
    who: Agent | None = None,
    kind: str = Kind.CAR,
    day: dt.date = TUESDAY,
    last_day: dt.date | None = None,
    now: dt.datetime = NOW,
    **fields: Any,
) -> Booking:
    """A loan booked from the pages, by somebody new with a licence unless said."""
    who = who or driver(site.territory)
    ask = Ask(kind, site.pk, at(day, start), at(last_day or day, end), **fields)
    return service.book(who, ask, by(who), now=now)


def taken(booking: Booking, *, at: dt.datetime | None = None) -> Booking:
    """Taken at its hour, unless said."""
    return service.check_in(booking.pk, by(booking.agent), Booking.CheckInBy.PHONE, now=at or booking.start)


def brought_back(booking: Booking, now: dt.datetime) -> Booking:
    return service.leave(booking.pk, by(booking.agent), now=now)
