"""What the room keeps about somebody, for them (RGPD, articles 15 and 20). Never a door's code: it is not theirs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from bureaux_volants.territory.models import Agent, Handover

from .models import DayMessage, SheetVersion


def reception_about(agent: Agent) -> dict[str, Any]:
    """Handovers given and received, sheets written, messages sent."""
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
        "sheets_written": list(
            SheetVersion.objects.filter(author=agent).order_by("at", "id").values("site__name", "number", "at")
        ),
        "messages_sent": list(
            DayMessage.objects.filter(author=agent)
            .order_by("sent_at", "id")
            .values("site__name", "day", "text", "sent_at")
        ),
    }
