"""Réserver, without a script: plain forms."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse

from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.booking.service import book, cancel
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Closure
from tests import factories
from tests.factories import TEST, TUESDAY, at

from .conftest import World

ASKED = {"site": "marly", "date": TUESDAY.isoformat(), "part": "morning"}


def test_a_desk_is_booked_with_one_form(world: World) -> None:
    answer = world.client.post(reverse("book"), ASKED, follow=True)
    mine = Booking.objects.get(agent=world.agent)
    assert answer.redirect_chain == [(reverse("booking", args=[mine.reference]), 302)]
    assert (mine.start, mine.end, mine.state) == (at(TUESDAY, "8"), at(TUESDAY, "13"), "confirmed")
    assert "C&#x27;est réservé." in answer.content.decode()


def test_the_same_form_sent_twice_books_once(world: World) -> None:
    first = world.client.post(reverse("book"), ASKED)
    second = world.client.post(reverse("book"), ASKED)
    assert first["Location"] == second["Location"]
    assert Booking.objects.filter(agent=world.agent).count() == 1


def test_a_request_that_awaits_an_answer_says_so(world: World) -> None:
    factories.rules(world.territory, at_site=world.mairie, approval="asked")
    answer = world.client.post(reverse("book"), ASKED, follow=True)
    assert "Demande transmise" in answer.content.decode()
    assert Booking.objects.get().state == "requested"


def test_every_rule_that_refuses_is_told_and_the_form_is_kept(world: World) -> None:
    book(world.agent, factories.ask(world.usual, start="9", end="12"), TEST)
    Closure.objects.create(
        territory=world.territory, site=world.mairie, start=at(TUESDAY, "0"), end=at(TUESDAY, "23"), reason="travaux"
    )
    answer = world.client.post(
        reverse("book"), {**ASKED, "part": "free", "start": "10:15", "end": "10:45", "counterfactual": "home"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    for said in ("travaux", "Vous avez déjà un bureau", "La durée minimale"):
        assert said in text
    for kept in ('value="10:15"', 'value="10:45"', f'value="{TUESDAY}"', '<option value="home" selected>'):
        assert kept in text
    assert Booking.objects.filter(site=world.mairie).count() == 0


def test_a_full_place_names_the_nearest_others_and_its_waiting_list(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="8", end="13"), TEST)
    answer = world.client.post(reverse("book"), ASKED)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Siège" in text
    assert reverse("waiting_join") in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"date": "demain"},
        {"date": ""},
        {"part": "nuit"},
        {"part": "free", "start": "25:00", "end": "9:00"},
        {"unit": "999999"},
        {"unit": "abc"},
        {"features": ["piscine"]},
        {"counterfactual": "mars"},
        {"repeat": "on", "until": "day"},
        {"repeat": "on", "until": "day", "until_day": "2026-01-01"},
        {"repeat": "on", "until": "day", "until_day": "2099-01-01"},
        {"repeat": "on", "until": "jamais"},
    ],
)
def test_a_form_that_makes_no_sense_books_nothing(world: World, wrong: dict[str, object]) -> None:
    answer = world.client.post(reverse("book"), {**ASKED, **wrong})
    assert answer.status_code == 422
    assert "À corriger" in answer.content.decode()
    assert not Booking.objects.exists()


def test_a_desk_can_be_chosen_by_name(world: World) -> None:
    chosen = world.mairie.resources.get(name="Bureau 2")
    world.client.post(reverse("book"), {**ASKED, "unit": chosen.pk})
    mine = Booking.objects.get()
    assert (mine.resource, mine.is_pinned) == (chosen, True)


def test_the_page_before_booking_shows_what_is_free(world: World) -> None:
    text = world.client.get(reverse("book"), ASKED).content.decode()
    assert "2 bureaux libres sur 2" in text
    assert not Booking.objects.exists()


def test_each_week_books_what_can_be_had_and_tells_the_rest(world: World) -> None:
    third = TUESDAY + dt.timedelta(days=14)
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, third, "8", "13"), TEST)
    answer = world.client.post(reverse("book"), {**ASKED, "repeat": "on", "until": "four-weeks"}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[0][0] == reverse("series")
    assert "3 dates réservées" in text
    assert "1 date n'a pas pu" in text
    assert "Siège" in text  # the alternative
    assert Booking.objects.filter(agent=world.agent).count() == 3
    assert world.client.get(reverse("series")).status_code == 200


def test_until_easter_stops_on_easter(world: World) -> None:
    world.client.post(reverse("book"), {**ASKED, "repeat": "on", "until": "easter"})
    last = Booking.objects.filter(agent=world.agent).latest("start")
    assert last.start == at(dt.date(2027, 3, 23), "8")  # Easter Sunday is 28 March 2027


def test_without_a_series_its_page_leads_to_the_bookings(world: World) -> None:
    assert world.client.get(reverse("series"))["Location"] == reverse("bookings")


def test_joining_and_leaving_a_waiting_list(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="8", end="13"), TEST)
    answer = world.client.post(reverse("waiting_join"), ASKED, follow=True)
    assert "Vous êtes n° 1" in answer.content.decode()
    again = world.client.post(reverse("waiting_join"), ASKED, follow=True)
    assert "attendez déjà une place" in again.content.decode()
    entry = WaitingEntry.objects.get()
    assert world.signed_in(world.other).post(reverse("waiting_leave", args=[entry.pk])).status_code == 404
    world.client.post(reverse("waiting_leave", args=[entry.pk]))
    entry.refresh_from_db()
    assert entry.state == "left"


def test_who_waits_and_has_a_desk_elsewhere_is_told_that_the_queue_passes_them_over(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="8", end="13"), TEST)
    world.client.post(reverse("waiting_join"), ASKED)
    assert "En pause" not in world.client.get(reverse("bookings")).content.decode()
    book(world.agent, factories.ask(world.usual, start="9", end="12"), TEST)
    for page in ("bookings", "day"):
        assert "En pause\u00a0: vous avez déjà un bureau" in world.client.get(reverse(page)).content.decode()


def test_waiting_without_saying_when_leads_back_to_the_search(world: World) -> None:
    answer = world.client.post(reverse("waiting_join"), {"site": "marly"})
    assert answer["Location"] == reverse("search")
    assert not WaitingEntry.objects.exists()


def test_after_joining_one_is_back_at_the_search_which_says_that_one_waits(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="8", end="13"), TEST)
    where = f"/bureaux/?date={TUESDAY}&part=morning"
    answer = world.client.post(reverse("waiting_join"), {**ASKED, "next": where})
    assert answer["Location"] == where
    text = world.client.get(where).content.decode()
    assert "Vous êtes n° 1" in text
    assert "Vous êtes sur la liste d'attente" in text
    assert reverse("waiting_join") not in text
    again = world.client.post(reverse("waiting_join"), {**ASKED, "next": "https://ailleurs.example/"})
    assert again["Location"] == reverse("bookings")


def test_a_full_place_offers_its_queue_and_the_others_before_anybody_tries(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="8", end="13"), TEST)
    text = world.client.get(reverse("book"), ASKED).content.decode()
    assert "Ce site est complet" in text
    assert "Siège" in text
    assert '<button class="button big">' in text[text.index(reverse("waiting_join")) :]
    assert "Réserver à cet autre moment" in text
    # The page to come back to exists.
    back = re.search(r'name="next" value="([^"]+)"', text)
    assert back is not None
    assert world.client.get(back[1].replace("&amp;", "&")).status_code == 200


def test_a_closed_place_says_why_and_where_else_and_offers_no_queue(world: World) -> None:
    Closure.objects.create(
        territory=world.territory, site=world.mairie, start=at(TUESDAY, "0"), end=at(TUESDAY, "23"), reason="travaux"
    )
    text = world.client.get(reverse("book"), ASKED).content.decode()
    assert "travaux" in text
    assert "Les plus proches, aux mêmes heures" in text
    assert reverse("waiting_join") not in text
    assert '<button class="button big">' not in text


def test_what_concerns_the_person_sends_nobody_elsewhere(world: World) -> None:
    book(world.agent, factories.ask(world.usual, start="8", end="13"), TEST)
    text = world.client.get(reverse("book"), ASKED).content.decode()
    assert "Vous avez déjà un bureau\u00a0: Siège" in text
    assert "Les plus proches" not in text


def test_the_page_says_how_far_ahead_one_may_repeat(world: World) -> None:
    factories.rules(world.territory, at_site=world.mairie, horizon_days=30)
    assert "Ce site se réserve jusqu'au mercredi 30 décembre." in (
        world.client.get(reverse("book"), ASKED).content.decode()
    )


def test_dates_beyond_the_horizon_are_told_in_one_line(world: World) -> None:
    factories.rules(world.territory, at_site=world.mairie, horizon_days=9)
    answer = world.client.post(reverse("book"), {**ASKED, "repeat": "on", "until": "easter"}, follow=True)
    text = answer.content.decode()
    assert "2 dates réservées" in text
    assert "15 dates, du mardi 15 décembre au mardi 23 mars 2027" in text


def test_a_series_of_which_nothing_can_be_had_says_so_and_what_to_do(world: World) -> None:
    factories.hours(world.mairie, weekdays=[1])
    answer = world.client.post(reverse("book"), {**ASKED, "repeat": "on", "until": "four-weeks"}, follow=True)
    text = answer.content.decode()
    assert "Aucune date n'a pu être réservée." in text
    assert "0 date" not in text
    assert "Choisir un autre jour ici" in text


def test_easter_is_the_one_after_the_day_that_was_chosen(world: World) -> None:
    after = {**ASKED, "date": "2027-04-06"}
    assert "16 avril 2028" in world.client.get(reverse("book"), after).content.decode()
    answer = world.client.post(reverse("book"), {**after, "repeat": "on", "until": "easter"})
    assert answer.status_code == 422
    assert "Un an au plus." in answer.content.decode()


def test_ones_own_act_is_no_news_but_is_mailed(world: World) -> None:
    world.client.post(reverse("book"), ASKED)
    mine = Booking.objects.get(agent=world.agent)
    world.client.post(reverse("change", args=[mine.reference]), {"date": TUESDAY, "part": "afternoon"})
    next_week = {**ASKED, "date": (TUESDAY + dt.timedelta(days=7)).isoformat()}
    world.client.post(reverse("book"), {**next_week, "repeat": "on", "until": "four-weeks"})
    notices = Notice.objects.filter(recipient=world.agent)
    assert {n.kind for n in notices} == {"booking.confirmed", "booking.changed", "series.booked"}
    assert {(n.read_at is None, n.delivery) for n in notices} == {(False, "pending")}
    assert "non lu" not in world.client.get("/").content.decode()


def test_what_others_do_to_ones_booking_is_news(world: World) -> None:
    world.client.post(reverse("book"), ASKED)
    cancel(Booking.objects.get(agent=world.agent).pk, TEST, reason="inventaire")
    assert "1 message non lu" in world.client.get("/").content.decode()
