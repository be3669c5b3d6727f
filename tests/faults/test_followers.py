"""A follower dies, or a transaction commits late: each event has its effect once, and none is passed over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from bureaux_volants.events import follow
from bureaux_volants.events.follow import Follower, advance
from bureaux_volants.events.log import record
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Territory
from tests import factories
from tests.conftest import Cluster, FreshDatabase
from tests.factories import TEST


def _note(events: Sequence[Event]) -> None:
    """The effect: one row an event, in the order in which they were seen."""
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO effect (event) VALUES (%s)", [[e.pk] for e in events])


FOLLOWER = Follower("faults", _note)


@pytest.fixture(scope="session")
def fresh_cluster(solitary_cluster: Cluster) -> Cluster:
    return solitary_cluster


@pytest.fixture
def metz(fresh_database: FreshDatabase) -> Iterator[Territory]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE effect (seen bigint GENERATED ALWAYS AS IDENTITY, event bigint)")
    yield factories.territory()
    connection.close()


def effects() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT event FROM effect ORDER BY seen")
        return [row[0] for row in cursor.fetchall()]


def _until_all_is_seen() -> None:
    """A follower stops below the oldest running transaction, and PostgreSQL's own housekeeping may be that one for a moment."""
    deadline = time.monotonic() + 60
    while effects() != written():
        assert time.monotonic() < deadline
        advance(FOLLOWER)


def written() -> list[int]:
    return list(Event.objects.order_by("id").values_list("pk", flat=True))


class _Killer:
    """Kills this process just before the statement that begins so."""

    def __init__(self, beginning: str) -> None:
        self.beginning = beginning

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(self.beginning):
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def _advance_and_die(beginning: str) -> None:
    """Runs in a process of its own."""
    connections["default"].connection = None  # the parent's: a forked process must not speak through it
    with connection.execute_wrapper(_Killer(beginning)):
        advance(FOLLOWER)


@pytest.mark.parametrize("beginning", ["INSERT INTO effect", "INSERT INTO events_cursor"])
def test_a_follower_killed_around_its_effect_has_it_exactly_once(metz: Territory, beginning: str) -> None:
    for n in range(5):
        record(metz.pk, TEST, "fact", "thing", n)
    for _ in range(3):
        connection.close()
        child = get_context("fork").Process(target=_advance_and_die, args=(beginning,))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
        assert effects() == []
    while advance(FOLLOWER):
        pass
    assert effects() == written()
    assert len(effects()) == 5


def _write(other: psycopg.Connection[Any], territory: int) -> int:
    row = other.execute(
        "INSERT INTO events_event (territory_id, at, origin, kind, subject_kind, subject_id, data) "
        "VALUES (%s, now(), 'command', 'fact', 'thing', 1, '{}') RETURNING id",
        [territory],
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_transaction_that_commits_late_is_never_passed_over(metz: Territory, fresh_database: FreshDatabase) -> None:
    with psycopg.connect(fresh_database.url) as slow, psycopg.connect(fresh_database.url) as quick:
        late = _write(slow, metz.pk)
        early = _write(quick, metz.pk)
        quick.commit()
        # The quick one is there for all to see, yet a follower that took it would pass over the slow one for good.
        assert Event.objects.filter(pk=early).exists()
        assert advance(FOLLOWER) == 0
        slow.commit()
        while advance(FOLLOWER):
            pass
        assert effects() == [late, early]


def test_a_number_drawn_early_and_used_late_is_never_passed_over(
    metz: Territory, fresh_database: FreshDatabase
) -> None:
    """An event's key may be smaller than that of one already read: the order is that of transactions."""
    with psycopg.connect(fresh_database.url) as slow, psycopg.connect(fresh_database.url) as quick:
        drawn = slow.execute("SELECT nextval(pg_get_serial_sequence('events_event', 'id'))").fetchone()
        assert drawn is not None
        # Drawing may give the transaction its number: the one that uses the key must come after.
        slow.commit()
        later_key = _write(quick, metz.pk)
        quick.commit()
        while advance(FOLLOWER):
            pass
        assert effects() == [later_key]
        slow.execute(
            "INSERT INTO events_event (id, territory_id, at, origin, kind, subject_kind, subject_id, data) "
            "OVERRIDING SYSTEM VALUE VALUES (%s, %s, now(), 'command', 'fact', 'thing', 1, '{}')",
            [drawn[0], metz.pk],
        )
        slow.commit()
        while advance(FOLLOWER):
            pass
        assert drawn[0] < later_key
        assert effects() == [later_key, drawn[0]]


def test_two_workers_share_a_follower_without_doing_anything_twice(
    metz: Territory, fresh_database: FreshDatabase
) -> None:
    record(metz.pk, TEST, "fact", "thing", 1)
    _until_all_is_seen()
    record(metz.pk, TEST, "fact", "thing", 2)
    with psycopg.connect(fresh_database.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, hashtext('faults'))", [follow._FOLLOWER])
        assert advance(FOLLOWER) == 0
    _until_all_is_seen()
