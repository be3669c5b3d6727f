"""What a key tells of its booking: taken is arrived, returned is left. Doing it twice changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import NotFound, Refused, WrongState
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event

from . import cases
from .models import Grant
from .signing import as_instant


def carry_over(kind: str, booking_id: int, data: Mapping[str, Any], *, now: dt.datetime | None = None) -> None:
    """Carry one `key.taken` or `key.returned` over to its booking. `data` is the event's."""
    booking = Booking.objects.filter(pk=booking_id).select_related("agent").first()
    if booking is None:
        return
    # Whoever typed the code acts, through the box.
    author = Author(booking.agent, Event.Origin.API)
    if kind == "key.taken":
        _arrived(booking, author, data)
    elif kind == "key.returned":
        try:
            # Now, not when the box says: hours that have passed meanwhile can be given to nobody.
            service.leave(booking.pk, author, now=now or timezone.now())
        except WrongState:
            return


def _arrived(booking: Booking, author: Author, data: Mapping[str, Any]) -> None:
    grant = Grant.objects.filter(pk=data["grant"]).select_related("box").first()
    if grant is None:
        return
    if booking.resource_id != grant.resource_id and booking.checked_in_at is None:
        cases.open_case(grant.box, cases.AFTER_RELEASE, data["sequence"], grant.resource_id, [booking])
        return
    # The box judged by its own clock that it was time; a few minutes of drift do not make an arrival too early.
    moment = max(min(as_instant(data["at"]), booking.end - dt.timedelta(seconds=1)), grant.from_at)
    try:
        service.check_in(booking.pk, author, Booking.CheckInBy.BOX, now=moment)
    except Refused as refused:
        codes = ", ".join(r.code for r in refused.refusals)
        cases.open_case(grant.box, cases.AGAINST_RULES, data["sequence"], grant.resource_id, [booking], why=codes)
    except NotFound:
        return
    except WrongState:
        booking.refresh_from_db()
        # A box without network hands out what was given back, or moved, meanwhile.
        if booking.state not in (State.IN_USE, State.COMPLETED) and booking.checked_in_at is None:
            cases.open_case(grant.box, cases.AFTER_RELEASE, data["sequence"], grant.resource_id, [booking])
