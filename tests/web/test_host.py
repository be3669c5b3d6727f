"""Accueil: who comes, what to answer, closing and reopening, the sheet and the poster."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bureaux_volants.booking import closing, series, service
from bureaux_volants.booking.models import Booking, RuleSet
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Closure, Grant, Site
from bureaux_volants.web.host_poster import poster_pdf, qr_svg
from tests import factories
from tests.factories import TEST, TUESDAY, ask, at
from tests.pdf_ua import broken_rules

from .conftest import World

MONDAY = TUESDAY - dt.timedelta(days=1)


@pytest.fixture
def host(world: World) -> Agent:
    made = factories.agent(world.territory, first_name="Hélène")
    factories.grant(made, Grant.Role.HOST, over=world.mairie)
    return made


@pytest.fixture
def desk(world: World, host: Agent) -> Client:
    """The host's own browser."""
    return world.signed_in(host)


def visit(world: World, day: dt.date = MONDAY, start: str = "10", end: str = "12", who: Agent | None = None) -> Booking:
    return service.book(who or world.agent, ask(world.mairie, day, start, end), TEST)


def act(client: Client, booking: Booking, verb: str, **data: str) -> str:
    """Do it and read the page that follows."""
    url = reverse("host_act", args=[booking.site.slug, booking.reference, verb])
    answer = client.post(url, {"next": reverse("host_site", args=[booking.site.slug]), **data}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def request_at(world: World, day: dt.date = TUESDAY) -> Booking:
    RuleSet.objects.get_or_create(
        territory=world.territory, site=world.mairie, kind="desk", defaults={"approval": "asked"}
    )
    return visit(world, day)


# -- who may


@pytest.mark.parametrize("page", ["host_site", "host_sheet", "host_poster", "host_poster_pdf", "host_close"])
def test_the_reception_of_a_site_is_not_found_for_who_does_not_run_it(world: World, host: Agent, page: str) -> None:
    url = reverse(page, args=["marly"])
    assert world.signed_in(host).get(url).status_code == 200
    assert world.client.get(url).status_code == 404
    elsewhere = factories.agent(world.territory)
    factories.grant(elsewhere, Grant.Role.HOST, over=world.usual)
    assert world.signed_in(elsewhere).get(url).status_code == 404
    stranger = factories.agent(factories.territory())
    factories.grant(stranger, Grant.Role.HOST)
    assert world.signed_in(stranger).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_who_hosts_nothing_has_no_reception(world: World) -> None:
    assert world.client.get(reverse("host")).status_code == 404


def test_who_hosts_one_site_is_led_to_it(desk: Client) -> None:
    assert desk.get(reverse("host"))["Location"] == reverse("host_site", args=["marly"])


def test_who_hosts_several_sites_sees_what_waits_at_each(world: World) -> None:
    both = factories.agent(world.territory)
    factories.grant(both, Grant.Role.HOST)
    request_at(world)
    page = world.signed_in(both).get(reverse("host")).content.decode()
    assert "Mairie de Marly" in page
    assert "Siège" in page
    assert "1 demande à traiter" in page


def test_a_grant_over_an_organisation_covers_its_sites(world: World) -> None:
    host = factories.agent(world.territory)
    factories.grant(host, Grant.Role.HOST, over=world.mairie.organisation)
    assert world.signed_in(host).get(reverse("host_site", args=["marly"])).status_code == 200
    assert world.signed_in(host).get(reverse("host_site", args=["siege"])).status_code == 404


@pytest.mark.parametrize("verb", ["accorder", "refuser", "arrivee", "depart", "annuler"])
def test_a_booking_of_another_site_is_not_found_whatever_the_address_says(
    world: World, desk: Client, verb: str
) -> None:
    other = service.book(world.agent, ask(world.usual, MONDAY, "10", "12"), TEST)
    answer = desk.post(reverse("host_act", args=["marly", other.reference, verb]), {"reason": "non"})
    assert answer.status_code == 404
    answer = desk.post(reverse("host_act", args=["siege", other.reference, verb]), {"reason": "non"})
    assert answer.status_code == 404
    other.refresh_from_db()
    assert other.state == State.CONFIRMED


def test_an_unknown_verb_is_not_found_and_a_link_does_nothing(world: World, desk: Client) -> None:
    booking = visit(world)
    assert desk.post(reverse("host_act", args=["marly", booking.reference, "effacer"])).status_code == 404
    assert desk.get(reverse("host_act", args=["marly", booking.reference, "annuler"])).status_code == 405


# -- who comes


def test_the_day_shows_who_comes_even_those_who_hide_from_colleagues(world: World, desk: Client) -> None:
    world.agent.visibility = Agent.Visibility.NOBODY
    world.agent.last_name = "Invisible"
    world.agent.save()
    visit(world)
    page = desk.get(reverse("host_site", args=["marly"])).content.decode()
    assert "Ada Invisible" in page
    assert "Bureau 1" in page


def test_another_day_of_the_week_is_one_link_away(world: World, desk: Client) -> None:
    visit(world, TUESDAY)
    today = desk.get(reverse("host_site", args=["marly"])).content.decode()
    assert "Aucune personne attendue" in today.replace("&#x27;", "'")
    assert "?date=2026-12-01" in today
    assert "Ada" in desk.get(reverse("host_site", args=["marly"]) + "?date=2026-12-01").content.decode()


@pytest.mark.parametrize("date", ["", "hier", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_senseless_date_means_today(desk: Client, date: str) -> None:
    answer = desk.get(reverse("host_site", args=["marly"]), {"date": date})
    assert answer.status_code == 200
    assert "Aujourd" in answer.content.decode()


def test_the_page_costs_the_same_for_one_visitor_and_for_many(world: World, desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            desk.get(reverse("host_site", args=["marly"]))
        return len(seen)

    for _ in range(6):
        factories.desk(world.mairie)
    visit(world)
    one = queries()
    for _ in range(7):
        visit(world, who=factories.agent(world.territory, service=factories.service(world.mairie.organisation)))
    assert queries() <= one <= 15


# -- what a host does


def test_a_host_says_that_somebody_has_arrived_then_left(world: World, desk: Client) -> None:
    booking = visit(world, start="8", end="12")
    assert "Arrivée notée" in act(desk, booking, "arrivee")
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_by) == (State.IN_USE, Booking.CheckInBy.HOST)
    assert "Départ noté" in act(desk, booking, "depart")
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED


def test_a_request_is_granted_and_the_log_says_by_whom(world: World, desk: Client, host: Agent) -> None:
    booking = request_at(world)
    assert "accordé" in act(desk, booking, "accorder")
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED
    event = Event.objects.get(kind="booking.approved", subject_id=booking.pk)
    assert (event.actor_id, event.origin) == (host.pk, "web")


def test_a_refusal_needs_a_reason_which_is_told(world: World, desk: Client) -> None:
    booking = request_at(world)
    assert "Indiquez un motif" in act(desk, booking, "refuser", reason="  ")
    booking.refresh_from_db()
    assert booking.state == State.REQUESTED
    act(desk, booking, "refuser", reason="élections")
    booking.refresh_from_db()
    assert (booking.state, booking.end_reason) == (State.REFUSED, "élections")
    assert "élections" in Notice.objects.get(recipient=world.agent, kind="booking.refused").body


def test_a_reason_that_is_too_long_changes_nothing(world: World, desk: Client) -> None:
    booking = visit(world)
    act(desk, booking, "annuler", reason="x" * 500)
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_of_two_hosts_at_once_the_second_gets_a_sentence(world: World, desk: Client) -> None:
    second = factories.agent(world.territory)
    factories.grant(second, Grant.Role.HOST, over=world.mairie)
    booking = request_at(world)
    act(desk, booking, "accorder")
    page = act(world.signed_in(second), booking, "refuser", reason="complet")
    assert "déjà confirmée" in page
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_a_host_goes_back_only_to_pages_of_this_house(world: World, desk: Client) -> None:
    booking = visit(world, start="8")
    url = reverse("host_act", args=["marly", booking.reference, "arrivee"])
    assert desk.post(url, {"next": "https://ailleurs.example/"})["Location"] == reverse("host")


# -- closing


def close(client: Client, **data: str) -> str:
    form = {"date": "2026-12-01", "part": "morning", "reason": "Inventaire", **data}
    answer = client.post(reverse("host_close", args=["marly"]), form, follow=True)
    return answer.content.decode()


def test_nothing_is_closed_before_those_concerned_were_seen(world: World, desk: Client) -> None:
    booking = visit(world, TUESDAY)
    page = close(desk)
    assert "1 réservation concernée" in page
    assert "Annulée" in page
    assert not Closure.objects.exists()
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_closing_tells_those_concerned_and_offers_them_another_site(world: World, desk: Client) -> None:
    booking = visit(world, TUESDAY)
    page = close(desk, confirm="1", seen=booking.reference)
    assert "1 personne concernée a été prévenue" in page
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    assert "Siège" in Notice.objects.get(recipient=world.agent, kind="site.closed").body
    closure = Closure.objects.get()
    assert (closure.start, closure.end) == (at(TUESDAY, "0"), at(TUESDAY, "13"))


def test_who_books_meanwhile_is_shown_before_it_is_done(world: World, desk: Client) -> None:
    first = visit(world, TUESDAY)
    service.book(world.other, ask(world.mairie, TUESDAY, "9", "12"), TEST)
    page = close(desk, confirm="1", seen=first.reference)
    assert "entre-temps" in page
    assert not Closure.objects.exists()


def test_a_long_booking_is_shortened_and_the_preview_says_to_when(world: World, desk: Client) -> None:
    booking = visit(world, TUESDAY, "9", "17")
    assert "Raccourcie" in close(desk)
    close(desk, confirm="1", seen=booking.reference)
    booking.refresh_from_db()
    assert (booking.start, booking.end) == (at(TUESDAY, "13"), at(TUESDAY, "17"))


def test_several_days_and_some_hours_can_be_closed(world: World, desk: Client) -> None:
    close(desk, part="days", last="2026-12-03", confirm="1")
    close(desk, date="2026-12-08", part="free", start="14:00", end="16:00", confirm="1")
    spans = list(Closure.objects.order_by("start").values_list("start", "end"))
    tenth = dt.date(2026, 12, 8)
    assert spans == [
        (at(TUESDAY, "0"), at(TUESDAY + dt.timedelta(days=3), "0")),
        (at(tenth, "14"), at(tenth, "16")),
    ]


def test_today_is_closed_from_now_on_and_who_sits_there_keeps_the_time_that_was_used(
    world: World, desk: Client
) -> None:
    booking = visit(world, MONDAY, "9", "17")
    service.check_in(booking.pk, TEST, Booking.CheckInBy.HOST)
    Booking.objects.filter(pk=booking.pk).update(start=at(MONDAY, "8:30"), held=(at(MONDAY, "8:30"), at(MONDAY, "17")))
    close(desk, date="2026-11-30", part="day", confirm="1", seen=booking.reference)
    booking.refresh_from_db()
    assert (booking.state, booking.end) == (State.IN_USE, factories.NOW)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"date": "2026-11-01"}, "passé"),
        ({"date": "un jour"}, "date"),
        ({"part": "days"}, "dernier jour de fermeture"),
        ({"part": "days", "last": "2026-11-30"}, "suivre le premier"),
        ({"part": "days", "last": "2029-01-01"}, "Un an au plus"),
        ({"part": "free"}, "heure de début"),
        ({"part": "free", "start": "15:00", "end": "14:00"}, "suivre le début"),
        ({"part": "jamais"}, "jamais"),
        ({"reason": ""}, "Indiquez le motif"),
        ({"date": ""}, "Indiquez le premier jour"),
        ({"reason": "x" * 200}, "120"),
    ],
)
def test_a_closure_that_makes_no_sense_is_asked_again(desk: Client, data: dict[str, str], sentence: str) -> None:
    form = {"date": "2026-12-01", "part": "day", "reason": "Travaux", "confirm": "1", **data}
    answer = desk.post(reverse("host_close", args=["marly"]), form)
    assert answer.status_code == 422
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    assert not Closure.objects.exists()


def test_confirming_twice_closes_once(desk: Client) -> None:
    close(desk, confirm="1")
    assert "déjà fermé" in close(desk, confirm="1")
    assert Closure.objects.count() == 1


def test_a_site_is_reopened_once_and_the_second_host_is_told_so(world: World, desk: Client) -> None:
    close(desk, confirm="1")
    url = reverse("host_reopen", args=["marly", Closure.objects.get().pk])
    assert "rouvert" in desk.post(url, follow=True).content.decode()
    assert not Closure.objects.exists()
    assert "existe plus" in desk.post(url, follow=True).content.decode()


def test_a_host_lifts_neither_another_site_s_closure_nor_everybody_s(world: World, desk: Client) -> None:
    for site in (world.usual.pk, None):
        closure = closing.close_site(
            world.territory.pk, site, at(TUESDAY, "0"), at(TUESDAY, "12"), "Fête", TEST
        ).closure
        desk.post(reverse("host_reopen", args=["marly", closure.pk]))
        assert Closure.objects.filter(pk=closure.pk).exists()


# -- paper


def test_the_sheet_names_only_those_who_are_to_come(world: World, desk: Client) -> None:
    visit(world)
    cancelled = service.book(world.other, ask(world.mairie, MONDAY, "10", "12"), TEST)
    service.cancel(cancelled.pk, TEST)
    page = desk.get(reverse("host_sheet", args=["marly"])).content.decode()
    assert "Ada" in page
    assert "Basile" not in page
    assert world.agent.email not in page
    assert "à détruire" in page


def test_the_poster_says_the_address_that_its_code_holds(world: World, desk: Client) -> None:
    page = desk.get(reverse("host_poster", args=["marly"])).content.decode()
    assert f"/arrivee/{world.mairie.check_in_code}/" in page
    assert "<svg" in page
    assert "style=" not in page


def test_the_poster_is_an_accessible_pdf(world: World, desk: Client) -> None:
    answer = desk.get(reverse("host_poster_pdf", args=["marly"]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert b"StructTreeRoot" in answer.content
    assert b"pdfuaid" in answer.content


def test_the_poster_keeps_every_rule_of_accessible_documents(world: World, desk: Client, tmp_path: Path) -> None:
    assert broken_rules(tmp_path, desk.get(reverse("host_poster_pdf", args=["marly"])).content) == []


def test_a_name_with_typst_marks_stays_a_name(db: None) -> None:
    assert poster_pdf('Mairie #1 "$x$" *é* <script>', "Commune", "https://exemple.test/a/").startswith(b"%PDF")


def test_the_code_is_markup_without_style_attributes() -> None:
    assert "style=" not in qr_svg("https://exemple.test/arrivee/abc/")


def test_a_closed_day_says_why(world: World, desk: Client) -> None:
    page = desk.get(reverse("host_site", args=["marly"]) + "?date=2026-12-25").content.decode()
    assert "Noël" in page


def test_a_site_without_a_desk_still_has_its_reception(world: World, host: Agent, desk: Client) -> None:
    empty: Site = factories.site(world.territory, desks=0)
    factories.grant(host, Grant.Role.HOST, over=empty)
    assert desk.get(reverse("host_site", args=[empty.slug])).status_code == 200


# -- what a host must know


@pytest.mark.parametrize(("default", "said"), [("granted", "accordée d'office"), ("refused", "refusée d'office")])
def test_a_request_says_what_becomes_of_it_unanswered(world: World, desk: Client, default: str, said: str) -> None:
    factories.rules(world.territory, at_site=world.mairie, approval="asked", approval_default=default)
    visit(world, TUESDAY)
    page = desk.get(reverse("host_site", args=["marly"])).content.decode().replace("&#x27;", "'")
    assert said in page
    told = Notice.objects.get(kind="host.request")
    assert said in told.body
    assert told.path == reverse("host_site", args=["marly"])


def test_a_stay_left_outside_the_hours_is_flagged(world: World, desk: Client) -> None:
    visit(world, TUESDAY, "8", "12")
    visit(world, TUESDAY, "9", "12", who=world.other)
    page = f"{reverse('host_site', args=['marly'])}?date={TUESDAY}"
    assert "Hors horaires" not in desk.get(page).content.decode()
    factories.hours(world.mairie, spans=[("09:00", "18:00")])
    assert desk.get(page).content.decode().count("Hors horaires") == 1


def test_numbers_are_said_in_french(world: World, desk: Client) -> None:
    """Zero is singular, one is one."""
    visit(world, TUESDAY)
    text = desk.get(f"{reverse('host_site', args=['marly'])}?date={TUESDAY}").content.decode()
    assert "1 personne attendue<" in text
    assert "aucune personne attendue" in text
    assert "<b>0</b>repartie<" in text
    assert "<b>0</b>absence<" in text


def test_the_past_has_no_free_places(world: World, desk: Client) -> None:
    yesterday = f"{reverse('host_site', args=['marly'])}?date={MONDAY - dt.timedelta(days=3)}"
    assert "Bureaux libres" not in desk.get(yesterday).content.decode()


def test_the_dates_of_a_series_are_one_request_granted_in_one_tap(world: World, desk: Client) -> None:
    RuleSet.objects.create(territory=world.territory, site=world.mairie, kind="desk", approval="asked")
    wanted = ask(world.mairie, TUESDAY, "10", "12")
    made = series.book_series(world.agent, wanted, TUESDAY + dt.timedelta(weeks=2), TEST)
    alone = request_at(world, TUESDAY + dt.timedelta(days=1))
    page = desk.get(reverse("host_site", args=[world.mairie.slug])).content.decode()
    assert page.count("Tout accorder") == 1
    assert "2 demandes à traiter" in page
    assert "Toutes ces dates sont accordées" in act(desk, made.booked[0], "accorder-serie")
    assert {Booking.objects.get(pk=b.pk).state for b in made.booked} == {State.CONFIRMED}
    alone.refresh_from_db()
    assert alone.state == State.REQUESTED
    assert "déjà reçu leur réponse" in act(desk, made.booked[0], "accorder-serie")
    assert "déjà reçu leur réponse" in act(desk, alone, "accorder-serie")
