"""Writing the event log: one line per change of state, in the transaction that makes the change.

Order matters to those who follow. A service takes its locks before it writes anything: a transaction gets its number at
its first write, so of two changes to the same thing the later one has the higher number, and `(transaction, id)` is
the order in which things happened to each subject.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from .models import Event

if TYPE_CHECKING:
    from bureaux_volants.territory.models import Agent

#: The NOTIFY channel that wakes followers.
CHANNEL = "bureaux_volants_events"

_as_of: ContextVar[dt.datetime | None] = ContextVar("as_of", default=None)


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts, and from where; `agent` None is the software itself."""

    agent: Agent | None
    origin: Event.Origin

    @property
    def id(self) -> int | None:
        return self.agent.pk if self.agent else None


#: The software acting by itself, in the worker.
SOFTWARE = Author(None, Event.Origin.JOB)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the log before it is written."""

    territory_id: int
    kind: str
    subject_kind: str
    subject_id: int
    data: dict[str, Any] = field(default_factory=dict)
    at: dt.datetime | None = None
    #: Where a batch tells of several people; otherwise the batch's author.
    author: Author | None = None


def record(territory_id: int, author: Author, kind: str, subject_kind: str, subject_id: int, **data: Any) -> None:
    """Append one event and wake the followers when the transaction commits."""
    record_many(author, [Fact(territory_id, kind, subject_kind, subject_id, data)])


@contextmanager
def as_of(at: dt.datetime) -> Iterator[None]:
    """Within it, what is recorded without a time of its own happened at this instant: a story that is told after."""
    token = _as_of.set(at)
    try:
        yield
    finally:
        _as_of.reset(token)


def record_many(author: Author, facts: Iterable[Fact], *, wake: bool = True) -> None:
    """Append events in the order given, in one statement per thousand."""
    now = _as_of.get() or timezone.now()
    rows = [
        (
            f.territory_id,
            f.at or now,
            (f.author or author).id,
            str((f.author or author).origin),
            f.kind,
            f.subject_kind,
            f.subject_id,
            json.dumps(f.data, default=str),
        )
        for f in facts
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        for first in range(0, len(rows), 1000):
            batch = rows[first : first + 1000]
            places = ",".join(["(%s,%s,%s,%s,%s,%s,%s,%s)"] * len(batch))
            cursor.execute(
                "WITH written AS (INSERT INTO events_event "  # noqa: S608 -- only placeholders are put together
                f"(territory_id, at, actor_id, origin, kind, subject_kind, subject_id, data) VALUES {places} RETURNING 1) "
                "SELECT pg_notify(%s, '') WHERE %s",
                [*(value for row in batch for value in row), CHANNEL, wake and first == 0],
            )
