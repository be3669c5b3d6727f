"""How long days are remembered: they say where somebody lives and whom they met, so as long as a desk keeps its name, no longer.

What was asked and never booked helps nobody once the day is over but to fill the form again: a week.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.retention import limits_of
from bureaux_volants.territory.models import Territory

from .models import CalendarLink, DayPlan

UNBOOKED_KEPT = dt.timedelta(days=7)


def forget(now: dt.datetime | None = None) -> None:
    """Erase the days of every territory that are past its retention; their bookings have their own."""
    now = now or timezone.now()
    # Who has left organises no day any more.
    CalendarLink.objects.filter(agent__is_active=False).delete()
    for territory in Territory.objects.order_by("pk"):
        plans = DayPlan.objects.filter(territory=territory)
        plans.filter(date__lt=limits_of(territory, now).desks.date()).delete()
        plans.filter(booked_at=None, date__lt=(now - UNBOOKED_KEPT).date()).delete()
