"""The edges of a stay and of a week: where one ends before it begins, and where the next week begins."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import Refused
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import booked, by, kinds, state
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

MONDAY = TUESDAY - dt.timedelta(days=1)
SUNDAY, NEXT_MONDAY = MONDAY + dt.timedelta(days=6), MONDAY + dt.timedelta(days=7)
SUNDAY_BEFORE = MONDAY - dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [("11", "10"), ("10", "10"), ("12", "9"), ("17", "8"), ("8", "7:59")],
)
@pytest.mark.parametrize("begun", [False, True], ids=["to come", "in use"])
def test_a_stay_changed_to_end_before_it_begins_is_too_short(marly: Site, begun: bool, start: str, end: str) -> None:
    booking = booked(marly, start="9", end="12")
    if begun:
        service.check_in(booking.pk, TEST, booking.CheckInBy.QR, now=at(TUESDAY, "9"))
    was = state(booking)
    with pytest.raises(Refused) as refused:
        service.change(booking.pk, TEST, start=at(TUESDAY, start), end=at(TUESDAY, end), now=at(TUESDAY, "9"))
    assert [r.code for r in refused.value.refusals] == ["too-short"]
    assert "fin" in refused.value.refusals[0].message
    assert state(booking) == was
    assert (booking.start, booking.end) == (at(TUESDAY, "9"), at(TUESDAY, "12"))
    assert "booking.changed" not in kinds(booking)


@pytest.fixture
def open_daily(metz: Territory) -> Site:
    """A place open on all days of the week, where one day a week is allowed to each."""
    metz.rule_sets.update(weekly_limit=1)
    site = factories.site(metz, desks=3)
    factories.hours(site, weekdays=range(1, 8))
    return site


@pytest.mark.parametrize("day", [NEXT_MONDAY, SUNDAY_BEFORE], ids=["Monday after", "Sunday before"])
def test_a_day_of_another_week_does_not_count(open_daily: Site, ada: Agent, day: dt.date) -> None:
    early = NOW - dt.timedelta(days=7)
    booked(open_daily, ada, day=day, now=early)
    assert state(booked(open_daily, ada, now=early)) == "confirmed"


@pytest.mark.parametrize("day", [MONDAY, SUNDAY], ids=["Monday", "Sunday"])
@pytest.mark.parametrize("first", [True, False], ids=["asked after", "asked before"])
def test_the_first_and_the_last_day_of_the_week_count(open_daily: Site, ada: Agent, day: dt.date, first: bool) -> None:
    early = NOW - dt.timedelta(days=7)
    days = [day, TUESDAY] if first else [TUESDAY, day]
    booked(open_daily, ada, day=days[0], now=early)
    with pytest.raises(Refused) as refused:
        booked(open_daily, ada, day=days[1], now=early)
    assert [r.code for r in refused.value.refusals] == ["weekly-limit"]


def test_a_late_evening_belongs_to_the_local_week(metz: Territory, ada: Agent) -> None:
    """In Paris it is Monday while it is still Sunday in Greenwich."""
    metz.rule_sets.update(weekly_limit=1)
    site = factories.site(metz, desks=3)
    factories.hours(site, weekdays=range(1, 8), spans=[("00:00", "23:59")])
    booked(site, ada, day=NEXT_MONDAY, start="0:15", end="2")
    assert state(booked(site, ada)) == "confirmed"


def test_a_name_of_two_lines_makes_a_subject_of_one(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1, name="Mairie\r\nBcc: quelqu'un@exemple.test\n de  Marly")
    factories.rules(metz, at_site=site, approval="asked")
    host = factories.agent(metz)
    factories.grant(host, "host", over=site)
    ada.first_name, ada.last_name = "Ada\nBcc:", "Louis\r"
    ada.save()
    booking = booked(site, ada)
    service.approve(booking.pk, by(host), now=NOW)
    service.cancel(booking.pk, TEST, reason="travaux", now=NOW)
    notices = Notice.objects.order_by("id")
    assert [n.kind for n in notices] == ["booking.requested", "host.request", "booking.approved", "booking.cancelled"]
    for notice in notices:
        assert notice.subject.endswith("Mairie Bcc: quelqu'un@exemple.test de Marly")
        assert notice.subject.splitlines() == [notice.subject]
