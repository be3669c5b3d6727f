"""Where is there room: honest counts, reasons, and never more than two queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureaux_volants.booking import search, service
from bureaux_volants.booking.errors import NoUnitFree
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.search import SiteAvailability, alternatives, half_days
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent, Phase, Site, Territory
from tests import factories
from tests.booking.words import booked
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def find(who: Agent, start: str = "9", end: str = "12", *, now: dt.datetime = NOW, **asked: object) -> SiteAvailability:
    """The answer of the only site."""
    (found,) = search.search(who, "desk", at(TUESDAY, start), at(TUESDAY, end), now=now, **asked)  # type: ignore[arg-type]
    return found


def test_an_empty_site_is_all_free(marly: Site, ada: Agent) -> None:
    found = find(ada)
    assert (found.free, found.capacity, found.bookable, found.reasons) == (2, 2, True, [])


def test_two_half_days_on_two_desks_leave_one_desk_for_the_whole_day(marly: Site, ada: Agent) -> None:
    one, two = marly.resources.order_by("name")
    morning, afternoon = booked(marly, start="8", end="12"), booked(marly, start="13", end="18")
    Booking.objects.filter(pk=morning.pk).update(resource=one)
    Booking.objects.filter(pk=afternoon.pk).update(resource=two)
    assert find(ada, "8", "18").free == 1


@pytest.mark.parametrize("why", ["chosen by name", "in use", "begun"])
def test_who_may_not_be_moved_leaves_no_whole_day(marly: Site, ada: Agent, why: str) -> None:
    one, two = marly.resources.order_by("name")
    named = {"resource_id": one.pk} if why == "chosen by name" else {}
    morning = booked(marly, start="8", end="12", **named)
    afternoon = booked(marly, start="13", end="18", resource_id=two.pk)
    Booking.objects.filter(pk=morning.pk).update(resource=one)
    now = NOW
    if why == "in use":
        now = at(TUESDAY, "7:45")
        service.check_in(morning.pk, TEST, Booking.CheckInBy.HOST, now=now)
    if why == "begun":
        now = at(TUESDAY, "8")
    found = find(ada, "8", "18", now=now)
    assert found.free == 0
    assert [r.code for r in found.reasons] == ["no-unit-free"]
    assert afternoon.is_pinned


def test_what_is_given_back_is_free_and_what_is_requested_is_not(metz: Territory, marly: Site, ada: Agent) -> None:
    factories.rules(metz, at_site=marly, approval="asked")
    asked, gone = booked(marly), booked(marly)
    service.cancel(gone.pk, TEST, now=NOW)
    assert asked.state == State.REQUESTED
    assert find(ada).free == 1


def test_back_to_back_stays_take_one_desk(marly: Site, ada: Agent) -> None:
    booked(marly, start="8", end="9")
    booked(marly, start="12", end="13")
    assert find(ada, "9", "12").free == 2


def test_features_count_the_desks_that_have_them(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1)
    factories.desk(site, features=["quiet", "dock"])
    factories.desk(site, features=["quiet"], is_active=False)
    assert (find(ada).free, find(ada).capacity) == (2, 2)
    quiet = find(ada, features=frozenset({"quiet"}))
    assert (quiet.free, quiet.capacity) == (1, 1)
    booked(site, features=frozenset({"dock"}))
    quiet = find(ada, features=frozenset({"quiet"}))
    assert (quiet.free, quiet.bookable, [r.code for r in quiet.reasons]) == (0, False, ["no-unit-free"])
    none = find(ada, features=frozenset({"standing"}))
    assert (none.free, none.capacity, [r.code for r in none.reasons]) == (0, 0, ["features-unavailable"])


def test_a_plain_stay_on_the_desk_with_features_moves_over(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1)
    quiet = factories.desk(site, features=["quiet"])
    plain = booked(site)
    Booking.objects.filter(pk=plain.pk).update(resource=quiet)
    assert find(ada, features=frozenset({"quiet"})).free == 1


def test_a_site_that_is_closed_to_me_says_why_and_still_appears(metz: Territory, ada: Agent) -> None:
    phase = Phase.objects.create(territory=metz, number=2, name="phase 2", opens_on=TUESDAY + 30 * DAY)
    site = factories.site(metz, phase=phase)
    site.open_to.add(site.organisation)
    found = find(ada)
    assert not found.bookable
    assert [r.code for r in found.reasons] == ["not-open-to-organisation", "not-open-yet"]


def test_my_own_desk_elsewhere_is_a_reason_everywhere(metz: Territory, marly: Site, ada: Agent) -> None:
    factories.site(metz)
    booked(marly, ada)
    found = search.search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), now=NOW)
    assert [[r.code for r in f.reasons] for f in found] == [["one-desk-at-a-time"]] * 2


def test_a_search_never_leaves_the_territory(marly: Site, ada: Agent) -> None:
    elsewhere = factories.site(factories.territory())
    found = search.search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), now=NOW)
    assert [f.site.slug for f in found] == [marly.slug]
    with pytest.raises(KeyError):
        search.search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), site_slug=elsewhere.slug, now=NOW)


def test_a_site_without_desks_is_not_listed(metz: Territory, ada: Agent) -> None:
    factories.site(metz, desks=0)
    assert search.search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), now=NOW) == []


@pytest.mark.parametrize("sites", [1, 40])
@pytest.mark.parametrize("is_known", [True, False], ids=["directory known", "directory changed"])
def test_a_day_or_a_week_is_two_queries_whatever_the_number_of_sites(
    metz: Territory, ada: Agent, sites: int, is_known: bool
) -> None:
    for _ in range(sites):
        booked(factories.site(metz, desks=1))
    if is_known:
        search.search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), now=NOW)
    with CaptureQueriesContext(connection) as day:
        found = search.search(ada, "desk", at(TUESDAY, "9"), at(TUESDAY, "12"), now=NOW)
    with CaptureQueriesContext(connection) as week:
        days = half_days(ada, "desk", TUESDAY - DAY, TUESDAY + 5 * DAY, now=NOW)
    assert (len(found), len(days)) == (sites, sites)
    assert [f.free for f in found] == [0] * sites
    assert (len(day), len(week)) == (2, 2)


def test_the_half_days_of_a_week_count_each_half_by_itself(marly: Site, ada: Agent) -> None:
    booked(marly, start="8", end="13")
    booked(marly, start="9", end="12")
    booked(marly, start="12", end="15", day=TUESDAY + DAY)
    (site,) = half_days(ada, "desk", TUESDAY, TUESDAY + 4 * DAY, now=NOW)
    told = [(h.day, h.part, h.free, h.capacity) for h in site.halves]
    assert told[:4] == [
        (TUESDAY, "morning", 0, 2),
        (TUESDAY, "afternoon", 2, 2),
        (TUESDAY + DAY, "morning", 1, 2),
        (TUESDAY + DAY, "afternoon", 1, 2),
    ]
    saturday = site.halves[-1]
    assert (saturday.day, saturday.interval, saturday.free) == (TUESDAY + 4 * DAY, None, 0)


def test_what_the_search_says_is_free_can_be_booked_and_no_more(marly: Site) -> None:
    booked(marly, start="8", end="10")
    watcher = factories.agent(marly.territory)
    assert find(watcher, "9", "17").free == 1
    booked(marly, start="9", end="17")
    assert find(watcher, "9", "17").free == 0
    with pytest.raises(NoUnitFree):
        booked(marly, start="9", end="17")


def test_alternatives_are_the_nearest_first_and_only_what_i_can_have(metz: Territory, marly: Site, ada: Agent) -> None:
    def near(hundredths: int, **fields: object) -> Site:
        return factories.site(metz, lat=marly.lat + hundredths / 100, lon=marly.lon, **fields)  # type: ignore[arg-type]

    far, close, middle, farthest = near(9), near(1), near(5), near(20)
    full, foreign = near(2, desks=1), near(3)
    booked(full)
    foreign.open_to.add(foreign.organisation)
    asked = Interval(at(TUESDAY, "9"), at(TUESDAY, "12"))
    found = alternatives(ada, "desk", marly.pk, asked, now=NOW)
    assert [a.site.slug for a in found] == [close.slug, middle.slug, far.slug]
    assert [round(a.km, 1) for a in found] == [1.1, 5.6, 10.0]
    assert len(alternatives(ada, "desk", marly.pk, asked, limit=9, now=NOW)) == 4
    assert farthest.slug == alternatives(ada, "desk", marly.pk, asked, limit=9, now=NOW)[-1].site.slug


def test_the_distance_from_metz_to_nancy_is_about_47_kilometres() -> None:
    assert search.distance_km(49.1193, 6.1757, 48.6921, 6.1844) == pytest.approx(47.5, abs=0.2)


def test_a_stay_that_began_yesterday_evening_is_seen_by_a_search_of_today(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1)
    night = booked(site)
    start, end = at(TUESDAY - DAY, "20"), at(TUESDAY, "10")
    Booking.objects.filter(pk=night.pk).update(start=start, end=end, held=(start, end))
    assert find(ada).free == 0
