"""A desk taken away: nobody is left with a place that is not there."""

from __future__ import annotations

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Feature, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.booking.withdraw import save_unit
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Site, Territory
from tests import factories
from tests.factories import NOW, TEST, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def metz() -> Territory:
    made = factories.territory()
    factories.rules(made)
    return made


@pytest.fixture
def marly(metz: Territory) -> Site:
    return factories.site(metz, desks=2)


def booked(site: Site, **asked: object) -> Booking:
    return service.book(factories.agent(site.territory), ask(site, **asked), TEST, now=NOW)  # type: ignore[arg-type]


def test_who_had_booked_a_withdrawn_desk_gets_another_one_of_the_site_and_is_told(marly: Site) -> None:
    booking = booked(marly)
    desk = booking.resource
    desk.is_active = False
    result = save_unit(desk, TEST, now=NOW)
    booking.refresh_from_db()
    assert [b.pk for b in result.reseated] == [booking.pk]
    assert booking.state == State.CONFIRMED
    assert booking.resource_id != desk.pk
    assert Notice.objects.filter(recipient=booking.agent, kind="booking.reseated").count() == 1
    assert Event.objects.filter(kind="booking.reseated", subject_id=booking.pk).count() == 1


def test_a_desk_chosen_by_name_is_given_up_with_the_desk(marly: Site) -> None:
    desk = marly.resources.order_by("name").first()
    assert desk is not None
    booking = booked(marly, resource_id=desk.pk)
    desk.is_active = False
    save_unit(desk, TEST, now=NOW)
    booking.refresh_from_db()
    assert (booking.state, booking.is_pinned) == (State.CONFIRMED, False)
    assert booking.resource_id != desk.pk


def test_when_no_arrangement_exists_the_booking_is_cancelled_and_other_places_are_offered(
    metz: Territory, marly: Site
) -> None:
    near = factories.site(metz)
    first, second = booked(marly), booked(marly)
    desk = second.resource
    desk.is_active = False
    result = save_unit(desk, TEST, now=NOW)
    first.refresh_from_db()
    second.refresh_from_db()
    assert [b.pk for b in result.cancelled] == [second.pk]
    assert (first.state, second.state) == (State.CONFIRMED, State.CANCELLED)
    assert near.name in Notice.objects.get(recipient=second.agent, kind="booking.cancelled").body
    assert Event.objects.filter(kind="booking.cancelled", subject_id=second.pk).count() == 1


def test_others_make_room_for_who_loses_a_desk(marly: Site) -> None:
    third = factories.desk(marly)
    one, two = marly.resources.exclude(pk=third.pk).order_by("name")
    morning, afternoon = booked(marly, start="8", end="12"), booked(marly, start="13", end="18")
    Booking.objects.filter(pk=morning.pk).update(resource=one)
    Booking.objects.filter(pk=afternoon.pk).update(resource=two)
    whole = booked(marly, start="8", end="18")
    Booking.objects.filter(pk=whole.pk).update(resource=third)
    third.is_active = False
    result = save_unit(third, TEST, now=NOW)
    assert (len(result.reseated), result.cancelled) == (1, [])
    seats = dict(Booking.objects.values_list("pk", "resource_id"))
    assert seats[morning.pk] == seats[afternoon.pk] != seats[whole.pk]


def test_losing_a_feature_moves_only_those_who_asked_for_it(marly: Site) -> None:
    with_screen = factories.desk(marly, features=[Feature.SECOND_SCREEN])
    factories.desk(marly, features=[Feature.SECOND_SCREEN])
    needs = booked(marly, start="8", end="12", features=frozenset({"second_screen"}))
    Booking.objects.filter(pk=needs.pk).update(resource=with_screen)
    content = booked(marly, start="13", end="18", resource_id=with_screen.pk)
    with_screen.features = []
    result = save_unit(with_screen, TEST, now=NOW)
    assert [b.pk for b in result.reseated] == [needs.pk]
    content.refresh_from_db()
    assert (content.resource_id, content.is_pinned) == (with_screen.pk, True)


def test_who_sits_at_the_desk_already_stays_until_the_end(marly: Site) -> None:
    booking = booked(marly)
    Booking.objects.filter(pk=booking.pk).update(state=State.IN_USE)
    desk: Resource = booking.resource
    desk.is_active = False
    result = save_unit(desk, TEST, now=booking.start)
    booking.refresh_from_db()
    assert (result.reseated, result.cancelled) == ([], [])
    assert (booking.state, booking.resource_id) == (State.IN_USE, desk.pk)
