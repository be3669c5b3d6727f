"""What is read on a vehicle when it is taken and brought back. An unlikely figure is asked again, never lost."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.log import Author, record

from .models import Reading, Trip, Vehicle
from .readings import doubt


class AskAgain(BookingError):
    """The figure is not believable: shown again to be confirmed or corrected."""

    code = "reading-doubtful"


@in_transaction
def read(
    booking_id: int,
    moment: Reading.Moment,
    author: Author,
    *,
    odometer_km: int | None = None,
    charge_percent: int | None = None,
    condition: str = Reading.Condition.GOOD,
    note: str = "",
    confirmed: bool = False,
    now: dt.datetime | None = None,
) -> Reading:
    """Keep a reading. AskAgain when the odometer is unlikely and nobody has confirmed it; then nothing is kept yet."""
    now = now or timezone.now()
    booking = Booking.objects.select_related("resource").get(pk=booking_id)
    lock(sites=[booking.site_id])
    vehicle = Vehicle.objects.filter(pk=booking.resource_id).first()
    why = None
    if odometer_km is not None and vehicle is not None:
        last = (
            Reading.objects.filter(resource_id=booking.resource_id, is_doubtful=False, odometer_km__isnull=False)
            .exclude(booking=booking, moment=moment)
            .order_by("-at")
            .first()
        )
        trip = Trip.objects.filter(pk=booking_id).first()
        hours = (now - last.at).total_seconds() / 3600 if last else 0.0
        same = last is not None and last.booking_id == booking_id
        planned = 2 * trip.km if trip is not None and same else None
        why = doubt(last_km=last.odometer_km if last else None, read_km=odometer_km, hours=hours, planned_km=planned)
        if why is not None and not confirmed:
            raise AskAgain(why)
    reading, _ = Reading.objects.update_or_create(
        booking=booking,
        moment=moment,
        defaults={
            "resource_id": booking.resource_id,
            "at": now,
            "odometer_km": odometer_km,
            "charge_percent": charge_percent,
            "condition": condition,
            "note": note[:400],
            "is_doubtful": why is not None,
        },
    )
    if vehicle is not None:
        if odometer_km is not None and why is None:
            vehicle.odometer_km = odometer_km
        if charge_percent is not None:
            vehicle.charge_percent = charge_percent
        vehicle.save(update_fields=["odometer_km", "charge_percent"])
    record(
        booking.territory_id,
        author,
        f"vehicle.{moment}",
        "resource",
        booking.resource_id,
        reference=booking.reference,
        odometer=odometer_km,
        charge=charge_percent,
        condition=str(condition),
        doubtful=why is not None,
    )
    return reading
