"""The log keeps who did what to what, when and from where, and is never rewritten."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from bureaux_volants.events.log import SOFTWARE, Author, Fact, record, record_many
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Territory
from tests import factories
from tests.factories import NOW, TEST

pytestmark = pytest.mark.django_db


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


def test_an_event_says_who_did_what_to_what_when_and_from_where(metz: Territory) -> None:
    ada = factories.agent(metz)
    record(metz.pk, Author(ada, Event.Origin.WEB), "booking.created", "booking", 7, site="marly", at_noon=NOW)
    event = Event.objects.get()
    assert (event.territory, event.actor, event.origin) == (metz, ada, "web")
    assert (event.kind, event.subject_kind, event.subject_id) == ("booking.created", "booking", 7)
    assert event.data == {"site": "marly", "at_noon": str(NOW)}
    assert abs(event.at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        assert (str(event.transaction),) == cursor.fetchone()


def test_the_software_itself_is_nobody() -> None:
    assert SOFTWARE.id is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events_event SET kind = 'rewritten'",
        "UPDATE events_event SET actor_id = NULL",
        "DELETE FROM events_event",
    ],
)
def test_the_log_cannot_be_rewritten(metz: Territory, statement: str) -> None:
    record(metz.pk, TEST, "test", "test", 1)
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.get().kind == "test"


def test_anonymising_says_so_first_and_may_change_but_not_take_away(metz: Territory) -> None:
    ada, nobody = factories.agent(metz), factories.agent(metz)
    record(metz.pk, Author(ada, Event.Origin.WEB), "test", "test", 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'on'")
        cursor.execute("UPDATE events_event SET actor_id = %s", [nobody.pk])
        with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
            cursor.execute("DELETE FROM events_event")
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'off'")
        with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
            cursor.execute("UPDATE events_event SET actor_id = %s", [ada.pk])
    assert Event.objects.get().actor == nobody


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'x'",
        "at = now()",
        "origin = 'job'",
        "subject_id = 2",
        "subject_kind = 'x'",
        "id = id + 1",
        "transaction = '1'",
    ],
)
def test_anonymising_takes_the_name_and_leaves_the_fact(metz: Territory, change: str) -> None:
    record(metz.pk, TEST, "test", "test", 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'on'")
        with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
            cursor.execute(f"UPDATE events_event SET {change}")
        cursor.execute("UPDATE events_event SET actor_id = NULL, data = '{}'")


def test_an_event_of_a_change_that_is_undone_is_undone_with_it(metz: Territory) -> None:
    with transaction.atomic():
        record(metz.pk, TEST, "test", "test", 1)
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_a_batch_keeps_its_order_and_lets_each_fact_have_its_author_and_instant(metz: Territory) -> None:
    ada = Author(factories.agent(metz), Event.Origin.DEMO)
    facts = [Fact(metz.pk, "test", "test", n) for n in range(2500)]
    facts[7] = Fact(metz.pk, "test", "test", 7, at=NOW, author=ada)
    record_many(TEST, facts)
    found = list(Event.objects.order_by("id"))
    assert [e.subject_id for e in found] == list(range(2500))
    assert (found[7].actor_id, found[7].at, found[7].origin) == (ada.id, NOW, "demo")
    assert (found[8].actor_id, found[8].origin) == (None, "command")


def test_a_batch_of_nothing_writes_nothing() -> None:
    record_many(TEST, [])
    assert not Event.objects.exists()
