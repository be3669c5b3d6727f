"""An account's name on a person's own device: enough to notice that somebody else signs in, and nothing else."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from bureaux_volants.territory.models import Agent


def opaque(agent: Agent) -> str:
    """The same for the same account as long as the installation's secret is; says nothing of who it is."""
    return salted_hmac("bureaux_volants.offline", str(agent.pk), algorithm="sha256").hexdigest()[:32]
