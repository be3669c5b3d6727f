"""A host lends fewer desks on one day: who has booked stays, nobody else gets a desk above the number."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from django.db import connection, transaction

from bureaux_volants.booking import capacity, directory, service
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import BookingError, NotFound, NoUnitFree, WrongState
from bureaux_volants.booking.models import Booking, DayCapacity, WaitingEntry
from bureaux_volants.booking.search import half_days, search
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.planner.windows import windows
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Site, Territory
from tests import factories
from tests.booking.words import booked, by, queued, state, told
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, ask, at

WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def woippy(metz: Territory) -> Site:
    return factories.site(metz, desks=3)


def lend(site: Site, desks: int, day: dt.date = TUESDAY) -> None:
    capacity.lend(site.territory_id, site.pk, day, desks, TEST, now=NOW)


@pytest.mark.django_db
def test_nobody_gets_a_desk_above_the_number_on_that_day_only(woippy: Site) -> None:
    lend(woippy, 1)
    booked(woippy)
    with pytest.raises(NoUnitFree, match="le seul bureau est pris"):
        booked(woippy)
    booked(woippy, start="12", end="14")  # beside, not above
    for _ in range(3):
        booked(woippy, day=WEDNESDAY)


@pytest.mark.django_db
def test_who_had_booked_stays_and_who_cancels_leaves_no_desk_above_the_number(woippy: Site) -> None:
    first, second, third = (booked(woippy) for _ in range(3))
    lend(woippy, 1)
    assert {state(b) for b in (first, second, third)} == {State.CONFIRMED}
    for gone in (first, second):
        service.cancel(gone.pk, by(gone.agent), now=NOW)
        with pytest.raises(NoUnitFree):
            booked(woippy)
    service.cancel(third.pk, by(third.agent), now=NOW)
    booked(woippy)


@pytest.mark.django_db
def test_who_stays_may_give_hours_back_but_takes_no_more(woippy: Site) -> None:
    one = booked(woippy)
    booked(woippy)
    lend(woippy, 1)
    service.change(one.pk, by(one.agent), start=at(TUESDAY, "9"), end=at(TUESDAY, "11"), now=NOW)
    with pytest.raises(NoUnitFree):
        service.change(one.pk, by(one.agent), start=at(TUESDAY, "9"), end=at(TUESDAY, "12"), now=NOW)


@pytest.mark.django_db
def test_search_the_week_the_alternatives_and_the_planner_count_what_is_lent(woippy: Site, marly: Site) -> None:
    who = factories.agent(woippy.territory)
    lend(woippy, 2)
    booked(woippy)
    start, end = at(TUESDAY, "9"), at(TUESDAY, "12")
    (found,) = search(who, "desk", start, end, site_slug=woippy.slug, now=NOW)
    assert (found.free, found.capacity) == (1, 2)
    (days,) = half_days(who, "desk", TUESDAY, WEDNESDAY, site_slug=woippy.slug, now=NOW)
    assert [(h.free, h.capacity) for h in days.halves] == [(1, 2), (2, 2), (3, 3), (3, 3)]
    lend(woippy, 0)
    booked(marly)
    booked(marly)
    with pytest.raises(NoUnitFree) as full:
        booked(marly)
    assert full.value.alternatives == []
    entry = get_directory(woippy.territory_id).site_by_id(woippy.pk)
    span = Interval(start, end)
    assert windows(entry.units_of("desk"), [], span, most=entry.most_at("desk", start)) == []
    assert windows(entry.units_of("desk"), [], span) == [span]


@pytest.mark.django_db
def test_lending_none_says_so(woippy: Site) -> None:
    lend(woippy, 0)
    with pytest.raises(NoUnitFree, match="aucun bureau n'est prêté ce jour-là"):
        booked(woippy)


@pytest.mark.django_db
def test_who_waits_is_served_when_more_are_lent_again(woippy: Site) -> None:
    lend(woippy, 0)
    entry = queued(woippy)
    lend(woippy, 1)
    assert state(entry) == WaitingEntry.State.SERVED
    assert told(entry.agent) == ["waiting.served"]
    lend(woippy, 3)
    assert not DayCapacity.objects.exists()
    said = Event.objects.filter(kind="site.lends").order_by("id").values_list("data", flat=True)
    assert [(d["before"], d["desks"]) for d in said] == [(3, 0), (0, 1), (1, 3)]


@pytest.mark.django_db
def test_what_cannot_be_is_refused_and_changes_nothing(woippy: Site) -> None:
    for desks, day, sentence in (
        (4, TUESDAY, "Ce site a 3 bureaux"),
        (1, TUESDAY - dt.timedelta(days=2), "Ce jour est passé"),
    ):
        with pytest.raises(WrongState, match=sentence):
            lend(woippy, desks, day)
    elsewhere = factories.site(factories.territory())
    with pytest.raises(NotFound):
        capacity.lend(woippy.territory_id, elsewhere.pk, TUESDAY, 1, TEST, now=NOW)
    assert not DayCapacity.objects.exists()


def test_of_bookings_and_a_change_at_once_none_is_accepted_above_the_number(fresh_database: FreshDatabase) -> None:
    metz = factories.territory()
    factories.rules(metz)
    for number in range(4):
        site, day = factories.site(metz, desks=6), TUESDAY + dt.timedelta(days=7 * number)
        people = [factories.agent(metz) for _ in range(6)]
        begin = threading.Barrier(7)
        after: list[str] = []

        def reserve(who: object, site: Site = site, day: dt.date = day, begin: threading.Barrier = begin) -> None:
            begin.wait(20)
            try:
                service.book(who, ask(site, day), TEST, now=NOW)  # type: ignore[arg-type]
            except BookingError:
                pass
            finally:
                connection.close()

        def change(
            site: Site = site, day: dt.date = day, begin: threading.Barrier = begin, after: list[str] = after
        ) -> None:
            begin.wait(20)
            capacity.lend(site.territory_id, site.pk, day, 2, TEST, now=NOW)
            connection.close()

        threads = [threading.Thread(target=reserve, args=(p,)) for p in people] + [threading.Thread(target=change)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        # The log has their order: none after the change, but up to two.
        order = list(
            Event.objects.filter(kind__in=("site.lends", "booking.created"), subject_kind__in=("site", "booking"))
            .filter(data__has_key="desks")
            .filter(subject_id=site.pk)
            .values_list("pk", flat=True)
        )
        before = Event.objects.filter(kind="booking.created", data__site=site.slug, pk__lt=order[0]).count()
        assert Booking.objects.filter(site=site).count() == max(before, 2)


def test_whoever_waited_for_the_site_with_a_directory_read_before_sees_what_changed_meanwhile(
    fresh_database: FreshDatabase,
) -> None:
    """The process knows nothing of the site yet: it reads the directory, waits for the lock, and the number changes."""
    metz = factories.territory()
    factories.rules(metz)
    site = factories.site(metz, desks=2)
    people = [factories.agent(metz) for _ in range(2)]
    service.book(people[0], ask(site), TEST, now=NOW)
    refused: list[str] = []

    def reserve() -> None:
        directory._cache.clear()
        try:
            service.book(people[1], ask(site), TEST, now=NOW)
        except BookingError as error:
            refused.append(error.code)
        finally:
            connection.close()

    waiter = threading.Thread(target=reserve)
    with transaction.atomic():
        capacity.lend(metz.pk, site.pk, TUESDAY, 1, TEST, now=NOW)
        waiter.start()
        with connection.cursor() as cursor:
            for _ in range(200):
                cursor.execute(
                    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
                    "WHERE locktype = 'advisory' AND NOT granted AND d.datname = current_database()"
                )
                if cursor.fetchone() == (1,):
                    break
                time.sleep(0.05)
    waiter.join(30)
    assert refused == ["no-unit-free"]
    assert Booking.objects.filter(site=site).count() == 1
