"""A desk chosen by name is that person's desk: nobody's wish moves them, and it is counted as taken."""

from __future__ import annotations

import pytest
from django.db import connection

from bureaux_volants.booking import service
from bureaux_volants.booking.assignment import seat, seats_left
from bureaux_volants.booking.errors import NoUnitFree
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.pool import Seating, Stay, Unit, Wish
from bureaux_volants.booking.search import search
from bureaux_volants.territory.models import Agent, Site
from tests.booking.words import booked, kinds, queued, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

TWO, THREE = [Unit(1), Unit(2)], [Unit(1), Unit(2), Unit(3)]


def pinned(id: int, start: int, end: int, unit: int) -> Stay:
    return Stay(id, start, end, unit, is_fixed=True)


@pytest.mark.parametrize(
    ("units", "stays", "left"),
    [
        pytest.param(TWO, [pinned(1, 9, 12, 1), pinned(2, 13, 17, 2)], 0, id="one in each half of the day"),
        pytest.param(TWO, [pinned(1, 9, 12, 1), Stay(2, 13, 17, 2)], 1, id="the other may move over"),
        pytest.param(TWO, [Stay(1, 9, 12, 1), Stay(2, 13, 17, 2)], 1, id="either may move over"),
        pytest.param(
            THREE, [pinned(1, 9, 11, 1), pinned(2, 11, 14, 2), pinned(3, 14, 17, 3)], 0, id="three, one after the other"
        ),
        pytest.param(
            THREE, [pinned(1, 9, 11, 1), Stay(2, 11, 14, 2), pinned(3, 14, 17, 3)], 1, id="only the middle one may move"
        ),
        pytest.param(
            TWO, [Stay(1, 9, 12, 1), pinned(2, 12, 13, 1), pinned(3, 13, 17, 2)], 0, id="nowhere to move over to"
        ),
    ],
)
def test_a_place_chosen_by_name_is_neither_counted_as_left_nor_given(
    units: list[Unit], stays: list[Stay], left: int
) -> None:
    wish = Wish(9, 17)
    assert seats_left(units, stays, wish) == left
    found = seat(units, stays, [wish])
    assert (found is not None) == bool(left)
    if found is not None:
        assert not {s.id for s in stays if s.is_fixed} & set(found.moves)
    assert seat(units, stays, [wish] * (left + 1)) is None


def test_two_who_did_not_choose_move_rather_than_one_who_did() -> None:
    stays = [Stay(1, 9, 10, 1), Stay(2, 16, 17, 1), pinned(3, 12, 13, 2)]
    assert seat(TWO, stays, [Wish(9, 17)]) == Seating((1,), {1: 2, 2: 2})


@pytest.fixture
def chosen(marly: Site) -> tuple[Booking, Booking]:
    """Both desks of Marly chosen by name, one for the morning and one for the afternoon."""
    one, two = marly.resources.order_by("name")
    return (
        booked(marly, start="8", end="12", resource_id=one.pk),
        booked(marly, start="13", end="18", resource_id=two.pk),
    )


def where(*bookings: Booking) -> list[int]:
    return [Booking.objects.get(pk=b.pk).resource_id for b in bookings]


def test_the_search_says_what_a_booking_would_be_told(marly: Site, ada: Agent, chosen: tuple[Booking, ...]) -> None:
    (found,) = search(ada, "desk", at(TUESDAY, "8"), at(TUESDAY, "18"), now=NOW)
    assert (found.free, found.capacity, found.bookable) == (0, 2, False)
    with pytest.raises(NoUnitFree):
        booked(marly, ada, start="8", end="18")
    (found,) = search(ada, "desk", at(TUESDAY, "8"), at(TUESDAY, "12"), now=NOW)
    assert (found.free, found.bookable) == (1, True)


def test_the_same_without_a_choice_is_counted_and_given(marly: Site, ada: Agent, chosen: tuple[Booking, ...]) -> None:
    Booking.objects.update(is_pinned=False)
    (found,) = search(ada, "desk", at(TUESDAY, "8"), at(TUESDAY, "18"), now=NOW)
    assert found.free == 1
    before = where(*chosen)
    booked(marly, ada, start="8", end="18")
    assert sum(a != b for a, b in zip(before, where(*chosen), strict=True)) == 1


def test_neither_a_queue_nor_a_change_moves_who_chose(marly: Site, ada: Agent, chosen: tuple[Booking, ...]) -> None:
    before = where(*chosen)
    entry = queued(marly, ada, start="8", end="18")
    filler = booked(marly, start="8", end="12")
    service.cancel(filler.pk, TEST, now=NOW)
    assert state(entry) == WaitingEntry.State.WAITING
    other = booked(marly, start="9", end="12")
    with pytest.raises(NoUnitFree):
        service.change(other.pk, TEST, start=at(TUESDAY, "9"), end=at(TUESDAY, "15"), now=NOW)
    assert where(*chosen) == before
    for booking in chosen:
        assert kinds(booking) == ["booking.created"]
        assert told(booking.agent) == ["booking.confirmed"]


def test_who_chose_keeps_the_desk_through_a_change_of_hours_or_is_refused(marly: Site) -> None:
    one, two = marly.resources.order_by("name")
    mine = booked(marly, start="8", end="12", resource_id=one.pk)
    moved = service.change(mine.pk, TEST, start=at(TUESDAY, "13"), end=at(TUESDAY, "18"), now=NOW)
    assert moved.resource_id == one.pk
    booked(marly, start="9", end="12", resource_id=one.pk)
    with pytest.raises(NoUnitFree):
        service.change(mine.pk, TEST, start=at(TUESDAY, "8"), end=at(TUESDAY, "12"), now=NOW)
    assert where(mine) == [one.pk]
    assert two.bookings.count() == 0


def test_who_is_re_seated_around_them_goes_past_who_chose(marly: Site, ada: Agent) -> None:
    one, two = marly.resources.order_by("name")
    fixed = booked(marly, start="8", end="12", resource_id=one.pk)
    free = booked(marly, start="13", end="18")
    # As history could have left it: on the other desk.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE booking_booking SET resource_id = %s WHERE id = %s", [two.pk, free.pk])
    whole = booked(marly, ada, start="8", end="18")
    assert where(fixed, free, whole) == [one.pk, one.pk, two.pk]
    assert told(fixed.agent) == ["booking.confirmed"]
    assert told(free.agent) == ["booking.confirmed", "booking.reseated"]
