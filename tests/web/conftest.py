"""A small territory seen through the pages: two places, somebody who wants a desk, and the same Monday every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.test import Client

from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories


@dataclass
class World:
    """`agent` works for the métropole, usually at `usual`; `mairie` lends two desks."""

    territory: Territory
    mairie: Site
    usual: Site
    agent: Agent
    other: Agent
    client: Client

    def signed_in(self, agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
        return client


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with time_machine.travel(factories.NOW, tick=False):
        territory = factories.territory()
        factories.rules(territory)
        near = factories.commune(territory, name="Marly", lat=49.06, lon=6.15)
        far = factories.commune(territory, name="Woippy", lat=49.15, lon=6.15)
        mairie = factories.site(territory, slug="marly", name="Mairie de Marly", commune=near, lat=49.06, lon=6.15)
        usual = factories.site(territory, slug="siege", name="Siège", commune=far, lat=49.15, lon=6.15)
        employer = factories.organisation(territory)
        agent = factories.agent(territory, first_name="Ada", organisation=employer, usual_site=usual, home_commune=near)
        other = factories.agent(territory, first_name="Basile", organisation=employer)
        made = World(territory, mairie, usual, agent, other, Client())
        made.client = made.signed_in(agent)
        yield made
