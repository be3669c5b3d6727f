"""Who sees where somebody works: the person decides."""

from __future__ import annotations

import pytest

from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.visibility import shown_to, shows
from tests import factories

pytestmark = pytest.mark.django_db

TEAM, COLLEAGUE, OTHER, ABROAD = "same service", "same employer", "another employer", "another territory"


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        ("team", {TEAM}),
        ("organisation", {TEAM, COLLEAGUE}),
        ("everyone", {TEAM, COLLEAGUE, OTHER}),
        ("nobody", set()),
    ],
)
def test_a_person_is_seen_by_whom_they_chose(visibility: str, seen_by: set[str]) -> None:
    metz = factories.territory()
    woippy = factories.organisation(metz)
    mine, neighbour = factories.service(woippy), factories.service(woippy)
    ada = factories.agent(metz, organisation=woippy, service=mine, visibility=visibility)
    viewers = {
        TEAM: factories.agent(metz, organisation=woippy, service=mine),
        COLLEAGUE: factories.agent(metz, organisation=woippy, service=neighbour),
        OTHER: factories.agent(metz, organisation=factories.organisation(metz)),
        ABROAD: factories.agent(factories.territory(), organisation=woippy, service=mine),
    }
    assert {who for who, viewer in viewers.items() if shows(ada, viewer)} == seen_by
    assert shows(ada, ada)


@pytest.mark.parametrize("visibility", Agent.Visibility.values)
def test_those_without_service_or_employer_are_nobody_s_team(visibility: str) -> None:
    metz = factories.territory()
    ada, ben = factories.agent(metz, visibility=visibility), factories.agent(metz)
    assert shows(ada, ben) is (visibility == "everyone")


def test_one_shows_oneself_to_a_viewer_who_hides() -> None:
    metz = factories.territory()
    ada = factories.agent(metz, visibility="everyone")
    hidden = factories.agent(metz, visibility="nobody")
    assert shown_to(hidden, [ada, hidden]) == [ada, hidden]
    assert shown_to(ada, [hidden, ada]) == [ada]
