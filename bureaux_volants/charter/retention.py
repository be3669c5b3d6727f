"""How long the charter remembers people.

Reasons go with the names on desk bookings; who accepted a version that is no longer in force, exemptions that ended and what the
log says of both go with the names on vehicle loans. Who has accepted what is in force is kept as long as it is.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.retention import forget_in_log, limits_of, nobody_of
from bureaux_volants.territory.models import Territory

from .models import Acceptance, Exemption, GivenReason
from .versions import current


@transaction.atomic
def forget(territory: Territory, *, now: dt.datetime | None = None) -> None:
    """Erase what is past its limit in one territory."""
    limits = limits_of(territory, now or timezone.now())
    GivenReason.objects.filter(territory=territory, given_at__lt=limits.desks).delete()
    Exemption.objects.filter(territory=territory, valid_until__lt=limits.vehicles.date()).delete()
    last = current(territory.pk)
    past = Acceptance.objects.filter(version__territory=territory, accepted_at__lt=limits.vehicles)
    past.exclude(version=last).delete()
    forget_in_log(
        territory,
        nobody_of(territory),
        """(e.subject_kind = 'charter_reason' AND e.at < %(desks)s)
           OR (e.subject_kind = 'exemption' AND e.at < %(vehicles)s)
           OR (e.kind = 'charter.accepted' AND e.at < %(vehicles)s AND e.subject_id <> %(last)s)""",
        {"desks": limits.desks, "vehicles": limits.vehicles, "last": last.pk if last else 0},
    )


def forget_everywhere(now: dt.datetime | None = None) -> None:
    """Every territory in turn, each in its own transaction."""
    for territory in Territory.objects.order_by("pk"):
        forget(territory, now=now)
