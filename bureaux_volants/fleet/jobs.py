"""What happens to the pool by itself: called every few seconds by the worker, each loan in its own transaction."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable

from django.db.models import F, Q
from django.utils import timezone

from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Territory

from . import announcing, late, retention
from .models import LateReturn

logger = logging.getLogger(__name__)


def _each(ids: Iterable[int], do: Callable[[int], None]) -> None:
    for pk in ids:
        try:
            do(pk)
        except Exception:
            logger.exception("%s could not be taken further; next round tries again", pk)


def look_after_the_late(now: dt.datetime | None = None) -> None:
    """Follow every loan that is not back, the longest overdue first; close those that are."""
    now = now or timezone.now()
    is_late_still = Q(booking__state=State.IN_USE, booking__end=F("due_at"))
    over = LateReturn.objects.filter(over_at=None).exclude(is_late_still).order_by("pk")
    _each(list(over.values_list("pk", flat=True)), lambda pk: late.close(pk, now=now))
    out = Booking.objects.filter(state=State.IN_USE, end__lte=now).exclude(kind=Kind.DESK).order_by("end", "pk")
    _each(list(out.values_list("pk", flat=True)), lambda pk: late.follow(pk, now=now))


def announce_papers(now: dt.datetime | None = None) -> None:
    """Announce what ends, territory by territory."""
    now = now or timezone.now()
    _each(list(Territory.objects.order_by("pk").values_list("pk", flat=True)), lambda pk: _announce(pk, now))


def _announce(territory_id: int, now: dt.datetime) -> None:
    announcing.announce(territory_id, now=now)


def forget(now: dt.datetime | None = None) -> None:
    """Take names off what is past its retention, territory by territory."""
    now = now or timezone.now()
    for territory in Territory.objects.order_by("pk"):
        retention.forget(territory, now=now)
