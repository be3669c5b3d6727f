"""What time does to needs and meetings, every few minutes: nothing is left waiting without somebody being told."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.events.log import SOFTWARE
from bureaux_volants.territory.calendar import Interval

from . import needs, telling
from .letting_go import ended, let_go
from .matching import Stay as Sits
from .matching import reach
from .meetings import give_up, locked_meeting
from .models import Meeting, Need, Proposal


class Step(StrEnum):
    """What is due for a need that waits."""

    NOTHING = "nothing"
    NUDGE = "nudge"
    RUN_OUT = "run_out"


def due(created: dt.date, before: dt.date, today: dt.date, *, is_nudged: bool) -> Step:
    """What is due on a local day: the end after the last day; a word once half of the time has gone, at the latest the day before. Pure."""
    if today > before:
        return Step.RUN_OUT
    half = created + (before - created) / 2
    word = min(half, max(before - dt.timedelta(days=1), created))
    return Step.NUDGE if today >= word and today > created and not is_nudged else Step.NOTHING


@in_transaction
def follow_need(need_id: int, now: dt.datetime) -> None:
    """One need that waits: proposals whose hours have gone are withdrawn, others are asked, the author is told in time."""
    need = needs.locked(need_id)
    if not need.is_waiting:
        return
    zone = need.territory.zone
    step = due(
        need.created_at.astimezone(zone).date(),
        need.before,
        now.astimezone(zone).date(),
        is_nudged=need.nudged_at is not None,
    )
    if step == Step.RUN_OUT:
        needs.drop_asked(need, SOFTWARE, now)
        people = needs.end(need, Need.State.CLOSED, SOFTWARE, now, reason="la date est passée")
        telling.ran_out(need, now)
        telling.taken(need, now, people)
        return
    gone = Q(end__lte=now) | Q(booking__isnull=False) & ~Q(booking__state__in=HOLDING)
    stale = Proposal.objects.filter(need=need, state=Proposal.State.WAITING).filter(gone).values("pk")
    Proposal.objects.filter(pk__in=list(stale.values_list("pk", flat=True))).update(
        state=Proposal.State.WITHDRAWN, answered_at=now
    )
    needs.propose(need, SOFTWARE, now=now)
    if step == Step.NUDGE:
        need.nudged_at = now
        need.save(update_fields=["nudged_at"])
        telling.nobody_yet(need, now)


@in_transaction
def follow_meeting(meeting_id: int, now: dt.datetime) -> None:
    """One meeting: over when its time has passed, given up when its agent no longer comes then, forgotten when nobody answered."""
    known = Meeting.objects.get(pk=meeting_id)
    lock(people=[p for p in (known.agent_id, known.host_id) if p is not None])
    need = needs.locked(known.need_id) if known.need_id else None
    meeting = locked_meeting(meeting_id)
    if meeting.state == Meeting.State.ASKED and meeting.start <= now:
        let_go(meeting, SOFTWARE, now, reason="sans réponse à temps")
    elif meeting.state == Meeting.State.AGREED and meeting.end <= now:
        ended(meeting, Meeting.State.OVER, SOFTWARE, now)
        if need is not None and need.state == Need.State.AGREED:
            needs.end(need, Need.State.MET, SOFTWARE, now)
        telling.question(meeting, now)
    elif meeting.start > now and not _still_comes(meeting):
        if meeting.state == Meeting.State.AGREED:
            give_up(meeting, need, SOFTWARE, now, "l'agent ne vient plus à cette heure")
        elif meeting.state == Meeting.State.ASKED:
            let_go(meeting, SOFTWARE, now, reason="l'agent ne vient plus à cette heure")


def _still_comes(meeting: Meeting) -> bool:
    """Whether the agent's desk is held still, at hours that let them be there."""
    booking = meeting.booking
    if booking is None or booking.state not in HOLDING:
        return False
    site = meeting.site if booking.site_id == meeting.site_id else booking.site
    stay = Sits(booking.agent_id, booking.pk, site.pk, (site.lat, site.lon), Interval(booking.start, booking.end))
    span = reach(stay, (meeting.site.lat, meeting.site.lon))
    return span is not None and span.start <= meeting.start and meeting.end <= span.end


def follow(now: dt.datetime | None = None) -> None:
    """All that is due, each in its own transaction (job, every few minutes)."""
    now = now or timezone.now()
    going_on = Meeting.objects.filter(state__in=(Meeting.State.ASKED, Meeting.State.AGREED))
    due_now = Q(end__lte=now) | Q(state=Meeting.State.ASKED, start__lte=now)
    for pk in going_on.filter(due_now).order_by("pk").values_list("pk", flat=True):
        follow_meeting(pk, now)
    for pk in going_on.filter(start__gt=now).order_by("pk").values_list("pk", flat=True):
        if not _still_comes(Meeting.objects.select_related("booking__site", "site").get(pk=pk)):
            follow_meeting(pk, now)
    waiting = Need.objects.filter(state__in=(Need.State.OPEN, Need.State.PROPOSED))
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        follow_need(pk, now)
