"""How long the room remembers people: as long as a desk booking keeps its name (booking/retention.py), no longer.

Visitors lose their name, messages of the day their words, old versions of a sheet their author; past handovers go, and
pictures that no version shows. Needs and meetings lose their people and their words.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.retention import forget_in_log, limits_of, nobody_of
from bureaux_volants.territory.models import Handover, Territory

from .models import DayMessage, Meeting, MeetingAnswer, Need, Presence, Proposal, SheetPhoto, SheetVersion, Visitor

#: A picture that was sent with a form that was never saved.
DRAFTS_KEPT = dt.timedelta(days=2)


@transaction.atomic
def forget_reception(territory: Territory, *, now: dt.datetime | None = None) -> None:
    """Take the names off one territory's past receptions."""
    now = now or timezone.now()
    limit = limits_of(territory, now).desks
    Visitor.objects.filter(territory=territory, booking__end__lt=limit).exclude(name="").update(name="")
    DayMessage.objects.filter(territory=territory, sent_at__lt=limit).exclude(text="", author=None).update(
        text="", author=None
    )
    newer = SheetVersion.objects.filter(site=OuterRef("site"), number__gt=OuterRef("number"), at__lt=limit)
    SheetVersion.objects.filter(Exists(newer), territory=territory).exclude(author=None).update(author=None)
    Handover.objects.filter(territory=territory, last_day__lt=limit.date()).delete()
    forget_in_log(
        territory,
        nobody_of(territory),
        "e.subject_kind = 'handover' AND e.at < %(limit)s AND NOT EXISTS "
        "(SELECT 1 FROM territory_handover h WHERE h.id = e.subject_id)",
        {"limit": limit},
    )
    _drop_unseen_photos(territory, now)
    _forget_meetings(territory, limit)


def _drop_unseen_photos(territory: Territory, now: dt.datetime) -> None:
    shown = {
        photo["id"]
        for photos in SheetVersion.objects.filter(territory=territory).values_list("photos", flat=True)
        for photo in photos
    }
    for photo in SheetPhoto.objects.filter(territory=territory, added_at__lt=now - DRAFTS_KEPT).exclude(pk__in=shown):
        photo.image.delete(save=False)
        photo.delete()


def _forget_meetings(territory: Territory, limit: dt.datetime) -> None:
    """What was said with a stay goes with the stay's name; needs and meetings stay as facts without names and words."""
    Presence.objects.filter(territory=territory, booking__end__lt=limit).delete()
    needs = Need.objects.filter(territory=territory, ended_at__lt=limit)
    Proposal.objects.filter(need__in=needs).delete()
    needs.exclude(author=None, answered_by=None, text="", answer="").update(
        author=None, answered_by=None, text="", answer="", title=_("Besoin"), end_reason=""
    )
    over = Meeting.objects.filter(territory=territory, end__lt=limit)
    MeetingAnswer.objects.filter(meeting__in=over).exclude(agent=None).update(agent=None)
    over.exclude(agent=None, host=None, asked_by=None).update(
        agent=None, host=None, asked_by=None, booking=None, title=_("Rencontre"), end_reason=""
    )
    forget_in_log(
        territory,
        nobody_of(territory),
        "e.subject_kind IN ('need', 'meeting') AND e.at < %(limit)s",
        {"limit": limit},
    )


def forget_everywhere(*, now: dt.datetime | None = None) -> None:
    """Every territory in turn, each in its own transaction (job, once a day)."""
    for territory in Territory.objects.order_by("pk"):
        forget_reception(territory, now=now)
