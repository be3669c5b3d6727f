"""Installed on a telephone, in a real browser whose network goes and comes back."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.models import Booking, LateTap, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.hosting import sheets
from bureaux_volants.hosting.merging import Content
from bureaux_volants.keys.boxes import install_key
from bureaux_volants.keys.holding import prepare
from bureaux_volants.keys.models import Box
from tests.factories import TEST, TUESDAY, ask, at

from .conftest import SIGN_IN, World
from .test_every_page import faults_of

pytestmark = pytest.mark.browser

AGENT = "agent@metz.example"
HOST = "host@marly.example"

#: Everything that the device keeps for this site, in one text; the caches' files by their addresses.
EVERYTHING = """async () => {
  const names = (await indexedDB.databases()).map((one) => one.name);
  const found = { names, facts: {}, queue: [], cached: [], workers: (await navigator.serviceWorker.getRegistrations()).length };
  if (names.includes("bureaux-volants")) {
    found.facts = { account: await offlineStore.get("account"), copy: await offlineStore.get("copy"), answers: await offlineStore.get("answers") };
    found.queue = await offlineStore.waiting();
  }
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) found.cached.push(new URL(request.url).pathname);
  found.local = { ...localStorage, ...sessionStorage };
  return found;
}"""
READY = "async () => (await offlineStore.get('copy')) !== undefined"
CONTROLLED = "() => navigator.serviceWorker.controller !== null"


class Telephone:
    """A browser with service workers, in somebody's hand."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)

    def sign_in(self, email: str) -> None:
        self.go(SIGN_IN)
        self.page.locator(f"button[value='{email}']").click()
        self.page.wait_for_url(re.compile(r"/$"))
        self.wait(CONTROLLED)
        self.wait(READY)

    def sign_out(self) -> None:
        self.page.locator("details.menu summary").click()
        self.page.get_by_role("button", name="Me déconnecter").click()
        self.page.wait_for_url("**/compte/login/**")

    def go(self, address: str) -> None:
        """Open an address, though a page that finds the network again may be reloading itself."""
        for _ in range(5):
            try:
                self.page.goto(address)
            except Error as error:
                # Chromium says the one or the other, as the reload comes before or after the answer.
                if not any(said in str(error) for said in ("interrupted by another navigation", "net::ERR_ABORTED")):
                    raise
                self.page.wait_for_load_state()
            else:
                return
        raise AssertionError(f"never there: {address}")

    def wait(self, script: str) -> None:
        """Until a script says yes: its promise is awaited here, where a page that reloads does not matter."""
        for _ in range(100):
            try:
                if self.page.evaluate(script):
                    return
            except Error as error:
                # The page that reloads is gone, or has not run its scripts yet.
                if not any(said in str(error) for said in ("context was destroyed", "offlineStore is not defined")):
                    raise
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never true: {script}")

    def kept(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(EVERYTHING)
        return found

    def lose_network(self) -> None:
        self.context.set_offline(True)

    def find_network(self) -> None:
        self.context.set_offline(False)


@pytest.fixture
def telephone(browser: Browser, live_server: LiveServer, world: World) -> Iterator[Callable[[], Telephone]]:
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def make() -> Telephone:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": 390, "height": 844},
            locale="fr-FR",
            timezone_id="Europe/Paris",
        )
        contexts.append(context)
        made = Telephone(context)
        made.page.on("pageerror", lambda error: errors.append(str(error)))
        made.page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
        return made

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def booking(world: World) -> Booking:
    """The agent's desk at Marly, today from 9 to 17; it is 8:40."""
    return service.book(world.agent, ask(world.marly, start="9", end="17"), TEST)


def test_the_service_is_installable_and_its_worker_answers_for_every_page(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    session = phone.context.new_cdp_session(phone.page)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    manifest = json.loads(told["data"])
    assert (manifest["scope"], manifest["start_url"], manifest["display"]) == ("/", "/", "standalone")
    assert {(i["sizes"], i["purpose"]) for i in manifest["icons"]} >= {("192x192", "any"), ("512x512", "maskable")}
    faults = [e["errorId"] for e in session.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert faults == ["in-incognito"]  # so is every browser of a test; there is no other obstacle
    scope = phone.page.evaluate("async () => (await navigator.serviceWorker.ready).scope")
    assert scope.endswith("/")
    phone.page.goto("/bureaux/")
    phone.wait(CONTROLLED)
    assert not [path for path in phone.kept()["cached"] if not path.startswith(("/static/", "/hors-ligne/"))]


def test_bookings_are_readable_without_network_on_any_address(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    for address in ("/", "/semaine/", "/hors-ligne/"):
        phone.page.goto(address)
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("Sans réseau")
        card = phone.page.locator("#kept-list > li")
        expect(card).to_have_count(1)
        expect(card).to_contain_text("Mairie de Marly")
        expect(card).to_contain_text("1 place d'essai")
    card.get_by_text("Comment venir, et sur place").click()
    expect(card).to_contain_text("Entrée par la cour.")
    for width, scheme in ((390, "light"), (1280, "dark")):
        phone.page.set_viewport_size({"width": width, "height": 844})
        phone.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert faults_of(phone.page, f"hors-ligne {width}") == []
    phone.find_network()
    phone.go("/")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Ma journée")


def test_the_welcome_sheet_is_readable_without_network_and_its_door_leaves_the_device_with_the_stay(
    telephone: Callable[[], Telephone], world: World
) -> None:
    texts = {"lunch": "Une salle au premier.", "door": "Porte de gauche.", "code": "24B7"}
    sheets.write(world.territory.pk, world.marly.pk, Content(texts), 0, TEST)
    service.book(world.agent, ask(world.marly, start="9", end="17"), TEST)
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    phone.page.goto("/hors-ligne/")
    card = phone.page.locator("#kept-list > li")
    expect(card).to_contain_text("24B7")
    expect(card).to_contain_text("Porte de gauche.")
    card.locator("summary").click()
    expect(card).to_contain_text("Une salle au premier.")
    assert faults_of(phone.page, "/hors-ligne/ with a door") == []
    phone.page.evaluate(
        """async () => {
          const copy = await offlineStore.get('copy');
          copy.bookings[0].door.until = 1;
          await offlineStore.put('copy', copy);
          await offlineStore.purge();
        }"""
    )
    assert "24B7" not in json.dumps(phone.kept())


def test_an_arrival_tapped_without_network_counts_once_when_the_network_is_back(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    # The page is still on the screen; its ordinary form is used.
    phone.page.get_by_role("button", name="Je suis là").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Sans réseau")
    expect(phone.page.locator("#offline-said")).to_contain_text("1 action en attente du réseau.")
    expect(phone.page.locator("#kept-list")).to_contain_text("Votre arrivée est gardée ici.")
    assert not LateTap.objects.exists()
    phone.find_network()
    expect(phone.page.locator("#offline-said")).to_contain_text("Votre arrivée est notée à")
    expect(phone.page.locator("#offline-said")).not_to_contain_text("en attente")
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_by) == (State.IN_USE, Booking.CheckInBy.PHONE)
    phone.page.goto("/")
    expect(phone.page.get_by_role("button", name="Je m'en vais")).to_be_visible()
    phone.page.reload()
    phone.wait(READY)
    assert LateTap.objects.count() == 1
    assert phone.kept()["queue"] == []


def test_an_arrival_and_a_departure_tapped_on_the_page_without_network_are_sent_in_order(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    phone.page.goto("/")
    phone.page.get_by_role("button", name="Je suis là").click()
    phone.page.get_by_role("button", name="Je m'en vais").click()
    expect(phone.page.locator("#offline-said")).to_contain_text("2 actions en attente du réseau.")
    expect(phone.page.get_by_role("button", name="Je suis là")).to_have_count(0)
    phone.find_network()
    phone.wait("async () => (await offlineStore.waiting()).length === 0")
    assert [tap.what for tap in LateTap.objects.order_by("pk")] == ["arrive", "leave"]
    booking.refresh_from_db()
    # Gone again before nine: nothing of it was used.
    assert booking.state == State.CANCELLED


def test_a_conflict_is_explained_and_stays_until_it_is_read(
    telephone: Callable[[], Telephone], booking: Booking, morning: time_machine.Coordinates
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    phone.page.get_by_role("button", name="Je suis là").click()
    expect(phone.page.locator("#offline-said")).to_contain_text("1 action en attente")
    Booking.objects.filter(pk=booking.pk).update(free_if_absent_at=at(TUESDAY, "9:30"))
    jobs.tick(at(TUESDAY, "9:30"))
    morning.move_to(at(TUESDAY, "9:40"))
    phone.find_network()
    sentence = "Votre bureau avait été rendu à 9\u00a0h\u00a030, faute d'arrivée signalée."
    expect(phone.page.locator("#offline-said")).to_contain_text(sentence)
    phone.go("/reservations/")
    expect(phone.page.locator("#offline-said")).to_contain_text(sentence)
    phone.page.get_by_role("button", name="Compris").click()
    expect(phone.page.locator("#offline-said")).not_to_contain_text(sentence)
    phone.page.reload()
    phone.wait(READY)
    expect(phone.page.locator("#offline-said")).not_to_contain_text(sentence)


def test_a_key_code_is_readable_in_its_window_and_leaves_the_device_at_its_end(
    telephone: Callable[[], Telephone], world: World
) -> None:
    box = Box.objects.create(
        territory=world.territory, site=world.marly, name="Cour", adapter="manual", mechanical_code="4711"
    )
    RuleSet.objects.create(territory=world.territory, kind="transport_card", is_round_the_clock=True)
    card = Resource.objects.create(territory=world.territory, site=world.marly, kind="transport_card", name="Carte 1")
    install_key(card, box, 1, TEST)
    wish = Ask("transport_card", world.marly.pk, at(TUESDAY, "8:30"), at(TUESDAY, "11"), resource_id=card.pk)
    prepare(service.book(world.agent, wish, TEST), TEST)
    phone = telephone()
    phone.page.clock.install()
    phone.sign_in(AGENT)
    phone.lose_network()
    phone.page.goto("/")
    expect(phone.page.locator("#kept-list .key-code")).to_have_text(re.compile(r"47\s*11"))
    expect(phone.page.locator("#kept-list")).to_contain_text("Cour, case 1")
    assert "4711" in json.dumps(phone.kept()).replace('", "', "")
    phone.page.clock.fast_forward(dt.timedelta(hours=2, minutes=21).seconds * 1000)
    expect(phone.page.locator("#kept-list .key-code")).to_have_count(0)
    phone.wait("async () => !(await offlineStore.get('copy')).bookings.some((b) => b.key?.code)")


def test_nothing_of_the_person_is_left_after_signing_out(telephone: Callable[[], Telephone], booking: Booking) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    assert booking.reference in json.dumps(phone.kept())
    phone.sign_out()
    found = phone.kept()
    assert found["queue"] == []
    assert not any(found["facts"].values())
    assert not [path for path in found["cached"] if not path.startswith(("/static/", "/hors-ligne/"))]
    text = json.dumps(found)
    assert booking.reference not in text
    assert "Marly" not in text
    phone.wait(CONTROLLED)
    phone.lose_network()
    phone.page.goto("/reservations/")
    expect(phone.page.locator("#kept-nobody")).to_be_visible()
    expect(phone.page.locator("main")).not_to_contain_text("Marly")


def test_the_browser_itself_is_told_to_forget_when_the_page_s_script_could_not(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    # The form is sent as if no script had been there to see it.
    phone.page.evaluate(
        "() => HTMLFormElement.prototype.submit.call(document.querySelector('form[action$=\"/logout/\"]'))"
    )
    phone.page.wait_for_url("**/compte/login/**")
    assert booking.reference not in json.dumps(phone.kept())


def test_another_account_on_the_same_telephone_finds_nothing_of_the_first(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    phone.page.get_by_role("button", name="Je suis là").click()
    expect(phone.page.locator("#offline-said")).to_contain_text("1 action en attente")
    first = phone.kept()["facts"]["account"]
    # The session ends without a sign-out, as when the browser is closed; somebody else signs in.
    phone.context.clear_cookies()
    phone.find_network()
    phone.go(SIGN_IN)
    expect(phone.page.locator("#offline-said")).to_contain_text("Connectez-vous pour la transmettre.")
    assert "Marly" not in json.dumps(phone.kept())
    phone.sign_in(HOST)
    found = phone.kept()
    assert found["queue"] == []
    assert found["facts"]["account"] not in (None, first)
    assert booking.reference not in json.dumps(found)
    assert not LateTap.objects.exists()


def test_what_waits_is_sent_when_the_same_person_signs_in_again(
    telephone: Callable[[], Telephone], booking: Booking
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    phone.lose_network()
    phone.page.get_by_role("button", name="Je suis là").click()
    expect(phone.page.locator("#offline-said")).to_contain_text("1 action en attente")
    phone.context.clear_cookies()
    phone.find_network()
    phone.sign_in(AGENT)
    expect(phone.page.locator("#offline-said")).to_contain_text("Votre arrivée est notée à")
    assert Booking.objects.get(pk=booking.pk).state == State.IN_USE


def test_a_withdrawn_worker_takes_itself_and_all_that_was_kept_off_the_device(
    telephone: Callable[[], Telephone], booking: Booking, settings: Any
) -> None:
    phone = telephone()
    phone.sign_in(AGENT)
    settings.BV_OFFLINE = False
    phone.page.evaluate("async () => (await navigator.serviceWorker.ready).update()")
    phone.wait("async () => (await navigator.serviceWorker.getRegistrations()).length === 0")
    phone.page.goto("/")
    phone.wait("async () => (await indexedDB.databases()).length === 0 && (await caches.keys()).length === 0")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Ma journée")
