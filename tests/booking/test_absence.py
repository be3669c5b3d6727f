"""Nobody came: however late the round looks, and whatever small moves were made to put it off."""

from __future__ import annotations

import pytest

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Site, Territory
from tests import factories
from tests.booking.words import booked, by, kinds, state
from tests.factories import TEST, TUESDAY, at

pytestmark = pytest.mark.django_db


def test_the_round_of_the_ended_leaves_the_absent_to_the_round_of_the_absent(marly: Site) -> None:
    """The absent come in rounds of their own, which may be behind."""
    missed = booked(marly)
    assert jobs.complete_the_ended(at(TUESDAY, "18")) == 0
    assert state(missed) == State.CONFIRMED
    assert jobs.free_the_absent(at(TUESDAY, "18")) == 1
    assert state(missed) == State.NO_SHOW
    assert kinds(missed) == ["booking.created", "booking.no_show"]


def test_the_round_of_the_ended_closes_what_was_used_and_what_nobody_watches(metz: Territory, marly: Site) -> None:
    used = booked(marly)
    service.check_in(used.pk, TEST, Booking.CheckInBy.QR, now=at(TUESDAY, "9"))
    unwatched = factories.site(metz)
    factories.rules(metz, at_site=unwatched, grace_minutes=0)
    believed = booked(unwatched)
    assert jobs.complete_the_ended(at(TUESDAY, "11:59")) == 0
    assert jobs.complete_the_ended(at(TUESDAY, "18")) == 2
    assert (state(used), state(believed)) == (State.COMPLETED, State.COMPLETED)


def test_more_absences_than_one_round_takes_are_all_absences(marly: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ROUND", 1)
    missed = [booked(marly), booked(marly)]
    for _ in range(2):
        jobs.tick(at(TUESDAY, "18"))
    assert [state(b) for b in missed] == [State.NO_SHOW, State.NO_SHOW]


def move(booking: Booking, clock: str, *, now: str) -> None:
    service.change(booking.pk, by(booking.agent), start=at(TUESDAY, clock), end=at(TUESDAY, "17"), now=at(TUESDAY, now))
    booking.refresh_from_db()


def test_moving_the_start_a_little_later_does_not_put_off_the_end_of_the_grace(marly: Site) -> None:
    booking = booked(marly, start="9", end="17")
    assert booking.free_if_absent_at == at(TUESDAY, "10")
    for now, clock in (("9:30", "9:35"), ("9:40", "9:45"), ("9:50", "9:55"), ("9:58", "9:59")):
        move(booking, clock, now=now)
        assert booking.free_if_absent_at == at(TUESDAY, "10")
    jobs.tick(at(TUESDAY, "10"))
    assert state(booking) == State.NO_SHOW


def test_moving_the_start_twice_before_it_comes_does_not_put_it_off_either(marly: Site) -> None:
    booking = booked(marly, start="9", end="17")
    move(booking, "9:45", now="9:30")
    move(booking, "9:50", now="9:31")
    move(booking, "9:55", now="9:32")
    assert booking.free_if_absent_at == at(TUESDAY, "10")


def test_staying_longer_does_not_put_it_off(marly: Site) -> None:
    booking = booked(marly, start="9", end="16")
    for end in ("16:30", "17"):
        service.change(
            booking.pk, by(booking.agent), start=booking.start, end=at(TUESDAY, end), now=at(TUESDAY, "9:50")
        )
    assert state(booking) == State.CONFIRMED
    assert booking.free_if_absent_at == at(TUESDAY, "10")


def test_a_grace_kept_through_a_move_ends_with_the_stay(marly: Site) -> None:
    booking = booked(marly, start="9", end="17")
    service.change(
        booking.pk, by(booking.agent), start=at(TUESDAY, "8:30"), end=at(TUESDAY, "9:45"), now=at(TUESDAY, "9:05")
    )
    assert state(booking) == State.CONFIRMED
    assert booking.free_if_absent_at == at(TUESDAY, "9:45")


def test_a_move_made_before_the_start_has_the_whole_grace_of_the_new_one(marly: Site) -> None:
    booking = booked(marly, start="9", end="17")
    move(booking, "9:30", now="8:55")
    assert booking.free_if_absent_at == at(TUESDAY, "10:30")
