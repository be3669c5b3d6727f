"""Whoever was passed over in a queue keeps the place, and is served once the reason for it is gone."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import booked, by, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

WAITING, SERVED = WaitingEntry.State.WAITING, WaitingEntry.State.SERVED
WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def lone(metz: Territory) -> Site:
    """A mairie with a single desk."""
    return factories.site(metz, desks=1)


def test_who_gave_back_the_desk_elsewhere_is_served_by_the_next_round(metz: Territory, lone: Site, ada: Agent) -> None:
    taken, entry = booked(lone), queued(lone, ada)
    elsewhere = booked(factories.site(metz), ada)
    service.cancel(taken.pk, TEST, now=NOW)
    jobs.serve_the_waiting(NOW)
    assert state(entry) == WAITING
    # Nobody waits at the other site: giving that desk back serves no queue by itself.
    service.cancel(elsewhere.pk, by(ada), now=NOW)
    assert state(entry) == WAITING
    jobs.serve_the_waiting(NOW + dt.timedelta(minutes=1))
    assert state(entry) == SERVED
    assert Booking.objects.get(waited_as=entry).agent == ada
    assert told(ada)[-1] == "waiting.served"


def test_who_had_used_up_the_week_is_served_when_a_day_of_it_is_given_back(
    metz: Territory, lone: Site, ada: Agent
) -> None:
    metz.rule_sets.update(weekly_limit=1)
    taken, entry = booked(lone), queued(lone, ada)
    other_day = booked(factories.site(metz), ada, day=WEDNESDAY)
    service.cancel(taken.pk, TEST, now=NOW)
    jobs.serve_the_waiting(NOW)
    assert state(entry) == WAITING
    service.cancel(other_day.pk, by(ada), now=NOW)
    jobs.serve_the_waiting(NOW)
    assert state(entry) == SERVED


def test_the_round_serves_every_queue_in_its_order_and_gives_nothing_twice(metz: Territory) -> None:
    sites = [factories.site(metz, desks=1) for _ in range(2)]
    queues = []
    for site in sites:
        taken = booked(site)
        queues.append([queued(site), queued(site)])
        # Freed by code that knows of no queue.
        Booking.objects.filter(pk=taken.pk).update(state="cancelled")
    for _ in range(2):
        jobs.serve_the_waiting(NOW)
        assert [[state(e) for e in queue] for queue in queues] == [[SERVED, WAITING]] * 2
    assert Booking.objects.filter(state="confirmed").count() == 2


def test_the_round_reaches_the_first_and_the_last_day_that_somebody_waits_for(lone: Site) -> None:
    days = [TUESDAY, TUESDAY + dt.timedelta(days=7)]
    for day in days:
        booked(lone, day=day)
    entries = [queued(lone, day=day) for day in reversed(days)]
    Booking.objects.update(state="cancelled")
    jobs.serve_the_waiting(NOW)
    assert [state(e) for e in entries] == [SERVED, SERVED]


def test_a_desk_of_the_past_is_given_to_nobody(lone: Site) -> None:
    booked(lone)
    entry = queued(lone)
    Booking.objects.update(state="cancelled")
    jobs.serve_the_waiting(at(TUESDAY, "12"))
    assert state(entry) == WAITING


def test_the_round_passes_over_who_has_no_account_any_more(lone: Site, ada: Agent) -> None:
    booked(lone)
    gone, there = queued(lone, ada), queued(lone)
    Agent.objects.filter(pk=ada.pk).update(is_active=False)
    Booking.objects.update(state="cancelled")
    jobs.serve_the_waiting(NOW)
    assert (state(gone), state(there)) == (WAITING, SERVED)


def test_a_desk_given_back_goes_past_who_has_no_account_any_more(lone: Site, ada: Agent) -> None:
    taken, gone, there = booked(lone), queued(lone, ada), queued(lone)
    Agent.objects.filter(pk=ada.pk).update(is_active=False)
    service.cancel(taken.pk, TEST, now=NOW)
    assert (state(gone), state(there)) == (WAITING, SERVED)
    assert not Booking.objects.filter(agent=ada).exists()


@pytest.mark.parametrize(
    ("left_at", "expected"),
    [
        pytest.param("10", SERVED, id="exactly the shortest stay is left"),
        pytest.param("10:01", WAITING, id="a minute less"),
        pytest.param("10:59", WAITING, id="a minute is left"),
    ],
)
def test_a_remainder_shorter_than_the_shortest_stay_is_not_given(
    metz: Territory, lone: Site, left_at: str, expected: str
) -> None:
    metz.rule_sets.update(shortest_minutes=60)
    taken = booked(lone, start="9", end="17")
    short = queued(lone, start="9", end="11")
    long = queued(lone, start="11", end="17")
    service.check_in(taken.pk, TEST, Booking.CheckInBy.PHONE, now=at(TUESDAY, "9"))
    service.leave(taken.pk, TEST, now=at(TUESDAY, left_at))
    assert (state(short), state(long)) == (expected, SERVED)
