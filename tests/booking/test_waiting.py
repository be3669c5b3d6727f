"""The waiting list: first come, first served, in the transaction that frees a desk."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import jobs, locks, service, waiting
from bureaux_volants.booking.errors import AlreadyWaiting, NotFound, NoUnitFree, Refused, RoomLeft
from bureaux_volants.booking.locks import TryAgain
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import record
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import booked, by, kinds, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, ask, at

pytestmark = pytest.mark.django_db

WAITING, SERVED = WaitingEntry.State.WAITING, WaitingEntry.State.SERVED


@pytest.fixture
def lone(metz: Territory) -> Site:
    """A mairie with a single desk."""
    return factories.site(metz, desks=1)


def test_the_queue_is_served_in_order_of_arrival_as_desks_are_freed(metz: Territory) -> None:
    site = factories.site(metz, desks=2)
    sitting = [booked(site), booked(site)]
    queue = [queued(site) for _ in range(3)]
    service.cancel(sitting[1].pk, TEST, now=NOW)
    assert [state(e) for e in queue] == [SERVED, WAITING, WAITING]
    service.cancel(sitting[0].pk, TEST, now=NOW)
    assert [state(e) for e in queue] == [SERVED, SERVED, WAITING]


def test_one_freed_day_serves_a_morning_and_an_afternoon(lone: Site) -> None:
    day = booked(lone, start="8", end="18")
    morning, afternoon = queued(lone, start="8", end="12"), queued(lone, start="13", end="18")
    service.cancel(day.pk, TEST, now=NOW)
    assert (state(morning), state(afternoon)) == (SERVED, SERVED)


def test_who_comes_later_is_served_when_those_before_want_what_was_not_freed(lone: Site) -> None:
    morning, afternoon = booked(lone, start="8", end="12"), booked(lone, start="13", end="18")
    whole_day, later = queued(lone, start="8", end="18"), queued(lone, start="8", end="12")
    service.cancel(morning.pk, TEST, now=NOW)
    assert (state(whole_day), state(later)) == (WAITING, SERVED)
    assert state(afternoon) == State.CONFIRMED


def test_who_wants_a_feature_waits_for_a_desk_that_has_it(metz: Territory) -> None:
    site = factories.site(metz, desks=0)
    quiet, plain = factories.desk(site, features=["quiet"]), factories.desk(site)
    first, second = booked(site, resource_id=quiet.pk), booked(site, resource_id=plain.pk)
    picky, easy = queued(site, features=frozenset({"quiet"})), queued(site)
    service.cancel(second.pk, TEST, now=NOW)
    assert (state(picky), state(easy)) == (WAITING, SERVED)
    service.cancel(first.pk, TEST, now=NOW)
    assert state(picky) == SERVED
    assert Booking.objects.get(waited_as=picky).resource_id == quiet.pk


def test_a_desk_freed_in_the_morning_serves_an_afternoon_when_somebody_moves_over(metz: Territory) -> None:
    site = factories.site(metz, desks=2)
    one, two = site.resources.order_by("name")
    early = booked(site, start="9", end="11", resource_id=one.pk)
    booked(site, start="12", end="13", resource_id=one.pk)
    between = booked(site, start="10", end="12")
    late = queued(site, start="11", end="13")
    service.cancel(early.pk, TEST, now=NOW)
    assert state(late) == SERVED
    between.refresh_from_db()
    assert between.resource_id == one.pk
    assert Booking.objects.get(waited_as=late).resource_id == two.pk
    assert told(between.agent) == ["booking.confirmed", "booking.reseated"]


def test_a_served_entry_becomes_a_booking_of_the_person_with_one_event_and_one_notice(lone: Site, ada: Agent) -> None:
    taken = booked(lone)
    entry = queued(lone, ada)
    service.cancel(taken.pk, by(taken.agent), now=NOW)
    entry.refresh_from_db()
    booking = entry.booking
    assert booking is not None
    assert (booking.agent, booking.booked_by, booking.state) == (ada, ada, State.CONFIRMED)
    assert kinds(booking) == ["waiting.served"]
    assert told(ada) == ["waiting.served"]
    assert entry.ended_at == NOW
    assert told(taken.agent) == ["booking.confirmed"]


def test_at_a_site_that_answers_itself_the_next_one_gets_a_request(metz: Territory, lone: Site) -> None:
    factories.rules(metz, at_site=lone, approval="asked")
    taken, entry = booked(lone), queued(lone)
    service.cancel(taken.pk, TEST, now=NOW)
    assert Booking.objects.get(waited_as=entry).state == State.REQUESTED
    assert told(entry.agent) == ["booking.requested"]


@pytest.mark.parametrize("freeing", ["refuse", "move", "shorten", "leave", "absence"])
def test_whatever_frees_a_desk_serves_the_queue(metz: Territory, lone: Site, freeing: str) -> None:
    factories.rules(metz, at_site=lone, approval="asked" if freeing == "refuse" else "automatic", grace_minutes=30)
    taken = booked(lone, start="9", end="17")
    now = NOW if freeing in {"refuse", "move", "shorten"} else at(TUESDAY, "9")
    entry = queued(lone, start="14", end="17")
    match freeing:
        case "refuse":
            service.refuse(taken.pk, TEST, now=now)
        case "move":
            service.change(taken.pk, TEST, start=at(TUESDAY, "8"), end=at(TUESDAY, "10"), now=now)
        case "shorten":
            service.change(taken.pk, TEST, start=taken.start, end=at(TUESDAY, "14"), now=now)
        case "leave":
            service.check_in(taken.pk, TEST, Booking.CheckInBy.PHONE, now=now)
            service.leave(taken.pk, TEST, now=at(TUESDAY, "13"))
        case "absence":
            jobs.tick(at(TUESDAY, "9:30"))
    assert state(entry) == SERVED


def test_a_stay_that_is_over_or_has_too_little_left_is_not_given(metz: Territory, lone: Site) -> None:
    taken = booked(lone, start="9", end="17")
    over = queued(lone, start="9", end="11")
    service.check_in(taken.pk, TEST, Booking.CheckInBy.PHONE, now=at(TUESDAY, "9"))
    service.leave(taken.pk, TEST, now=at(TUESDAY, "11"))
    assert state(over) == WAITING
    assert not Booking.objects.filter(agent=over.agent).exists()


def test_no_one_joins_the_queue_of_what_the_rules_refuse(lone: Site, ada: Agent) -> None:
    booked(lone)
    with pytest.raises(Refused) as refused:
        queued(lone, ada, start="6", end="12")
    assert {r.code for r in refused.value.refusals} == {"opening-hours"}
    assert not WaitingEntry.objects.exists()
    assert not Event.objects.filter(kind="waiting.joined").exists()


def test_no_one_waits_where_they_sit_already(lone: Site, ada: Agent) -> None:
    booked(lone, ada)
    with pytest.raises(Refused) as refused:
        queued(lone, ada)
    assert {r.code for r in refused.value.refusals} == {"one-desk-at-a-time"}


def test_a_named_desk_that_is_taken_opens_no_queue_while_another_is_free(marly: Site, ada: Agent) -> None:
    desk = booked(marly).resource
    with pytest.raises(RoomLeft):
        queued(marly, ada, resource_id=desk.pk)


def test_nobody_stands_twice_in_a_queue_for_hours_that_overlap(lone: Site, ada: Agent) -> None:
    booked(lone, start="8", end="18")
    queued(lone, ada, start="9", end="12")
    for start, end in (("9", "12"), ("8", "18"), ("11", "13")):
        with pytest.raises(AlreadyWaiting):
            queued(lone, ada, start=start, end=end)
    queued(lone, ada, start="14", end="18")
    assert WaitingEntry.objects.filter(agent=ada).count() == 2


def test_a_queue_of_another_territory_does_not_exist(ada: Agent) -> None:
    elsewhere = factories.site(factories.territory())
    with pytest.raises(NotFound):
        queued(elsewhere, ada)


def test_who_leaves_the_queue_is_not_served(lone: Site) -> None:
    taken, first, second = booked(lone), queued(lone), queued(lone)
    waiting.leave(first.agent, first.pk, by(first.agent), now=NOW)
    service.cancel(taken.pk, TEST, now=NOW)
    assert (state(first), state(second)) == (WaitingEntry.State.LEFT, SERVED)
    with pytest.raises(NotFound):
        waiting.leave(first.agent, first.pk, by(first.agent), now=NOW)
    assert Event.objects.filter(kind="waiting.left").count() == 1


def test_nobody_takes_another_out_of_the_queue(lone: Site, ada: Agent) -> None:
    booked(lone)
    entry = queued(lone)
    with pytest.raises(NotFound):
        waiting.leave(ada, entry.pk, by(ada), now=NOW)
    assert state(entry) == WAITING


def test_a_leave_takes_the_person_out_of_the_queues_of_those_days(lone: Site, ada: Agent) -> None:
    tomorrow = TUESDAY + dt.timedelta(days=1)
    taken, later = booked(lone), booked(lone, day=tomorrow)
    during, after = queued(lone, ada), queued(lone, ada, day=tomorrow)
    service.cancel_period(ada, TUESDAY, TUESDAY, by(ada), now=NOW)
    service.cancel(taken.pk, TEST, now=NOW)
    service.cancel(later.pk, TEST, now=NOW)
    assert (state(during), state(after)) == (WaitingEntry.State.LEFT, SERVED)


def test_an_entry_expires_when_its_time_is_over_and_says_so_once(lone: Site) -> None:
    booked(lone)
    entry = queued(lone)
    assert waiting.expire(at(TUESDAY, "11:59")) == 0
    assert waiting.expire(at(TUESDAY, "12")) == 1
    assert waiting.expire(at(TUESDAY, "12")) == 0
    assert state(entry) == WaitingEntry.State.EXPIRED
    assert Event.objects.filter(kind="waiting.expired", subject_id=entry.pk).count() == 1


def test_a_person_served_in_one_queue_is_passed_over_in_another_at_the_same_hours(metz: Territory, ada: Agent) -> None:
    here, there = factories.site(metz, desks=1), factories.site(metz, desks=1)
    taken = [booked(here), booked(there)]
    entries = [queued(here, ada), queued(there, ada)]
    for booking in taken:
        service.cancel(booking.pk, TEST, now=NOW)
    assert [state(e) for e in entries] == [SERVED, WAITING]


def test_the_queue_that_grows_between_the_look_and_the_lock_makes_the_service_start_again(
    lone: Site, ada: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = booked(lone)
    looks: list[object] = []

    def slow_lock(**what: object) -> None:
        looks.append(what)
        if len(looks) == 1:
            queued(lone, ada)
        locks.lock(**what)  # type: ignore[arg-type]

    monkeypatch.setattr(waiting, "lock", slow_lock)
    with pytest.raises(TryAgain):
        waiting.lock_for_freeing([taken.agent_id], [lone.pk], "desk", ask(lone).interval)
    waiting.lock_for_freeing([taken.agent_id], [lone.pk], "desk", ask(lone).interval)


def test_a_service_that_must_try_again_leaves_nothing_of_its_first_try(lone: Site) -> None:
    taken = booked(lone)
    tries = []

    @locks.in_transaction
    def hesitant() -> None:
        tries.append(service.cancel(taken.pk, TEST, now=NOW).state)
        if len(tries) == 1:
            raise TryAgain

    hesitant()
    assert tries == [State.CANCELLED, State.CANCELLED]
    assert kinds(taken) == ["booking.created", "booking.cancelled"]


def test_a_new_desk_is_given_to_who_waits_when_the_log_is_read(lone: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    booked(lone)
    first, second = queued(lone), queued(lone)
    monkeypatch.setattr(jobs.timezone, "now", lambda: NOW)
    factories.desk(lone)
    record(lone.territory_id, TEST, "resource.changed", "resource", 1, site=lone.pk)
    jobs.serve_when_room_is_made(list(Event.objects.order_by("id")))
    assert (state(first), state(second)) == (SERVED, WAITING)


def test_a_newcomer_does_not_pass_who_waits(lone: Site, ada: Agent) -> None:
    taken, entry = booked(lone), queued(lone)
    service.cancel(taken.pk, TEST, now=NOW)
    with pytest.raises(NoUnitFree):
        booked(lone, ada)
    assert state(entry) == SERVED
