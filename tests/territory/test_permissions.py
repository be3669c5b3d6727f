"""May this person do that here? Every role, every action, every scope."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import IntegrityError, transaction

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.territory.models import Agent, Grant, Organisation, Site, Territory
from bureaux_volants.territory.permissions import Action, hosted_sites, may, may_everywhere
from tests import factories

pytestmark = pytest.mark.django_db

#: What each role is for, written out once more: a change of the table in the code must be meant.
ALLOWED = {
    Grant.Role.AGENT: {Action.BOOK},
    Grant.Role.HOST: {Action.BOOK, Action.HOST},
    Grant.Role.FLEET_MANAGER: {Action.BOOK, Action.MANAGE_FLEET},
    Grant.Role.MANAGER: {Action.BOOK, Action.MANAGE_TEAM},
    Grant.Role.LAB: {Action.BOOK, Action.EVALUATE},
    Grant.Role.ADMINISTRATOR: set(Action),
}


@dataclass
class World:
    metz: Territory
    woippy: Organisation
    mairie: Site
    other_of_woippy: Site
    marly: Site
    abroad: Site
    ada: Agent


@pytest.fixture
def world() -> World:
    metz = factories.territory()
    woippy = factories.organisation(metz)
    return World(
        metz,
        woippy,
        factories.site(metz, organisation=woippy),
        factories.site(metz, organisation=woippy),
        factories.site(metz),
        factories.site(factories.territory()),
        factories.agent(metz),
    )


@pytest.mark.parametrize("role", Grant.Role.values)
@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("scope", ["territory", "organisation", "site"])
def test_a_role_allows_its_actions_within_its_scope(world: World, role: str, action: Action, scope: str) -> None:
    over = {"territory": None, "organisation": world.woippy, "site": world.mairie}[scope]
    factories.grant(world.ada, role, over=over)
    allowed = action in ALLOWED[Grant.Role(role)]
    everybody = action is Action.BOOK

    assert may(world.ada, action) is allowed
    assert may(world.ada, action, site=world.mairie) is allowed
    assert may(world.ada, action, site=world.other_of_woippy) is (everybody or (allowed and scope != "site"))
    assert may(world.ada, action, site=world.marly) is (everybody or (allowed and scope == "territory"))
    assert may(world.ada, action, organisation_id=world.woippy.pk) is (everybody or (allowed and scope != "site"))
    assert may(world.ada, action, organisation_id=world.marly.organisation_id) is (
        everybody or (allowed and scope == "territory")
    )
    assert may_everywhere(world.ada, action) is (everybody or (allowed and scope == "territory"))
    assert may(world.ada, action, site=world.abroad) is False


@pytest.mark.parametrize("action", list(Action))
def test_without_any_grant_one_may_book_and_nothing_else(world: World, action: Action) -> None:
    assert may(world.ada, action) is (action is Action.BOOK)


@pytest.mark.parametrize("action", list(Action))
def test_who_left_may_nothing(world: World, action: Action) -> None:
    factories.grant(world.ada, Grant.Role.ADMINISTRATOR)
    world.ada.is_active = False
    assert not may(world.ada, action)
    assert not may_everywhere(world.ada, action)


@pytest.mark.parametrize("action", list(Action))
def test_who_belongs_to_no_territory_may_nothing_not_even_as_superuser(action: Action) -> None:
    root = Agent.objects.create_superuser("root@metz.example", "a good password")
    assert not may(root, action)


def test_a_grant_in_another_territory_is_worth_nothing(world: World) -> None:
    Grant.objects.create(territory=world.abroad.territory, agent=world.ada, role=Grant.Role.ADMINISTRATOR)
    assert not may(world.ada, Action.ADMINISTER)
    assert not may(world.ada, Action.ADMINISTER, site=world.abroad)


def test_two_roles_add_up(world: World) -> None:
    factories.grant(world.ada, Grant.Role.HOST, over=world.mairie)
    factories.grant(world.ada, Grant.Role.HOST, over=world.marly)
    factories.grant(world.ada, Grant.Role.LAB)
    entries = get_directory(world.metz.pk).sites
    assert {s.id for s in hosted_sites(world.ada, entries)} == {world.mairie.pk, world.marly.pk}
    assert may(world.ada, Action.EVALUATE, site=world.other_of_woippy)


def test_the_directory_s_entry_and_the_model_get_the_same_answer(world: World) -> None:
    factories.grant(world.ada, Grant.Role.HOST, over=world.woippy)
    for entry in get_directory(world.metz.pk).sites:
        model = Site.objects.get(pk=entry.id)
        assert may(world.ada, Action.HOST, site=entry) is may(world.ada, Action.HOST, site=model)


def test_the_grants_of_a_request_are_read_once(world: World, django_assert_num_queries: object) -> None:
    factories.grant(world.ada, Grant.Role.HOST)
    ada = Agent.objects.get(pk=world.ada.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        for action in Action:
            may(ada, action)
            may(ada, action, site=world.marly)


def test_a_grant_has_one_scope_and_is_given_once(world: World) -> None:
    with pytest.raises(IntegrityError, match="grant_over_one_scope"), transaction.atomic():
        Grant.objects.create(
            territory=world.metz, agent=world.ada, role="host", organisation=world.woippy, site=world.mairie
        )
    factories.grant(world.ada, Grant.Role.HOST)
    with pytest.raises(IntegrityError, match="grant_once"), transaction.atomic():
        factories.grant(world.ada, Grant.Role.HOST)
