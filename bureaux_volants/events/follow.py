"""Following the event log: in order, at least once, each follower with its own cursor.

A follower's effect and its cursor are saved in one transaction, so an effect in the database happens exactly once. One
whose effect takes locks and transactions of its own (`apart`) moves its cursor afterwards, and does no harm when it does
something twice. Both read only below the oldest running transaction (`pg_snapshot_xmin`): whatever commits later has a
higher number and cannot be skipped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import close_old_connections, connection, transaction
from django.db.utils import Error as DatabaseError
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from .log import CHANNEL
from .models import Event

logger = logging.getLogger(__name__)

BATCH = 200
#: How long a follower sleeps when nobody wakes it: bounds the delay when a notification is missed, seconds.
NAP = 5.0


@dataclass(frozen=True, slots=True)
class Follower:
    """A named reader. `handle` gets events in order, inside the transaction that moves the cursor unless `apart`."""

    name: str
    handle: Callable[[Sequence[Event]], None]
    apart: bool = False


_followers: dict[str, Follower] = {}


def follows(
    name: str, *, apart: bool = False
) -> Callable[[Callable[[Sequence[Event]], None]], Callable[[Sequence[Event]], None]]:
    """Register a function as a follower, once, at import time (in a room's AppConfig.ready)."""

    def register(handle: Callable[[Sequence[Event]], None]) -> Callable[[Sequence[Event]], None]:
        _followers[name] = Follower(name, handle, apart)
        return handle

    return register


def registered() -> tuple[Follower, ...]:
    return tuple(_followers.values())


#: The first half of the advisory lock; the booking room's locks are numbered 1 to 3.
_FOLLOWER = 4

_MOVE = """
INSERT INTO events_cursor (follower, transaction, event_id, moved_at) VALUES (%s, %s::xid8, %s, %s)
ON CONFLICT (follower) DO UPDATE
SET transaction = excluded.transaction, event_id = excluded.event_id, moved_at = excluded.moved_at
"""

_READ = """
SELECT e.* FROM events_event e
WHERE (e.transaction, e.id) > (%s::xid8, %s) AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.transaction, e.id LIMIT %s
"""


def advance(follower: Follower, limit: int = BATCH) -> int:
    """Handle the next events of one follower and move its cursor. Returns how many were handled.

    Two workers may call it at once: one is let in, the other returns 0. The lock is advisory: a locked row would give the
    transaction its number before the effect takes its own locks, and its events would then come out of order in the log.
    """
    with _apart(follower.name) if follower.apart else _within(follower.name) as let_in:
        if not let_in:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT transaction::text, event_id FROM events_cursor WHERE follower = %s", [follower.name])
            transaction_id, event_id = cursor.fetchone() or ("0", 0)
        events = list(Event.objects.raw(_READ, [transaction_id, event_id, limit]))
        if events:
            follower.handle(events)
            with connection.cursor() as cursor:
                last = events[-1]
                cursor.execute(_MOVE, [follower.name, str(last.transaction), last.pk, timezone.now()])
        return len(events)


@contextmanager
def _within(name: str) -> Iterator[bool]:
    """A transaction that only one holder of the name is let into."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_FOLLOWER, name])
        yield cursor.fetchone() == (True,)


@contextmanager
def _apart(name: str) -> Iterator[bool]:
    """No transaction; only one holder of the name is let in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_FOLLOWER, name])
        let_in = cursor.fetchone() == (True,)
    try:
        yield let_in
    finally:
        # A session that is gone has let go of it.
        if let_in and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_FOLLOWER, name])


def catch_up() -> int:
    """Let every follower read to the end of the log. Returns how many events were handled in all.

    One that fails stays where it is until the next time, and holds up none of the others.
    """
    handled = 0
    for follower in registered():
        try:
            while (count := advance(follower)) > 0:
                handled += count
        except (OperationalError, InterfaceError):
            raise  # the connection is gone, for all of them
        except Exception:
            logger.exception("follower %s failed; it will be tried again", follower.name)
    return handled


def run_followers(stop: threading.Event) -> None:
    """Follow until told to stop: the worker's second half. A database that goes away is waited for."""
    while not stop.is_set():
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            raw = connection.connection
            while not stop.is_set():
                catch_up()
                for _ in raw.notifies(timeout=NAP if not stop.is_set() else 0, stop_after=1):
                    break
        # Waiting for a notification is psycopg's own call, with errors that Django does not translate.
        except (DatabaseError, psycopg.Error, OSError) as error:
            logger.warning("followers wait for the database: %s", error)
            connection.close()
            stop.wait(1.0)
        except Exception:
            logger.exception("the followers stopped; they will be tried again")
            connection.close()
            stop.wait(NAP)
    close_old_connections()
    connection.close()
