"""The database is killed amid writes: what was acknowledged is there after the restart, and nothing is there by half."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bureaux_volants.config.embedded import EmbeddedServer
from tests.conftest import FreshDatabase
from tests.factories import NOW, TUESDAY, at

from .conftest import ROOT, Child, Start

WRITERS = 3
ACKNOWLEDGED = 45

_WORLD = """
import json, django
django.setup()
from tests import factories
metz = factories.territory()
factories.rules(metz)
sites = [factories.site(metz, desks=1).pk for _ in range(40)]
print(json.dumps({"sites": sites, "people": [factories.agent(metz).pk for _ in range(3)]}))
"""


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_acknowledged_survives_a_killed_database_and_nothing_is_half_there(
    fresh_database: FreshDatabase, start_children: Start, tmp_path: Path
) -> None:
    # A server of its own, with fsync as in production: it is the one that dies.
    server = EmbeddedServer(tmp_path / "pg", die_with_parent=True)
    server.start()
    try:
        environment = {**fresh_database.environment, "DATABASE_URL": server.ensure_database("mortal")}
        _run(environment, "-m", "bureaux_volants", "migrate", "-v", "0")
        world = json.loads(_run(environment, "-c", _WORLD))
        writers = start_children(WRITERS, environment)
        acknowledged = _write_until_killed(server, writers, world)
        server.start()
        with psycopg.connect(environment["DATABASE_URL"]) as database:
            kept = {row[0] for row in database.execute("SELECT id FROM booking_booking")}
            assert acknowledged <= kept
            # Whatever is there is whole: its line in the log and its notice came with it.
            told = database.execute(
                """SELECT b.id, (SELECT count(*) FROM events_event e WHERE e.subject_kind = 'booking' AND e.subject_id = b.id),
                     (SELECT count(*) FROM bv_messages_notice n WHERE n.path LIKE '%/' || b.reference || '/')
                   FROM booking_booking b"""
            ).fetchall()
            assert told
            assert all(row[1:] == (1, 1) for row in told)
            events = database.execute("SELECT count(*) FROM events_event WHERE kind = 'booking.created'").fetchone()
            assert events == (len(kept),)
    finally:
        server.stop()


def _write_until_killed(server: EmbeddedServer, writers: list[Child], world: dict[str, Any]) -> set[int]:
    """Let the writers book as fast as they can, kill the server amid it, and return what they were told is booked."""
    acknowledged: set[int] = set()
    enough = threading.Event()

    def write(number: int, child: Child) -> None:
        order = {"agent": world["people"][number], "now": NOW}
        for n in range(9 * len(world["sites"])):
            week, hour = divmod(n, 9)
            day, site = TUESDAY + timedelta(weeks=week), world["sites"][(week + 13 * number) % len(world["sites"])]
            child.tell(do="book", site=site, start=at(day, str(8 + hour)), end=at(day, str(9 + hour)), **order)
            answer = child.hear()
            if answer is None or answer["outcome"] == "error":
                return
            if answer["outcome"] == "booked":
                acknowledged.add(answer["id"])
            if len(acknowledged) >= ACKNOWLEDGED:
                enough.set()

    threads = [threading.Thread(target=write, args=pair) for pair in enumerate(writers)]
    for thread in threads:
        thread.start()
    assert enough.wait(90)
    server.kill()
    for thread in threads:
        thread.join(60)
    return acknowledged
