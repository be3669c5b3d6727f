"""What the fleet manager writes down about a vehicle: services that were done, costs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction

from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Resource
from bureaux_volants.events.log import Author, record

from .models import Cost, Upkeep, Vehicle


@transaction.atomic
def service_done(
    vehicle: Vehicle,
    author: Author,
    *,
    done_on: dt.date,
    what: str,
    odometer_km: int | None = None,
    next_on: dt.date | None = None,
    next_km: int | None = None,
) -> Upkeep:
    """Keep a service that was done, and when the next one is due (neither: none is)."""
    Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    done = Upkeep.objects.create(
        resource_id=vehicle.pk,
        territory_id=vehicle.territory_id,
        done_on=done_on,
        odometer_km=odometer_km,
        what=what[:120],
    )
    vehicle.service_due_on, vehicle.service_due_km = next_on, next_km
    if odometer_km is not None and odometer_km > vehicle.odometer_km:
        vehicle.odometer_km = odometer_km
    vehicle.save(update_fields=["service_due_on", "service_due_km", "odometer_km"])
    record(
        vehicle.territory_id,
        author,
        "vehicle.serviced",
        "resource",
        vehicle.pk,
        what=done.what,
        done_on=done_on.isoformat(),
        next_on=next_on.isoformat() if next_on else None,
        next_km=next_km,
    )
    return done


@transaction.atomic
def add_cost(resource: Resource, author: Author, *, day: dt.date, category: str, amount: Decimal, note: str = "") -> Cost:  # fmt: skip
    """Keep an amount, euros; a refund is negative."""
    cost = Cost.objects.create(
        resource=resource,
        territory_id=resource.territory_id,
        day=day,
        category=category,
        amount=amount,
        note=note[:120],
    )
    _record(cost, author, "cost.added")
    return cost


@transaction.atomic
def remove_cost(resource: Resource, cost_id: int, author: Author) -> None:
    """Take a mistake out again; the log keeps that it was there. NotFound when it is not of this unit."""
    cost = Cost.objects.select_for_update().filter(pk=cost_id, resource=resource).first()
    if cost is None:
        raise NotFound("Ce montant n'existe plus.")
    _record(cost, author, "cost.removed")
    cost.delete()


def _record(cost: Cost, author: Author, kind: str) -> None:
    record(
        cost.territory_id,
        author,
        kind,
        "resource",
        cost.resource_id,
        category=cost.category,
        amount=str(cost.amount),
        day=cost.day.isoformat(),
    )
