"""Taking a unit out of service, from now, and putting it back. Those who had booked it are looked after by booking/withdraw.py."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.errors import WrongState
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Resource
from bureaux_volants.booking.withdraw import Withdrawn, lock_unit, save_unit
from bureaux_volants.events.log import Author, record

from .models import OutOfService


@in_transaction
def take_out(resource_id: int, reason: str, author: Author, *, now: dt.datetime | None = None) -> Withdrawn:
    """Lend a unit no more; whoever has it keeps it until it is back. WrongState when it is out of service already."""
    now = now or timezone.now()
    lock_unit(Resource.objects.get(pk=resource_id), now)
    if not Resource.objects.filter(pk=resource_id, is_active=True).exists():
        raise WrongState("Cette unité est déjà hors service.")
    return take_out_locked(resource_id, reason, author, now)


def take_out_locked(resource_id: int, reason: str, author: Author, now: dt.datetime) -> Withdrawn:
    """The same within a transaction that holds the locks of `lock_unit`; nothing when it is out of service already."""
    resource = Resource.objects.get(pk=resource_id)
    if not resource.is_active:
        return Withdrawn()
    OutOfService.objects.get_or_create(
        resource=resource,
        until=None,
        defaults={"territory_id": resource.territory_id, "since": now, "reason": reason[:200]},
    )
    resource.is_active = False
    _record(resource, author, in_service=False, reason=reason[:200])
    return save_unit(resource, author, now=now)


@in_transaction
def put_back(resource_id: int, author: Author, *, now: dt.datetime | None = None) -> None:
    """Lend a unit again; whoever waits for one like it is served. WrongState when it is in service already."""
    now = now or timezone.now()
    lock_unit(Resource.objects.get(pk=resource_id), now)
    resource = Resource.objects.get(pk=resource_id)
    if resource.is_active:
        raise WrongState("Cette unité est déjà en service.")
    OutOfService.objects.filter(resource=resource, until=None).update(until=now)
    resource.is_active = True
    save_unit(resource, author, now=now)
    _record(resource, author, in_service=True)


def _record(resource: Resource, author: Author, **data: object) -> None:
    record(resource.territory_id, author, "resource.changed", "resource", resource.pk, site=resource.site_id, **data)
