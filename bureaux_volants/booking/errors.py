"""What a booking service answers when it cannot do what is asked. Each has a stable code and a French sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bureaux_volants.booking.directory import Directory, SiteEntry

from .rules import OwnBooking, Refusal


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another place where the same stay can be had. `km` is the great-circle distance from the place asked."""

    site: SiteEntry
    start: dt.datetime
    end: dt.datetime
    km: float
    free: int


class BookingError(Exception):
    """Nothing was changed; `code` is for programs, `message` for people."""

    code = "booking-error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(BookingError):
    """No such thing for this person: whether it exists elsewhere is not told."""

    code = "not-found"


class Refused(BookingError):
    """One rule or more refuses; all of them are listed."""

    code = "rules-refused"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(" ".join(r.message for r in refusals))
        self.refusals = list(refusals)


class NoUnitFree(BookingError):
    """No arrangement of the bookings leaves a unit; the nearest places that can be had are named."""

    code = "no-unit-free"
    #: The territory's directory and the person's own bookings, when they were just loaded: for the search that follows.
    seen: tuple[Directory, Sequence[OwnBooking]] | None = None

    def __init__(self, message: str, alternatives: Sequence[Alternative] = ()) -> None:
        super().__init__(message)
        self.alternatives = list(alternatives)


class WrongState(BookingError):
    """The booking is no longer, or not yet, in a state that allows this."""

    code = "wrong-state"


class RoomLeft(BookingError):
    """Nobody needs to wait: the stay can be booked at once."""

    code = "room-left"


class AlreadyWaiting(BookingError):
    """The person is in this queue already."""

    code = "already-waiting"
