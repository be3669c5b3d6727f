"""What the room keeps about somebody, for them (RGPD, articles 15 and 20)."""

from __future__ import annotations

from typing import Any

from bureaux_volants.territory.models import Agent

from .models import CohortMember, FieldNote, Volunteer


def trials_about(agent: Agent) -> dict[str, Any]:
    """Trials one is or was in, those one came forward for, and how many field notes one wrote."""
    return {
        "taking_part": [
            {
                "trial": m.cohort.trial.title,
                "cohort": m.cohort.name,
                "group": str(m.get_arm_display()),
                "commune": str(m.commune or ""),
                "stratum": m.stratum,
                "joined_on": m.joined_on,
                "left_on": m.left_on,
                "left_because": m.left_because,
            }
            for m in CohortMember.objects.filter(agent=agent).select_related("cohort__trial", "commune").order_by("pk")
        ],
        "volunteered": [
            {"trial": v.cohort.trial.title, "said_at": v.said_at}
            for v in Volunteer.objects.filter(agent=agent).select_related("cohort__trial").order_by("pk")
        ],
        "field_notes_written": FieldNote.objects.filter(author=agent).count(),
    }
