"""Until when a vehicle or a card can be lent: what expires within the loan is not lent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.models import Resource
from bureaux_volants.booking.withdraw import Withdrawn, save_unit
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import local_day

from .models import TransportCard, Vehicle


def first_to_expire(days: Iterable[dt.date | None]) -> dt.date | None:
    """The earliest last valid day; None when nothing expires."""
    known = [day for day in days if day is not None]
    return min(known) if known else None


def renew(papers: Vehicle | TransportCard, author: Author, *, now: dt.datetime | None = None) -> Withdrawn:
    """Save what changed of the papers, and look after the bookings that they no longer cover (or cover again)."""
    papers.save()
    if isinstance(papers, Vehicle):
        last = first_to_expire([papers.insured_until, papers.inspected_until])
    else:
        last = papers.valid_until
    resource = Resource.objects.get(pk=papers.resource_id)
    zone = get_directory(resource.territory_id).zone
    resource.usable_until = None if last is None else local_day(last, zone).end
    withdrawn = save_unit(resource, author, now=now)
    until = None if last is None else last.isoformat()
    record(
        resource.territory_id, author, "resource.changed", "resource", resource.pk, site=resource.site_id, until=until
    )
    return withdrawn
