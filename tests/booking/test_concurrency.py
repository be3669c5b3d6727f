"""Real transactions at the same time: of two who decide, one is right, and nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import BookingError, NoUnitFree, WrongState
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.booking.words import booked, by, kinds, queued, state, told
from tests.factories import NOW, TEST

pytestmark = pytest.mark.usefixtures("fresh_database")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Let each act in its own thread and connection, from the same moment; what each got or raised."""
    together = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(n: int) -> None:
        try:
            together.wait(30)
            answers[n] = acts[n]()
        except BookingError as error:
            answers[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(t.is_alive() for t in threads)
    return answers


def test_of_two_hosts_who_answer_at_once_the_first_counts_and_the_agent_is_told_once() -> None:
    metz = factories.territory()
    factories.rules(metz, approval="asked")
    marly = factories.site(metz)
    hosts = [factories.agent(metz) for _ in range(2)]
    for n in range(6):
        booking = booked(marly, start=f"{8 + n}", end=f"{9 + n}")
        answers = at_once(
            lambda b=booking: service.approve(b.pk, by(hosts[0]), now=NOW),  # type: ignore[misc]
            lambda b=booking: service.refuse(b.pk, by(hosts[1]), now=NOW),  # type: ignore[misc]
        )
        assert sum(isinstance(a, WrongState) for a in answers) == 1
        assert state(booking) in {State.CONFIRMED, State.REFUSED}
        assert len(kinds(booking)) == 2
        assert len(told(booking.agent)) == 2


def test_the_desk_freed_while_two_join_the_queue_goes_to_one_and_nobody_is_forgotten() -> None:
    metz = factories.territory()
    factories.rules(metz)
    site = factories.site(metz, desks=1)
    for n in range(4):
        taken = booked(site, start=f"{8 + 2 * n}", end=f"{10 + 2 * n}")
        asked = {"start": f"{8 + 2 * n}", "end": f"{10 + 2 * n}"}
        newcomers = [factories.agent(metz) for _ in range(2)]
        at_once(
            lambda b=taken: service.cancel(b.pk, TEST, now=NOW),  # type: ignore[misc]
            *(lambda who=who, asked=asked: queued(site, who, **asked) for who in newcomers),
        )
        holding = Booking.objects.filter(site=site, start=taken.start, state=State.CONFIRMED)
        waits = WaitingEntry.objects.filter(site=site, start=taken.start, state=WaitingEntry.State.WAITING)
        # Either somebody was in the queue and got it, or it is free and nobody waits.
        assert holding.count() == 1 or not waits.exists()
        assert holding.count() <= 1
        for served in holding:
            assert told(served.agent) == ["waiting.served"]
        waits.update(state=WaitingEntry.State.LEFT)
        if not holding:
            booked(site, **asked)


def test_the_last_desk_goes_to_one_of_those_who_want_it_at_once() -> None:
    metz = factories.territory()
    factories.rules(metz)
    site = factories.site(metz, desks=1)
    people = [factories.agent(metz) for _ in range(4)]
    answers = at_once(*(lambda who=who: booked(site, who) for who in people))
    assert sum(isinstance(a, Booking) for a in answers) == 1
    assert sum(isinstance(a, NoUnitFree) for a in answers) == 3
    assert Event.objects.filter(kind="booking.created").count() == 1
    assert Notice.objects.count() == 1


def test_one_person_at_two_screens_gets_one_desk() -> None:
    metz = factories.territory()
    factories.rules(metz)
    sites, ada = [factories.site(metz) for _ in range(2)], factories.agent(metz)
    answers = at_once(*(lambda s=s: booked(s, ada) for s in sites))
    assert sum(isinstance(a, Booking) for a in answers) == 1
    assert [str(getattr(a, "refusals", "")).count("one-desk-at-a-time") for a in answers if isinstance(a, Exception)]


def test_two_desks_freed_at_once_serve_both_queues_without_waiting_for_each_other() -> None:
    metz = factories.territory()
    factories.rules(metz)
    here, there = factories.site(metz, desks=1), factories.site(metz, desks=1)
    ada, ben = factories.agent(metz), factories.agent(metz)
    for _ in range(3):
        # Each waits where the other leaves: the locks that the two services take are the same four.
        first, second = booked(here, ada, start="9", end="12"), booked(there, ben, start="13", end="16")
        queued(here, ben, start="9", end="12")
        queued(there, ada, start="13", end="16")
        at_once(
            lambda b=first: service.cancel(b.pk, by(ada), now=NOW),  # type: ignore[misc]
            lambda b=second: service.cancel(b.pk, by(ben), now=NOW),  # type: ignore[misc]
        )
        given = Booking.objects.filter(state=State.CONFIRMED)
        assert {(b.agent, b.site) for b in given} == {(ben, here), (ada, there)}
        for booking in given:
            service.cancel(booking.pk, TEST, now=NOW)
