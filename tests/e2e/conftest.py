"""A small world that the browser walks through: Marly, its host, and two agents. It is a Tuesday, 8:40, in Paris."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.territory.models import Agent, Grant, Service, Site, Territory
from tests import factories
from tests.factories import TUESDAY, at

SIGN_IN = "/compte/login/"


@dataclass(frozen=True)
class World:
    """What the tests speak of."""

    territory: Territory
    marly: Site
    woippy: Site
    agent: Agent
    host: Agent
    team: Service


@pytest.fixture
def morning() -> Iterator[time_machine.Coordinates]:
    """Now is Tuesday 8:40 in Paris, and the clock runs."""
    with time_machine.travel(at(TUESDAY, "8:40"), tick=True) as clock:
        yield clock


@pytest.fixture
def world(live_server: LiveServer, morning: time_machine.Coordinates) -> World:
    metz = factories.territory(name="Métropole d'essai", is_demonstration=True)
    factories.rules(metz)
    employer = factories.organisation(metz, name="Métropole d'essai", kind="intercommunal")
    team = factories.service(employer, name="Voirie")
    near = factories.commune(metz, name="Marly", lat=49.06, lon=6.154)
    marly = factories.site(
        metz,
        desks=1,
        slug="mairie-marly",
        name="Mairie de Marly",
        commune=near,
        lat=49.06,
        lon=6.154,
        address="1 place d'essai",
        access_notes="Entrée par la cour.",
    )
    woippy = factories.site(metz, desks=3, slug="mairie-woippy", name="Mairie de Woippy", lat=49.15, lon=6.15)
    factories.rules(metz, at_site=woippy, approval="asked", approval_hours=4, approval_default="refused")
    agent = factories.agent(
        metz,
        email="agent@metz.example",
        first_name="Camille",
        last_name="Essai",
        organisation=employer,
        service=team,
        home_commune=near,
    )
    host = factories.agent(metz, email="host@marly.example", first_name="Dominique", last_name="Essai")
    factories.grant(host, Grant.Role.HOST, over=marly)
    factories.grant(host, Grant.Role.HOST, over=woippy)
    manager = factories.agent(
        metz, email="manager@metz.example", first_name="Alix", last_name="Essai", organisation=employer, service=team
    )
    factories.grant(manager, Grant.Role.MANAGER)
    admin = factories.agent(metz, email="admin@metz.example", first_name="Maxime", last_name="Essai", is_staff=True)
    factories.grant(admin, Grant.Role.ADMINISTRATOR)
    for persona, role in (("fleet@metz.example", Grant.Role.FLEET_MANAGER), ("lab@metz.example", Grant.Role.LAB)):
        factories.grant(factories.agent(metz, email=persona, first_name="Sacha", last_name="Essai"), role)
    return World(metz, marly, woippy, agent, host, team)


SignIn = Callable[[str], Page]


def _is_fault(said: ConsoleMessage) -> bool:
    """An error the browser reports, but for the answers of pages that are meant to refuse."""
    return said.type == "error" and not any(status in said.text for status in ("404", "422"))


@pytest.fixture
def as_persona(browser: Browser, live_server: LiveServer, world: World) -> Iterator[SignIn]:
    """`as_persona("agent@metz.example")`: a phone in that person's hand, signed in with one click."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def sign_in(email: str) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": 390, "height": 844},
            locale="fr-FR",
            timezone_id="Europe/Paris",
            service_workers="block",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        # A refused script or style is a fault of ours: the policy allows everything a page needs.
        page.on("console", lambda said: errors.append(f"{page.url}: {said.text}") if _is_fault(said) else None)
        page.goto(SIGN_IN)
        page.locator(f"button[value='{email}']").click()
        page.wait_for_url("**/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert errors == []
