"""Following the event log: in order, at least once, each follower with its own cursor.

A follower's effect and its cursor are saved in one transaction, so an effect in the database happens exactly once. It
reads only below the oldest running transaction (`pg_snapshot_xmin`): whatever commits later has a higher number and
cannot be skipped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
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
    """A named reader. `handle` gets events in order, inside the transaction that moves the cursor."""

    name: str
    handle: Callable[[Sequence[Event]], None]


_followers: dict[str, Follower] = {}


def follows(name: str) -> Callable[[Callable[[Sequence[Event]], None]], Callable[[Sequence[Event]], None]]:
    """Register a function as a follower, once, at import time (in a room's AppConfig.ready)."""

    def register(handle: Callable[[Sequence[Event]], None]) -> Callable[[Sequence[Event]], None]:
        _followers[name] = Follower(name, handle)
        return handle

    return register


def registered() -> tuple[Follower, ...]:
    return tuple(_followers.values())


_READ = """
SELECT e.* FROM events_event e
WHERE (e.transaction, e.id) > (%s::xid8, %s) AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY e.transaction, e.id LIMIT %s
"""


def advance(follower: Follower, limit: int = BATCH) -> int:
    """Handle the next events of one follower and move its cursor, all or nothing. Returns how many were handled.

    Two workers may call it at once: the cursor's row lock lets one in, the other returns 0.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT transaction::text, event_id FROM events_cursor WHERE follower = %s FOR UPDATE SKIP LOCKED",
            [follower.name],
        )
        row = cursor.fetchone()
        if row is None:
            # Either it is new, or another worker holds it.
            cursor.execute(
                "INSERT INTO events_cursor (follower, transaction, event_id, moved_at) VALUES (%s, '0', 0, %s) ON CONFLICT DO NOTHING",
                [follower.name, timezone.now()],
            )
            if cursor.rowcount == 0:
                return 0
            row = ("0", 0)
        events = list(Event.objects.raw(_READ, [row[0], row[1], limit]))
        if not events:
            return 0
        follower.handle(events)
        cursor.execute(
            "UPDATE events_cursor SET transaction = %s::xid8, event_id = %s, moved_at = %s WHERE follower = %s",
            [str(events[-1].transaction), events[-1].pk, timezone.now(), follower.name],
        )
        return len(events)


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
