"""Meetings that will not take place: asked for and not wanted, or agreed and given up."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.events.log import Author, record

from . import telling
from .models import Meeting


def ended(meeting: Meeting, state: Meeting.State, author: Author, now: dt.datetime, reason: str = "") -> None:
    """Write how a meeting ended, with its event; a calendar that has it takes the higher number."""
    meeting.state, meeting.ended_at, meeting.end_reason = state, now, " ".join(reason.replace("\0", "").split())[:160]
    meeting.sequence += 1
    meeting.save(update_fields=["state", "ended_at", "end_reason", "sequence"])
    record(
        meeting.territory_id,
        author,
        f"meeting.{state.value}",
        "meeting",
        meeting.pk,
        reference=meeting.reference,
        need=meeting.need_id,
    )


def let_go(meeting: Meeting, author: Author, now: dt.datetime, *, reason: str = "") -> None:
    """A time that was asked for is not taken: told to who asked."""
    ended(meeting, Meeting.State.REFUSED, author, now, reason)
    if meeting.asked_by is not None:
        telling.refused(meeting, meeting.asked_by, now)
