"""The log is not emptied at one stroke either: only a demonstration's is forgotten, by whoever says so first."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from bureaux_volants.events.log import record
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Territory
from tests import factories
from tests.factories import TEST

pytestmark = pytest.mark.django_db

FORGET = "SET LOCAL bureaux_volants.forgetting_demonstration = 'on'"
EMPTY = "TRUNCATE events_event"


@pytest.fixture
def metz() -> Territory:
    made = factories.territory(is_demonstration=True)
    record(made.pk, TEST, "test", "test", 1)
    return made


def run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # What was written before in this transaction has checks that wait.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        EMPTY,
        "TRUNCATE events_event RESTART IDENTITY",
        "TRUNCATE territory_territory CASCADE",
        "TRUNCATE territory_agent CASCADE",
        "TRUNCATE events_cursor, events_event",
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        (),
        ("SET LOCAL bureaux_volants.anonymising = 'on'",),
        (FORGET, "SET LOCAL bureaux_volants.forgetting_demonstration = 'off'"),
    ],
    ids=["nothing said", "anonymising is something else", "no longer said"],
)
def test_the_log_cannot_be_emptied(metz: Territory, statement: str, said: tuple[str, ...]) -> None:
    with pytest.raises(DatabaseError, match="never emptied"):
        run(*said, statement)
    assert Event.objects.get().kind == "test"
    assert Territory.objects.get() == metz


@pytest.mark.parametrize("statement", [EMPTY, "TRUNCATE territory_territory CASCADE"])
def test_where_a_territory_is_real_nobody_is_let_through(metz: Territory, statement: str) -> None:
    real = factories.territory()
    with pytest.raises(DatabaseError, match="never emptied"):
        run(FORGET, statement)
    assert set(Territory.objects.all()) == {metz, real}
    assert Event.objects.count() == 1


def test_a_demonstration_is_forgotten_whole_by_who_says_so(metz: Territory) -> None:
    with transaction.atomic():
        run(FORGET, "TRUNCATE territory_territory CASCADE")
        assert not Event.objects.exists()
        assert not Territory.objects.exists()
        transaction.set_rollback(True)
    assert Event.objects.exists()


def test_saying_so_lets_nothing_else_through(metz: Territory) -> None:
    for statement in ("DELETE FROM events_event", "UPDATE events_event SET kind = 'x'"):
        with pytest.raises(DatabaseError, match="never rewritten"):
            run(FORGET, statement)
    assert Event.objects.get().kind == "test"


def test_a_log_without_a_line_has_nothing_to_forget() -> None:
    factories.territory()
    run(EMPTY)
    assert Territory.objects.exists()
