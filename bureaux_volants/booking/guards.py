"""What rooms above booking must agree to: a licence to drive, a charter to accept.

A room registers its guard when the application starts; booking asks every guard, when somebody books and again when they
take what they booked, and reports what it refuses together with the booking rules.
"""

from __future__ import annotations

from collections.abc import Callable

from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .models import Kind
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


#: Person, hours, whether they join somebody else's car rather than book one -> every reason against.
Engagement = Callable[[Agent, Interval, bool], list[Refusal]]

_engagements: list[Engagement] = []


def engagement(asks: Engagement) -> Engagement:
    """Register who knows where else somebody is, once, at import time.

    Asked when somebody books a car, moves it or joins one, with the person locked; not again when they take it: hours that
    slipped a little since then keep nobody from their key.
    """
    if asks not in _engagements:
        _engagements.append(asks)
    return asks


def engaged(agent: Agent, asked: Interval, *, joins: bool = False) -> list[Refusal]:
    """Every reason why the person cannot be in a pool car at these hours."""
    return [reason for asks in _engagements for reason in asks(agent, asked, joins)]


def refusals_to_book(agent: Agent, kind: str, asked: Interval) -> list[Refusal]:
    """What any guard has against it, and where else the person is when it is a car."""
    return refusals(agent, kind, asked) + (engaged(agent, asked) if kind == Kind.CAR else [])


#: Person -> whether they have accepted the charter in force in their territory.
Acceptance = Callable[[Agent], bool]

_charters: list[Acceptance] = []


def accepted_by(tells: Acceptance) -> Acceptance:
    """Register who knows whether somebody has accepted the mobility charter, once, at import time.

    The room that keeps the charter decorates one function with it, in a module that its AppConfig.ready imports:

        @accepted_by
        def has_accepted_what_is_in_force(agent: Agent) -> bool: ...

    What asks for the acceptance is decided elsewhere (cars: fleet/charter.py, where the territory says so).
    """
    if tells not in _charters:
        _charters.append(tells)
    return tells


def has_accepted(agent: Agent) -> bool | None:
    """Whether somebody has accepted the charter; None while no room keeps one: then nothing can be asked of anybody."""
    return all(tells(agent) for tells in _charters) if _charters else None
