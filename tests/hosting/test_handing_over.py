"""A host confides the reception to a colleague for a leave: who, when, told to both, ended early."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection

from bureaux_volants.booking.errors import BookingError, NotFound, WrongState
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.handing_over import end_handover, hand_over, handovers_of
from bureaux_volants.hosting.retention import forget_reception
from bureaux_volants.territory.models import Agent, Grant, Handover, Site
from bureaux_volants.territory.permissions import Action, may
from tests import factories
from tests.booking.words import by, told
from tests.conftest import FreshDatabase
from tests.factories import NOW, TUESDAY, at

FRIDAY = TUESDAY + dt.timedelta(days=3)


@pytest.fixture
def colleague(marly: Site) -> Agent:
    return factories.agent(marly.territory, first_name="Paul", organisation=marly.organisation)


def confide(host: Agent, to: Agent, first: dt.date = TUESDAY, last: dt.date = FRIDAY) -> Handover:
    return hand_over(host, to.pk, first, last, by(host), now=NOW)


def hosts_on(agent: Agent, site: Site, when: dt.datetime) -> bool:
    with time_machine.travel(when, tick=False):
        return may(Agent.objects.get(pk=agent.pk), Action.HOST, site=site)


@pytest.mark.django_db
def test_the_substitute_hosts_on_those_days_and_both_are_told(marly: Site, host: Agent, colleague: Agent) -> None:
    confide(host, colleague)
    assert hosts_on(colleague, marly, at(FRIDAY, "17"))
    assert not hosts_on(colleague, marly, at(FRIDAY + dt.timedelta(days=1), "9"))
    assert told(host) == told(colleague) == ["handover.set"]
    assert Event.objects.get(kind="handover.set").data["agent"] == colleague.pk


@pytest.mark.django_db
@pytest.mark.parametrize("ends_it", ["host", "colleague"])
def test_either_of_the_two_ends_it_early_and_both_are_told(
    marly: Site, host: Agent, colleague: Agent, ends_it: str
) -> None:
    handover = confide(host, colleague)
    who = host if ends_it == "host" else colleague
    end_handover(who, handover.pk, by(who), now=at(TUESDAY, "12"))
    assert not hosts_on(colleague, marly, at(TUESDAY, "12"))
    assert told(host) == told(colleague) == ["handover.set", "handover.ended"]
    assert handovers_of(host, TUESDAY) == []
    with pytest.raises(NotFound):
        end_handover(who, handover.pk, by(who), now=at(TUESDAY, "13"))


@pytest.mark.django_db
def test_nobody_else_ends_it(host: Agent, colleague: Agent, ada: Agent) -> None:
    handover = confide(host, colleague)
    with pytest.raises(NotFound):
        end_handover(ada, handover.pk, by(ada), now=NOW)


@pytest.mark.django_db
def test_only_a_colleague_of_the_same_organisation_stands_in(marly: Site, host: Agent, colleague: Agent) -> None:
    elsewhere = factories.agent(marly.territory, organisation=factories.organisation(marly.territory))
    left = factories.agent(marly.territory, organisation=marly.organisation, is_active=False)
    for person in (elsewhere, left, host, factories.agent(factories.territory())):
        with pytest.raises(NotFound):
            confide(host, person)
    with pytest.raises(NotFound):
        confide(colleague, host)  # who hosts nothing hands over nothing
    assert not Handover.objects.exists()


@pytest.mark.django_db
def test_who_stands_in_hands_nothing_on(host: Agent, colleague: Agent, marly: Site) -> None:
    third = factories.agent(marly.territory, organisation=marly.organisation)
    confide(host, colleague, NOW.date(), FRIDAY)
    with pytest.raises(NotFound):
        confide(colleague, third)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (NOW.date() - dt.timedelta(days=1), FRIDAY, "passé"),
        (FRIDAY, TUESDAY, "doit suivre"),
        (TUESDAY, TUESDAY + dt.timedelta(days=400), "Un an"),
    ],
)
def test_days_that_cannot_be_are_one_sentence(
    host: Agent, colleague: Agent, first: dt.date, last: dt.date, sentence: str
) -> None:
    with pytest.raises(WrongState, match=sentence):
        confide(host, colleague, first, last)
    assert told(colleague) == []


@pytest.mark.django_db
def test_days_that_are_given_already_are_refused_until_that_is_ended(
    marly: Site, host: Agent, colleague: Agent
) -> None:
    third = factories.agent(marly.territory, organisation=marly.organisation)
    handover = confide(host, colleague)
    with pytest.raises(WrongState, match="vous remplace déjà"):
        confide(host, third, FRIDAY, FRIDAY)
    end_handover(host, handover.pk, by(host), now=NOW)
    confide(host, third, FRIDAY, FRIDAY)


@pytest.mark.django_db
def test_after_the_retention_a_past_handover_and_its_names_are_gone(host: Agent, colleague: Agent) -> None:
    confide(host, colleague)
    past = NOW + dt.timedelta(days=100)
    with time_machine.travel(past, tick=False):
        forget_reception(host.territory, now=past)  # type: ignore[arg-type]
    assert not Handover.objects.exists()
    event = Event.objects.get(kind="handover.set")
    assert event.data["agent"] != colleague.pk
    assert event.actor_id != host.pk
    assert "host" not in event.data


def test_two_handovers_of_the_same_days_at_once_leave_one(fresh_database: FreshDatabase) -> None:
    site = factories.site(factories.territory())
    host = factories.agent(site.territory, organisation=site.organisation)
    factories.grant(host, Grant.Role.HOST, over=site)
    others = [factories.agent(site.territory, organisation=site.organisation) for _ in range(4)]
    begin, outcomes = threading.Barrier(4), list[str]()

    def act(other: Agent) -> None:
        begin.wait(20)
        try:
            confide(host, other)
            outcomes.append("done")
        except BookingError:
            outcomes.append("refused")
        except BaseException as error:
            outcomes.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(o,)) for o in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]
