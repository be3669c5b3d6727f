"""Who has each key, worked out from what a box says. Pure: no Django, no database, no clock.

A box numbers its events; they arrive late, twice, in any order. Replaying them in the box's own order gives the same
custody whatever the order of arrival. What contradicts itself is never settled by a guess: the custody follows what the
box last saw, and a contradiction is named for a person to settle.

Events beyond a missing number are `provisional`: shown, because somebody stands before the box, but the contradictions
that they seem to make are not told until the gap is filled or given up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a box tells, and (the last two) what a person says in its place."""

    DOOR_OPEN = "door_open"
    KEY_OUT = "key_out"
    KEY_IN = "key_in"
    WRONG_SLOT = "wrong_slot"
    DENIED = "denied"
    TAMPER = "tamper"
    POWER = "power"
    HEARTBEAT = "heartbeat"
    DECLARED_LOST = "declared_lost"
    DECLARED_IN = "declared_in"


class Finding(StrEnum):
    """Stable codes of what a person must settle."""

    OUT_TWICE = "out-twice"  # taken while somebody else still had it
    IN_TWICE = "in-twice"  # returned by nobody: it was in the box already
    WRONG_SLOT = "wrong-slot"  # back, through another slot than its own
    TAKEN_WITHOUT_GRANT = "taken-without-grant"
    WRONG_KEY = "wrong-key"  # taken with a code that was good for another key
    UNKNOWN_KEY = "unknown-key"  # a key, or a slot, that this box is not known to have
    TAMPER = "tamper"
    GAP = "gap"  # numbers that never came


@dataclass(frozen=True, slots=True)
class Told:
    """One event. `key` where the box senses which one it is, else None; `at` is the box's clock.

    What a person declares has the number of the last event known then, and a `rank` above 0 among those.
    """

    sequence: int
    kind: str
    at: dt.datetime
    slot: int | None = None
    key: int | None = None
    grant: int | None = None
    rank: int = 0

    @property
    def place(self) -> tuple[int, int]:
        return self.sequence, self.rank


@dataclass(frozen=True, slots=True)
class Held:
    """Where a key is from `since` on: in a slot of the box, lost, or else out, with the person of a grant.

    Out without a grant: the box saw it leave and cannot say with whom.
    """

    key: int
    since: dt.datetime
    place: tuple[int, int]
    slot: int | None = None
    grant: int | None = None
    is_lost: bool = False
    is_provisional: bool = False
    #: With whom it was just before, when somebody brought it back or gave it up.
    from_grant: int | None = None

    @property
    def is_in_box(self) -> bool:
        return self.slot is not None

    @property
    def is_out(self) -> bool:
        return self.slot is None and not self.is_lost


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A finding, where the box's numbering puts it."""

    code: Finding
    sequence: int
    key: int | None = None
    #: The grants that speak against each other, in order.
    grants: tuple[int, ...] = ()
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Cabinet:
    """What is known of a box: its keys with their home slots, and which key each grant is good for."""

    homes: Mapping[int, int]
    grants: Mapping[int, int]


@dataclass(slots=True)
class Replayed:
    """`held`: new places of keys, in order. `settled`: the number up to which nothing is missing (or waited for)."""

    held: list[Held] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    settled: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)


def replay(
    cabinet: Cabinet, known: Mapping[int, Held], events: Iterable[Told], *, after: int = 0, given_up: int = 0
) -> Replayed:
    """Replay the events numbered above `after`, whatever their order, upon where keys were then (`known`).

    The same number twice counts once. `given_up`: missing numbers up to this one are no longer waited for, and each run
    of them is a contradiction of its own. `gaps` are the runs of missing numbers, both ends included.
    """
    found = Replayed(settled=after)
    where = dict(known)
    expected, is_provisional = after + 1, False
    for event in _in_order(events, after):
        if event.sequence > expected:
            found.gaps.append((expected, event.sequence - 1))
            if event.sequence - 1 <= given_up and not is_provisional:
                found.contradictions.append(Contradiction(Finding.GAP, expected))
            else:
                is_provisional = True
        expected = max(expected, event.sequence + 1)
        placed, contradictions = _step(cabinet, where, event, is_provisional)
        if placed is not None:
            before = where.get(placed.key)
            placed = replace(placed, from_grant=before.grant if before is not None else None)
            where[placed.key] = placed
            found.held.append(placed)
        if not is_provisional:
            found.contradictions += contradictions
            found.settled = max(found.settled, event.sequence)
    return found


def _in_order(events: Iterable[Told], after: int) -> list[Told]:
    once: dict[tuple[int, int], Told] = {}
    for event in events:
        if event.sequence > after:
            once.setdefault(event.place, event)
    return [once[place] for place in sorted(once)]


def _alone(keys: list[int]) -> int | None:
    return keys[0] if len(keys) == 1 else None


def _key_of(cabinet: Cabinet, where: Mapping[int, Held], event: Told) -> int | None:
    """Which key an event is about: the one sensed; else, leaving, the one in that slot; else the grant's own."""
    if event.key is not None:
        return event.key if event.key in cabinet.homes else None
    if event.kind == Kind.KEY_OUT and event.slot is not None:
        inside = _alone([k for k, held in where.items() if held.slot == event.slot])
        if inside is not None:
            return inside
    if event.grant is not None and event.grant in cabinet.grants:
        return cabinet.grants[event.grant]
    return _alone([k for k, slot in cabinet.homes.items() if slot == event.slot])


def _step(
    cabinet: Cabinet, where: Mapping[int, Held], event: Told, is_provisional: bool
) -> tuple[Held | None, list[Contradiction]]:
    if event.kind == Kind.TAMPER:
        return None, [Contradiction(Finding.TAMPER, event.sequence, slot=event.slot)]
    if event.kind not in (Kind.KEY_OUT, Kind.KEY_IN, Kind.WRONG_SLOT, Kind.DECLARED_LOST, Kind.DECLARED_IN):
        return None, []
    key = _key_of(cabinet, where, event)
    if key is None:
        return None, [Contradiction(Finding.UNKNOWN_KEY, event.sequence, slot=event.slot)]
    before = where.get(key)
    # A box whose clock was put back does not make a key return before it left.
    since = event.at if before is None else max(event.at, before.since)
    match event.kind:
        case Kind.DECLARED_LOST:
            return Held(key, since, event.place, is_lost=True, is_provisional=is_provisional), []
        case Kind.DECLARED_IN:
            slot = event.slot if event.slot is not None else cabinet.homes[key]
            return Held(key, since, event.place, slot=slot, is_provisional=is_provisional), []
        case Kind.KEY_OUT:
            return _out(cabinet, before, event, key, since, is_provisional)
        case _:
            return _in(cabinet, before, event, key, since, is_provisional)


def _out(
    cabinet: Cabinet, before: Held | None, event: Told, key: int, since: dt.datetime, is_provisional: bool
) -> tuple[Held, list[Contradiction]]:
    against: list[Contradiction] = []
    grant = event.grant if event.grant in cabinet.grants else None
    if before is not None and before.is_out:
        grants = tuple(g for g in (before.grant, grant) if g is not None)
        against.append(Contradiction(Finding.OUT_TWICE, event.sequence, key, grants))
    if grant is None:
        against.append(Contradiction(Finding.TAKEN_WITHOUT_GRANT, event.sequence, key))
    elif cabinet.grants[grant] != key:
        against.append(Contradiction(Finding.WRONG_KEY, event.sequence, key, (grant,)))
    return Held(key, since, event.place, grant=grant, is_provisional=is_provisional), against


def _in(
    cabinet: Cabinet, before: Held | None, event: Told, key: int, since: dt.datetime, is_provisional: bool
) -> tuple[Held | None, list[Contradiction]]:
    slot = event.slot if event.slot is not None else cabinet.homes[key]
    against: list[Contradiction] = []
    if before is not None and before.is_in_box:
        # A box that also says "wrong slot" of a return speaks twice of one movement.
        if event.kind == Kind.KEY_IN:
            against.append(Contradiction(Finding.IN_TWICE, event.sequence, key, slot=slot))
        if before.slot == slot:
            return None, against
    if slot != cabinet.homes[key]:
        against.append(Contradiction(Finding.WRONG_SLOT, event.sequence, key, slot=slot))
    return Held(key, since, event.place, slot=slot, is_provisional=is_provisional), against
