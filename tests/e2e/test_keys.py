"""From the booking to the key and back, in a real browser, with a box that is a program of its own: a bike, a car, a card."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.models import Licence, Reading, TransportCard, Vehicle
from bureaux_volants.keys import boxes
from bureaux_volants.keys.models import Box, Case, Custody
from tests import factories
from tests.factories import TEST, TUESDAY, at
from tests.keys.programs import Program, until

from .conftest import SignIn, World
from .test_every_page import faults_of

pytestmark = pytest.mark.browser

AGENT = "agent@metz.example"
#: The box talks with the server five times a second, the page asks every four seconds.
SOON = 20_000


@dataclass(frozen=True)
class Hall:
    """The box of Marly as a running program, and the page of its front."""

    program: Program
    front: Page

    def type_in(self, code: str) -> None:
        """Press the digits one by one, as a thumb does, then open."""
        for digit in code:
            self.front.locator(".keypad").get_by_role("button", name=digit, exact=True).click()
        self.front.locator(".keypad").get_by_role("button", name="Ouvrir").click()

    @property
    def says(self) -> str:
        return self.front.get_by_role("status").inner_text()


@pytest.fixture
def hall(world: World, live_server: LiveServer, browser: Browser, tmp_path: Path) -> Iterator[Hall]:
    """Two bikes, a car and a card in slots 1 to 4; slot 5 is empty."""
    territory = world.territory
    box = Box.objects.create(territory=territory, site=world.marly, name="Hall", place="à gauche", adapter="rest")
    things = ((Kind.BIKE, "Vélo 1"), (Kind.BIKE, "Vélo 2"), (Kind.CAR, "Clio 3"), (Kind.TRANSPORT_CARD, "Carte 4"))
    for slot, (kind, name) in enumerate(things, start=1):
        if kind != Kind.BIKE or slot == 1:
            RuleSet.objects.create(territory=territory, kind=kind, is_round_the_clock=True)
        thing = Resource.objects.create(territory=territory, site=world.marly, kind=kind, name=name, seats=5)
        if kind == Kind.TRANSPORT_CARD:
            TransportCard.objects.create(
                resource=thing, territory=territory, product="10 voyages", valid_until=TUESDAY + dt.timedelta(days=30)
            )
        else:
            Vehicle.objects.create(resource=thing, territory=territory, energy="petrol", odometer_km=12_000)
        boxes.install_key(thing, box, slot, TEST, tag=f"clé-{slot}")
    Licence.objects.create(
        agent=world.agent,
        territory=territory,
        categories=["B"],
        valid_from=dt.date(2020, 1, 1),
        valid_until=dt.date(2030, 1, 1),
        checked_on=dt.date(2026, 1, 1),
    )
    program = Program(tmp_path / "box.sqlite", live_server.url, "--enrol", boxes.offer_enrolment(box, TEST))
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    front = context.new_page()
    front.set_default_timeout(10_000)
    faults: list[str] = []
    front.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    front.goto(f"http://{program.address}/")
    # It knows its keys once it has fetched its first picture.
    until(lambda: "Carte 4" in program.ask("GET", "/")[2])
    yield Hall(program, front)
    context.close()
    program.kill()
    assert faults == []


def code_on(page: Page) -> str:
    """The digits on the page, read once they are there."""
    shown = page.locator(".key-code").first
    expect(shown).to_be_visible(timeout=SOON)
    return re.sub(r"\D", "", shown.inner_text())


def booked(world: World) -> Booking:
    return Booking.objects.select_related("resource").get(agent=world.agent)


def test_a_bike_is_booked_taken_with_its_code_and_brought_back_to_the_wrong_slot(
    as_persona: SignIn, world: World, hall: Hall
) -> None:
    page = as_persona(AGENT)
    page.goto("/prendre/")
    page.get_by_role("button", name="Réserver : Vélo").click()
    booking = booked(world)
    slot = booking.resource.key.home.number
    expect(page.locator(".key")).to_contain_text("à gauche")
    code = code_on(page)
    assert len(code) == 6
    assert code not in page.url
    assert code not in page.title()
    # It is at the box a moment later, and the page says so by itself.
    expect(page.locator(".key")).not_to_contain_text("encore quelques secondes", timeout=SOON)

    hall.type_in(code)
    expect(hall.front.get_by_role("status")).to_contain_text(f"prenez la clé de la case {slot}")
    hall.front.get_by_role("button", name="Prendre la clé").click()
    expect(hall.front.get_by_role("status")).to_contain_text("Bonne route")
    expect(page.locator(".key")).to_contain_text("Prise", timeout=SOON)
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_by) == (State.IN_USE, Booking.CheckInBy.BOX)

    page.goto("/")
    page.get_by_role("link", name="Ma garde").click()
    expect(page.get_by_role("main")).to_contain_text(booking.resource.name)
    assert code_on(page) == code
    hall.type_in(code)
    hall.front.get_by_role("button", name="Accrocher ici en case 5").click()
    expect(hall.front.get_by_role("status")).to_contain_text("Merci")
    expect(page.locator(".key")).to_contain_text("case 5", timeout=SOON)
    planned = booking.end
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED
    assert booking.end < planned
    until(lambda: Case.objects.filter(code="wrong-slot", resource=booking.resource).exists())
    page.goto("/prendre/")
    # Both can be had again: the early return has freed the rest.
    expect(page.locator("#offers")).to_contain_text("2 libres sur 2")


def _was_read_yesterday(car: Resource, km: int) -> None:
    start, end = (at(TUESDAY - dt.timedelta(days=1), clock) for clock in ("14", "16"))
    who = factories.agent(car.territory)
    before = Booking.objects.create(
        territory=car.territory, site=car.site, kind=car.kind, resource=car, agent=who, booked_by=who, start=start, end=end,
        held=DateTimeTZRange(start, end, "[)"), state=State.COMPLETED, created_at=start,
    )  # fmt: skip
    Reading.objects.create(
        booking=before, resource=car, moment=Reading.Moment.RETURNED, at=end, odometer_km=km, condition="good"
    )


def test_a_car_goes_somewhere_and_its_odometer_is_asked_again_when_it_is_unlikely(
    as_persona: SignIn, world: World, hall: Hall
) -> None:
    page = as_persona(AGENT)
    page.goto("/prendre/")
    page.get_by_label("Pour aller à").fill("Mairie de Woippy")
    page.get_by_role("button", name="Voir ce qui est libre").click()
    page.get_by_role("button", name="Réserver : Voiture").click()
    booking = booked(world)
    _was_read_yesterday(booking.resource, 12_000)
    expect(page.get_by_role("main")).to_contain_text("Mairie de Woippy")
    hall.type_in(code_on(page))
    hall.front.get_by_role("button", name="Prendre la clé").click()
    expect(page.locator(".key")).to_contain_text("Prise", timeout=SOON)

    page.reload()
    page.get_by_role("link", name="Rendre : Clio 3").click()
    page.get_by_label("Bien", exact=True).check()
    page.get_by_label("Compteur (km)").fill("11000")
    page.get_by_role("button", name="C'est rendu").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Compteur (km)")).to_have_value("11000")
    page.get_by_label("Compteur (km)").fill("12031")
    page.get_by_role("button", name="C'est rendu").click()
    # What was read is kept; the loan ends when the box feels the key.
    page.wait_for_url("**/prendre/garde/")
    assert Reading.objects.get(booking=booking).odometer_km == 12031
    booking.refresh_from_db()
    assert booking.state == State.IN_USE
    hall.type_in(code_on(page))
    hall.front.get_by_role("button", name="Accrocher ici en case 3").click()
    expect(page.locator(".key")).to_contain_text("De retour", timeout=SOON)
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED
    assert Vehicle.objects.get(pk=booking.resource_id).odometer_km == 12031
    assert Custody.objects.get(resource=booking.resource, until=None).slot == 3
    assert not Case.objects.exists()


def test_a_car_is_not_for_who_has_no_licence_on_record(as_persona: SignIn, world: World, hall: Hall) -> None:
    Licence.objects.all().delete()
    page = as_persona(AGENT)
    page.goto("/prendre/?to=Mairie+de+Woippy")
    expect(page.locator("#offers")).to_contain_text("permis")
    expect(page.get_by_role("button", name="Réserver : Voiture")).to_have_count(0)


def test_a_card_is_lent_and_returned_like_a_key_with_a_keyboard_alone(
    as_persona: SignIn, world: World, hall: Hall
) -> None:
    page = as_persona(AGENT)
    page.goto("/prendre/")
    page.get_by_role("button", name=re.compile("Réserver : Carte")).click()
    code = code_on(page)
    front = hall.front
    # The field has the focus; then the slot that was freed; then the keyboard finds the empty one.
    front.reload()
    expect(front.get_by_label("Ou tapez le code ici")).to_be_focused()
    front.keyboard.type(code)
    front.keyboard.press("Enter")
    expect(front.get_by_role("button", name="Prendre la clé")).to_be_focused()
    front.keyboard.press("Enter")
    expect(front.get_by_role("status")).to_contain_text("Bonne route")
    expect(page.locator(".key")).to_contain_text("Prise", timeout=SOON)
    expect(front.get_by_label("Ou tapez le code ici")).to_be_focused()
    front.keyboard.type(code)
    front.keyboard.press("Enter")
    expect(front.get_by_role("status")).to_contain_text("accrochez la clé")
    expect(front.get_by_label("Clé en main")).to_have_value("clé-4")
    front.get_by_role("button", name="Accrocher ici en case 4").focus()
    front.keyboard.press("Enter")
    expect(front.get_by_role("status")).to_contain_text("Merci")
    expect(page.locator(".key")).to_contain_text("De retour", timeout=SOON)
    page.get_by_role("link", name="Dire son état").click()
    page.get_by_label("Bien", exact=True).check()
    page.get_by_role("button", name="C'est rendu").click()
    page.wait_for_url("**/")
    booking = booked(world)
    assert booking.state == State.COMPLETED
    assert Reading.objects.get(booking=booking).condition == Reading.Condition.GOOD


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_the_front_of_the_box_is_clear_to_everybody(
    as_persona: SignIn, world: World, hall: Hall, width: int, scheme: str
) -> None:
    page, front = as_persona(AGENT), hall.front
    page.goto("/prendre/")
    page.get_by_role("button", name="Réserver : Vélo").click()
    code = code_on(page)
    front.set_viewport_size({"width": width, "height": 844})
    front.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    faults = faults_of(front, "closed")
    wrong = "9" * 6 if code != "9" * 6 else "8" * 6
    hall.type_in(wrong)
    assert hall.says == "Ce code n'ouvre rien ici."
    faults += faults_of(front, "wrong code")
    hall.front.locator(".keypad").get_by_role("button", name=code[0], exact=True).click()
    faults += faults_of(front, "typing")
    hall.front.locator(".keypad").get_by_role("button", name="Effacer").click()
    hall.type_in(code)
    faults += faults_of(front, "open to take")
    front.get_by_role("button", name="Prendre la clé").click()
    hall.type_in(code)
    faults += faults_of(front, "open to return")
    front.get_by_role("button", name="Refermer la porte").click()
    front.get_by_text("Essais : ce qui peut aller mal").click()
    front.get_by_role("button", name="Couper le réseau").click()
    assert "coupé" in hall.says
    faults += faults_of(front, "without network")
    for button in front.get_by_role("button").all():
        size = button.bounding_box()
        if size is not None and (size["height"] < 44 or size["width"] < 44):
            faults.append(f"{button.inner_text()} is too small for a thumb")
    assert faults == []


def test_without_network_the_box_decides_alone_and_tells_later(as_persona: SignIn, world: World, hall: Hall) -> None:
    page, front = as_persona(AGENT), hall.front
    page.goto("/prendre/")
    page.get_by_role("button", name="Réserver : Vélo").click()
    code = code_on(page)
    expect(page.locator(".key")).not_to_contain_text("encore quelques secondes", timeout=SOON)
    front.get_by_text("Essais : ce qui peut aller mal").click()
    front.get_by_role("button", name="Couper le réseau").click()
    hall.type_in(code)
    front.get_by_role("button", name="Prendre la clé").click()
    expect(front.get_by_role("main")).to_contain_text("Messages à transmettre")
    booking = booked(world)
    assert booking.state == State.CONFIRMED
    front.get_by_text("Essais : ce qui peut aller mal").click()
    front.get_by_role("button", name="Rétablir le réseau").click()
    expect(page.locator(".key")).to_contain_text("Prise", timeout=SOON)
    booking.refresh_from_db()
    assert booking.state == State.IN_USE
