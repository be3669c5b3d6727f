"""What a trip is asked before it is booked: a reason, a manager's approval; and what is kept of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, Count, F, Func
from django.utils import timezone

from bureaux_volants.booking.errors import BookingError, Refused
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Agent

from .acceptance import LEAST
from .judging import Said, demands
from .models import ApprovalAsked, GivenReason
from .rules import Effect

LONGEST_REASON = 300


class ReasonNeeded(BookingError):
    """The charter asks why: ask again with a reason. `said`: the rules that ask."""

    code = "reason-needed"

    def __init__(self, said: Sequence[Said]) -> None:
        super().__init__("La charte demande un motif : " + " ".join(s.sentence for s in said))
        self.said = list(said)


def refusals(said: Sequence[Said]) -> list[Refusal]:
    """What the charter refuses, as booking tells it."""
    return [Refusal(f"charter-{s.code}", s.sentence) for s in demands(said, Effect.REFUSE)]


def allow(said: Sequence[Said], reason: str) -> str:
    """The reason as it is kept, where one is asked for. Raises Refused, or ReasonNeeded without a reason."""
    if against := refusals(said):
        raise Refused(against)
    told = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    asking = demands(said, Effect.REASON)
    if asking and not told:
        raise ReasonNeeded(asking)
    return told if asking else ""


def needs_approval(said: Sequence[Said]) -> bool:
    return any(s.effect is Effect.APPROVAL for s in said)


def keep(
    agent: Agent,
    reference: str,
    bookings: Sequence[Booking],
    said: Sequence[Said],
    reason: str,
    author: Author,
    *,
    now: dt.datetime | None = None,
) -> None:
    """Remember the reason that was given, and what the bookings wait for. Within the transaction that books.

    The log tells which rules asked, never what was answered.
    """
    now = now or timezone.now()
    assert agent.territory_id is not None
    if reason:
        codes = sorted({s.code for s in demands(said, Effect.REASON)})
        GivenReason.objects.filter(agent=agent, reference=reference).delete()
        given = GivenReason.objects.create(
            territory_id=agent.territory_id, agent=agent, reference=reference, codes=codes, text=reason, given_at=now
        )
        record(
            agent.territory_id, author, "charter.reason", "charter_reason", given.pk, reference=reference, rules=codes
        )
    waiting = [{"code": s.code, "sentence": s.sentence} for s in demands(said, Effect.APPROVAL)]
    ApprovalAsked.objects.bulk_create(
        ApprovalAsked(booking=b, territory_id=agent.territory_id, said=waiting, asked_at=now)
        for b in bookings
        if b.awaits_manager
    )


def reason_of(agent: Agent, reference: str) -> str:
    """What the person gave as a reason, for themselves."""
    return GivenReason.objects.filter(agent=agent, reference=reference).values_list("text", flat=True).first() or ""


def reasons_by_rule(territory_id: int) -> list[dict[str, Any]]:
    """How often each rule was answered with a reason, where five people or more did."""
    rows = (
        GivenReason.objects.filter(territory_id=territory_id)
        .annotate(code=Func(F("codes"), function="unnest", output_field=CharField(), set_returning=True))
        .values("code")
        .annotate(times=Count("pk"), people=Count("agent", distinct=True))
        .order_by("-times", "code")
    )
    return [dict(row) for row in rows if row["people"] >= LEAST]
