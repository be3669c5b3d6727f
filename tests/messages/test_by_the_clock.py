"""What the clock makes worth saying: once each, in time, and nothing that no longer holds."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from bureaux_volants.booking import service
from bureaux_volants.booking.announcing import announce
from bureaux_volants.booking.models import Booking
from bureaux_volants.messages.delivering import deliver
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.reminding import remind
from bureaux_volants.territory.models import Agent, Grant, Site
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, PARIS, TUESDAY, ask, at
from tests.messages.conftest import Postmaster

pytestmark = pytest.mark.django_db

MONDAY_EVENING = dt.datetime(2026, 11, 30, 18, tzinfo=PARIS)


@pytest.fixture
def marly(ada: Agent) -> Site:
    assert ada.territory is not None
    factories.rules(ada.territory)
    return factories.site(ada.territory, desks=3, slug="marly", name="Mairie de Marly")


@pytest.fixture
def host(ada: Agent, marly: Site) -> Agent:
    host = factories.agent(marly.territory, email="host@marly.example")
    factories.grant(host, Grant.Role.HOST, over=marly)
    return host


def booked(who: Agent, marly: Site, start: str = "9", end: str = "12") -> Booking:
    return service.book(who, ask(marly, start=start, end=end), by(who), now=NOW)


def of(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("pk"))


def test_the_evening_before_one_is_told_once_of_tomorrow_and_what_to_take(ada: Agent, marly: Site) -> None:
    booked(ada, marly)
    booked(ada, marly, "14", "17")
    assert remind(MONDAY_EVENING - dt.timedelta(minutes=1)) == 0
    assert remind(MONDAY_EVENING) == 1
    assert remind(MONDAY_EVENING + dt.timedelta(hours=2)) == 0
    (notice,) = of("reminder.tomorrow")
    assert notice.subject == "Demain, mardi 1er décembre : Mairie de Marly"
    assert notice.body.count("un bureau, Mairie de Marly") == 2
    assert "À prendre : votre ordinateur et votre badge." in notice.body
    assert notice.needed_by == at(TUESDAY, "9")


def test_what_was_booked_after_the_reminders_hour_needs_none(ada: Agent, marly: Site) -> None:
    service.book(ada, ask(marly), by(ada), now=MONDAY_EVENING + dt.timedelta(minutes=5))
    assert remind(MONDAY_EVENING + dt.timedelta(minutes=6)) == 0


def test_a_worker_that_comes_back_in_the_night_still_reminds(ada: Agent, marly: Site) -> None:
    booked(ada, marly)
    assert remind(MONDAY_EVENING + dt.timedelta(hours=5)) == 1


def test_a_reminder_of_what_was_given_up_meanwhile_is_not_sent(post: Postmaster, ada: Agent, marly: Site) -> None:
    booking = booked(ada, marly)
    Notice.objects.all().delete()
    remind(MONDAY_EVENING)
    service.cancel(booking.pk, by(ada), now=MONDAY_EVENING)
    with time_machine.travel(MONDAY_EVENING + dt.timedelta(minutes=1), tick=False):
        assert deliver() == 0
    assert of("reminder.tomorrow")[0].delivery == Notice.Delivery.STALE


def test_the_evening_before_the_clocks_change_tomorrow_is_tomorrow(ada: Agent, marly: Site) -> None:
    booking = booked(ada, marly)
    sunday = dt.datetime(2027, 3, 28, 10, tzinfo=PARIS)
    Booking.objects.filter(pk=booking.pk).update(start=sunday, end=sunday + dt.timedelta(hours=2))
    assert remind(dt.datetime(2027, 3, 27, 17, 59, tzinfo=PARIS)) == 0
    assert remind(dt.datetime(2027, 3, 27, 18, 0, tzinfo=PARIS)) == 1
    assert "10\u00a0h à 12\u00a0h" in of("reminder.tomorrow")[0].body


def test_who_has_not_said_that_they_are_there_is_asked_half_way_and_once(ada: Agent, marly: Site) -> None:
    booking = booked(ada, marly)
    assert booking.free_if_absent_at is not None
    half = booking.start + (booking.free_if_absent_at - booking.start) / 2
    for minutes, count in ((-1, 0), (0, 1), (1, 1)):
        announce(half + dt.timedelta(minutes=minutes))
        assert len(of("reminder.check_in")) == count
    assert of("reminder.check_in")[0].needed_by == booking.free_if_absent_at


def test_who_arrived_is_not_asked_and_a_question_answered_meanwhile_is_not_mailed(
    post: Postmaster, ada: Agent, marly: Site
) -> None:
    booking = booked(ada, marly)
    Notice.objects.all().delete()
    half = booking.start + dt.timedelta(minutes=45)
    announce(half)
    service.check_in(booking.pk, by(ada), Booking.CheckInBy.PHONE, now=half)
    with time_machine.travel(half + dt.timedelta(minutes=1), tick=False):
        assert deliver() == 0
    other = booked(factories.agent(marly.territory), marly)
    service.check_in(other.pk, by(ada), Booking.CheckInBy.HOST, now=half)
    announce(half + dt.timedelta(minutes=5))
    assert len(of("reminder.check_in")) == 1


def test_hosts_are_told_in_the_morning_who_comes_once_and_only_when_somebody_does(
    ada: Agent, marly: Site, host: Agent
) -> None:
    booked(ada, marly)
    booked(factories.agent(marly.territory), marly, "14", "17")
    for hour, minute, count in ((7, 29, 0), (7, 30, 1), (9, 0, 1)):
        announce(tuesday_at(hour, minute))
        assert len(of("host.morning")) == count
    (notice,) = of("host.morning")
    assert notice.recipient == host
    assert notice.subject == "Aujourd'hui, Mairie de Marly : 2 personnes"
    assert f"9\u00a0h à 12\u00a0h : {ada}" in notice.body
    announce(tuesday_at(7, 30) + dt.timedelta(days=1))
    assert len(of("host.morning")) == 1


def test_a_morning_list_of_the_afternoon_is_of_no_use(ada: Agent, marly: Site, host: Agent) -> None:
    booked(ada, marly)
    announce(tuesday_at(12, 0))
    assert of("host.morning") == []


def tuesday_at(hour: int, minute: int) -> dt.datetime:
    return dt.datetime(TUESDAY.year, TUESDAY.month, TUESDAY.day, hour, minute, tzinfo=PARIS)
