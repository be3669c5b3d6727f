"""How long days are remembered: they say where somebody lives and whom they met, so as long as a desk keeps its name, no longer.

What was asked and never booked helps nobody once the day is over but to fill the form again: a week.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.retention import forget_in_log, limits_of, nobody_of
from bureaux_volants.territory.models import Territory

from .models import CalendarFeed, CalendarLink, DayPlan, RideOffer

UNBOOKED_KEPT = dt.timedelta(days=7)


@transaction.atomic
def forget(now: dt.datetime | None = None) -> None:
    """Erase the days of every territory that are past its retention; their bookings have their own."""
    now = now or timezone.now()
    # Who has left organises no day any more.
    CalendarLink.objects.filter(agent__is_active=False).delete()
    CalendarFeed.objects.filter(agent__is_active=False).delete()
    for territory in Territory.objects.order_by("pk"):
        plans = DayPlan.objects.filter(territory=territory)
        plans.filter(date__lt=limits_of(territory, now).desks.date()).delete()
        plans.filter(booked_at=None, date__lt=(now - UNBOOKED_KEPT).date()).delete()
        # A journey keeps its names as long as a vehicle's loan does: it is what an allowance is claimed with.
        RideOffer.objects.filter(territory=territory, arrive__lt=limits_of(territory, now).vehicles).delete()
        forget_in_log(
            territory,
            nobody_of(territory),
            "e.subject_kind = 'ride_offer' AND e.at < %(limit)s",
            {"limit": limits_of(territory, now).vehicles},
        )
