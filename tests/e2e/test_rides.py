"""Two telephones: one opens a car, the other asks for a seat; both see it, the driver gives up, the passenger is told. With axe at each state."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.territory.models import Agent
from tests.factories import TUESDAY

from .conftest import SignIn, World
from .test_every_page import faults_of

pytestmark = pytest.mark.browser

NEXT_WEEK = TUESDAY + dt.timedelta(days=7)
PAGE = "/covoiturage/"


def tell_the_way(page: Page) -> None:
    page.get_by_label("De", exact=True).fill("Marly")
    page.get_by_label("À", exact=True).fill("Mairie de Woippy")
    page.get_by_label("Jour", exact=True).fill(NEXT_WEEK.isoformat())
    page.get_by_label("Départ à", exact=True).fill("08:00")


def test_a_ride_is_opened_asked_for_accepted_and_given_up_by_two_telephones(as_persona: SignIn, world: World) -> None:
    Agent.objects.filter(email="manager@metz.example").update(visibility="everyone")
    driver, passenger = as_persona("manager@metz.example"), as_persona("agent@metz.example")
    faults: list[str] = []

    driver.goto(PAGE)
    driver.get_by_role("link", name="Proposer mon trajet").first.click()
    tell_the_way(driver)
    driver.get_by_role("button", name="Ouvrir à mes collègues").press("Enter")
    expect(driver.get_by_text("Votre trajet est ouvert à vos collègues")).to_be_visible()
    expect(driver.get_by_text("Personne n'a encore demandé de place.")).to_be_visible()

    passenger.goto(PAGE)
    tell_the_way(passenger)
    passenger.get_by_role("button", name="Chercher").click()
    faults += faults_of(passenger, "found")
    passenger.get_by_role("button", name="Demander une place").press("Enter")
    expect(passenger.get_by_text("votre place est gardée")).to_be_visible()
    mine = passenger.locator("section").filter(has=passenger.get_by_role("heading", name="Je monte avec"))
    expect(mine.get_by_text("demandée", exact=True)).to_be_visible()
    faults += faults_of(passenger, "asked")

    driver.goto(PAGE)
    faults += faults_of(driver, "to answer")
    driver.get_by_role("button", name="Accepter").press("Enter")
    expect(driver.get_by_text("à bord", exact=True)).to_be_visible()
    faults += faults_of(driver, "answered")
    passenger.reload()
    expect(mine.get_by_text("acceptée", exact=True)).to_be_visible()
    faults += faults_of(passenger, "accepted")

    driver.get_by_role("button", name="Ne plus proposer").press("Enter")
    expect(driver.get_by_text("Ce trajet n'est plus proposé")).to_be_visible()
    passenger.reload()
    expect(mine.get_by_text("sans suite", exact=True)).to_be_visible()
    expect(passenger.get_by_role("button", name="Rendre ma place")).to_have_count(0)
    faults += faults_of(passenger, "given up")
    passenger.goto("/messages/")
    expect(passenger.get_by_text("Trajet annulé : avec Alix Essai", exact=True)).to_be_visible()

    assert faults == []
    assert (RideOffer.objects.get().state, RideRequest.objects.get().state) == ("cancelled", "gone")
