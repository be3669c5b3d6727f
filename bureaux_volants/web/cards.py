"""A booking as a card: what its holder can do with it now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import CHANGEABLE, State
from bureaux_volants.keys.holding import KeyState, Step, states
from bureaux_volants.territory.models import Agent

#: Where nothing but the person says that it is taken.
_ON_ONE_S_WORD = (Step.HOST, Step.BADGE, Step.UNKNOWN)


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
    #: How its key is had; None for a desk, or when it is over.
    key: KeyState | None = None


def card(booking: Booking, directory: Directory, now: dt.datetime, key: KeyState | None = None) -> Card:
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
        can_arrive=opens is not None and opens <= now and (key is None or key.step in _ON_ONE_S_WORD),
        can_leave=in_use,
        can_change=ahead and (in_use or booking.state in CHANGEABLE),
        can_cancel=ahead and booking.state in CHANGEABLE,
        is_now=in_use or (opens is not None and opens <= now),
        key=key,
    )


def cards(bookings: Sequence[Booking], directory: Directory, now: dt.datetime, viewer: Agent) -> list[Card]:
    """The cards of a person's own bookings, with the state of their keys."""
    keys = states(bookings, viewer, now=now)
    return [card(b, directory, now, keys.get(b.pk)) for b in bookings]
