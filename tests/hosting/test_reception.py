"""Somebody at the door without a booking: a desk that is free, and never the desk of somebody else."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection

from bureaux_volants.booking import capacity, jobs, service
from bureaux_volants.booking.availability import peak
from bureaux_volants.booking.errors import BookingError, NotFound, NoUnitFree, Refused, WrongState
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.models import Visitor
from bureaux_volants.hosting.reception import found_people, receive_agent, receive_visitor
from bureaux_volants.hosting.retention import forget_reception
from bureaux_volants.territory.models import Agent, Closure, Site
from tests import factories
from tests.booking.words import booked, by, kinds, queued, state, told
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, at

MONDAY = NOW.date()
TEN = at(MONDAY, "10")


def visit(site: Site, name: str = "", now: dt.datetime = TEN) -> Booking:
    return receive_visitor(site.territory_id, site.pk, TEST, name=name, now=now).booking


def seated(site: Site, agent: Agent, now: dt.datetime = TEN) -> Booking:
    return receive_agent(site.territory_id, site.pk, agent, TEST, now=now)


@pytest.mark.django_db
def test_a_visitor_has_a_desk_for_the_rest_of_the_day_and_is_there(marly: Site) -> None:
    booking = visit(marly, "  Mme   Durand ")
    assert (booking.state, booking.start, booking.end) == (State.IN_USE, TEN, at(MONDAY, "18"))
    assert str(booking.visitor) == "Mme Durand"
    assert kinds(booking) == ["booking.created", "visitor.received", "booking.checked_in"]
    assert str(visit(marly).visitor) == "Une personne"


@pytest.mark.django_db
def test_visitors_take_desks_until_there_is_none(marly: Site) -> None:
    units = {visit(marly).resource_id for _ in range(3)}
    assert len(units) == 3
    with pytest.raises(NoUnitFree):
        visit(marly)
    with pytest.raises(NoUnitFree):
        booked(marly, day=MONDAY, start="11", end="12", now=TEN)
    assert Visitor.objects.count() == 3


@pytest.mark.django_db
def test_a_desk_that_is_free_only_until_noon_is_given_until_noon(marly: Site) -> None:
    for _ in range(3):
        booked(marly, day=MONDAY, start="12", end="17")
    assert visit(marly).end == at(MONDAY, "12")


@pytest.mark.django_db
def test_above_what_a_host_lends_that_day_nobody_sits_down(marly: Site) -> None:
    capacity.lend(marly.territory_id, marly.pk, MONDAY, 1, TEST, now=NOW)
    visit(marly)
    with pytest.raises(NoUnitFree):
        visit(marly)


@pytest.mark.django_db
def test_a_visitor_who_leaves_frees_the_desk_for_who_waits(marly: Site, ada: Agent) -> None:
    bookings = [visit(marly) for _ in range(3)]
    entry = queued(marly, ada, day=MONDAY, start="11", end="16", now=TEN)
    service.leave(bookings[0].pk, TEST, now=at(MONDAY, "11"))
    assert state(bookings[0]) == State.COMPLETED
    assert state(entry) == "served"


@pytest.mark.django_db
def test_at_the_end_of_the_day_a_visit_is_over_by_itself(marly: Site) -> None:
    booking = visit(marly)
    jobs.tick(at(MONDAY, "18:01"))
    assert state(booking) == State.COMPLETED


@pytest.mark.django_db
@pytest.mark.parametrize("clock", ["18", "20"])
def test_after_closing_time_nobody_sits_down(marly: Site, clock: str) -> None:
    with pytest.raises(WrongState, match="fermé à cette heure"):
        visit(marly, now=at(MONDAY, clock))


@pytest.mark.django_db
def test_in_a_closed_place_nobody_sits_down(marly: Site) -> None:
    Closure.objects.create(
        territory=marly.territory, site=marly, start=at(MONDAY, "0"), end=at(TUESDAY, "0"), reason="travaux"
    )
    with pytest.raises(WrongState, match="travaux"):
        visit(marly)


@pytest.mark.django_db
def test_somebody_with_an_account_gets_a_booking_of_their_own_and_is_told(marly: Site, ada: Agent) -> None:
    booking = seated(marly, ada)
    assert (booking.agent, booking.state, booking.is_visit) == (ada, State.IN_USE, False)
    assert booking.checked_in_by == Booking.CheckInBy.HOST
    assert told(ada) == ["booking.confirmed"]
    with pytest.raises(WrongState, match="déjà notée"):
        seated(marly, ada)


@pytest.mark.django_db
def test_who_is_expected_today_has_simply_arrived(marly: Site, ada: Agent) -> None:
    expected = booked(marly, ada, day=MONDAY, start="14", end="17")
    assert seated(marly, ada).pk == expected.pk
    assert state(expected) == State.IN_USE
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_the_rules_that_everybody_books_by_hold_at_the_door_too(marly: Site, ada: Agent) -> None:
    booked(factories.site(marly.territory), ada, day=MONDAY, start="9", end="17")
    with pytest.raises(Refused, match="déjà"):
        seated(marly, ada)
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_late_in_the_day_a_stay_may_be_short(marly: Site, ada: Agent) -> None:
    assert seated(marly, ada, now=at(MONDAY, "17:30")).end == at(MONDAY, "18")


@pytest.mark.django_db
def test_a_site_that_answers_each_request_has_answered_at_its_own_door(marly: Site, ada: Agent) -> None:
    factories.rules(marly.territory, at_site=marly, approval="asked", approval_hours=24)
    assert seated(marly, ada).state == State.IN_USE
    assert visit(marly).state == State.IN_USE
    assert told(ada) == ["booking.confirmed"]


@pytest.mark.django_db
def test_nobody_of_another_territory_is_found_or_seated(marly: Site) -> None:
    stranger = factories.agent(factories.territory(), first_name="Zoé", last_name="Dehors")
    with pytest.raises(NotFound):
        seated(marly, stranger)
    with pytest.raises(NotFound):
        receive_visitor(stranger.territory_id or 0, marly.pk, TEST, now=TEN)
    assert found_people(marly.territory_id, "Dehors") == []


@pytest.mark.django_db
def test_people_are_found_by_the_beginnings_of_their_names(marly: Site) -> None:
    camille = factories.agent(marly.territory, first_name="Camille", last_name="Roux")
    factories.agent(marly.territory, first_name="Camille", last_name="Petit", is_active=False)
    visit(marly)
    for words in ("cam", "roux", "Rou ca"):
        assert found_people(marly.territory_id, words) == [camille]
    for words in ("", "c", "%", "visite", "camille %", "\0"):
        assert found_people(marly.territory_id, words) == []


@pytest.mark.django_db
def test_after_the_retention_the_visit_stays_and_its_name_is_gone(marly: Site) -> None:
    booking = visit(marly, "Mme Durand")
    service.leave(booking.pk, TEST, now=at(MONDAY, "12"))
    forget_reception(marly.territory, now=booking.end + dt.timedelta(days=89))
    assert Visitor.objects.get().name == "Mme Durand"
    forget_reception(marly.territory, now=booking.end + dt.timedelta(days=91))
    assert Visitor.objects.get().name == ""
    assert "Durand" not in str(list(Event.objects.values_list("data", flat=True)))


def test_hosts_and_agents_who_act_at_once_never_share_a_desk(fresh_database: FreshDatabase) -> None:
    metz = factories.territory()
    factories.rules(metz)
    for _ in range(4):
        site = factories.site(metz, desks=4)
        people = [factories.agent(metz) for _ in range(6)]
        same = factories.agent(metz)
        acts: list[Any] = [lambda s=site: visit(s) for _ in range(4)]
        acts += [lambda s=site, p=p: booked(s, p, day=MONDAY, start="11", end="17", now=TEN) for p in people]
        acts += [lambda s=site, p=same: seated(s, p) for _ in range(2)]
        begin, done = threading.Barrier(len(acts)), list[str]()

        def run(act: Any, begin: threading.Barrier = begin, done: list[str] = done) -> None:
            begin.wait(20)
            try:
                act()
                done.append("seated")
            except BookingError:
                done.append("refused")
            except BaseException as error:
                done.append(repr(error))
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert set(done) == {"seated", "refused"}, done
        found = list(Booking.objects.filter(site=site))
        assert done.count("seated") == len(found)
        assert peak((b.start, b.end) for b in found) == 4
        assert Booking.objects.filter(site=site, agent=same).count() <= 1


def test_the_person_who_acts_is_in_the_log(db: None, marly: Site, host: Agent) -> None:
    booking = receive_visitor(marly.territory_id, marly.pk, by(host), now=TEN).booking
    assert set(Event.objects.filter(subject_id=booking.pk).values_list("actor_id", flat=True)) == {host.pk}
