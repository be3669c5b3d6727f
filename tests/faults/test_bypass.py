"""Code that does not go through the services cannot book twice either: the database itself refuses."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import psycopg
import pytest
from psycopg import errors

from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import TUESDAY, at

_INSERT = """
INSERT INTO booking_booking (reference, territory_id, site_id, kind, resource_id, agent_id, booked_by_id, start, "end",
    held, state, is_pinned, features, counterfactual, checked_in_by, end_reason, created_at)
VALUES (%(reference)s, %(territory)s, %(site)s, 'desk', %(desk)s, %(agent)s, %(agent)s, %(start)s, %(end)s,
    tstzrange(%(start)s, %(end)s), %(state)s, false, '{}', '', '', '', now())
"""
START, END = at(TUESDAY, "9"), at(TUESDAY, "12")


class World:
    def __init__(self, url: str) -> None:
        self.url = url
        self.metz: Territory = factories.territory()
        self.site: Site = factories.site(self.metz, desks=2)
        self.people: list[Agent] = [factories.agent(self.metz) for _ in range(8)]
        self.desks = list(self.site.resources.order_by("pk"))
        self.number = 0

    def row(
        self, who: int, desk: int, start: dt.datetime = START, end: dt.datetime = END, state: str = "confirmed"
    ) -> dict[str, Any]:
        self.number += 1
        return {
            "reference": f"BRUT-{self.number:06}",
            "territory": self.metz.pk,
            "site": self.site.pk,
            "desk": self.desks[desk].pk,
            "agent": self.people[who].pk,
            "start": start,
            "end": end,
            "state": state,
        }

    def insert(self, **row: Any) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(_INSERT, self.row(**row))


@pytest.fixture
def world(fresh_database: FreshDatabase) -> World:
    return World(fresh_database.url)


def test_one_desk_is_never_held_twice_at_an_instant(world: World) -> None:
    world.insert(who=0, desk=0)
    for minutes in (-179, 0, 179):
        shift = dt.timedelta(minutes=minutes)
        with pytest.raises(errors.ExclusionViolation, match="booking_one_holder_per_unit"):
            world.insert(who=1, desk=0, start=START + shift, end=END + shift)
    # Back to back, and beside what is over, there is room.
    world.insert(who=1, desk=0, start=END, end=END + dt.timedelta(hours=1))
    world.insert(who=2, desk=1, state="cancelled")
    world.insert(who=3, desk=1)


def test_one_person_never_holds_two_desks_at_an_instant(world: World) -> None:
    world.insert(who=0, desk=0)
    with pytest.raises(errors.ExclusionViolation, match="booking_one_desk_per_person"):
        world.insert(who=0, desk=1, start=END - dt.timedelta(minutes=1), end=END + dt.timedelta(hours=1))


def test_a_booking_that_was_over_cannot_come_back_to_a_desk_that_is_taken(world: World) -> None:
    world.insert(who=0, desk=0, state="cancelled")
    world.insert(who=1, desk=0)
    with (
        psycopg.connect(world.url) as connection,
        pytest.raises(errors.ExclusionViolation, match="booking_one_holder_per_unit"),
    ):
        connection.execute("UPDATE booking_booking SET state = 'confirmed' WHERE agent_id = %s", [world.people[0].pk])


def test_constraints_put_off_to_the_end_of_a_transaction_still_hold_at_its_end(world: World) -> None:
    world.insert(who=0, desk=0)
    with psycopg.connect(world.url) as connection:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        connection.execute(_INSERT, world.row(1, 0))
        with pytest.raises(errors.ExclusionViolation):
            connection.commit()


def test_of_many_sessions_that_insert_at_once_one_wins(world: World) -> None:
    for number in range(6):
        day = dt.timedelta(days=7 * number)
        outcomes: list[str] = []
        begin = threading.Barrier(8)

        def insert(row: dict[str, Any], begin: threading.Barrier = begin, outcomes: list[str] = outcomes) -> None:
            with psycopg.connect(world.url, autocommit=True) as connection:
                begin.wait(20)
                try:
                    connection.execute(_INSERT, row)
                    outcomes.append("won")
                except (errors.ExclusionViolation, errors.DeadlockDetected):
                    outcomes.append("refused")

        rows = [world.row(who, 0, START + day, END + day) for who in range(8)]
        threads = [threading.Thread(target=insert, args=(row,)) for row in rows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["refused"] * 7 + ["won"]
