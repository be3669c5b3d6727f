"""What a territory decided about its pool; the defaults where it has decided nothing."""

from __future__ import annotations

import datetime as dt

from .lateness import Patience
from .models import Policy


def policy_of(territory_id: int) -> Policy:
    """The territory's row, or one with the defaults that is not saved."""
    return Policy.objects.filter(pk=territory_id).first() or Policy(territory_id=territory_id)


def patience_of(policy: Policy) -> Patience:
    def minutes(n: int) -> dt.timedelta:
        return dt.timedelta(minutes=n)

    return Patience(
        minutes(policy.late_holder_minutes), minutes(policy.late_manager_minutes), minutes(policy.late_ahead_minutes)
    )
