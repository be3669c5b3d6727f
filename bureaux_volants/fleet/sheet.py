"""A unit's sheet: what it is, who has it, what is due, what was wrong with it, what it read and what it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.keys.models import Custody

from .costs import Month, by_month, months_before
from .maintenance import Service, service
from .models import Cost, Damage, OutOfService, Reading, TransportCard, Upkeep, Vehicle
from .policy import policy_of

#: How many lines of each history are shown.
SHOWN = 20
READINGS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything of one unit. `custody`: where its key is, when it has one; `out`: the loan that has it."""

    unit: Resource
    site: SiteEntry
    vehicle: Vehicle | None
    card: TransportCard | None
    custody: Custody | None
    out: Booking | None
    coming: list[Booking]
    service: Service | None
    outages: list[OutOfService]
    damages: list[Damage]
    upkeeps: list[Upkeep]
    readings: list[Reading]
    costs: list[Cost]
    months: list[Month]

    @property
    def year_total(self) -> Decimal:
        """What the months shown cost in all."""
        return sum((m.total for m in self.months), Decimal(0))

    @property
    def categories(self) -> list[tuple[str, str]]:
        """What it cost something for, in the order of the choices."""
        spent = {category for month in self.months for category in month.by_category}
        return [(value, str(label)) for value, label in Cost.Category.choices if value in spent]

    @property
    def outage(self) -> OutOfService | None:
        return next((o for o in self.outages if o.until is None), None)

    @property
    def open_damages(self) -> list[Damage]:
        return [d for d in self.damages if d.settled_at is None]

    @property
    def settled_damages(self) -> list[Damage]:
        return [d for d in self.damages if d.settled_at is not None]


def find_unit(directory: Directory, sites: Sequence[SiteEntry], resource_id: int) -> Resource | None:
    """A unit of the pools of these sites; None for a desk, another site's or another territory's."""
    return (
        Resource.objects.filter(pk=resource_id, territory_id=directory.territory_id, site_id__in=[s.id for s in sites])
        .exclude(kind=Kind.DESK)
        .first()
    )


def sheet_of(unit: Resource, directory: Directory, now: dt.datetime) -> Sheet:
    """Read everything, in as many queries whatever there is."""
    today = directory.today(now)
    vehicle = Vehicle.objects.filter(pk=unit.pk).first()
    bookings = Booking.objects.filter(resource=unit).select_related("agent")
    damages = Damage.objects.filter(resource=unit).select_related("booking__agent", "before__agent", "settled_by")
    oldest = months_before(today, 12)[-1]
    costs = list(Cost.objects.filter(resource=unit, day__gte=oldest))
    return Sheet(
        unit,
        directory.site_by_id(unit.site_id),
        vehicle,
        TransportCard.objects.select_related("holder").filter(pk=unit.pk).first(),
        Custody.objects.filter(resource=unit, until=None).select_related("booking__agent", "box").first(),
        bookings.filter(state=State.IN_USE).order_by("start").first(),
        list(bookings.filter(state__in=HOLDING, end__gt=now).exclude(state=State.IN_USE).order_by("start")[:5]),
        _service(vehicle, today),
        list(OutOfService.objects.filter(resource=unit)[:SHOWN]),
        list(damages[:SHOWN]),
        list(Upkeep.objects.filter(resource=unit)[:SHOWN]),
        list(Reading.objects.filter(resource=unit).select_related("booking__agent").order_by("-at")[:READINGS_SHOWN]),
        costs,
        by_month(((c.day, c.category, c.amount) for c in costs), today),
    )


def _service(vehicle: Vehicle | None, today: dt.date) -> Service | None:
    if vehicle is None:
        return None
    policy = policy_of(vehicle.territory_id)
    return service(
        due_on=vehicle.service_due_on,
        due_km=vehicle.service_due_km,
        today=today,
        odometer_km=vehicle.odometer_km,
        soon_days=policy.service_soon_days,
        soon_km=policy.service_soon_km,
    )
