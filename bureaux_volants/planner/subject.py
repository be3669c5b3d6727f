"""What a notice says of a planned day or of a shared ride, when it leaves: whether it still holds, and the day as calendar entries."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings

from bureaux_volants.booking.entries import calendar_of, changes_of
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.notices import what
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.messages.about import Invitation, Subject, register
from bureaux_volants.messages.models import Notice

from .models import DayPlan, RideRequest

#: What a notice takes a day, or a seat, to be.
BOOKED, CANCELLED, ASKED, GIVEN, OVER = "booked", "cancelled", "asked", "given", "over"


def told_of_day(plan: DayPlan, bookings: list[Booking], taken_for: str) -> dict[str, Any]:
    """What a notice says of a day: each stay with its hours and unit."""
    told = {
        "about": f"plan:{plan.pk}",
        "told": {"is": taken_for, "stays": {str(b.pk): what(b) for b in bookings}},
    }
    return told if taken_for == CANCELLED or not bookings else {**told, "needed_by": min(b.start for b in bookings)}


def told_of_seat(request: RideRequest, taken_for: str) -> dict[str, Any]:
    """What a notice says of a seat in a colleague's car, and until when it is of use."""
    at = request.picked_at.astimezone(dt.UTC).isoformat()
    return {
        "about": f"seat:{request.pk}",
        "told": {"is": taken_for, "at": at},
        "needed_by": request.picked_at,
    }


def _stays(notice: Notice) -> list[Booking]:
    said = (notice.told or {}).get("stays", {})
    found = Booking.objects.filter(pk__in=[int(pk) for pk in said]).select_related("site", "resource", "territory")
    return list(found.order_by("start", "pk"))


def day_holds(notice: Notice, now: dt.datetime) -> bool:
    """A day that was given up is given up; one that is booked must be so still, every stay as it is told."""
    told = notice.told or {}
    if told.get("is") == CANCELLED:
        return True
    plan = (
        DayPlan.objects.filter(pk=int(notice.about.partition(":")[2]), cancelled_at=None)
        .select_related("territory")
        .first()
    )
    if plan is None or plan.date < now.astimezone(plan.territory.zone).date():
        return False
    return bool({str(b.pk): what(b) for b in _stays(notice) if b.state in HOLDING} == told.get("stays", {}))


def day_as_entries(notice: Notice, now: dt.datetime) -> Invitation | None:
    """The stays of the day as they are now, in one file (PUBLISH: an invitation is to one thing); cancelled ones say so."""
    stays = _stays(notice)
    if not stays:
        return None
    zone = stays[0].territory.zone
    return Invitation("PUBLISH", calendar_of(stays, changes_of(stays), settings.BV_BASE_URL, now, zone))


def seat_holds(notice: Notice, now: dt.datetime) -> bool:
    """A seat that is asked for waits still, one that is given is theirs still at that hour; what is over stays over."""
    told = notice.told or {}
    if told.get("is") == OVER:
        return True
    request = RideRequest.objects.filter(pk=int(notice.about.partition(":")[2])).first()
    if request is None or request.picked_at <= now:
        return False
    if told.get("is") == ASKED:
        return request.state == RideRequest.State.ASKED
    return request.state == RideRequest.State.ACCEPTED and request.picked_at.astimezone(dt.UTC).isoformat() == told.get(
        "at"
    )


register("plan", Subject(day_holds, day_as_entries))
register("seat", Subject(seat_holds))
