"""A territory, a mairie with three desks, its host, an agent: the ordinary case of this room's tests."""

from __future__ import annotations

import pytest

from bureaux_volants.territory.models import Agent, Grant, Site, Territory
from tests import factories


@pytest.fixture
def metz() -> Territory:
    made = factories.territory()
    factories.rules(made)
    return made


@pytest.fixture
def marly(metz: Territory) -> Site:
    return factories.site(metz, desks=3, name="Mairie de Marly", slug="marly")


@pytest.fixture
def host(marly: Site) -> Agent:
    made = factories.agent(marly.territory, first_name="Inès", last_name="Accueil", organisation=marly.organisation)
    factories.grant(made, Grant.Role.HOST, over=marly)
    return made


@pytest.fixture
def ada(metz: Territory) -> Agent:
    return factories.agent(metz, first_name="Ada")
