"""Custody as rows: what custody.py works out of a box's events, saved, told to the log, its contradictions opened as cases.

The caller holds the lock of the box.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from bureaux_volants.booking.models import Booking
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.events.models import Event

from . import cases, notices
from .custody import Cabinet, Held, Kind, Replayed, Told, replay
from .models import Box, BoxEvent, Custody, Grant, Key
from .signing import as_text

#: A box speaks for itself; whose code was typed is in the event's booking, where names have their retention.
BOX_AUTHOR = Author(None, Event.Origin.API)

#: What says nothing of any key, and is most of a journal: only its numbers are looked at.
_QUIET = (Kind.HEARTBEAT, Kind.POWER, Kind.DOOR_OPEN)

#: How long a missing number is waited for after a later one has come.
PATIENCE = dt.timedelta(hours=6)


def keep(box: Box, new: Collection[int], now: dt.datetime) -> list[Fact]:
    """Work custody out again from the first event that is new, or not settled. Saves the box.

    `new`: the numbers that have just arrived. Returns what is to be carried over to bookings after the commit.
    """
    # A number that comes after it was given up takes its place too.
    after = min([box.settled_sequence, *(n - 1 for n in new)])
    events = list(box.events.filter(sequence__gt=after).exclude(kind__in=_QUIET).order_by("sequence", "rank"))
    replayed = _replay(box, events, after, now)
    _save(box, replayed.held, after)
    box.settled_sequence = max(box.settled_sequence, replayed.settled)
    box.last_sequence = max([box.last_sequence, *new])
    box.save(update_fields=["settled_sequence", "last_sequence"])
    _open_cases(box, replayed, now)
    return _tell(box, events, replayed.held, now)


def _told(event: BoxEvent) -> Told:
    # A clock that is ahead does not bring anything before it was heard.
    at = min(event.clock, event.received_at)
    return Told(event.sequence, event.kind, at, event.slot, event.key_id, event.grant_id, event.rank)


def _held(row: Custody) -> Held:
    return Held(row.resource_id, row.since, (row.sequence, row.rank), row.slot, row.grant_id, row.is_lost)


def _replay(box: Box, events: list[BoxEvent], after: int, now: dt.datetime) -> Replayed:
    known = {
        row.resource_id: _held(row)
        for row in Custody.objects.filter(box=box, sequence__lte=after, resource__key__box=box)
        .order_by("resource_id", "-sequence", "-rank")
        .distinct("resource_id")
    }
    named = {e.grant_id for e in events if e.grant_id is not None}
    grants = dict(Grant.objects.filter(pk__in=named).values_list("pk", "resource_id")) if named else {}
    homes = dict(Key.objects.filter(box=box).values_list("pk", "home__number"))
    quiet = list(
        box.events.filter(sequence__gt=after, kind__in=_QUIET)
        .values_list("sequence", "received_at")
        .order_by("sequence")
    )
    numbers = sorted([*quiet, *((e.sequence, e.received_at) for e in events)])
    told = [_told(e) for e in events] + [Told(number, Kind.HEARTBEAT, at) for number, at in quiet]
    return replay(Cabinet(homes, grants), known, told, after=after, given_up=_given_up(numbers, after, now))


def _given_up(numbers: Iterable[tuple[int, dt.datetime]], after: int, now: dt.datetime) -> int:
    """The number up to which missing ones are no longer waited for, of these and when they were heard."""
    limit, expected = after, after + 1
    for number, received_at in numbers:
        if number > expected and received_at <= now - PATIENCE:
            limit = number - 1
        expected = max(expected, number + 1)
    return limit


def _save(box: Box, held: list[Held], after: int) -> None:
    """Replace the rows that come after `after` by these; each key's rows follow one another without a hole."""
    # What was of a key that hangs in another box since then stays written.
    stale = Custody.objects.filter(box=box, sequence__gt=after, resource__key__box=box)
    changed = {*stale.values_list("resource_id", flat=True), *(h.key for h in held)}
    if not changed:
        return
    stale.delete()
    bookings = dict(Grant.objects.filter(pk__in=[h.grant for h in held if h.grant]).values_list("pk", "booking_id"))
    rows: dict[int, list[Custody]] = {}
    for h in held:
        chain = rows.setdefault(h.key, [])
        if chain:
            chain[-1].until = h.since
        row = Custody(
            territory_id=box.territory_id,
            resource_id=h.key,
            box=box,
            slot=h.slot,
            grant_id=h.grant,
            booking_id=bookings.get(h.grant) if h.grant else None,
            is_lost=h.is_lost,
            since=h.since,
            sequence=h.place[0],
            rank=h.place[1],
            is_provisional=h.is_provisional,
        )
        chain.append(row)
    for resource_id in changed:
        before = Custody.objects.filter(box=box, resource_id=resource_id).order_by("-sequence", "-rank").first()
        if before is not None:
            before.until = rows[resource_id][0].since if resource_id in rows else None
            before.save(update_fields=["until"])
    Custody.objects.bulk_create([row for chain in rows.values() for row in chain])


def _open_cases(box: Box, replayed: Replayed, now: dt.datetime) -> None:
    for c in replayed.contradictions:
        bookings = list(Booking.objects.filter(key_grants__in=c.grants).distinct()) if c.grants else []
        cases.open_case(box, c.code.value, c.sequence, c.key, bookings, now=now)


def _tell(box: Box, events: list[BoxEvent], held: list[Held], now: dt.datetime) -> list[Fact]:
    """Write in the log what these events mean, each meaning once. Returns the facts about bookings."""
    placed = {h.place: h for h in held}
    named = {g for h in held for g in (h.grant, h.from_grant) if g is not None}
    rows = Grant.objects.filter(pk__in=named).values_list("pk", "booking_id", "booking__reference") if named else []
    bookings = {pk: (booking_id, reference) for pk, booking_id, reference in rows}
    facts: list[Fact] = []
    changed: list[BoxEvent] = []
    for event in events:
        place = placed.get((event.sequence, event.rank))
        if place is not None:
            fact = _movement(box, event, place, bookings)
        elif event.kind == Kind.DENIED:
            fact = Fact(box.territory_id, "key.denied", "box", box.pk, {"why": str(event.data.get("why", ""))[:40]})
        else:
            continue
        meaning = f"{fact.kind} {fact.subject_kind} {fact.subject_id}"
        if meaning == event.told_as:
            continue
        event.told_as = meaning
        changed.append(event)
        facts.append(fact)
        if fact.kind == "key.denied" and event.data.get("locked_until"):
            facts.append(
                Fact(box.territory_id, "box.locked", "box", box.pk, {"until": str(event.data["locked_until"])[:40]})
            )
            notices.box_locked(box)
    record_many(BOX_AUTHOR, facts)
    BoxEvent.objects.bulk_update(changed, ["told_as"], batch_size=1000)
    return [f for f in facts if f.subject_kind == "booking"]


def _movement(box: Box, event: BoxEvent, place: Held, bookings: Mapping[int, tuple[int, str]]) -> Fact:
    """A key that went out with a person, came back from one, was lost, or left with nobody known."""
    data = {
        "resource": place.key,
        "box": box.pk,
        "slot": place.slot,
        "sequence": event.sequence,
        "at": as_text(place.since),
    }
    if place.is_lost:
        return Fact(box.territory_id, "key.lost", "resource", place.key, data)
    kind = "key.taken" if place.is_out else "key.returned"
    # Whoever has it now, or whoever had it last.
    grant = place.grant if place.is_out else place.from_grant
    if grant is None:
        if event.rank:
            kind = "key.found"
        return Fact(box.territory_id, kind, "resource", place.key, data)
    booking_id, reference = bookings[grant]
    return Fact(box.territory_id, kind, "booking", booking_id, data | {"grant": grant, "reference": reference})
