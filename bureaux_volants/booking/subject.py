"""What a notice says of a booking, when it leaves: whether it still holds, and the invitation that goes with it (RFC 6047)."""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr

import icalendar
from django.conf import settings

from bureaux_volants.messages.about import Invitation, Subject, register
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.calendar import local_day

from .entries import changes_of, entry_of, written
from .models import Booking
from .notices import ASKED, AWAITED, COMING, HELD, OVER, what
from .states import HOLDING, State


def _booking(notice: Notice) -> Booking | None:
    """The booking as it is while the notice leaves: read once, for both questions."""
    if "_booking" not in vars(notice):
        number = int(notice.about.partition(":")[2])
        found = Booking.objects.select_related("site", "resource", "territory").filter(pk=number).order_by().first()
        vars(notice)["_booking"] = found
    booking: Booking | None = vars(notice)["_booking"]
    return booking


def _comes(booking: Booking, now: dt.datetime) -> bool:
    """Whether its holder is still expected at its site on its day, by this booking or another."""
    day = local_day(booking.start.astimezone(booking.territory.zone).date(), booking.territory.zone)
    held = Booking.objects.filter(agent_id=booking.agent_id, site_id=booking.site_id, state__in=HOLDING)
    return held.filter(start__gte=day.start, start__lt=day.end, end__gt=now).exists()


def holds(notice: Notice, now: dt.datetime) -> bool:
    """What is over stays so; what is held or asked for must be so still, at the hours and with the unit that are told."""
    told, booking = notice.told or {}, _booking(notice)
    if booking is None:
        return False
    if told.get("is") == ASKED:
        return booking.state == State.REQUESTED and booking.end > now
    if told.get("is") == AWAITED:
        return booking.state == State.CONFIRMED and (booking.free_if_absent_at or booking.end) > now
    if told.get("is") == COMING:
        return _comes(booking, now)
    if told.get("is") != HELD:
        return True
    return booking.state in HOLDING and booking.end > now and told == {"is": HELD, **what(booking)}


def invitation(notice: Notice, now: dt.datetime) -> Invitation | None:
    """To whoever holds the booking alone: REQUEST as it stands now, CANCEL once it is over; none for a mere request."""
    is_what, booking = (notice.told or {}).get("is"), _booking(notice)
    if booking is None or booking.agent_id != notice.recipient_id or is_what not in (HELD, OVER):
        return None
    if booking.state == State.REFUSED:
        return None  # there was no invitation to what was only asked for
    entry = entry_of(booking, len(changes_of([booking])[booking.pk]), settings.BV_BASE_URL, now, booking.territory.zone)
    method = "REQUEST" if is_what == HELD else "CANCEL"
    return Invitation(method, written([addressed(entry, notice, method)], method))


def addressed(entry: icalendar.Event, notice: Notice, method: str) -> icalendar.Event:
    """The entry as a message to its one reader (RFC 5546): who organises it, who attends, cancelled or not."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organiser = icalendar.vCalAddress(f"mailto:{address}")
    organiser.params["CN"] = name or "Bureaux volants"
    entry.add("organizer", organiser)
    attendee = icalendar.vCalAddress(f"mailto:{notice.recipient.email}")
    attendee.params.update({"CN": str(notice.recipient), "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    entry.add("attendee", attendee)
    if method == "CANCEL":
        entry["STATUS"] = icalendar.vText("CANCELLED")
    return entry


register("booking", Subject(holds, invitation))
