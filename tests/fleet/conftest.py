"""A territory with one site that lends vehicles at any hour, and who looks after them."""

from __future__ import annotations

import pytest

from bureaux_volants.territory.models import Agent, Grant, Site, Territory
from tests import factories

from .words import pool_rules


@pytest.fixture
def town() -> Territory:
    made = factories.territory()
    pool_rules(made)
    return made


@pytest.fixture
def depot(town: Territory) -> Site:
    return factories.site(town, desks=0, name="Dépôt", lat=49.1, lon=6.17)


@pytest.fixture
def keeper(town: Territory) -> Agent:
    """The fleet manager of the whole territory."""
    made = factories.agent(town, first_name="Franck")
    factories.grant(made, Grant.Role.FLEET_MANAGER)
    return made
