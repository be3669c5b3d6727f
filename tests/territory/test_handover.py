"""A host's leave: who stands in may host, on those local days, at those sites, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bureaux_volants.territory.models import Agent, Grant, Handover, Site, Territory
from bureaux_volants.territory.permissions import Action, hosts_of, may, may_everywhere
from tests import factories
from tests.factories import NOW, TUESDAY, at

pytestmark = pytest.mark.django_db

THURSDAY = TUESDAY + dt.timedelta(days=2)


def stands_in(substitute: Agent, host: Agent, first: dt.date = TUESDAY, last: dt.date = THURSDAY) -> Handover:
    assert host.territory is not None
    return Handover.objects.create(
        territory=host.territory, host=host, substitute=substitute, first_day=first, last_day=last, created_at=NOW
    )


def afresh(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


def may_host(agent: Agent, site: Site, when: dt.datetime) -> bool:
    with time_machine.travel(when, tick=False):
        return may(afresh(agent), Action.HOST, site=site)


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


@pytest.fixture
def marly(metz: Territory) -> Site:
    return factories.site(metz)


@pytest.fixture
def host(marly: Site) -> Agent:
    made = factories.agent(marly.territory, last_name="Hôte", organisation=marly.organisation)
    factories.grant(made, Grant.Role.HOST, over=marly)
    return made


@pytest.fixture
def colleague(marly: Site) -> Agent:
    return factories.agent(marly.territory, last_name="Relais", organisation=marly.organisation)


@pytest.mark.parametrize(
    ("when", "allowed"),
    [
        (at(TUESDAY, "0") - dt.timedelta(seconds=1), False),
        (at(TUESDAY, "0"), True),
        (at(THURSDAY, "23:59"), True),
        (at(THURSDAY + dt.timedelta(days=1), "0"), False),
    ],
)
def test_the_right_begins_and_ends_with_the_local_days(
    marly: Site, host: Agent, colleague: Agent, when: dt.datetime, allowed: bool
) -> None:
    stands_in(colleague, host)
    assert may_host(colleague, marly, when) is allowed
    assert may_host(host, marly, when)


def test_in_a_far_zone_the_days_are_those_of_its_clocks(marly: Site, host: Agent, colleague: Agent) -> None:
    Territory.objects.filter(pk=marly.territory_id).update(time_zone="Pacific/Noumea")
    stands_in(colleague, host)
    midnight = dt.datetime(2026, 11, 30, 13, tzinfo=dt.UTC)
    assert not may_host(colleague, marly, midnight - dt.timedelta(seconds=1))
    assert may_host(colleague, marly, midnight)
    assert not may_host(colleague, marly, midnight + dt.timedelta(days=3))


def test_a_right_that_ends_while_somebody_is_at_it_ends(marly: Site, host: Agent, colleague: Agent) -> None:
    stands_in(colleague, host)
    someone = afresh(colleague)
    with time_machine.travel(at(THURSDAY, "23:59"), tick=False) as clock:
        assert may(someone, Action.HOST, site=marly)
        clock.move_to(at(THURSDAY + dt.timedelta(days=1), "0"))
        assert not may(someone, Action.HOST, site=marly)


def test_ended_early_it_ends_at_once(marly: Site, host: Agent, colleague: Agent) -> None:
    handover = stands_in(colleague, host)
    handover.ended_at = at(TUESDAY, "12")
    handover.save()
    assert may_host(colleague, marly, at(TUESDAY, "11:59"))
    assert not may_host(colleague, marly, at(TUESDAY, "12"))


def test_only_the_reception_is_handed_over_and_only_where_it_is_held(
    marly: Site, host: Agent, colleague: Agent
) -> None:
    elsewhere = factories.site(marly.territory)
    factories.grant(host, Grant.Role.ADMINISTRATOR)
    stands_in(colleague, host)
    noon = at(TUESDAY, "12")
    assert may_host(colleague, marly, noon)
    assert not may_host(colleague, elsewhere, noon)
    with time_machine.travel(noon, tick=False):
        for action in set(Action) - {Action.BOOK, Action.HOST}:
            assert not may(afresh(colleague), action)
        assert not may_everywhere(afresh(colleague), Action.HOST)


def test_what_one_stands_in_for_is_not_handed_on(marly: Site, host: Agent, colleague: Agent) -> None:
    third = factories.agent(marly.territory)
    stands_in(colleague, host)
    stands_in(third, colleague)
    assert not may_host(third, marly, at(TUESDAY, "12"))


def test_a_host_who_is_none_any_more_hands_nothing_over(marly: Site, host: Agent, colleague: Agent) -> None:
    stands_in(colleague, host)
    noon = at(TUESDAY, "12")
    Agent.objects.filter(pk=host.pk).update(is_active=False)
    assert not may_host(colleague, marly, noon)
    Agent.objects.filter(pk=host.pk).update(is_active=True)
    assert may_host(colleague, marly, noon)
    host.grants.all().delete()
    assert not may_host(colleague, marly, noon)


def test_no_territory_hands_over_to_another(marly: Site, host: Agent) -> None:
    stranger = factories.agent(factories.territory())
    stands_in(stranger, host)
    assert not may_host(stranger, marly, at(TUESDAY, "12"))


def test_those_who_stand_in_are_told_as_the_hosts_are(marly: Site, host: Agent, colleague: Agent) -> None:
    stands_in(colleague, host)
    for when, expected in (
        (NOW, [host]),
        (at(TUESDAY, "12"), [host, colleague]),
        (at(THURSDAY, "23"), [host, colleague]),
    ):
        assert hosts_of(marly, marly.territory_id, now=when) == expected
    Handover.objects.update(ended_at=NOW)
    assert hosts_of(marly, marly.territory_id, now=at(TUESDAY, "12")) == [host]


def test_two_substitutes_for_the_same_days_are_impossible(marly: Site, host: Agent, colleague: Agent) -> None:
    first = stands_in(colleague, host)
    third = factories.agent(marly.territory)
    with pytest.raises(IntegrityError), transaction.atomic():
        stands_in(third, host, THURSDAY, THURSDAY)
    stands_in(third, host, THURSDAY + dt.timedelta(days=1), THURSDAY + dt.timedelta(days=1))
    first.ended_at = NOW
    first.save()
    stands_in(third, host)


def test_asking_may_costs_one_query(marly: Site, host: Agent, colleague: Agent) -> None:
    stands_in(colleague, host)
    someone = afresh(colleague)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for action in Action:
            may(someone, action, site=marly)
    assert len(queries) == 1, [q["sql"] for q in queries]
