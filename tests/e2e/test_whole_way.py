"""The whole way in a real browser, at phone size: search, book, be granted, arrive, be freed, be served."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking import jobs, service, waiting
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.follow import catch_up
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.factories import TEST, TUESDAY, ask, at

from .conftest import SignIn, World

pytestmark = pytest.mark.browser

AGENT = "agent@metz.example"
HOST = "host@marly.example"


def test_an_agent_finds_a_desk_books_it_and_sees_it_in_the_day(as_persona: SignIn, world: World) -> None:
    page = as_persona(AGENT)
    page.get_by_role("link", name="Trouver un bureau").first.click()
    page.goto(f"/bureaux/?date={TUESDAY}&part=day&near=Marly")
    first = page.locator("#results li.card, li.card").first
    expect(first).to_contain_text("Mairie de Marly")
    page.get_by_role("button", name="Réserver : Mairie de Marly").click()
    booking = Booking.objects.get(agent=world.agent)
    assert (booking.state, booking.site) == (State.CONFIRMED, world.marly)
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text("Mairie de Marly")
    page.get_by_role("button", name="Je suis là").first.click()
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_by) == (State.IN_USE, Booking.CheckInBy.PHONE)


def test_the_host_grants_a_request_and_the_agent_is_told(as_persona: SignIn, world: World) -> None:
    wednesday = TUESDAY + dt.timedelta(days=1)
    agent, host = as_persona(AGENT), as_persona(HOST)
    agent.goto(f"/bureaux/?date={wednesday}&part=morning&near=Mairie de Woippy")
    agent.get_by_role("button", name="Réserver : Mairie de Woippy").click()
    booking = Booking.objects.get(agent=world.agent)
    assert booking.state == State.REQUESTED
    host.goto("/accueil/")
    host.get_by_role("link", name="Mairie de Woippy").click()
    host.get_by_role("button", name="Accorder").click()
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED
    agent.goto("/messages/")
    expect(agent.get_by_role("main")).to_contain_text("Accordé")


def test_the_code_at_the_door_checks_in(as_persona: SignIn, world: World) -> None:
    booking = service.book(world.agent, ask(world.marly, start="9", end="17"), TEST)
    page = as_persona(AGENT)
    page.goto(f"/arrivee/{world.marly.check_in_code}/")
    expect(page.get_by_role("main")).to_contain_text("Bureau 1")
    page.get_by_role("button", name="Je suis là").click()
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_by) == (State.IN_USE, Booking.CheckInBy.QR)
    host = as_persona(HOST)
    host.goto("/accueil/mairie-marly/")
    expect(host.get_by_role("main")).to_contain_text("Camille Essai")


def test_a_desk_nobody_came_for_goes_to_who_waits_and_both_are_told(
    as_persona: SignIn, world: World, morning: time_machine.Coordinates
) -> None:
    absent = factories.agent(world.territory)
    service.book(absent, ask(world.marly, start="9", end="17"), TEST)
    page = as_persona(AGENT)
    page.goto(f"/bureaux/?date={TUESDAY}&part=free&start=09:00&end=17:00&near=Marly")
    page.get_by_role("button", name="Me mettre sur la liste d'attente : Mairie de Marly").click()
    expect(page.get_by_role("main")).to_contain_text("attente")
    morning.move_to(at(TUESDAY, "10:01"), tick=True)
    jobs.tick()
    catch_up()
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text("Mairie de Marly")
    assert Booking.objects.get(agent=world.agent).state == State.CONFIRMED
    assert Notice.objects.filter(recipient=absent, kind="booking.no_show").count() == 1
    page.goto("/messages/")
    expect(page.get_by_role("main")).to_contain_text("Une place s'est libérée")


def test_closing_an_afternoon_shows_who_is_concerned_then_tells_them(as_persona: SignIn, world: World) -> None:
    thursday = TUESDAY + dt.timedelta(days=2)
    service.book(world.agent, ask(world.marly, thursday, "14", "17"), TEST)
    host = as_persona(HOST)
    host.goto(f"/accueil/mairie-marly/fermer/?date={thursday}")
    host.get_by_label("L'après-midi").check()
    host.get_by_label("Motif", exact=False).fill("Inventaire")
    host.get_by_role("button", name="Voir qui est concerné").click()
    expect(host.get_by_role("main")).to_contain_text("Camille Essai")
    assert Booking.objects.get(agent=world.agent).state == State.CONFIRMED
    host.get_by_role("button", name="Fermer et prévenir").click()
    assert Booking.objects.get(agent=world.agent).state == State.CANCELLED
    agent = as_persona(AGENT)
    agent.goto("/messages/")
    expect(agent.get_by_role("main")).to_contain_text("Inventaire")
    expect(agent.get_by_role("main")).to_contain_text("Mairie de Woippy")


def test_everything_up_to_a_booking_works_without_javascript(
    world: World, browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="fr-FR"
    )
    page = context.new_page()
    page.goto("/compte/login/")
    page.locator(f"button[value='{AGENT}']").click()
    page.goto("/bureaux/")
    page.get_by_label("Jour", exact=True).fill(str(TUESDAY))
    page.locator("input[name=near]").fill("Marly")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("button", name="Réserver : Mairie de Marly").click()
    assert Booking.objects.filter(agent=world.agent, site=world.marly, state=State.CONFIRMED).count() == 1
    context.close()


def test_a_search_to_a_booking_needs_no_mouse(as_persona: SignIn, world: World) -> None:
    page = as_persona(AGENT)
    page.goto(f"/bureaux/?date={TUESDAY}&part=day&near=Marly")
    wanted = page.get_by_role("button", name="Réserver : Mairie de Marly")
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            break
        # Whatever has the focus is seen to have it.
        assert page.evaluate(
            """() => { const s = getComputedStyle(document.activeElement), l = document.activeElement.closest('label, .choice, .check');
                       const t = l ? [...l.querySelectorAll('*')].map(e => getComputedStyle(e)) : [];
                       return document.activeElement === document.body
                         || [s, ...t].some(x => x.outlineStyle !== 'none' || x.boxShadow !== 'none'); }"""
        ), page.evaluate("document.activeElement.outerHTML")
    else:
        pytest.fail("the button was not reached with the Tab key")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Booking.objects.filter(agent=world.agent, state=State.CONFIRMED).exists()


def test_the_queue_is_kept_in_order_seen_from_two_phones(as_persona: SignIn, world: World) -> None:
    first = factories.agent(world.territory)
    holder = factories.agent(world.territory)
    booking = service.book(holder, ask(world.marly, start="9", end="17"), TEST)
    waiting.join(first, ask(world.marly, start="9", end="17"), TEST)
    page = as_persona(AGENT)
    page.goto(f"/bureaux/?date={TUESDAY}&part=free&start=09:00&end=17:00&near=Marly")
    page.get_by_role("button", name="Me mettre sur la liste d'attente : Mairie de Marly").click()
    service.cancel(booking.pk, TEST)
    assert Booking.objects.filter(agent=first, state=State.CONFIRMED).exists()
    assert not Booking.objects.filter(agent=world.agent).exists()


def test_asking_takes_a_phone_to_the_answer_and_changing_a_field_does_not(as_persona: SignIn, world: World) -> None:
    page = as_persona(AGENT)
    page.goto(f"/bureaux/?date={TUESDAY}&part=day&near=Marly")
    results = page.locator("#results li.card").first
    expect(results).not_to_be_in_viewport()
    with page.expect_response("**/bureaux/?**"):
        page.get_by_label("Après-midi", exact=True).check()
    expect(page.locator("#results").get_by_role("status")).to_contain_text("l'après-midi")
    assert page.evaluate("window.scrollY") == 0
    page.get_by_role("button", name="Chercher").click()
    expect(results).to_be_in_viewport()
    page.get_by_role("navigation", name="Jours suivants").get_by_role("link").nth(1).click()
    page.wait_for_url("**#results")
    expect(results).to_be_in_viewport()


def test_cancelling_without_a_script_asks_once_more(world: World, browser: Browser, live_server: LiveServer) -> None:
    booking = service.book(world.agent, ask(world.marly, start="9", end="17"), TEST)
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="fr-FR"
    )
    page = context.new_page()
    page.goto("/compte/login/")
    page.locator(f"button[value='{AGENT}']").click()
    sure = page.get_by_role("button", name="Annuler la réservation")
    expect(sure).to_be_hidden()
    page.locator("summary", has_text="Annuler…").click()
    expect(page.get_by_role("main")).to_contain_text("Vous rendez votre place : Bureau 1")
    sure.click()
    expect(page.get_by_role("main")).to_contain_text("Réservation annulée")
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    context.close()
