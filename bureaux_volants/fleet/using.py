"""From rows to what usage.py works on: two queries, whatever the number of units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import Interval, holiday_name, local, local_day

from . import usage
from .board import POOL
from .models import Vehicle

#: The hours during which a thing is there to be used, on working days: what occupation is a share of.
SERVICE_FROM, SERVICE_UNTIL = 8, 18
#: Periods that may be asked for, days. Only these: the difference of two periods of choice could point at somebody.
PERIODS = (30, 90, 365)


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything the usage page says. `first` and `last` are the local days counted, both included."""

    first: dt.date
    last: dt.date
    working_days: int
    units: tuple[usage.Unit, ...]
    by_kind: usage.Breakdown
    by_site: usage.Breakdown
    by_unit: usage.Breakdown
    by_hour: tuple[usage.Line, ...]
    short: usage.Breakdown
    not_used: usage.Breakdown
    late: usage.Breakdown
    median_late: dt.timedelta | None
    idle: tuple[usage.Still, ...]
    distances: tuple[usage.Distance, ...]


def measure(directory: Directory, sites: Sequence[SiteEntry], days: int, now: dt.datetime) -> Usage:
    """The usage of these sites' pools over the last `days` whole days, or since the first booking when that is later."""
    zone = directory.zone
    today = directory.today(now)
    asked = today - dt.timedelta(days=days)
    # Idle units are told after thirty days: what came back before the period matters too.
    back = min(asked, today - usage.IDLE - dt.timedelta(days=35))
    everything = _loans(directory, sites, Interval(local_day(back, zone).start, now))
    begin = local_day(asked, zone).start
    end = local_day(today, zone).start
    loans = [loan for loan in everything if begin <= loan.start < end]
    first = max(asked, min((directory.today(loan.start) for loan in loans), default=asked))
    units = _units(directory, sites)
    worked = [
        day
        for n in range((today - first).days)
        if (day := first + dt.timedelta(days=n)).isoweekday() <= 5 and not holiday_name(day, directory.departement)
    ]

    def clock(day: dt.date, hour: int) -> dt.datetime:
        return local(day, dt.time(hour), zone)

    windows = [Interval(clock(day, SERVICE_FROM), clock(day, SERVICE_UNTIL)) for day in worked]
    hours = {
        h: [Interval(clock(day, h), clock(day, h + 1)) for day in worked] for h in range(SERVICE_FROM, SERVICE_UNTIL)
    }
    last_out = {loan.unit: loan.back_at or now for loan in everything if loan.taken_at is not None}
    return Usage(
        first,
        today - dt.timedelta(days=1),
        len(worked),
        units,
        by_kind=usage.occupation(units, loans, windows, lambda u: u.kind, now=end),
        by_site=usage.occupation(units, loans, windows, lambda u: u.site, now=end),
        by_unit=usage.occupation(units, loans, windows, lambda u: u.id, now=end),
        by_hour=usage.occupation_by_hour(units, loans, hours, now=end),
        short=usage.short_by_car(units, loans),
        not_used=usage.not_used(units, loans),
        late=usage.late(units, loans, now=now),
        median_late=usage.median_lateness(loans, now=now),
        idle=usage.idle(units, last_out, now=now),
        distances=usage.distances(units, loans),
    )


def _units(directory: Directory, sites: Sequence[SiteEntry]) -> tuple[usage.Unit, ...]:
    energies = dict(Vehicle.objects.filter(territory_id=directory.territory_id).values_list("pk", "energy"))
    return tuple(
        usage.Unit(u.id, u.name, u.kind, site.name, energies.get(u.id, ""))
        for site in sites
        for kind in POOL
        for u in site.units
        if u.kind == kind
    )


def _loans(directory: Directory, sites: Sequence[SiteEntry], span: Interval) -> list[usage.Loan]:
    """The loans that began within a span of time, in the order of their start; what was cancelled is none."""
    believed = {"is_doubtful": False, "odometer_km__isnull": False}

    def reading(moment: str) -> FilteredRelation:
        conditions = {f"readings__{name}": value for name, value in {"moment": moment, **believed}.items()}
        return FilteredRelation("readings", condition=Q(**conditions))

    rows = (
        Booking.objects.filter(
            territory_id=directory.territory_id,
            site_id__in=[s.id for s in sites],
            kind__in=POOL,
            start__gte=span.start,
            start__lt=span.end,
            state__in=(State.CONFIRMED, State.IN_USE, State.COMPLETED, State.NO_SHOW),
        )
        .annotate(taken=reading("taken"), returned=reading("returned"))
        .annotate(km_out=F("taken__odometer_km"), km_back=F("returned__odometer_km"))
        .order_by("start", "pk")
        .values_list(
            "resource_id", "agent_id", "start", "end", "checked_in_at", "ended_at", "state", "trip__km", "km_out", "km_back"
        )
    )  # fmt: skip
    found = []
    for unit, person, start, end, taken, ended, state, km, out, back in rows:
        over = state in (State.COMPLETED, State.NO_SHOW)
        read = float(back - out) if out is not None and back is not None and back >= out else None
        found.append(
            usage.Loan(
                unit, person, start, end,
                taken_at=taken,
                back_at=ended if over and taken is not None else None,
                was_missed=over and taken is None,
                km_way=km,
                km_read=read,
            )
        )  # fmt: skip
    return found
