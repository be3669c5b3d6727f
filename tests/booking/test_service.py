"""The life of a booking, one transaction at a time: what is kept, who is told, what the log says."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import jobs, service, waiting
from bureaux_volants.booking.errors import NotFound, NoUnitFree, Refused, RoomLeft, WrongState
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Grant, Site, Territory
from tests import factories
from tests.factories import NOW, TUESDAY, ask, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def metz() -> Territory:
    made = factories.territory()
    factories.rules(made)
    return made


@pytest.fixture
def marly(metz: Territory) -> Site:
    return factories.site(metz, desks=2)


@pytest.fixture
def ada(metz: Territory) -> Agent:
    return factories.agent(metz)


def by(agent: Agent) -> Author:
    return Author(agent, Event.Origin.WEB)


def kinds(booking: Booking) -> list[str]:
    return list(
        Event.objects.filter(subject_kind="booking", subject_id=booking.pk)
        .order_by("id")
        .values_list("kind", flat=True)
    )


def told(agent: Agent) -> list[str]:
    return list(Notice.objects.filter(recipient=agent).order_by("id").values_list("kind", flat=True))


def test_a_booking_holds_a_desk_is_logged_and_confirmed_to_its_holder(marly: Site, ada: Agent) -> None:
    booking = service.book(ada, ask(marly), by(ada), now=NOW)
    assert booking.state == State.CONFIRMED
    assert booking.resource.name == "Bureau 1"
    assert (booking.held.lower, booking.held.upper) == (booking.start, booking.end)
    assert kinds(booking) == ["booking.created"]
    assert told(ada) == ["booking.confirmed"]


def test_a_full_place_is_refused_with_the_nearest_places_that_can_be_had(
    metz: Territory, marly: Site, ada: Agent
) -> None:
    near = factories.site(metz, lat=marly.lat + 0.01, lon=marly.lon)
    far = factories.site(metz, lat=marly.lat + 0.2, lon=marly.lon)
    for _ in range(2):
        other = factories.agent(metz)
        service.book(other, ask(marly), by(other), now=NOW)
    with pytest.raises(NoUnitFree) as full:
        service.book(ada, ask(marly), by(ada), now=NOW)
    assert [a.site.slug for a in full.value.alternatives] == [near.slug, far.slug]
    assert full.value.alternatives[0].km == pytest.approx(1.11, abs=0.01)
    assert not Booking.objects.filter(agent=ada).exists()


def test_two_half_days_make_room_for_a_whole_day_and_who_moves_is_told(
    metz: Territory, marly: Site, ada: Agent
) -> None:
    morning, afternoon = factories.agent(metz), factories.agent(metz)
    filler = factories.agent(metz)
    first = service.book(filler, ask(marly, start="8", end="12"), by(filler), now=NOW)
    second = service.book(morning, ask(marly, start="8", end="12"), by(morning), now=NOW)
    service.cancel(first.pk, by(filler), now=NOW)
    third = service.book(afternoon, ask(marly, start="13", end="18"), by(afternoon), now=NOW)
    # Put the two on different desks, as history could have left them.
    Booking.objects.filter(pk=third.pk).update(resource=marly.resources.exclude(pk=second.resource_id).get())
    whole = service.book(ada, ask(marly, start="8", end="18"), by(ada), now=NOW)
    assert whole.state == State.CONFIRMED
    seats = {b.pk: b.resource_id for b in Booking.objects.filter(state__in=["confirmed"])}
    assert seats[second.pk] == seats[third.pk] != seats[whole.pk]
    assert Notice.objects.filter(kind="booking.reseated").count() == 1
    assert Event.objects.filter(kind="booking.reseated").count() == 1


def test_a_desk_chosen_by_name_is_kept_when_others_would_like_it_moved(
    metz: Territory, marly: Site, ada: Agent
) -> None:
    one, two = marly.resources.order_by("name")
    first, second = factories.agent(metz), factories.agent(metz)
    service.book(first, ask(marly, start="8", end="12", resource_id=one.pk), by(first), now=NOW)
    service.book(second, ask(marly, start="13", end="18", resource_id=two.pk), by(second), now=NOW)
    with pytest.raises(NoUnitFree):
        service.book(ada, ask(marly, start="8", end="18"), by(ada), now=NOW)


def test_a_named_desk_that_is_taken_is_refused_by_its_name(metz: Territory, marly: Site, ada: Agent) -> None:
    one = marly.resources.order_by("name").first()
    assert one is not None
    other = factories.agent(metz)
    service.book(other, ask(marly, resource_id=one.pk), by(other), now=NOW)
    with pytest.raises(NoUnitFree, match="Bureau 1"):
        service.book(ada, ask(marly, resource_id=one.pk), by(ada), now=NOW)


def test_all_failing_rules_are_told_together(metz: Territory, marly: Site, ada: Agent) -> None:
    service.book(ada, ask(marly, start="9", end="12"), by(ada), now=NOW)
    with pytest.raises(Refused) as refused:
        service.book(ada, ask(marly, start="7", end="9:30"), by(ada), now=NOW)
    assert {r.code for r in refused.value.refusals} == {"opening-hours", "one-desk-at-a-time"}


def test_a_site_of_another_territory_does_not_exist(ada: Agent) -> None:
    elsewhere = factories.site(factories.territory())
    with pytest.raises(NotFound):
        service.book(ada, ask(elsewhere), by(ada), now=NOW)


def test_cancelling_frees_the_desk_and_serves_the_first_who_waits(metz: Territory, ada: Agent) -> None:
    small = factories.site(metz, desks=1)
    first, second = factories.agent(metz), factories.agent(metz)
    booking = service.book(ada, ask(small), by(ada), now=NOW)
    waiting.join(first, ask(small), by(first), now=NOW)
    waiting.join(second, ask(small), by(second), now=NOW)
    service.cancel(booking.pk, by(ada), now=NOW)
    assert Booking.objects.get(agent=first).state == State.CONFIRMED
    assert not Booking.objects.filter(agent=second).exists()
    assert told(first) == ["waiting.served"]
    assert told(second) == []
    assert told(ada) == ["booking.confirmed"]


def test_who_waits_but_may_no_longer_book_is_passed_over_and_keeps_the_place(metz: Territory, ada: Agent) -> None:
    small, other = factories.site(metz, desks=1), factories.site(metz)
    first, second = factories.agent(metz), factories.agent(metz)
    booking = service.book(ada, ask(small), by(ada), now=NOW)
    waiting.join(first, ask(small), by(first), now=NOW)
    waiting.join(second, ask(small), by(second), now=NOW)
    service.book(first, ask(other), by(first), now=NOW)
    service.cancel(booking.pk, by(ada), now=NOW)
    assert Booking.objects.filter(agent=second, site=small, state=State.CONFIRMED).exists()
    assert WaitingEntry.objects.get(agent=first).state == WaitingEntry.State.WAITING


def test_nobody_waits_for_what_can_be_had_at_once(marly: Site, ada: Agent) -> None:
    with pytest.raises(RoomLeft):
        waiting.join(ada, ask(marly), by(ada), now=NOW)
    assert not WaitingEntry.objects.exists()


def test_a_no_show_gives_the_rest_of_the_stay_to_who_waits(metz: Territory, ada: Agent) -> None:
    small = factories.site(metz, desks=1)
    factories.rules(metz, at_site=small, grace_minutes=30)
    patient = factories.agent(metz)
    missed = service.book(ada, ask(small, start="9", end="17"), by(ada), now=NOW)
    waiting.join(patient, ask(small, start="9", end="17"), by(patient), now=NOW)
    jobs.tick(at(TUESDAY, "9:29"))
    missed.refresh_from_db()
    assert missed.state == State.CONFIRMED
    jobs.tick(at(TUESDAY, "9:30"))
    missed.refresh_from_db()
    assert missed.state == State.NO_SHOW
    given = Booking.objects.get(agent=patient)
    assert (given.start, given.end) == (at(TUESDAY, "9:30"), at(TUESDAY, "17"))
    assert given.free_if_absent_at == at(TUESDAY, "10")
    assert told(ada)[-1] == "booking.no_show"


def test_arrival_is_said_within_its_window_and_saying_it_twice_changes_nothing(marly: Site, ada: Agent) -> None:
    booking = service.book(ada, ask(marly), by(ada), now=NOW)
    with pytest.raises(WrongState, match="8\u00a0h\u00a030"):
        service.check_in(booking.pk, by(ada), Booking.CheckInBy.PHONE, now=at(TUESDAY, "8:29"))
    service.check_in(booking.pk, by(ada), Booking.CheckInBy.PHONE, now=at(TUESDAY, "8:30"))
    again = service.check_in(booking.pk, by(ada), Booking.CheckInBy.QR, now=at(TUESDAY, "8:40"))
    assert again.state == State.IN_USE
    assert again.checked_in_at == at(TUESDAY, "8:30")
    assert kinds(booking) == ["booking.created", "booking.checked_in"]
    jobs.tick(at(TUESDAY, "12"))
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED


def test_leaving_early_frees_the_rest_at_once(metz: Territory, ada: Agent) -> None:
    small = factories.site(metz, desks=1)
    booking = service.book(ada, ask(small, start="9", end="17"), by(ada), now=NOW)
    service.check_in(booking.pk, by(ada), Booking.CheckInBy.PHONE, now=at(TUESDAY, "9"))
    service.leave(booking.pk, by(ada), now=at(TUESDAY, "11"))
    booking.refresh_from_db()
    assert (booking.state, booking.end) == (State.COMPLETED, at(TUESDAY, "11"))
    other = factories.agent(metz)
    service.book(other, ask(small, start="11", end="17"), by(other), now=at(TUESDAY, "11"))


def test_a_move_keeps_the_desk_when_nobody_is_in_the_way(metz: Territory, marly: Site, ada: Agent) -> None:
    filler = factories.agent(metz)
    service.book(filler, ask(marly, start="8", end="9"), by(filler), now=NOW)
    booking = service.book(ada, ask(marly, start="10", end="12"), by(ada), now=NOW)
    moved = service.change(booking.pk, by(ada), start=at(TUESDAY, "14"), end=at(TUESDAY, "16"), now=NOW)
    assert moved.resource_id == booking.resource_id
    assert (moved.start, moved.end) == (at(TUESDAY, "14"), at(TUESDAY, "16"))


def test_a_move_that_is_refused_leaves_the_booking_as_it_was(marly: Site, ada: Agent) -> None:
    booking = service.book(ada, ask(marly), by(ada), now=NOW)
    with pytest.raises(Refused):
        service.change(booking.pk, by(ada), start=at(TUESDAY, "20"), end=at(TUESDAY, "22"), now=NOW)
    booking.refresh_from_db()
    assert booking.start == at(TUESDAY, "9")
    assert kinds(booking) == ["booking.created"]


def test_shortening_is_never_refused_for_having_booked_late(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz)
    factories.rules(metz, at_site=site, notice_minutes=24 * 60)
    booking = service.book(ada, ask(site, start="9", end="17"), by(ada), now=NOW - dt.timedelta(days=1))
    short = service.change(booking.pk, by(ada), start=booking.start, end=at(TUESDAY, "12"), now=at(TUESDAY, "8"))
    assert short.end == at(TUESDAY, "12")


def test_a_site_that_answers_itself_keeps_a_desk_until_it_has(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1)
    factories.rules(metz, at_site=site, approval="asked", approval_hours=4, approval_default="granted")
    host = factories.agent(metz)
    factories.grant(host, Grant.Role.HOST, over=site)
    booking = service.book(ada, ask(site), by(ada), now=NOW)
    assert (booking.state, booking.answer_by) == (State.REQUESTED, NOW + dt.timedelta(hours=4))
    assert told(host) == ["host.request"]
    other = factories.agent(metz)
    with pytest.raises(NoUnitFree):
        service.book(other, ask(site), by(other), now=NOW)
    service.approve(booking.pk, by(host), now=NOW)
    with pytest.raises(WrongState):
        service.refuse(booking.pk, by(host), now=NOW)
    assert told(ada) == ["booking.requested", "booking.approved"]


@pytest.mark.parametrize(("default", "becomes"), [("granted", State.CONFIRMED), ("refused", State.REFUSED)])
def test_without_an_answer_the_site_s_choice_applies(metz: Territory, ada: Agent, default: str, becomes: State) -> None:
    site = factories.site(metz)
    factories.rules(metz, at_site=site, approval="asked", approval_hours=4, approval_default=default)
    booking = service.book(ada, ask(site), by(ada), now=NOW)
    jobs.tick(NOW + dt.timedelta(hours=3, minutes=59))
    booking.refresh_from_db()
    assert booking.state == State.REQUESTED
    jobs.tick(NOW + dt.timedelta(hours=4))
    booking.refresh_from_db()
    assert booking.state == becomes


def test_a_leave_cancels_every_coming_booking_of_the_period_and_no_other(marly: Site, ada: Agent) -> None:
    kept = service.book(ada, ask(marly, TUESDAY), by(ada), now=NOW)
    gone = [service.book(ada, ask(marly, TUESDAY + dt.timedelta(days=n)), by(ada), now=NOW) for n in (1, 2)]
    cancelled = service.cancel_period(
        ada, TUESDAY + dt.timedelta(days=1), TUESDAY + dt.timedelta(days=9), by(ada), now=NOW
    )
    assert [b.pk for b in cancelled] == [b.pk for b in gone]
    kept.refresh_from_db()
    assert kept.state == State.CONFIRMED
