"""Lending fewer desks on one day. Nobody who has booked loses their desk; nobody else gets one above the number.

The number is a part of the directory, read again by every booking once it holds the site's lock (placing.py): of a booking
and a change of capacity at once, one comes first and the other sees it.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import local_day

from .errors import NotFound, WrongState
from .locks import in_transaction
from .models import DayCapacity, Kind
from .waiting import lock_for_freeing, serve


@in_transaction
def lend(
    territory_id: int, site_id: int, day: dt.date, desks: int, author: Author, *, now: dt.datetime | None = None
) -> None:
    """Lend so many desks of a site on a local day, today or later; as many as there are: as usual again.

    Whoever waits is served when there are more than before. WrongState for a day that is over or a number that the site
    does not have, NotFound for a site of another territory.
    """
    now = now or timezone.now()
    directory = get_directory(territory_id)
    span = local_day(day, directory.zone)
    lock_for_freeing([], [site_id], Kind.DESK, span)
    directory = get_directory(territory_id)
    try:
        site = directory.site_by_id(site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None
    units = len(site.units_of(Kind.DESK))
    if span.end <= now:
        raise WrongState("Ce jour est passé.")
    if not 0 <= desks <= units:
        raise WrongState(f"Ce site a {units} bureaux : indiquez un nombre de 0 à {units}.")
    before = site.fewer.get(day, units)
    if desks == before:
        return
    if desks == units:
        DayCapacity.objects.filter(site_id=site_id, day=day).delete()
    else:
        DayCapacity.objects.update_or_create(
            site_id=site_id,
            day=day,
            defaults={
                "territory_id": territory_id,
                "desks": desks,
                "created_by": author.agent,
                "created_at": now,
            },
        )
    record(territory_id, author, "site.lends", "site", site_id, day=day.isoformat(), desks=desks, before=before)
    if desks > before:
        serve(get_directory(territory_id), site_id, Kind.DESK, span, now=now)
