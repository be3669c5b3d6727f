"""Hearing a box: verify, store, work custody out, tell. What is heard twice, late or forged changes nothing that is true."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Fact, record

from . import cases, notices
from .carrying import carry_over
from .custody import Kind
from .keeping import BOX_AUTHOR, keep
from .locks import lock_boxes
from .models import Box, BoxSecret, Delivery, Grant, Key
from .secrecy import Ring, ring_of
from .signing import EVENT, as_instant, signer

#: The kinds that a box itself may tell.
BOX_KINDS = frozenset(Kind) - {Kind.DECLARED_LOST, Kind.DECLARED_IN}
#: Alerts about forgeries of one box are told once in this time, so that a flood of them does not become one of mail.
FORGED_QUIET = dt.timedelta(minutes=10)
#: A journal with more movements than this is carried over by the follower: the box need not wait for it.
CARRIED_AT_ONCE = 4
#: A number further ahead than this is a fault of the box, not a long night.
FURTHEST_AHEAD = 10_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a batch. `settled`: the number up to which the box need keep nothing."""

    stored: int = 0
    known: int = 0
    refused: int = 0
    settled: int = 0


@dataclass(frozen=True, slots=True)
class _Message:
    sequence: int
    kind: str
    clock: dt.datetime
    slot: int | None
    tag: str
    grant: uuid.UUID | None
    data: dict[str, Any]
    epoch: int


def ingest(box: Box, messages: Sequence[Mapping[str, Any]], *, now: dt.datetime | None = None) -> Heard:
    """Take in signed events of a box, in any order, any number of times.

    Raises nothing for a bad message: it is refused and an alert is written; the others count. When this returns, what was stored
    is durable; bookings have been checked in or left, or will be by the follower (a long journal, a process that dies here).
    """
    now = now or timezone.now()
    heard, facts = _take_in(box.pk, messages, now)
    for fact in facts if len(facts) <= CARRIED_AT_ONCE else ():
        carry_over(fact.kind, fact.subject_id, fact.data, now=now)
    return heard


@in_transaction
def _take_in(box_id: int, messages: Sequence[Mapping[str, Any]], now: dt.datetime) -> tuple[Heard, list[Fact]]:
    lock_boxes([box_id])
    box = Box.objects.select_related("site").get(pk=box_id)
    ring = ring_of(box)
    good, forged = _verified(box, ring, messages)
    if forged:
        alert(box, now)
    fresh = _unknown(box, good)
    _store(box, fresh, now)
    _confirm(box, ring, max((m.epoch for m in good), default=0), now)
    if good:
        box.last_seen_at = now
        box.save(update_fields=["last_seen_at"])
    for message in fresh:
        if message.kind == Kind.HEARTBEAT:
            _heartbeat(box, message, now)
    facts = keep(box, [m.sequence for m in fresh], now) if fresh else []
    refused = len(messages) - len(good)
    return Heard(len(fresh), len(good) - len(fresh), refused, box.settled_sequence), facts


def _verified(box: Box, ring: Ring, messages: Iterable[Mapping[str, Any]]) -> tuple[list[_Message], int]:
    """The messages that this box signed, and how many others are forgeries (not merely of an earlier secret)."""
    good: list[_Message] = []
    forged = 0
    for message in messages:
        epoch = signer(ring.trusted, EVENT, message)
        parsed = _parsed(box, message, epoch) if epoch is not None else None
        if parsed is not None:
            good.append(parsed)
        elif signer(ring.outdated, EVENT, message) is None:
            forged += 1
    return good, forged


def _parsed(box: Box, message: Mapping[str, Any], epoch: int) -> _Message | None:
    try:
        if message["box"] != str(box.public_id) or message["kind"] not in BOX_KINDS:
            return None
        sequence, slot, data = message["sequence"], message.get("slot"), message.get("data") or {}
        if type(sequence) is not int or not 0 < sequence <= box.last_sequence + FURTHEST_AHEAD:
            return None
        if slot is not None and (type(slot) is not int or not 0 <= slot < 2**15):
            return None
        grant = message.get("grant")
        if not isinstance(data, dict) or "\\u0000" in json.dumps(dict(message)):
            return None  # the database keeps no such character
        return _Message(
            sequence,
            message["kind"],
            as_instant(message["clock"]),
            slot,
            str(message.get("key") or ""),
            uuid.UUID(grant) if grant else None,
            data,
            epoch,
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return None


def _unknown(box: Box, good: Sequence[_Message]) -> list[_Message]:
    """Each number once, and only those that were not heard before."""
    once: dict[int, _Message] = {}
    for message in good:
        once.setdefault(message.sequence, message)
    known = set(box.events.filter(sequence__in=once, rank=0).values_list("sequence", flat=True))
    return [once[number] for number in sorted(once) if number not in known]


_STORE = """
INSERT INTO keys_boxevent
    (box_id, sequence, rank, kind, clock, received_at, slot, key_id, grant_id, data, told_as)
SELECT %s, sequence, 0, kind, clock, %s, slot, key_id, grant_id, data, ''
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::smallint[], %s::bigint[], %s::bigint[], %s::jsonb[])
    AS told (sequence, kind, clock, slot, key_id, grant_id, data)
"""


def _store(box: Box, messages: Sequence[_Message], now: dt.datetime) -> None:
    """Write events in one statement: after a night without network there are hundreds."""
    if not messages:
        return
    named = {m.grant for m in messages if m.grant}
    grants = dict(Grant.objects.filter(box=box, public_id__in=named).values_list("public_id", "pk")) if named else {}
    keys = dict(Key.objects.filter(box=box).exclude(tag="").values_list("tag", "pk"))
    data = [{**m.data, "tag": m.tag} if m.tag and m.tag not in keys else m.data for m in messages]
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                box.pk,
                now,
                [m.sequence for m in messages],
                [str(m.kind) for m in messages],
                [m.clock for m in messages],
                [m.slot for m in messages],
                [keys.get(m.tag) for m in messages],
                [grants.get(m.grant) if m.grant else None for m in messages],
                [json.dumps(one) for one in data],
            ],
        )


def _confirm(box: Box, ring: Ring, epoch: int, now: dt.datetime) -> None:
    """A box that signs with the secret it was offered has it: the one before signs no more."""
    if epoch > ring.current:
        BoxSecret.objects.filter(box=box, epoch=epoch).update(confirmed_at=now)


def _heartbeat(box: Box, message: _Message, now: dt.datetime) -> None:
    acknowledged = message.data.get("acknowledges")
    if type(acknowledged) is int:
        Delivery.objects.filter(box=box, id__lte=acknowledged, delivered_at=None).update(delivered_at=now)
    if message.clock > now + dt.timedelta(seconds=box.clock_drift_seconds):
        # Late is ordinary, a journal arrives when it can; nothing honest comes from the future. Once a day is enough.
        cases.open_case(box, cases.CLOCK, now.date().toordinal(), now=now)


def alert(box: Box, now: dt.datetime) -> None:
    """Somebody speaks in a box's name. Told, but not as often as they may try."""
    if box.forged_told_at is not None and now < box.forged_told_at + FORGED_QUIET:
        return
    box.forged_told_at = now
    box.save(update_fields=["forged_told_at"])
    record(box.territory_id, BOX_AUTHOR, "box.forged", "box", box.pk)
    notices.box_forged(box)


@in_transaction
def give_up_gaps(box_id: int, now: dt.datetime) -> list[Fact]:
    """Look again at a box whose numbers have a hole; after keeping.PATIENCE it becomes a case (job)."""
    lock_boxes([box_id])
    box = Box.objects.select_related("site").get(pk=box_id)
    return keep(box, [], now)
