"""What the charter keeps about a person, for them."""

from __future__ import annotations

from typing import Any

from bureaux_volants.territory.models import Agent

from .models import Acceptance, Exemption, GivenReason


def about(agent: Agent) -> dict[str, Any]:
    """Versions accepted, exemptions, reasons given."""
    return {
        "accepted": list(Acceptance.objects.filter(agent=agent).values("version__number", "accepted_at")),
        "exemptions": list(Exemption.objects.filter(agent=agent).values("valid_from", "valid_until", "codes")),
        "reasons": list(GivenReason.objects.filter(agent=agent).values("reference", "codes", "text", "given_at")),
    }
