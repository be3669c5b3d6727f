"""A booking as a card: what its holder can do with it now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import CHANGEABLE, State


@dataclass(frozen=True, slots=True)
class Card:
    """`arrives_from`: from when the arrival can be told, None when that is over or makes no sense."""

    booking: Booking
    arrives_from: dt.datetime | None
    can_arrive: bool
    can_leave: bool
    can_change: bool
    can_cancel: bool
    is_now: bool


def card(booking: Booking, directory: Directory, now: dt.datetime) -> Card:
    ahead = booking.end > now
    opens = None
    if booking.state == State.CONFIRMED and ahead:
        early = directory.site_by_id(booking.site_id).rules_for(booking.kind).check_in_early_minutes
        opens = booking.start - dt.timedelta(minutes=early)
    # What was taken with a key is in hand until it is brought back, however late.
    in_use = booking.state == State.IN_USE and (ahead or booking.kind != Kind.DESK)
    return Card(
        booking,
        arrives_from=opens,
        can_arrive=opens is not None and opens <= now,
        can_leave=in_use,
        can_change=ahead and (in_use or booking.state in CHANGEABLE),
        can_cancel=ahead and booking.state in CHANGEABLE,
        is_now=in_use or (opens is not None and opens <= now),
    )


def cards(bookings: Iterable[Booking], directory: Directory, now: dt.datetime) -> list[Card]:
    return [card(b, directory, now) for b in bookings]
