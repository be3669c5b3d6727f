"""A territory called Metz, a mairie with two desks, an agent: the ordinary case of this room's tests."""

from __future__ import annotations

import pytest

from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories


@pytest.fixture
def metz() -> Territory:
    made = factories.territory()
    factories.rules(made)
    return made


@pytest.fixture
def marly(metz: Territory) -> Site:
    return factories.site(metz, desks=2)


@pytest.fixture
def ada(metz: Territory) -> Agent:
    return factories.agent(metz)
