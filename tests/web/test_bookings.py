"""Mes réservations: the list, moving, cancelling, a leave."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.service import book, check_in
from tests import factories
from tests.factories import TEST, TUESDAY, at

from .conftest import World


def _mine(world: World, day: dt.date = TUESDAY, **hours: str) -> Booking:
    return book(world.agent, factories.ask(world.mairie, day, **hours), TEST)


def test_the_list_shows_what_comes_and_what_was(world: World) -> None:
    _mine(world)
    gone = _mine(world, TUESDAY + dt.timedelta(days=7))
    world.client.post(reverse("cancel", args=[gone.reference]))
    text = world.client.get(reverse("bookings")).content.decode()
    assert "Confirmée" in text
    assert "Annulée" in text


def test_an_empty_list_says_what_to_do(world: World) -> None:
    assert "Aucune réservation à venir" in world.client.get(reverse("bookings")).content.decode()


def test_a_reference_is_found_however_it_is_typed(world: World) -> None:
    mine = _mine(world)
    assert world.client.get(reverse("booking", args=[mine.reference.lower()])).status_code == 200


def test_cancelling_twice_is_the_same_as_once(world: World) -> None:
    mine = _mine(world)
    for _ in range(2):
        answer = world.client.post(reverse("cancel", args=[mine.reference]), follow=True)
        assert "Réservation annulée" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.state == "cancelled"


def test_nobody_is_sent_to_another_server_after_an_action(world: World) -> None:
    mine = _mine(world)
    answer = world.client.post(reverse("cancel", args=[mine.reference]), {"next": "https://ailleurs.example/"})
    assert answer["Location"] == reverse("bookings")


def test_a_booking_moves_to_another_half_day(world: World) -> None:
    mine = _mine(world)
    url = reverse("change", args=[mine.reference])
    assert 'value="09:00"' in world.client.get(url).content.decode()
    answer = world.client.post(url, {"date": TUESDAY + dt.timedelta(days=1), "part": "afternoon"})
    assert answer["Location"] == reverse("booking", args=[mine.reference])
    mine.refresh_from_db()
    assert mine.start == at(TUESDAY + dt.timedelta(days=1), "13")


def test_a_move_that_is_refused_leaves_the_booking_and_says_why(world: World) -> None:
    mine = _mine(world)
    asked = {"date": TUESDAY.isoformat(), "part": "free", "start": "06:00", "end": "07:00"}
    answer = world.client.post(reverse("change", args=[mine.reference]), asked)
    assert answer.status_code == 422
    assert "ouvre de 8" in answer.content.decode()
    mine.refresh_from_db()
    assert mine.start == at(TUESDAY, "9")


def test_a_move_to_a_full_time_is_a_conflict(world: World) -> None:
    mine = _mine(world)
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="14", end="17"), TEST)
    asked = {"date": TUESDAY.isoformat(), "part": "free", "start": "14:00", "end": "17:00"}
    answer = world.client.post(reverse("change", args=[mine.reference]), asked)
    assert answer.status_code == 409
    assert "complet" in answer.content.decode()


def test_a_stay_that_has_begun_moves_its_end_only(world: World) -> None:
    today = TUESDAY - dt.timedelta(days=1)
    mine = _mine(world, today, start="9", end="12")
    check_in(mine.pk, TEST, Booking.CheckInBy.PHONE)
    url = reverse("change", args=[mine.reference])
    assert 'name="date"' not in world.client.get(url).content.decode()
    world.client.post(url, {"end": "15:00"})
    mine.refresh_from_db()
    assert (mine.start, mine.end) == (at(today, "9"), at(today, "15"))
    assert world.client.post(url, {"end": "tard"}).status_code == 422


def test_what_is_over_is_not_changed(world: World) -> None:
    mine = _mine(world)
    world.client.post(reverse("cancel", args=[mine.reference]))
    asked = {"date": TUESDAY.isoformat(), "part": "afternoon"}
    assert world.client.post(reverse("change", args=[mine.reference]), asked).status_code == 409


def test_a_leave_shows_what_would_be_given_back_then_gives_it_back(world: World) -> None:
    for week in range(3):
        _mine(world, TUESDAY + dt.timedelta(weeks=week))
    period = {"first": TUESDAY, "last": TUESDAY + dt.timedelta(days=7)}
    shown = world.client.get(reverse("cancel_period"), period).content.decode()
    assert "ces 2 bureaux" in shown
    assert Booking.objects.filter(state="confirmed").count() == 3
    answer = world.client.post(reverse("cancel_period"), period, follow=True)
    assert "2 réservations annulées" in answer.content.decode()
    assert Booking.objects.filter(state="confirmed").count() == 1


def test_a_leave_gives_back_nobody_elses_desk(world: World) -> None:
    book(world.other, factories.ask(world.mairie), TEST)
    world.client.post(reverse("cancel_period"), {"first": TUESDAY, "last": TUESDAY})
    assert Booking.objects.get().state == "confirmed"


def test_a_leave_that_ends_before_it_begins_is_told(world: World) -> None:
    wrong = {"first": TUESDAY, "last": TUESDAY - dt.timedelta(days=1)}
    for answer in (
        world.client.get(reverse("cancel_period"), wrong),
        world.client.post(reverse("cancel_period"), wrong),
    ):
        assert answer.status_code == 422
        assert "doit suivre" in answer.content.decode()


def test_a_page_beyond_the_last_shows_the_last(world: World) -> None:
    assert world.client.get(reverse("bookings"), {"page": "99999"}).status_code == 200
    assert world.client.get(reverse("bookings"), {"page": "x"}).status_code == 200


def test_cancelling_takes_a_second_tap_that_says_what_is_given_up(world: World) -> None:
    mine = _mine(world)
    text = world.client.get(reverse("bookings")).content.decode()
    before, _, inside = text.partition('<details class="more">')
    asked = inside.partition("</details>")[0]
    cancels = f'action="{reverse("cancel", args=[mine.reference])}"'
    assert cancels not in before
    assert cancels in asked
    assert "Vous rendez votre place" in asked
    assert "Bureau" in asked
    assert "mardi 1er décembre" in asked


def test_a_request_says_what_becomes_of_it_without_an_answer(world: World) -> None:
    rules = factories.rules(world.territory, at_site=world.mairie, approval="asked", approval_default="granted")
    page = reverse("booking", args=[_mine(world).reference])
    assert "accordée d'office" in world.client.get(page).content.decode()
    rules.approval_default = "refused"
    rules.save()
    assert "refusée d'office" in world.client.get(page).content.decode()
