"""The whole way on a phone: a day with two appointments, proposed, booked with one button, given up with another; by keyboard too."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import HOLDING
from tests.factories import TUESDAY

from .conftest import SignIn, World

pytestmark = pytest.mark.browser


def test_an_agent_organises_a_day_on_a_phone(as_persona: SignIn, world: World) -> None:
    page = as_persona("agent@metz.example")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Organiser une journée").click()
    page.get_by_label("Jour", exact=True).fill((TUESDAY + dt.timedelta(days=7)).isoformat())
    page.get_by_label("Lieu du rendez-vous").first.fill("Mairie de Woippy")
    page.locator("[name=from_1]").fill("10:00")
    page.locator("[name=until_1]").fill("11:00")
    second = page.locator("summary").filter(has_text="Un 2e rendez-vous")
    second.focus()
    page.keyboard.press("Enter")
    page.locator("[name=to_2]").fill("Marly")
    page.locator("[name=from_2]").fill("14:00")
    page.locator("[name=until_2]").fill("15:00")
    page.get_by_role("button", name="Proposer des journées").click()
    expect(page.get_by_role("heading", name="Le plus sobre")).to_be_visible()
    with_desk = page.locator(".plan").filter(has_text="Mairie de Marly").first
    button = with_desk.get_by_role("button", name="Réserver cette journée")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Votre journée est réservée.").first).to_be_visible()
    assert Booking.objects.filter(agent=world.agent, state__in=HOLDING).exists()
    page.get_by_role("button", name="Annuler toute la journée").click()
    expect(page.get_by_text("Votre journée est annulée").first).to_be_visible()
    assert not Booking.objects.filter(agent=world.agent, state__in=HOLDING).exists()
