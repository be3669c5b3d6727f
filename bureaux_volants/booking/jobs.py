"""What happens by itself: called every few seconds by the worker, each booking in its own transaction.

A booking that fails is logged and left for the next round; the others are not held up. Two workers at once are safe:
each service looks again once it has its locks.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.events.follow import follows
from bureaux_volants.events.log import SOFTWARE
from bureaux_volants.events.models import Event
from bureaux_volants.territory.calendar import Interval

from .errors import BookingError
from .models import Booking, Kind, RuleSet, WaitingEntry
from .service import approve, complete, free_absent, refuse
from .states import State
from .waiting import expire, serve_site

logger = logging.getLogger(__name__)

ROUND = 500


@dataclass(frozen=True, slots=True)
class Tick:
    """What one round did."""

    freed: int
    decided: int
    completed: int
    expired: int


def _each(ids: Sequence[int], do: Callable[[int], object]) -> int:
    done = 0
    for booking_id in ids:
        try:
            do(booking_id)
            done += 1
        except BookingError:
            continue  # answered or cancelled by somebody meanwhile
        except Exception:
            logger.exception("booking %s could not be taken further; next round tries again", booking_id)
    return done


def free_the_absent(now: dt.datetime) -> int:
    """Free what nobody came for."""
    due = Booking.objects.filter(state=State.CONFIRMED, free_if_absent_at__lte=now).order_by("free_if_absent_at", "id")
    return _each(list(due.values_list("pk", flat=True)[:ROUND]), lambda pk: free_absent(pk, now=now))


def decide_the_unanswered(now: dt.datetime) -> int:
    """Grant or refuse, as each site chose, the requests that no host answered in time."""
    due = list(Booking.objects.filter(state=State.REQUESTED, answer_by__lte=now).order_by("answer_by", "id")[:ROUND])

    def decide(booking_id: int) -> None:
        booking = next(b for b in due if b.pk == booking_id)
        rules = get_directory(booking.territory_id).site_by_id(booking.site_id).rules_for(booking.kind)
        # A site may say yes by its silence, a manager may not.
        granted = rules.approval_default == RuleSet.Default.GRANTED and not booking.awaits_manager
        if granted and booking.end > now:
            approve(booking_id, SOFTWARE, now=now)
        else:
            refuse(booking_id, SOFTWARE, reason="sans réponse dans le délai", now=now)

    return _each([b.pk for b in due], decide)


def complete_the_ended(now: dt.datetime) -> int:
    """Close the stays whose time is over."""
    # A stay that is freed when nobody comes waits for that, however late the round: a no-show is one.
    # Nor does time alone bring back what was taken with a key: that is told by who returns it.
    used = Q(state=State.IN_USE, kind=Kind.DESK) | Q(state=State.CONFIRMED, free_if_absent_at=None)
    due = Booking.objects.filter(used, end__lte=now).order_by("end", "id")
    return _each(list(due.values_list("pk", flat=True)[:ROUND]), lambda pk: complete(pk, now=now))


def tick(now: dt.datetime | None = None) -> Tick:
    """One round of everything that time alone brings about. The absent come before the ended: a no-show is one."""
    now = now or timezone.now()
    freed = free_the_absent(now)
    decided = decide_the_unanswered(now)
    return Tick(freed, decided, complete_the_ended(now), expire(now))


#: Changes that may make room without any booking being freed.
_MAKES_ROOM = frozenset({"site.changed", "resource.changed", "rules.changed"})


# Each queue is served in a transaction of its own, with its own locks; serving twice gives nothing more.
@follows("waiting-list", apart=True)
def serve_when_room_is_made(events: Sequence[Event]) -> None:
    """A unit added, hours extended, a rule relaxed: whoever waits at the sites concerned is served."""
    concerned: set[tuple[int, int | None]] = set()
    for event in events:
        if event.kind in _MAKES_ROOM:
            concerned.add((event.territory_id, event.data.get("site")))
    now = timezone.now()
    for territory_id, site_id in sorted(concerned, key=lambda c: (c[0], c[1] or 0)):
        waiting = WaitingEntry.objects.filter(territory_id=territory_id, state=WaitingEntry.State.WAITING, end__gt=now)
        if site_id is not None:
            waiting = waiting.filter(site_id=site_id)
        _serve(waiting, now)


def _serve(waiting: QuerySet[WaitingEntry], now: dt.datetime) -> None:
    """Serve each queue once, over all the hours that somebody waits for there."""
    queues = waiting.order_by().values("territory_id", "site_id", "kind").annotate(first=Min("start"), last=Max("end"))
    for queue in queues.order_by("site_id", "kind"):
        span = Interval(queue["first"], queue["last"])
        serve_site(queue["territory_id"], queue["site_id"], queue["kind"], span, now=now)


def serve_the_waiting(now: dt.datetime | None = None) -> None:
    """Look at every queue again (job, each minute).

    Somebody was passed over because of a booking elsewhere that is given back since, or of a limit that no longer binds.
    """
    now = now or timezone.now()
    _serve(WaitingEntry.objects.filter(state=WaitingEntry.State.WAITING, end__gt=now), now)
