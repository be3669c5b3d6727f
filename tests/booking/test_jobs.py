"""What time alone brings about: each thing once, whoever looks, in the right order."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Grant, Site, Territory
from tests import factories
from tests.booking.words import booked, by, kinds, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db


def test_a_second_round_at_the_same_instant_finds_nothing_to_do(marly: Site) -> None:
    booking = booked(marly)
    assert jobs.tick(at(TUESDAY, "10")) == jobs.Tick(freed=1, decided=0, completed=0, expired=0)
    assert jobs.tick(at(TUESDAY, "10")) == jobs.Tick(0, 0, 0, 0)
    assert kinds(booking) == ["booking.created", "booking.no_show"]
    assert told(booking.agent) == ["booking.confirmed", "booking.no_show"]


def test_a_round_that_comes_late_still_says_absent_and_not_completed(marly: Site) -> None:
    booking = booked(marly)
    jobs.tick(at(TUESDAY, "18"))
    assert state(booking) == State.NO_SHOW


def test_a_site_without_grace_never_frees_and_the_stay_is_completed(metz: Territory, marly: Site) -> None:
    factories.rules(metz, at_site=marly, grace_minutes=0)
    booking = booked(marly)
    jobs.tick(at(TUESDAY, "11:59"))
    assert state(booking) == State.CONFIRMED
    jobs.tick(at(TUESDAY, "12"))
    assert state(booking) == State.COMPLETED
    assert booking.ended_at == at(TUESDAY, "12")


def test_who_has_arrived_is_never_freed(marly: Site) -> None:
    booking = booked(marly)
    service.check_in(booking.pk, TEST, Booking.CheckInBy.QR, now=at(TUESDAY, "9:59"))
    jobs.tick(at(TUESDAY, "11:59"))
    assert state(booking) == State.IN_USE


def test_the_deadline_of_a_stay_booked_after_its_start_counts_from_then(marly: Site) -> None:
    booking = booked(marly, now=at(TUESDAY, "10"))
    jobs.tick(at(TUESDAY, "10:59"))
    assert state(booking) == State.CONFIRMED
    jobs.tick(at(TUESDAY, "11"))
    assert state(booking) == State.NO_SHOW


def test_giving_time_back_is_no_way_to_stay_away_longer(marly: Site) -> None:
    booking = booked(marly, start="9", end="17")
    service.change(booking.pk, by(booking.agent), start=booking.start, end=at(TUESDAY, "16"), now=at(TUESDAY, "9:55"))
    jobs.tick(at(TUESDAY, "10"))
    assert state(booking) == State.NO_SHOW


def test_a_stay_moved_later_gets_the_grace_of_its_new_start(marly: Site) -> None:
    booking = booked(marly, start="9", end="12")
    service.change(booking.pk, TEST, start=at(TUESDAY, "14"), end=at(TUESDAY, "17"), now=at(TUESDAY, "9:55"))
    jobs.tick(at(TUESDAY, "14:59"))
    assert state(booking) == State.CONFIRMED
    jobs.tick(at(TUESDAY, "15"))
    assert state(booking) == State.NO_SHOW


def test_an_answer_is_never_awaited_beyond_the_start(metz: Territory, marly: Site) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_hours=48, approval_default="granted")
    booking = booked(marly, now=at(TUESDAY, "8"))
    assert booking.answer_by == at(TUESDAY, "9")
    jobs.tick(at(TUESDAY, "9"))
    assert state(booking) == State.CONFIRMED
    assert booking.free_if_absent_at == at(TUESDAY, "10")
    assert kinds(booking) == ["booking.created", "booking.approved"]


def test_a_request_that_is_over_is_refused_even_where_silence_grants(metz: Territory, marly: Site) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_default="granted")
    booking = booked(marly)
    jobs.tick(at(TUESDAY, "12"))
    assert state(booking) == State.REFUSED


def test_silence_is_the_software_s_answer_and_names_nobody(metz: Territory, marly: Site) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_hours=1)
    booking = booked(marly)
    jobs.tick(NOW + dt.timedelta(hours=1))
    event = Event.objects.get(subject_id=booking.pk, kind="booking.refused")
    assert (event.actor, event.origin) == (None, Event.Origin.JOB)
    assert told(booking.agent) == ["booking.requested", "booking.refused"]


def test_a_host_who_answers_between_the_look_and_the_lock_is_right(
    metz: Territory, marly: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_hours=1)
    host = factories.agent(metz)
    factories.grant(host, Grant.Role.HOST, over=marly)
    booking = booked(marly)
    really_refuse = jobs.refuse

    def late(booking_id: int, *args: object, **kwargs: object) -> object:
        service.approve(booking_id, by(host), now=NOW)
        return really_refuse(booking_id, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "refuse", late)
    assert jobs.tick(NOW + dt.timedelta(hours=1)).decided == 0
    assert state(booking) == State.CONFIRMED
    assert kinds(booking) == ["booking.created", "booking.approved"]


def test_one_booking_that_fails_does_not_hold_up_the_others(
    marly: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = booked(marly), booked(marly)
    really = jobs.free_absent

    def fails_on_one(booking_id: int, *, now: dt.datetime) -> Booking:
        if booking_id == broken.pk:
            raise RuntimeError("broken")
        return really(booking_id, now=now)

    monkeypatch.setattr(jobs, "free_absent", fails_on_one)
    assert jobs.free_the_absent(at(TUESDAY, "10")) == 1
    assert (state(broken), state(sound)) == (State.CONFIRMED, State.NO_SHOW)
    assert "next round tries again" in caplog.text
    monkeypatch.setattr(jobs, "free_absent", really)
    jobs.tick(at(TUESDAY, "10"))
    assert state(broken) == State.NO_SHOW


def test_the_absent_one_s_desk_goes_to_who_waits_before_the_entry_expires(metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    booked(site)
    entry = queued(site)
    assert jobs.tick(at(TUESDAY, "10")) == jobs.Tick(1, 0, 0, 0)
    assert state(entry) == "served"
    assert Booking.objects.get(waited_as=entry).start == at(TUESDAY, "10")
