"""Closing a site, or all: what can stay stays, what cannot is cancelled, each person is told once."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import closing, jobs, service
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound, Refused
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.search import search
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Closure, Site, Territory
from tests import factories
from tests.booking.words import booked, kinds, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

SERVED, WAITING = WaitingEntry.State.SERVED, WaitingEntry.State.WAITING


def close(
    site: Site | None, start: str, end: str, *, of: Territory | None = None, now: dt.datetime = NOW
) -> closing.Closed:
    territory = site.territory_id if site else of.pk if of else 0
    return closing.close_site(
        territory, site.pk if site else None, at(TUESDAY, start), at(TUESDAY, end), "inventaire", TEST, now=now
    )


def hours(booking: Booking) -> tuple[dt.datetime, dt.datetime]:
    booking.refresh_from_db()
    assert (booking.held.lower, booking.held.upper) == (booking.start, booking.end)
    return booking.start, booking.end


def test_a_closed_half_day_cancels_shortens_or_leaves_alone(marly: Site) -> None:
    morning = booked(marly, start="8", end="12")
    whole = booked(marly, start="8", end="18")
    afternoon = booked(marly, start="14", end="18")
    tomorrow = booked(marly, day=TUESDAY + dt.timedelta(days=1), start="14", end="18")
    result = close(marly, "13", "18")
    assert [b.pk for b in result.cancelled] == [afternoon.pk]
    assert [b.pk for b in result.shortened] == [whole.pk]
    assert (state(morning), state(tomorrow)) == (State.CONFIRMED, State.CONFIRMED)
    assert hours(whole) == (at(TUESDAY, "8"), at(TUESDAY, "13"))
    assert kinds(afternoon) == ["booking.created", "booking.cancelled"]
    assert kinds(whole) == ["booking.created", "booking.shortened"]
    assert kinds(morning) == ["booking.created"]


def test_each_person_is_told_once_and_only_those_concerned(marly: Site) -> None:
    concerned, other = booked(marly, start="14", end="18"), booked(marly, start="8", end="12")
    close(marly, "13", "18")
    assert told(concerned.agent) == ["booking.confirmed", "site.closed"]
    assert told(other.agent) == ["booking.confirmed"]


def test_who_loses_the_place_is_offered_the_nearest_one_that_is_free(metz: Territory, marly: Site) -> None:
    near = factories.site(metz, lat=marly.lat + 0.01, lon=marly.lon, desks=1)
    full = factories.site(metz, lat=marly.lat + 0.005, lon=marly.lon, desks=1)
    booked(full)
    booking = booked(marly)
    close(marly, "8", "18")
    body = Notice.objects.get(recipient=booking.agent, kind="site.closed").body
    assert near.name in body
    assert full.name not in body
    assert "inventaire" in body


def test_the_longest_part_is_kept_and_what_it_loses_goes_to_who_waits(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    booking = booked(site, start="8", end="18")
    early = queued(site, start="8", end="11")
    close(site, "11", "12")
    assert hours(booking) == (at(TUESDAY, "12"), at(TUESDAY, "18"))
    assert state(early) == SERVED


def test_a_part_too_short_for_the_site_is_not_kept_and_goes_to_who_waits(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    booking = booked(site, start="9:30", end="12")
    early = queued(site, start="8", end="10")
    close(site, "10", "18")
    assert state(booking) == State.CANCELLED
    assert state(early) == SERVED


def test_a_part_of_exactly_the_shortest_stay_is_kept(marly: Site) -> None:
    booking = booked(marly, start="9", end="12")
    close(marly, "10", "18")
    assert hours(booking) == (at(TUESDAY, "9"), at(TUESDAY, "10"))


def test_a_closure_that_only_touches_a_stay_does_nothing_to_it(marly: Site) -> None:
    before, after = booked(marly, start="9", end="12"), booked(marly, start="14", end="18")
    result = close(marly, "12", "14")
    assert (result.cancelled, result.shortened) == ([], [])
    assert kinds(before) == kinds(after) == ["booking.created"]


def test_who_sits_there_stays_until_the_doors_shut_however_short_that_is(marly: Site) -> None:
    booking = booked(marly, start="9", end="17")
    service.check_in(booking.pk, TEST, Booking.CheckInBy.HOST, now=at(TUESDAY, "9"))
    close(marly, "9:20", "18", now=at(TUESDAY, "9:15"))
    assert state(booking) == State.IN_USE
    assert hours(booking) == (at(TUESDAY, "9"), at(TUESDAY, "9:20"))
    jobs.tick(at(TUESDAY, "9:20"))
    assert state(booking) == State.COMPLETED


def test_a_stay_moved_by_a_closure_moves_its_deadline_with_it(marly: Site) -> None:
    booking = booked(marly, start="8", end="18")
    close(marly, "8", "12")
    booking.refresh_from_db()
    assert booking.start == at(TUESDAY, "12")
    assert booking.free_if_absent_at == at(TUESDAY, "13")


def test_a_closed_half_day_cannot_be_booked_and_the_other_half_can(metz: Territory, marly: Site) -> None:
    close(marly, "13", "18")
    with pytest.raises(Refused) as refused:
        booked(marly, start="14", end="17")
    assert [r.code for r in refused.value.refusals] == ["closed"]
    assert "inventaire" in refused.value.refusals[0].message
    assert booked(marly, start="9", end="13").state == State.CONFIRMED


def test_closing_everywhere_touches_every_site_and_no_other_territory(metz: Territory, marly: Site) -> None:
    woippy = factories.site(metz)
    elsewhere = factories.site(factories.territory())
    factories.rules(elsewhere.territory)
    here = [booked(marly), booked(woippy)]
    far = booked(elsewhere)
    result = close(None, "8", "18", of=metz)
    assert {b.pk for b in result.cancelled} == {b.pk for b in here}
    assert state(far) == State.CONFIRMED
    assert all(s.day(TUESDAY).closed_because == "inventaire" for s in get_directory(metz.pk).sites)
    assert get_directory(elsewhere.territory_id).sites[0].day(TUESDAY).closed_because == ""
    # Every site is closed: no other place of the territory can be offered.
    assert "il reste de la place" not in Notice.objects.get(recipient=here[0].agent, kind="site.closed").body


def test_a_site_of_another_territory_is_neither_closed_nor_known(metz: Territory) -> None:
    elsewhere = factories.site(factories.territory())
    with pytest.raises(NotFound):
        closing.close_site(metz.pk, elsewhere.pk, at(TUESDAY, "8"), at(TUESDAY, "18"), "inventaire", TEST, now=NOW)
    assert not Closure.objects.exists()
    assert not Event.objects.exists()


def test_reopening_serves_those_who_wait_in_order(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    taken = booked(site, start="9", end="12")
    first, second = queued(site, start="9", end="12"), queued(site, start="9", end="12")
    shut = close(site, "8", "18")
    assert state(taken) == State.CANCELLED
    assert (state(first), state(second)) == (WAITING, WAITING)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=NOW)
    assert (state(first), state(second)) == (SERVED, WAITING)
    assert Event.objects.filter(kind="site.reopened").count() == 1
    assert state(taken) == State.CANCELLED


def test_reopening_everywhere_serves_every_queue(metz: Territory) -> None:
    sites = [factories.site(metz, desks=1) for _ in range(2)]
    entries = []
    for site in sites:
        booked(site)
        entries.append(queued(site))
    shut = close(None, "8", "18", of=metz)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=NOW)
    assert [state(e) for e in entries] == [SERVED, SERVED]


def test_a_closure_is_lifted_once_and_only_by_its_own_territory(metz: Territory, marly: Site) -> None:
    shut = close(marly, "8", "18")
    with pytest.raises(NotFound):
        closing.reopen(factories.territory().pk, shut.closure.pk, TEST, now=NOW)
    closing.reopen(metz.pk, shut.closure.pk, TEST, now=NOW)
    with pytest.raises(NotFound):
        closing.reopen(metz.pk, shut.closure.pk, TEST, now=NOW)


def test_what_the_host_is_shown_before_is_what_the_closure_does(marly: Site) -> None:
    bookings = [booked(marly, start="8", end="12"), booked(marly, start="8", end="18")]
    booked(marly, start="12", end="18")
    span = closing.closure_of_half(
        get_directory(marly.territory_id), get_directory(marly.territory_id).sites[0], TUESDAY, "morning"
    )
    assert span.end == at(TUESDAY, "13")
    shown = closing.affected(marly.territory_id, marly.pk, span)
    assert {b.pk for b in shown} >= {b.pk for b in bookings}
    result = closing.close_site(marly.territory_id, marly.pk, span.start, span.end, "élections", TEST, now=NOW)
    assert {b.pk for b in shown} == {b.pk for b in [*result.cancelled, *result.shortened]}


@pytest.mark.parametrize(
    ("part", "start", "end"),
    [("morning", "0", "13"), ("afternoon", "13", "24"), ("day", "0", "24")],
)
def test_a_half_day_is_closed_from_midnight_or_noon(marly: Site, part: str, start: str, end: str) -> None:
    directory = get_directory(marly.territory_id)
    span = closing.closure_of_half(directory, directory.sites[0], TUESDAY, part)
    midnight = at(TUESDAY + dt.timedelta(days=1), "0")
    assert span.start == at(TUESDAY, start)
    assert span.end == (midnight if end == "24" else at(TUESDAY, end))


def test_a_closed_site_says_why_in_the_search_and_still_counts_its_desks(marly: Site, ada: Agent) -> None:
    close(marly, "8", "18")
    (found,) = search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), now=NOW)
    assert not found.bookable
    assert [r.code for r in found.reasons] == ["closed"]
    assert found.capacity == 2
