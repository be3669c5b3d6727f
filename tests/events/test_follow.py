"""Followers read every event, in order, and have their effect once, whatever happens meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from django.db import connection, transaction

from bureaux_volants.events import follow
from bureaux_volants.events.follow import Follower, advance, catch_up, run_followers
from bureaux_volants.events.log import Author, Fact, record, record_many
from bureaux_volants.events.models import Cursor, Event
from bureaux_volants.territory.models import Territory
from tests import factories
from tests.conftest import Cluster, FreshDatabase
from tests.factories import TEST

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture(scope="session")
def fresh_cluster(solitary_cluster: Cluster) -> Cluster:
    return solitary_cluster


@pytest.fixture
def metz(fresh_database: FreshDatabase) -> Territory:
    return factories.territory()


@pytest.fixture(autouse=True)
def _nobody_else_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_followers", {})


def written(territory: Territory, *subjects: int) -> None:
    for subject in subjects:
        record(territory.pk, TEST, "test", "test", subject)


class Reader:
    """A follower that remembers what it was given."""

    def __init__(self, name: str = "reader") -> None:
        self.seen: list[int] = []
        self.batches: list[int] = []
        self.follower = Follower(name, self.handle)

    def handle(self, events: Sequence[Event]) -> None:
        self.batches.append(len(events))
        self.seen += [e.subject_id for e in events]


def test_a_new_follower_reads_the_log_from_its_beginning_in_order_and_once(metz: Territory) -> None:
    written(metz, 1, 2, 3)
    reader = Reader()
    assert advance(reader.follower) == 3
    assert advance(reader.follower) == 0
    written(metz, 4)
    assert advance(reader.follower) == 1
    assert reader.seen == [1, 2, 3, 4]


def test_a_long_log_is_read_in_batches_that_split_a_transaction_without_loss(metz: Territory) -> None:
    record_many(TEST, [Fact(metz.pk, "test", "test", n) for n in range(10)])
    reader = Reader()
    while advance(reader.follower, limit=4):
        pass
    assert reader.seen == list(range(10))
    assert reader.batches == [4, 4, 2]


def test_an_effect_that_fails_leaves_the_cursor_and_is_given_the_same_events_again(metz: Territory) -> None:
    written(metz, 1, 2)
    reader = Reader()

    def fails_half_way(events: Sequence[Event]) -> None:
        Territory.objects.filter(pk=metz.pk).update(name="half done")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        advance(Follower("reader", fails_half_way))
    assert Territory.objects.get(pk=metz.pk).name == metz.name
    advance(reader.follower)
    assert reader.seen == [1, 2]


def test_a_follower_that_fails_holds_up_no_other(metz: Territory, caplog: pytest.LogCaptureFixture) -> None:
    def fails(events: Sequence[Event]) -> None:
        raise RuntimeError("broken")

    reader = Reader("second")
    follow.follows("first")(fails)
    follow.follows("second")(reader.handle)
    written(metz, 1)
    assert catch_up() == 1
    assert reader.seen == [1]
    assert "first" in caplog.text


def test_two_followers_have_their_own_place_in_the_log(metz: Territory) -> None:
    one, two = Reader("one"), Reader("two")
    written(metz, 1)
    advance(one.follower)
    written(metz, 2)
    advance(two.follower)
    assert (one.seen, two.seen) == ([1], [1, 2])
    advance(one.follower)
    assert one.seen == [1, 2]
    assert Cursor.objects.count() == 2


def insert(connection: psycopg.Connection[object], territory: Territory, subject: int) -> None:
    connection.execute(
        "INSERT INTO events_event (territory_id, at, origin, kind, subject_kind, subject_id, data) "
        "VALUES (%s, now(), 'command', 'test', 'test', %s, '{}')",
        [territory.pk, subject],
    )


def test_what_commits_late_is_not_skipped(metz: Territory, fresh_database: FreshDatabase) -> None:
    """The first transaction to write commits last: whoever read beyond it meanwhile would never see its event."""
    reader = Reader()
    with psycopg.connect(fresh_database.url) as early:
        insert(early, metz, 1)
        written(metz, 2)
        assert advance(reader.follower) == 0
        early.commit()
    advance(reader.follower)
    assert reader.seen == [1, 2]


@pytest.mark.parametrize("apart", [False, True])
def test_while_one_worker_follows_another_is_turned_away(
    metz: Territory, fresh_database: FreshDatabase, apart: bool
) -> None:
    """The other comes while the first has its events in hand, and again once it is done."""
    written(metz, 1, 2)
    reader, late = Reader(), Reader()
    turned_away: list[int] = []

    def comes_meanwhile() -> None:
        turned_away.append(advance(Follower("reader", late.handle, apart)))
        connection.close()

    def handle(events: Sequence[Event]) -> None:
        other = threading.Thread(target=comes_meanwhile)
        other.start()
        other.join()
        reader.handle(events)

    assert advance(Follower("reader", handle, apart)) == 2
    comes_meanwhile()
    assert turned_away == [0, 0]
    assert (reader.seen, late.seen) == ([1, 2], [])
    written(metz, 3)
    assert advance(Follower("reader", late.handle, apart)) == 1


def test_a_follower_apart_that_fails_is_given_the_same_events_again_and_lets_others_in(metz: Territory) -> None:
    written(metz, 1)
    reader = Reader()

    def does_half(events: Sequence[Event]) -> None:
        Territory.objects.filter(pk=metz.pk).update(name="done apart")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        advance(Follower("reader", does_half, apart=True))
    assert Territory.objects.get(pk=metz.pk).name == "done apart"
    assert advance(Follower("reader", reader.handle, apart=True)) == 1
    assert reader.seen == [1]


def test_a_follower_writes_nothing_before_its_effect_does(metz: Territory) -> None:
    """A transaction has a number from its first write on: what it writes later would come before others in the log."""
    written(metz, 1)
    numbers: list[object] = []

    def handle(events: Sequence[Event]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id_if_assigned()")
            numbers.append(cursor.fetchone()[0])

    for apart in (False, True):
        advance(Follower(f"reader {apart}", handle, apart))
    assert numbers == [None, None]


def test_an_event_that_was_rolled_back_is_never_given(metz: Territory) -> None:
    reader = Reader()
    with transaction.atomic():
        written(metz, 1)
        transaction.set_rollback(True)
    written(metz, 2)
    advance(reader.follower)
    assert reader.seen == [2]


@pytest.fixture
def running(metz: Territory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Followers at work in a thread, which would sleep for a minute if nothing woke them."""
    monkeypatch.setattr(follow, "NAP", 60.0)
    reader = Reader()
    follow.follows("reader")(reader.handle)
    stop = threading.Event()
    thread = threading.Thread(target=run_followers, args=(stop,))
    thread.start()
    yield reader
    stop.set()
    record(metz.pk, Author(None, Event.Origin.COMMAND), "test", "test", 0)
    thread.join(10)
    assert not thread.is_alive()


def eventually(reader: Reader, seen: list[int]) -> None:
    """Wait until the follower has read this and its cursor is committed: only then can a loss not repeat the events."""
    last = Event.objects.latest("id").pk
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if reader.seen == seen and Cursor.objects.filter(follower="reader", event_id=last).exists():
            break
        time.sleep(0.02)
    assert reader.seen == seen


def test_a_commit_wakes_the_followers(metz: Territory, running: Reader) -> None:
    written(metz, 1)
    eventually(running, [1])
    written(metz, 2)
    eventually(running, [1, 2])


def test_followers_survive_a_database_that_drops_them(
    metz: Territory, running: Reader, fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(metz, 1)
    eventually(running, [1])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    written(metz, 2)
    eventually(running, [1, 2])
