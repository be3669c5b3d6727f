"""What the key room does by itself."""

from __future__ import annotations

import datetime as dt
import logging

from django.db.models import F
from django.utils import timezone

from .carrying import carry_over
from .ingest import give_up_gaps
from .models import Box
from .pushing import push_due

logger = logging.getLogger(__name__)


def tick(now: dt.datetime | None = None) -> None:
    """One round: what comes within 48 hours goes to the outboxes, numbers that never came are given up."""
    now = now or timezone.now()
    push_due(now)
    for box_id in Box.objects.filter(last_sequence__gt=F("settled_sequence")).values_list("pk", flat=True):
        try:
            for fact in give_up_gaps(box_id, now):
                carry_over(fact.kind, fact.subject_id, fact.data, now=now)
        except Exception:
            logger.exception("box %s could not be looked at; next round tries again", box_id)
