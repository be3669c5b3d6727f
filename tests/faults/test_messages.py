"""The worker dies in the middle of a batch, several workers deliver at once: every mail is counted, none lost, none twice."""

from __future__ import annotations

import email
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from bureaux_volants.messages import outbox
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.conftest import FreshDatabase
from tests.messages.conftest import free_port

from .conftest import Start

MAILS = 240
KILLS = 5


class Postmaster:
    """A mail server that counts by Message-ID, as mailboxes do that show a mail once."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.lock = threading.Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self.lock:
            self.taken[email.message_from_bytes(envelope.content)["Message-ID"]] += 1
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Postmaster, int]]:
    postmaster = Postmaster()
    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield postmaster, controller.port
    controller.stop()


def write_all() -> None:
    metz = factories.territory()
    people = [factories.agent(metz) for _ in range(MAILS // 8)]
    for n in range(MAILS):
        outbox.write(people[n % len(people)], "booking.confirmed", f"n° {n}", "Réservé.")


def test_whenever_workers_die_each_mail_is_there_once_in_effect(
    fresh_database: FreshDatabase, start_children: Start, post: tuple[Postmaster, int]
) -> None:
    write_all()
    postmaster, port = post
    workers = start_children(KILLS + 1, fresh_database.environment)
    chance = random.Random(7)
    for worker in workers[:-1]:
        before = len(postmaster.taken)
        worker.tell(do="mail", port=port)
        while len(postmaster.taken) < before + 3:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.02))
        worker.kill()
    # The test means something only when workers died with some mails sent and some not.
    assert 3 * KILLS <= len(postmaster.taken) < MAILS
    workers[-1].tell(do="mail", port=port)
    assert workers[-1].hear() is not None
    assert len(postmaster.taken) == MAILS
    # A worker killed between the server's answer and its own commit sends that one again, under the same name.
    assert sum(postmaster.taken.values()) <= MAILS + KILLS
    assert max(postmaster.taken.values()) <= 2
    assert Notice.objects.filter(delivery=Notice.Delivery.SENT).count() == MAILS


def test_workers_at_once_send_each_mail_once(
    fresh_database: FreshDatabase, start_children: Start, post: tuple[Postmaster, int]
) -> None:
    write_all()
    postmaster, port = post
    workers = start_children(4, fresh_database.environment)
    for worker in workers:
        worker.tell(do="mail", port=port)
    sent = [worker.hear() for worker in workers]
    assert sum(answer["sent"] for answer in sent if answer is not None) == MAILS
    assert set(postmaster.taken.values()) == {1}
    assert len(postmaster.taken) == MAILS
