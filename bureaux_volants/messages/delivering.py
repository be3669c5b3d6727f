"""Delivering notices: what is due is looked at once more, then leaves, waits, or is left where it is.

One transaction for each parcel. What leaves is locked meanwhile, so two workers never send the same one; a worker killed
between the mail server's answer and the commit sends it again under the same key. Nothing is lost while the channel is
unreachable, however long; a notice that the other side refuses is tried again more and more rarely, then given up, in sight.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from . import about
from .channels import CHANNELS, Channel, NotTaken, Parcel, Unreachable
from .kinds import group_of
from .models import DeliveryPreferences, Notice
from .pacing import Wishes, leaving

logger = logging.getLogger(__name__)

#: Waits between tries of one parcel, minutes; after the last one it is given up, and stays visible as such. One that is
#: refused for good is given up at once.
BACK_OFF_MINUTES = (1, 5, 15, 60, 240, 720, 1440)

#: No more than so many parcels an hour for one person: what is over leaves together when the hour is over. A fault of ours
#: must not flood a town hall.
CEILING = 20
HOUR = dt.timedelta(hours=1)
#: A digest holds no more than this.
LARGEST_BUNDLE = 100

Delivery = Notice.Delivery


def deliver(limit: int = 100, channel_name: str = "email") -> int:
    """Send what is due, at most `limit` parcels. Returns how many notices were sent."""
    sent = 0
    channel = CHANNELS[channel_name]()
    try:
        for _ in range(limit):
            count = _next(channel)
            if count is None:
                break
            sent += count
    except Unreachable as error:
        logger.warning("%s cannot be reached: %s", channel_name, error)
        # They stay due, whatever the time it takes; why is said where they are looked at.
        waiting = Notice.objects.filter(delivery=Delivery.PENDING, next_attempt_at__lte=timezone.now())
        waiting.exclude(last_error=str(error)[:200]).update(last_error=str(error)[:200])
    finally:
        channel.close()
    return sent


def _next(channel: Channel) -> int | None:
    """Deal with the first notice that is due. Returns how many were sent, None when nothing is due. Raises Unreachable."""
    with transaction.atomic():
        now = timezone.now()
        notice = _due(now).order_by("next_attempt_at", "id").first()
        if notice is None:
            return None
        notices = [notice]
        if notice.is_bundled:
            others = _due(now).filter(recipient_id=notice.recipient_id, is_bundled=True).exclude(pk=notice.pk)
            notices += others.order_by("next_attempt_at", "id")[: LARGEST_BUNDLE - 1]
            notices.sort(key=lambda n: n.pk)
        ready = [one for one in notices if _leaves_now(one, now)]
        if not ready:
            return 0
        return _send(channel, ready, now)


def _due(now: dt.datetime) -> QuerySet[Notice]:
    return (
        Notice.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient__delivery_preferences", "territory")
        .filter(delivery=Delivery.PENDING, next_attempt_at__lte=now)
    )


def _leaves_now(notice: Notice, now: dt.datetime) -> bool:
    """Whether it leaves with this parcel; if not, what becomes of it is saved."""
    if not notice.recipient.is_active:
        return _stays(notice, Delivery.NONE)
    if not about.holds(notice, now):
        return _stays(notice, Delivery.STALE)
    if notice.attempts or notice.is_bundled:
        return True  # it has waited already
    zone = ZoneInfo(notice.territory.time_zone)
    found = leaving(now, group_of(notice.kind), wishes_of(notice), notice.needed_by, zone)
    if found.at is None:
        return _stays(notice, Delivery.NONE)
    if found.at > now:
        return _waits(notice, found.at, is_bundled=found.is_bundled)
    free_again = _over_ceiling_until(notice, now)
    if free_again is not None:
        logger.warning("person %s has had %s mails within the hour: the rest waits", notice.recipient_id, CEILING)
        return _waits(notice, free_again, is_bundled=True)
    return True


def wishes_of(notice: Notice) -> Wishes:
    """What its recipient wants; without preferences, everything at once."""
    try:
        said = notice.recipient.delivery_preferences
    except DeliveryPreferences.DoesNotExist:
        return Wishes()
    quiet = None if said.quiet_from is None or said.quiet_until is None else (said.quiet_from, said.quiet_until)
    return Wishes(said.paces, said.digest_at, quiet)


def _over_ceiling_until(notice: Notice, now: dt.datetime) -> dt.datetime | None:
    """When the person may be written to again; None when they may be now. What left together counts once."""
    rows = Notice.objects.filter(
        recipient_id=notice.recipient_id, delivery=Delivery.SENT, sent_at__gt=now - HOUR
    ).values_list("sent_at", "is_bundled")
    alone = [at for at, is_bundled in rows if at is not None and not is_bundled]
    together = {at for at, is_bundled in rows if at is not None and is_bundled}
    times = sorted([*alone, *together])
    return times[-CEILING] + HOUR if len(times) >= CEILING else None


def _stays(notice: Notice, delivery: Delivery) -> bool:
    notice.delivery, notice.next_attempt_at = delivery, None
    notice.save(update_fields=["delivery", "next_attempt_at"])
    return False


def _waits(notice: Notice, until: dt.datetime, *, is_bundled: bool) -> bool:
    notice.next_attempt_at, notice.is_bundled = until, is_bundled
    notice.save(update_fields=["next_attempt_at", "is_bundled"])
    return False


def _send(channel: Channel, notices: Sequence[Notice], now: dt.datetime) -> int:
    """Hand one parcel over and save what became of it. Raises Unreachable, with nothing changed."""
    first, last = notices[0], notices[-1]
    is_one = len(notices) == 1
    key = f"notice-{first.pk}" if is_one else f"notices-{first.pk}-{last.pk}"
    channel.open()
    attempts = max(one.attempts for one in notices) + 1
    try:
        channel.send(Parcel(first.recipient, notices, key, _invitation(first, now) if is_one else None))
    except NotTaken as error:
        is_over = error.is_final or attempts > len(BACK_OFF_MINUTES)
        again = None if is_over else now + dt.timedelta(minutes=BACK_OFF_MINUTES[attempts - 1])
        for one in notices if is_over else ():
            logger.error("notice %s given up, tries: %s", one.pk, attempts)
        delivery = Delivery.FAILED if is_over else Delivery.PENDING
        _save(notices, delivery=delivery, attempts=attempts, last_error=str(error)[:200], next_attempt_at=again)
        return 0
    _save(notices, delivery=Delivery.SENT, attempts=attempts, sent_at=now, next_attempt_at=None)
    return len(notices)


def _save(notices: Sequence[Notice], **fields: Any) -> None:
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(**fields)


def _invitation(notice: Notice, now: dt.datetime) -> about.Invitation | None:
    try:
        if not notice.recipient.delivery_preferences.has_invitations:
            return None
    except DeliveryPreferences.DoesNotExist:
        pass
    return about.invitation(notice, now)
