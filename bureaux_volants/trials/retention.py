"""How long the room remembers people: as long as a desk booking keeps its name (booking/retention.py), from the trial's end on.

Then those who only came forward are forgotten, why somebody left, and who left or came forward in the log; notes lose their author.
Members stay, by number: without them no figure of the trial could be checked.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.retention import forget_in_log, limits_of, nobody_of
from bureaux_volants.territory.models import Territory

from .models import CohortMember, FieldNote, Volunteer


@transaction.atomic
def forget_trials(territory: Territory, *, now: dt.datetime | None = None) -> None:
    """Take the names off one territory's past trials and notes."""
    now = now or timezone.now()
    limit = limits_of(territory, now).desks
    over = {"cohort__trial__territory": territory, "cohort__trial__ended_at__lt": limit}
    Volunteer.objects.filter(**over).delete()
    CohortMember.objects.filter(**over).exclude(left_because="").update(left_because="")
    FieldNote.objects.filter(territory=territory, created_at__lt=limit).exclude(author=None).update(author=None)
    forget_in_log(
        territory,
        nobody_of(territory),
        "e.kind IN ('trial.volunteered', 'trial.unvolunteered', 'trial.left') AND e.subject_kind = 'trial' AND EXISTS "
        "(SELECT 1 FROM trials_trial t WHERE t.id = e.subject_id AND t.ended_at < %(limit)s)",
        {"limit": limit},
    )


def forget_everywhere(*, now: dt.datetime | None = None) -> None:
    """Every territory in turn, each in its own transaction (job, once a day)."""
    for territory in Territory.objects.order_by("pk"):
        forget_trials(territory, now=now)
