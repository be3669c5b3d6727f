"""What people read of bookings: their own, those of a place, and of a team within what each lets be seen."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import queries, service
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import booked, queued
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

MONDAY = TUESDAY - dt.timedelta(days=1)
DAY = dt.timedelta(days=1)


def test_what_comes_is_soonest_first_and_what_is_over_latest_first(marly: Site, ada: Agent) -> None:
    later, sooner = booked(marly, ada, day=TUESDAY + DAY), booked(marly, ada)
    gone = booked(marly, ada, day=TUESDAY + 2 * DAY)
    service.cancel(gone.pk, TEST, now=NOW)
    assert list(queries.coming(ada, now=NOW)) == [sooner, later]
    assert list(queries.past(ada, now=NOW)) == [gone]
    assert list(queries.coming(ada, now=at(TUESDAY, "12"))) == [later]
    assert list(queries.past(ada, now=at(TUESDAY, "12"))) == [gone, sooner]


def test_one_s_own_booking_is_found_whatever_the_case_and_nobody_else_s(marly: Site, ada: Agent) -> None:
    mine, other = booked(marly, ada), booked(marly)
    assert queries.own(ada, mine.reference.lower()) == mine
    for reference in (other.reference, "XXXXX-XXXXX", ""):
        with pytest.raises(NotFound):
            queries.own(ada, reference)


def test_the_place_in_the_queue_counts_those_before_who_want_the_same_hours(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    booked(site, start="8", end="18")
    entries = [queued(site, start=start, end=end) for start, end in (("8", "12"), ("13", "18"), ("11", "14"))]
    assert [queries.place_in_queue(e) for e in entries] == [1, 1, 3]


def test_a_host_expects_those_who_hold_came_or_missed_but_not_who_cancelled(marly: Site) -> None:
    site = factories.site(marly.territory, desks=6)
    afternoon, morning, absent = (
        booked(site, start="14", end="17"),
        booked(site, start="9", end="12"),
        booked(site, start="8", end="9"),
    )
    cancelled, tomorrow = booked(site), booked(site, day=TUESDAY + DAY)
    booked(marly)
    service.cancel(cancelled.pk, TEST, now=NOW)
    service.free_absent(absent.pk, now=at(TUESDAY, "9"))
    expected = queries.expected_at(site.territory_id, site.pk, TUESDAY, TUESDAY)
    assert list(expected) == [absent, morning, afternoon]
    assert list(queries.expected_at(site.territory_id, site.pk, TUESDAY, TUESDAY + DAY))[-1] == tomorrow
    assert not queries.expected_at(factories.territory().pk, site.pk, TUESDAY, TUESDAY).exists()


def test_two_who_come_at_the_same_hour_are_in_the_order_of_their_names(marly: Site) -> None:
    names = ["Zola", "Aubert"]
    for name in names:
        booked(marly, factories.agent(marly.territory, last_name=name))
    expected = queries.expected_at(marly.territory_id, marly.pk, TUESDAY, TUESDAY)
    assert [b.agent.last_name for b in expected] == ["Aubert", "Zola"]


def test_who_is_there_is_shown_as_each_one_decides(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=3)
    seen = factories.agent(metz, visibility=Agent.Visibility.EVERYONE)
    booked(site, seen)
    booked(site, factories.agent(metz, visibility=Agent.Visibility.NOBODY))
    mine = booked(site, ada)
    assert {b.agent for b in queries.at_site_shown_to(ada, site.pk, TUESDAY)} == {seen, ada}
    assert {b.agent for b in queries.at_site_shown_to(seen, site.pk, TUESDAY)} == {seen}
    service.cancel(mine.pk, TEST, now=NOW)
    assert {b.agent for b in queries.at_site_shown_to(ada, site.pk, TUESDAY)} == {seen}


def test_a_team_s_week_shows_bookings_home_days_and_what_each_one_lets_be_seen(metz: Territory, marly: Site) -> None:
    team = factories.service(factories.organisation(metz))
    common = {"organisation": team.organisation, "service": team}
    manager = factories.agent(metz, **common)
    open_one = factories.agent(metz, telework_weekdays=[2, 4], **common)
    private = factories.agent(metz, telework_weekdays=[4], visibility=Agent.Visibility.NOBODY, **common)
    on_home_day = booked(marly, open_one)
    booked(marly, private)
    cancelled = booked(marly, open_one, day=TUESDAY + DAY)
    service.cancel(cancelled.pk, TEST, now=NOW)
    booked(marly, open_one, day=MONDAY + 7 * DAY)
    seen, hidden = queries.team_week(manager, [open_one, private], MONDAY)
    assert [d.day for d in seen.days] == [MONDAY + n * DAY for n in range(5)]
    assert [[b.pk for b in d.bookings] for d in seen.days] == [[], [on_home_day.pk], [], [], []]
    assert [d.at_home for d in seen.days] == [False, False, False, True, False]
    assert (seen.shows, hidden.shows) == (True, False)
    assert not hidden.says_something


def test_a_team_s_week_costs_the_same_for_one_and_for_twenty(
    metz: Territory, marly: Site, django_assert_num_queries: object
) -> None:
    team = factories.service(factories.organisation(metz))
    members = [factories.agent(metz, organisation=team.organisation, service=team) for _ in range(20)]
    booked(marly, members[0])
    queries.team_week(members[0], members[:1], MONDAY)
    for several in (members[:1], members):
        with django_assert_num_queries(2):  # type: ignore[operator]
            week = queries.team_week(members[0], several, MONDAY)
            assert [str(b.site) for d in week[0].days for b in d.bookings] == [marly.name]


def test_nobody_learns_from_a_list_what_belongs_to_another(marly: Site, ada: Agent) -> None:
    booked(marly)
    assert not queries.bookings_of(ada).exists()
    assert Booking.objects.count() == 1
