"""A host has time to answer, and the answer is worth something: a yes for the day, and never for what is over."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.errors import WrongState
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.placing import LEAST_TO_ANSWER
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Agent, Grant, Site, Territory
from tests import factories
from tests.booking.words import booked, by, kinds, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def asking(metz: Territory) -> Site:
    """A mairie with one desk that answers each request itself, within two hours; without an answer it is a no."""
    site = factories.site(metz, desks=1)
    factories.rules(metz, at_site=site, approval="asked", approval_hours=2, approval_default="refused")
    return site


@pytest.fixture
def host(asking: Site) -> Agent:
    made = factories.agent(asking.territory)
    factories.grant(made, Grant.Role.HOST, over=asking)
    return made


def test_a_host_is_given_half_an_hour_at_least() -> None:
    assert dt.timedelta(minutes=30) <= LEAST_TO_ANSWER


@pytest.mark.parametrize(
    ("asked_at", "until"),
    [
        pytest.param("6:30", "8:30", id="the site's own delay when there is time for it"),
        pytest.param("8", "9", id="before it begins when that leaves enough"),
        pytest.param("8:30", "9", id="exactly enough"),
        pytest.param("8:50", "9:20", id="beyond the start rather than ten minutes"),
        pytest.param("9", "9:30", id="asked as it begins"),
        pytest.param("10:15", "10:45", id="asked while it lasts"),
        pytest.param("11:45", "12", id="never beyond the end"),
    ],
)
def test_the_time_to_answer_is_neither_nothing_nor_beyond_the_end(asking: Site, asked_at: str, until: str) -> None:
    booking = booked(asking, now=at(TUESDAY, asked_at))
    assert (booking.state, booking.answer_by) == (State.REQUESTED, at(TUESDAY, until))


def test_no_round_answers_in_the_host_s_place_before_that(asking: Site, host: Agent) -> None:
    booking = booked(asking, now=at(TUESDAY, "8:59"))
    for clock in ("8:59", "9", "9:28"):
        jobs.tick(at(TUESDAY, clock))
        assert state(booking) == State.REQUESTED
    service.approve(booking.pk, by(host), now=at(TUESDAY, "9:28"))
    assert state(booking) == State.CONFIRMED
    # Who was granted the desk after its start has the whole grace to come.
    assert booking.free_if_absent_at == at(TUESDAY, "10:28")


def test_a_request_moved_to_sooner_hours_leaves_time_to_answer_too(asking: Site) -> None:
    booking = booked(asking, start="14", end="17")
    moved = service.change(booking.pk, TEST, start=at(TUESDAY, "9"), end=at(TUESDAY, "12"), now=at(TUESDAY, "8:55"))
    assert (moved.state, moved.answer_by) == (State.REQUESTED, at(TUESDAY, "9:25"))


def test_who_is_served_from_the_queue_as_the_stay_begins_can_still_be_answered(asking: Site) -> None:
    taken = booked(asking)
    entry = queued(asking)
    service.refuse(taken.pk, TEST, now=at(TUESDAY, "9:10"))
    served = Booking.objects.get(waited_as=entry)
    assert (served.state, served.answer_by) == (State.REQUESTED, at(TUESDAY, "9:40"))


@pytest.mark.parametrize(
    ("start", "end"),
    [("9", "11"), ("9", "17"), ("8", "12"), ("14", "17")],
    ids=["shorter", "longer", "from earlier on", "other hours"],
)
def test_a_yes_holds_for_other_hours_of_that_day(asking: Site, host: Agent, start: str, end: str) -> None:
    booking = booked(asking)
    service.approve(booking.pk, by(host), now=NOW)
    changed = service.change(booking.pk, by(booking.agent), start=at(TUESDAY, start), end=at(TUESDAY, end), now=NOW)
    assert (changed.state, changed.answer_by) == (State.CONFIRMED, None)
    assert told(host) == ["host.request"]
    # No round takes the yes back.
    jobs.tick(at(TUESDAY, "7"))
    assert state(booking) == State.CONFIRMED


def test_another_day_is_asked_again(asking: Site, host: Agent) -> None:
    booking = booked(asking)
    service.approve(booking.pk, by(host), now=NOW)
    moved = service.change(booking.pk, by(booking.agent), start=at(WEDNESDAY, "9"), end=at(WEDNESDAY, "12"), now=NOW)
    assert (moved.state, moved.answer_by) == (State.REQUESTED, NOW + dt.timedelta(hours=2))
    assert told(host) == ["host.request", "host.request"]


def test_a_request_that_was_not_answered_yet_is_asked_again_whatever_the_hours(asking: Site) -> None:
    booking = booked(asking)
    later = NOW + dt.timedelta(hours=1)
    changed = service.change(booking.pk, TEST, start=at(TUESDAY, "14"), end=at(TUESDAY, "17"), now=later)
    assert (changed.state, changed.answer_by) == (State.REQUESTED, later + dt.timedelta(hours=2))


@pytest.mark.parametrize("clock", ["12", "12:01"])
def test_nothing_is_granted_once_it_is_over(asking: Site, host: Agent, clock: str) -> None:
    booking = booked(asking)
    with pytest.raises(WrongState, match="passées"):
        service.approve(booking.pk, by(host), now=at(TUESDAY, clock))
    assert state(booking) == State.REQUESTED
    assert kinds(booking) == ["booking.created"]


def test_a_request_is_granted_up_to_its_last_minute(asking: Site, host: Agent) -> None:
    booking = booked(asking)
    service.approve(booking.pk, by(host), now=at(TUESDAY, "11:59"))
    assert state(booking) == State.CONFIRMED
