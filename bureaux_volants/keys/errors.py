"""What the key room answers when it cannot do what is asked; stable codes, French sentences, as booking's."""

from __future__ import annotations

from bureaux_volants.booking.errors import BookingError


class NotHolder(BookingError):
    """Only the person whose booking it is may see its code, or say that they take the key."""

    code = "not-holder"


class NotYet(BookingError):
    """The code appears when its time comes."""

    code = "code-not-yet"


class NoLonger(BookingError):
    """The time to take, or to return, is over, or the right was withdrawn."""

    code = "code-no-longer"


class NoKey(BookingError):
    """Nothing to take at a box: the thing has no key, or its box is out of service."""

    code = "no-key"


class NotThere(BookingError):
    """The key is not where it would have to be for that."""

    code = "key-not-there"


class BoxTrouble(BookingError):
    """A box cannot be enrolled, or its secret cannot be changed now."""

    code = "box-trouble"


class Untrusted(Exception):
    """A request or a message that no box of ours wrote. Nothing was changed; nothing more is told."""
