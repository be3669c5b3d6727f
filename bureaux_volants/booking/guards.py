"""What rooms above booking must agree to: a licence to drive, a charter to accept.

A room registers its guard when the application starts; booking asks every guard, when somebody books and again when they
take what they booked, and reports what it refuses together with the booking rules.
"""

from __future__ import annotations

from collections.abc import Callable

from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .rules import Refusal

#: Person, kind, hours -> every reason against; empty when there is none.
Guard = Callable[[Agent, str, Interval], list[Refusal]]

_guards: list[Guard] = []


def guard(asks: Guard) -> Guard:
    """Register a guard, once, at import time (in a room's AppConfig.ready)."""
    if asks not in _guards:
        _guards.append(asks)
    return asks


def refusals(agent: Agent, kind: str, asked: Interval) -> list[Refusal]:
    """Every reason that any guard has against this person taking a thing of this kind at these hours."""
    return [reason for asks in _guards for reason in asks(agent, kind, asked)]
