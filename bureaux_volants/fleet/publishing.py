"""From rows to the facts that gbfs.py publishes: five queries, whatever the number of vehicles."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.loading import LONGEST_HOLD
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import HOLDING, State

from . import gbfs
from .models import Vehicle

#: What GBFS calls vehicles.
VEHICLES = (Kind.CAR, Kind.BIKE, Kind.CARGO_BIKE)
#: How far back a last trip is looked for: an identifier that changes once more harms nobody.
_MEMORY = dt.timedelta(days=62)


def feed(territory_id: int, name: str, base: str, *, now: dt.datetime | None = None) -> Any:
    """A feed of a territory's pool. `base`: the address under which its feeds are. KeyError for a name that is none."""
    now = now or timezone.now()
    if name not in gbfs.FEEDS:
        raise KeyError(name)
    directory = get_directory(territory_id)
    sites = [s for s in directory.sites if s.is_active and any(u.kind in VEHICLES for u in s.units)]
    stations = [_station(site, directory.today(now)) for site in sites]
    return gbfs.feed(name, _system(directory, base), stations, _vehicles(directory, sites, now), now)


def _system(directory: Directory, base: str) -> gbfs.System:
    contact = settings.BV_CONTACT_EMAIL or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    pages = settings.BV_BASE_URL.rstrip("/") + "/"
    return gbfs.System(f"bureaux-volants-{directory.slug}", directory.name, str(directory.zone), contact, base, pages)


def _station(site: SiteEntry, today: dt.date) -> gbfs.Station:
    phase = site.phase
    is_open = phase is None or (phase.opens_on <= today and (phase.closes_on is None or today <= phase.closes_on))
    always = any(site.rules_for(kind).is_round_the_clock for kind in VEHICLES if site.units_of(kind))
    opening = "24/7" if always else gbfs.opening_hours(site.hours, site.seasons)
    return gbfs.Station(
        site.slug, site.name, site.address, site.lat, site.lon, site.commune_code, site.commune_name, opening, is_open
    )


def _vehicles(directory: Directory, sites: list[SiteEntry], now: dt.datetime) -> list[gbfs.Lent]:
    of_territory = Booking.objects.filter(territory_id=directory.territory_id, kind__in=VEHICLES)
    held = of_territory.filter(state__in=HOLDING, start__gte=now - LONGEST_HOLD)
    out = set(held.filter(state=State.IN_USE).values_list("resource_id", flat=True))
    reserved = set(held.filter(held__contains=now).values_list("resource_id", flat=True))
    ahead = dict(held.filter(start__gt=now).values_list("resource_id").annotate(first=Min("start")))
    trips = dict(
        of_territory.filter(Q(checked_in_at__isnull=False), site_id__in=[s.id for s in sites], start__gte=now - _MEMORY)
        .values_list("resource_id")
        .annotate(last=Max("pk"))
    )
    facts = {v.pk: v for v in Vehicle.objects.filter(territory_id=directory.territory_id)}
    found = []
    for site in sites:
        for unit in site.units:
            vehicle = facts.get(unit.id)
            if unit.kind not in VEHICLES or vehicle is None:
                continue
            ends = [at for at in (ahead.get(unit.id), unit.usable_until) if at is not None]
            found.append(
                gbfs.Lent(
                    token=_token(unit.id, trips.get(unit.id, 0)),
                    station=site.slug,
                    kind=unit.kind,
                    energy=vehicle.energy,
                    model=vehicle.model,
                    seats=unit.seats,
                    range_km=unit.range_km,
                    charge_percent=vehicle.charge_percent,
                    is_out=unit.id in out,
                    is_reserved=unit.id in reserved,
                    is_disabled=not unit.is_active or (unit.usable_until is not None and unit.usable_until <= now),
                    free_until=min(ends) if ends else None,
                )
            )
    # In the order of identifiers that mean nothing: a vehicle is not recognised by its place in the list either.
    return sorted(found, key=lambda v: v.token)


def _token(unit_id: int, last_trip: int) -> str:
    """An identifier that changes with each trip and that nobody can work out."""
    return salted_hmac("bureaux_volants.gbfs", f"{unit_id}/{last_trip}", algorithm="sha256").hexdigest()[:24]
