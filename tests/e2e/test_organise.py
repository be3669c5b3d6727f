"""The whole way on a phone: a day with two appointments, proposed, booked with one button, given up with another; by keyboard too."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import HOLDING
from tests.factories import TUESDAY

from .conftest import SignIn, World

pytestmark = pytest.mark.browser


def spotless(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def press(page: Page, what: Locator) -> None:
    """As from a keyboard."""
    what.focus()
    expect(what).to_be_focused()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_agent_organises_a_day_on_a_phone_by_keyboard(as_persona: SignIn, world: World, scheme: Any) -> None:
    page = as_persona("agent@metz.example")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    press(page, page.get_by_role("link", name="Organiser une journée"))
    page.get_by_label("Jour", exact=True).fill((TUESDAY + dt.timedelta(days=7)).isoformat())
    page.get_by_label("Lieu du rendez-vous").first.fill("Mairie de Woippy")
    page.locator("[name=from_1]").fill("10:00")
    page.locator("[name=until_1]").fill("11:00")
    press(page, page.locator("summary").filter(has_text="Un 2e rendez-vous"))
    page.locator("[name=to_2]").fill("Marly")
    page.locator("[name=from_2]").fill("14:00")
    page.locator("[name=until_2]").fill("15:00")
    spotless(page)
    press(page, page.get_by_role("button", name="Proposer des journées"))
    expect(page.get_by_role("heading", name="Le plus sobre")).to_be_visible()
    spotless(page)
    with_desk = page.locator(".plan").filter(has_text="Mairie de Woippy").filter(has_text="Un bureau à réserver").first
    map_of_it = with_desk.locator("details[data-plan-map]")
    press(page, map_of_it.locator("summary"))
    # Numbered in the order of the day, home first.
    expect(map_of_it.locator(".pin.day").first).to_be_visible()
    expect(map_of_it.locator(".pin.day").first).to_have_attribute("aria-label", re.compile(r"^1\. "))
    expect(map_of_it.locator("path.leg").first).to_be_attached()
    spotless(page)
    press(page, with_desk.get_by_role("button", name="Réserver cette journée"))
    expect(page.get_by_text("Votre journée est réservée.").first).to_be_visible()
    assert Booking.objects.filter(agent=world.agent, state__in=HOLDING).exists()
    press(page, page.get_by_role("button", name="J'aurais travaillé chez moi"))
    expect(page.get_by_text("Merci, c'est noté.")).to_be_visible()
    expect(page.get_by_role("link", name="Mettre dans mon agenda")).to_have_attribute("href", re.compile(r"\.ics$"))
    spotless(page)
    press(page, page.get_by_role("button", name="Annuler toute la journée"))
    expect(page.get_by_text("Votre journée est annulée").first).to_be_visible()
    assert not Booking.objects.filter(agent=world.agent, state__in=HOLDING).exists()
    spotless(page)
