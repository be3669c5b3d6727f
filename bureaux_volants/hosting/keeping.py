"""What the room keeps about somebody, for them (RGPD, articles 15 and 20). Never a door's code: it is not theirs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from bureaux_volants.territory.models import Agent, Handover

from .models import DayMessage, Meeting, MeetingAnswer, Need, Presence, Proposal, SheetVersion


def reception_about(agent: Agent) -> dict[str, Any]:
    """Handovers given and received, what was said with stays, needs and meetings, sheets written, messages sent."""
    handovers = Handover.objects.filter(Q(host=agent) | Q(substitute=agent)).select_related("host", "substitute")
    return {
        "handovers": [
            {
                "host": str(h.host),
                "substitute": str(h.substitute),
                "first_day": h.first_day,
                "last_day": h.last_day,
                "ended_at": h.ended_at,
            }
            for h in handovers
        ],
        "presences": [
            {
                "booking": p.booking.reference,
                "skills": [s.name for s in p.skills.all()],
                "is_open": p.is_open,
                "note": p.note,
                "shown_to": p.shown_to,
                "said_at": p.said_at,
            }
            for p in Presence.objects.filter(booking__agent=agent)
            .select_related("booking")
            .prefetch_related("skills")
            .order_by("pk")
        ],
        "needs_posted": list(
            Need.objects.filter(author=agent)
            .order_by("pk")
            .values("reference", "site__name", "title", "text", "before", "state", "created_at")
        ),
        "needs_answered": list(
            Need.objects.filter(answered_by=agent).order_by("pk").values("reference", "title", "answer", "ended_at")
        ),
        "needs_asked_about": list(
            Proposal.objects.filter(agent=agent)
            .order_by("pk")
            .values("need__reference", "start", "end", "state", "created_at", "answered_at")
        ),
        "meetings": list(
            Meeting.objects.filter(Q(agent=agent) | Q(host=agent))
            .order_by("start", "pk")
            .values("reference", "site__name", "title", "start", "end", "state", "created_at", "end_reason")
        ),
        "said_of_meetings": list(
            MeetingAnswer.objects.filter(agent=agent)
            .order_by("pk")
            .values("meeting__reference", "said", "wants_more", "at")
        ),
        "sheets_written": list(
            SheetVersion.objects.filter(author=agent).order_by("at", "id").values("site__name", "number", "at")
        ),
        "messages_sent": list(
            DayMessage.objects.filter(author=agent)
            .order_by("sent_at", "id")
            .values("site__name", "day", "text", "sent_at")
        ),
    }
