"""Arrivals and departures said without network, applied when they come: once each, however often they are sent.

A tap carries a key made when the finger was on the screen. The answer given to a key is kept longer than a tap may be old, so
that a telephone that never heard it gets the same sentence again and nothing happens twice. The key is waited for before
people and sites, as in the API: nobody waits in a ring.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Agent

from . import service
from .errors import BookingError
from .late_taps import OLDEST, Ended, conflict, counted_at, told
from .locks import IDEMPOTENCY_KEY
from .models import Booking, LateTap
from .queries import own
from .states import FINAL, State

#: How long an answer is given again; longer than `OLDEST`, so that a key that is forgotten is of a tap too old to count.
KEPT = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a tap: whether things are as the person said, and one sentence for them."""

    done: bool
    sentence: str


class KeyReused(BookingError):
    """The key came before with something else."""

    code = "key-reused"


@transaction.atomic
def replay(
    agent: Agent,
    author: Author,
    *,
    key: UUID,
    what: LateTap.What,
    reference: str,
    ago: dt.timedelta,
    now: dt.datetime | None = None,
) -> Answer:
    """Apply what somebody said `ago`, or give back the answer that its key had.

    Raises NotFound for a booking that is not theirs, and KeyReused; then nothing is kept.
    """
    now = now or timezone.now()
    _wait_for(agent, key)
    booking = own(agent, reference)
    known = LateTap.objects.filter(agent=agent, key=key).first()
    if known is not None:
        if (known.booking_id, known.what) != (booking.pk, what):
            raise KeyReused("Cette action a déjà servi à autre chose : recommencez-la.")
        return Answer(known.done, known.sentence)
    at = counted_at(now, ago, not_before=booking.checked_in_at or booking.created_at)
    if at is None:
        answer = Answer(False, "Cette action date de plus d'un jour : elle n'a pas été comptée.")
    else:
        answer = _apply(booking, author, what, at, now)
    # After the booking's own locks: the event log relies on it (events/log.py).
    LateTap.objects.create(
        agent=agent,
        key=key,
        booking=booking,
        what=what,
        tapped_at=at or now - ago,
        received_at=now,
        done=answer.done,
        sentence=answer.sentence,
    )
    data = {"reference": booking.reference, "what": str(what), "tapped_at": (at or now - ago).isoformat()}
    record(booking.territory_id, author, "booking.said_late", "booking", booking.pk, **data, done=answer.done)
    return answer


def _wait_for(agent: Agent, key: UUID) -> None:
    digest = hashlib.sha256(f"late:{agent.pk}:{key}".encode()).digest()
    number = int.from_bytes(digest[:4], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [IDEMPOTENCY_KEY, number])


def _apply(booking: Booking, author: Author, what: LateTap.What, at: dt.datetime, now: dt.datetime) -> Answer:
    zone = get_directory(booking.territory_id).zone
    try:
        if what == LateTap.What.ARRIVE:
            before = booking.checked_in_at
            after = service.check_in(booking.pk, author, Booking.CheckInBy.PHONE, now=at)
            if before is not None and after.checked_in_at == before:
                return Answer(True, "Votre arrivée était déjà notée.")
        else:
            after = service.leave(booking.pk, author, now=now, left_at=at)
    except BookingError as error:
        found = Booking.objects.get(pk=booking.pk)
        if found.state not in FINAL or found.ended_at is None:
            return Answer(False, error.message)
        begun = found.checked_in_at is not None
        ended = Ended(found.kind, found.state, found.ended_at, was_begun=begun)
        # Whoever came, or left, and is on record as having done so, is told so and has nothing to do.
        return Answer(begun and found.state == State.COMPLETED, conflict(ended, now, zone))
    return Answer(True, told(str(what), at, now, zone))


def forget_old(*, now: dt.datetime | None = None) -> int:
    """Drop the answers that are given no more (job). Returns how many."""
    assert KEPT > OLDEST
    return LateTap.objects.filter(received_at__lte=(now or timezone.now()) - KEPT).delete()[0]
