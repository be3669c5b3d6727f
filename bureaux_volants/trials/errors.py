"""What the trials' services answer when they cannot do what is asked. Nothing was changed; the message is for people."""

from __future__ import annotations

from collections.abc import Sequence

from bureaux_volants.booking.errors import BookingError, NotFound

__all__ = ["NotFound", "TrialRefused"]


class TrialRefused(BookingError):
    """The trial, as it is, does not allow this; each reason is one French sentence."""

    code = "trial-refused"

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons: Sequence[str] = reasons
