"""The days of 23 and 25 hours: nine o'clock stays nine o'clock, and nothing is freed an hour early or late."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.closing import close_site, closure_of_half
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NoUnitFree
from bureaux_volants.booking.search import half_days, search
from bureaux_volants.booking.series import book_series
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Site, Territory
from tests import factories
from tests.factories import PARIS, TEST, ask, at

pytestmark = pytest.mark.django_db

#: Sundays on which the clock changes, and how many hours they last.
CHANGES = [(dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25), (dt.date(2027, 3, 28), 23)]
EVERY_CHANGE = pytest.mark.parametrize(("sunday", "hours"), CHANGES, ids=lambda value: str(value))


@pytest.fixture
def metz() -> Territory:
    made = factories.territory()
    factories.rules(made, longest_minutes=25 * 60, grace_minutes=30)
    return made


@pytest.fixture
def site(metz: Territory) -> Site:
    """Open round the clock, all week: the change itself lies within the opening hours."""
    made = factories.site(metz, desks=1)
    factories.hours(made, range(1, 8), [("00:00", "23:59")])
    return made


@EVERY_CHANGE
def test_the_local_day_has_its_own_length(sunday: dt.date, hours: int) -> None:
    day = local_day(sunday, PARIS)
    assert (day.end - day.start).total_seconds() == hours * 3600


@EVERY_CHANGE
def test_a_stay_over_the_change_holds_what_the_clock_says_and_no_more(
    metz: Territory, site: Site, sunday: dt.date, hours: int
) -> None:
    now = at(sunday - dt.timedelta(days=3), "9")
    stay = service.book(factories.agent(metz), ask(site, sunday, "0", "9"), TEST, now=now)
    assert (stay.end - stay.start).total_seconds() == (9 - (24 - hours)) * 3600
    other = factories.agent(metz)
    with pytest.raises(NoUnitFree):
        service.book(other, ask(site, sunday, "8:30", "12"), TEST, now=now)
    # Back to back with it, on the clock that people read.
    service.book(other, ask(site, sunday, "9", "12"), TEST, now=now)


@EVERY_CHANGE
def test_the_absent_are_freed_at_the_hour_on_the_wall(metz: Territory, site: Site, sunday: dt.date, hours: int) -> None:
    stay = service.book(factories.agent(metz), ask(site, sunday, "9", "17"), TEST, now=at(sunday, "0"))
    jobs.tick(at(sunday, "9:29"))
    stay.refresh_from_db()
    assert stay.state == State.CONFIRMED
    jobs.tick(at(sunday, "9:30"))
    stay.refresh_from_db()
    assert stay.state == State.NO_SHOW


@EVERY_CHANGE
def test_half_days_and_the_search_agree_that_day(metz: Territory, site: Site, sunday: dt.date, hours: int) -> None:
    now = at(sunday - dt.timedelta(days=2), "9")
    viewer = factories.agent(metz)
    service.book(factories.agent(metz), ask(site, sunday, "0", "13"), TEST, now=now)
    (days,) = half_days(viewer, "desk", sunday, sunday, now=now)
    assert [half.free for half in days.halves] == [0, 1]
    for half in days.halves:
        assert half.interval is not None
        (found,) = search(viewer, "desk", half.interval.start, half.interval.end, now=now)
        assert found.free == half.free


@EVERY_CHANGE
def test_a_series_over_the_change_keeps_its_hour_on_the_wall(
    metz: Territory, site: Site, sunday: dt.date, hours: int
) -> None:
    saturday_before = sunday - dt.timedelta(days=8)
    result = book_series(
        factories.agent(metz),
        ask(site, saturday_before, "9", "12"),
        sunday + dt.timedelta(days=14),
        TEST,
        now=at(saturday_before, "7"),
    )
    assert len(result.booked) + len(result.missed) == 4
    assert {b.start.astimezone(PARIS).hour for b in result.booked} == {9}
    assert len({b.start.astimezone(PARIS).utcoffset() for b in result.booked}) == 2


@EVERY_CHANGE
def test_closing_the_day_closes_all_of_its_hours(metz: Territory, site: Site, sunday: dt.date, hours: int) -> None:
    now = at(sunday - dt.timedelta(days=2), "9")
    stay = service.book(factories.agent(metz), ask(site, sunday, "0", "23"), TEST, now=now)
    directory = get_directory(metz.pk)
    span = closure_of_half(directory, directory.site_by_id(site.pk), sunday, "day")
    assert (span.end - span.start).total_seconds() == hours * 3600
    close_site(metz.pk, site.pk, span.start, span.end, "travaux", TEST, now=now)
    stay.refresh_from_db()
    assert stay.state == State.CANCELLED
