"""What is due when something is not back at the hour said. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

#: A hold that follows the clock is written anew so often, not at every round.
STEP = dt.timedelta(minutes=5)
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long after the end the holder, then the fleet manager, are told; how long before their start the next is moved."""

    holder: dt.timedelta
    manager: dt.timedelta
    ahead: dt.timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """What must have happened by now. `held_until`: nobody else is given the unit before."""

    holder: bool
    manager: bool
    held_until: dt.datetime


def due(end: dt.datetime, now: dt.datetime, patience: Patience) -> Due | None:
    """What is due for a unit that is still out at `now` and was promised for `end`; None before that hour.

    Nobody knows when it comes back: it is held a little beyond now, rounded up, and further as time passes.
    """
    if now < end:
        return None
    ahead = now + patience.ahead - _EPOCH
    steps = ahead // STEP + 1
    late = now - end
    return Due(late >= patience.holder, late >= patience.manager, _EPOCH + steps * STEP)
