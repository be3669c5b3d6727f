"""How long the pool remembers people: as long as a vehicle loan keeps its name (booking/retention.py), no longer.

Who rode along, what was said and shown of a unit's state, and what the log says of a vehicle go at the same limit.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.retention import forget_in_log, limits_of, nobody_of
from bureaux_volants.territory.models import Territory

from .models import Damage, Licence, Passenger, Reading, TakeHome


@transaction.atomic
def forget(territory: Territory, *, now: dt.datetime | None = None) -> None:
    """Take the names off one territory's past trips, reports and readings; papers that ended so long ago are erased."""
    limit = limits_of(territory, now or timezone.now()).vehicles
    Passenger.objects.filter(trip__territory=territory, trip__booking__end__lt=limit).delete()
    for damage in Damage.objects.filter(territory=territory, reported_at__lt=limit).exclude(photo=""):
        damage.photo.delete()
    # What was written by hand may name somebody; what it says of the unit is settled by then.
    Damage.objects.filter(territory=territory, reported_at__lt=limit, settled_at__isnull=False).exclude(note="").update(
        note=""
    )
    Reading.objects.filter(booking__territory=territory, at__lt=limit).exclude(note="").update(note="")
    for papers in (Licence, TakeHome):
        papers.objects.filter(territory=territory, valid_until__lt=limit.date()).delete()
    forget_in_log(
        territory,
        nobody_of(territory),
        "e.subject_kind = 'resource' AND e.at < %(limit)s AND e.kind IN ('vehicle.taken', 'vehicle.returned', 'damage.reported')",
        {"limit": limit},
    )
