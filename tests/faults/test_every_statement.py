"""The worker dies before each of its statements in turn: what it did is there whole, or not at all."""

from __future__ import annotations

import os
import signal
from multiprocessing import get_context
from typing import Any

from django.db import connection, connections

from bureaux_volants.booking import jobs, service, waiting
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Territory
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, ask, at

LATE = at(TUESDAY, "9:30")
#: More statements than one round of the worker makes here.
ENOUGH = 80


class _KillAtStatement:
    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def _tick_and_die(number: int) -> None:
    """Runs in a process of its own."""
    connections["default"].connection = None  # the parent's: a forked process must not speak through it
    with connection.execute_wrapper(_KillAtStatement(number)):
        jobs.tick(LATE)


def _someone_absent(metz: Territory) -> Booking:
    """Somebody does not come; two others wait for the only desk."""
    site = factories.site(metz, desks=1)
    absent = service.book(factories.agent(metz), ask(site, start="9", end="17"), TEST, now=NOW)
    for _ in range(2):
        waiting.join(factories.agent(metz), ask(site, start="9", end="17"), TEST, now=NOW)
    return absent


def _whole(absent: Booking) -> bool:
    """Whether the round has had its effect; an effect by half fails."""
    absent.refresh_from_db()
    first, second = WaitingEntry.objects.filter(site_id=absent.site_id).order_by("id")
    freed = absent.state == State.NO_SHOW
    now_held = Booking.objects.filter(site_id=absent.site_id, state=State.CONFIRMED).exclude(pk=absent.pk)
    assert Event.objects.filter(kind="booking.no_show", subject_id=absent.pk).count() == freed
    assert Notice.objects.filter(kind="booking.no_show", recipient=absent.agent_id).count() == freed
    assert now_held.count() == freed
    assert (first.state == WaitingEntry.State.SERVED) == freed
    assert second.state == WaitingEntry.State.WAITING
    assert Notice.objects.filter(kind="waiting.served", recipient=first.agent_id).count() == freed
    assert not Notice.objects.filter(kind="waiting.served", recipient=second.agent_id).exists()
    return freed


def test_a_worker_killed_before_any_of_its_statements_leaves_all_or_nothing(fresh_database: FreshDatabase) -> None:
    metz = factories.territory()
    factories.rules(metz, grace_minutes=30)
    absent = _someone_absent(metz)
    nothing = whole = 0
    for number in range(ENOUGH):
        connection.close()
        child = get_context("fork").Process(target=_tick_and_die, args=(number,))
        child.start()
        child.join(30)
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        if _whole(absent):
            whole += 1
            absent = _someone_absent(metz)
        else:
            nothing += 1
    else:
        raise AssertionError("the worker never came to the end of its round")
    # It died between taking its locks and committing many times, and after committing too.
    assert nothing >= 8
    assert whole >= 1
    jobs.tick(LATE)
    assert _whole(absent)
