"""A closure that covers what is already used, and one that is lifted while it lasts."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import closing, service
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Closure, Site, Territory
from tests import factories
from tests.booking.words import booked, kinds, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

WAITING, SERVED = WaitingEntry.State.WAITING, WaitingEntry.State.SERVED
WEDNESDAY = TUESDAY + dt.timedelta(days=1)


def close(site: Site, start: str, end: str, *, now: dt.datetime) -> closing.Closed:
    return closing.close_site(
        site.territory_id, site.pk, at(TUESDAY, start), at(TUESDAY, end), "coupure de courant", TEST, now=now
    )


def arrived(site: Site, start: str, end: str) -> Booking:
    booking = booked(site, start=start, end=end)
    service.check_in(booking.pk, TEST, Booking.CheckInBy.QR, now=at(TUESDAY, start))
    return booking


def hours(booking: Booking) -> tuple[dt.datetime, dt.datetime]:
    booking.refresh_from_db()
    assert (booking.held.lower, booking.held.upper) == (booking.start, booking.end)
    return booking.start, booking.end


@pytest.mark.parametrize("since", ["8", "9", "10:30", "11"])
def test_who_is_there_when_a_closure_is_told_late_has_used_the_time_until_then(marly: Site, since: str) -> None:
    there = arrived(marly, "9", "17")
    result = close(marly, since, "18", now=at(TUESDAY, "11"))
    assert hours(there) == (at(TUESDAY, "9"), at(TUESDAY, "11"))
    assert state(there) == State.IN_USE
    assert [b.pk for b in result.shortened] == [there.pk]
    assert kinds(there)[-1] == "booking.shortened"
    assert told(there.agent)[-1] == "site.closed"
    # The place itself was closed from when the host says.
    assert Closure.objects.get().start == at(TUESDAY, since)
    service.complete(there.pk, now=at(TUESDAY, "11"))
    assert state(there) == State.COMPLETED


def test_what_is_over_is_left_as_it_was_by_a_closure_told_late(marly: Site) -> None:
    over = arrived(marly, "8", "10")
    service.leave(over.pk, TEST, now=at(TUESDAY, "9:30"))
    before = hours(over)
    result = close(marly, "8", "18", now=at(TUESDAY, "11"))
    assert (result.cancelled, result.shortened) == ([], [])
    assert (hours(over), state(over)) == (before, State.COMPLETED)


def test_who_had_not_come_yet_loses_the_stay_and_is_told(marly: Site) -> None:
    expected = booked(marly, start="10:30", end="17")
    result = close(marly, "8", "18", now=at(TUESDAY, "11"))
    assert [b.pk for b in result.cancelled] == [expected.pk]
    assert state(expected) == State.CANCELLED


def test_a_closure_wholly_in_the_past_takes_nothing_from_who_sits_there(marly: Site) -> None:
    there = arrived(marly, "9", "17")
    close(marly, "9", "10", now=at(TUESDAY, "11"))
    assert hours(there)[0] == at(TUESDAY, "9")
    assert state(there) == State.IN_USE


def test_a_closure_lifted_while_it_lasts_serves_what_is_left_of_the_day(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    booked(site, start="8", end="18")
    morning, afternoon = queued(site, start="9", end="12"), queued(site, start="14", end="17")
    tomorrow = WaitingEntry.objects.create(
        territory=metz,
        site=site,
        kind="desk",
        agent=factories.agent(metz),
        start=at(WEDNESDAY, "9"),
        end=at(WEDNESDAY, "12"),
        created_at=NOW,
    )
    shut = close(site, "8", "18", now=NOW)
    assert (state(morning), state(afternoon)) == (WAITING, WAITING)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=at(TUESDAY, "10"))
    assert (state(morning), state(afternoon)) == (SERVED, SERVED)
    given = Booking.objects.get(waited_as=morning)
    assert (given.start, given.end) == (at(TUESDAY, "10"), at(TUESDAY, "12"))
    assert told(afternoon.agent) == ["waiting.served"]
    # That day's queue only: nothing was lifted of the next.
    assert state(tomorrow) == WAITING


def test_a_closure_of_one_site_that_is_lifted_serves_that_site_only(metz: Territory) -> None:
    here, there = factories.site(metz, desks=1), factories.site(metz, desks=1)
    entries = []
    for site in (here, there):
        booked(site)
        entries.append(queued(site))
    Booking.objects.filter(site=there).update(state="cancelled")
    shut = close(here, "8", "18", now=NOW)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=NOW)
    assert [state(e) for e in entries] == [SERVED, WAITING]


def test_who_waits_is_locked_before_a_closure_is_lifted(metz: Territory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else two queues could give one person two desks at once."""
    site = factories.site(metz, desks=1)
    booked(site)
    entry = queued(site)
    shut = close(site, "8", "18", now=NOW)
    locked: list[tuple[str, list[int]]] = []
    really = closing.lock_for_freeing

    def noted(people: list[int], sites: list[int], kind: str, span: object) -> None:
        locked.append((state(entry), list(sites)))
        really(people, sites, kind, span)  # type: ignore[arg-type]

    monkeypatch.setattr(closing, "lock_for_freeing", noted)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=NOW)
    assert locked == [(WAITING, [site.pk])]
    assert state(entry) == SERVED


def test_a_closure_that_is_over_is_lifted_without_giving_the_past_away(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    booked(site)
    entry = queued(site)
    shut = close(site, "8", "18", now=NOW)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=at(WEDNESDAY, "9"))
    assert state(entry) == WAITING
    assert not Closure.objects.exists()
