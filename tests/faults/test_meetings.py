"""Many accept one need at once, one person accepts many at once, the round of the worker dies anywhere: one meeting, told once."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections import Counter
from multiprocessing import get_context
from typing import Any

from django.db import connection, connections

from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.hosting import meetings, needs
from bureaux_volants.hosting.following import follow
from bureaux_volants.hosting.models import Meeting, Need, Proposal, Skill
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import booked
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, at

from .conftest import Start, soon

#: More statements than the round makes here.
ENOUGH = 120


def world(people: int) -> tuple[Site, Skill, Agent, list[Agent]]:
    """A mairie, a skill, somebody who receives, and people of the service who come on Tuesday."""
    metz: Territory = factories.territory()
    factories.rules(metz)
    site = factories.site(metz, desks=people)
    team = factories.service(factories.organisation(metz, kind="intercommunal"))
    skill = Skill.objects.create(territory=metz, name="Eau")
    skill.services.add(team)
    mayor = factories.agent(metz, organisation=site.organisation)
    experts = [factories.agent(metz, service=team, organisation=team.organisation) for _ in range(people)]
    for expert in experts:
        booked(site, expert, start="9", end="17")
    return site, skill, mayor, experts


def ask(site: Site, skill: Skill, mayor: Agent, experts: list[Agent]) -> Need:
    """A need that all of them were asked about."""
    need = needs.post(mayor, site.pk, skill.pk, "Un avis", TUESDAY, TEST, now=NOW)
    for expert in experts:
        Proposal.objects.get_or_create(
            need=need,
            agent=expert,
            defaults={
                "booking": expert.bookings.get(),
                "site": site,
                "start": at(TUESDAY, "9"),
                "end": at(TUESDAY, "17"),
                "created_at": NOW,
            },
        )
    return need


def test_of_eight_who_accept_at_once_one_has_it(fresh_database: FreshDatabase, start_children: Start) -> None:
    site, skill, mayor, experts = world(8)
    children = start_children(8, fresh_database.environment)
    for hour in ("9", "10", "11"):
        need = ask(site, skill, mayor, experts)
        begin = soon()
        for child, expert in zip(children, experts, strict=True):
            child.tell(do="need", at=begin, now=NOW, agent=expert.pk, need=need.pk, start=at(TUESDAY, hour))
        answers = Counter(a["outcome"] for child in children if (a := child.hear()))
        assert answers == {"agreed": 1, "wrong-state": 7}
        assert Meeting.objects.filter(need=need, state=Meeting.State.AGREED).count() == 1
        assert (
            Notice.objects.filter(kind="meeting.agreed", about__endswith=f":{Meeting.objects.latest('pk').pk}").count()
            == 2
        )


def test_one_person_who_accepts_eight_at_one_hour_has_one(fresh_database: FreshDatabase, start_children: Start) -> None:
    site, skill, _mayor, (expert,) = world(1)
    # Of eight communes' people, so that nothing but the expert's own hours is in the way.
    mayors = [factories.agent(site.territory, organisation=site.organisation) for _ in range(8)]
    asked = [ask(site, skill, mayor, [expert]) for mayor in mayors]
    children = start_children(8, fresh_database.environment)
    begin = soon()
    for child, need in zip(children, asked, strict=True):
        child.tell(do="need", at=begin, now=NOW, agent=expert.pk, need=need.pk, start=at(TUESDAY, "10"))
    answers = Counter(a["outcome"] for child in children if (a := child.hear()))
    assert answers == {"agreed": 1, "wrong-state": 7}
    assert Meeting.objects.filter(agent=expert, state=Meeting.State.AGREED).count() == 1


def test_four_rounds_at_once_tell_each_person_once(fresh_database: FreshDatabase, start_children: Start) -> None:
    site, skill, mayor, experts = world(3)
    need = ask(site, skill, mayor, experts)
    author = Author(experts[0], Event.Origin.WEB)
    meetings.accept(experts[0], need.pk, at(TUESDAY, "10"), author, now=NOW)
    nobody = needs.post(
        mayor, factories.site(site.territory, organisation=site.organisation, lat=48.0).pk, skill.pk, "Loin", TUESDAY,
        TEST, now=NOW,
    )  # fmt: skip
    children = start_children(4, fresh_database.environment)
    for now in (at(TUESDAY, "10:30"), at(TUESDAY + dt.timedelta(days=1), "9")):
        begin = soon()
        for child in children:
            child.tell(do="follow", at=begin, now=now)
        assert [a["outcome"] for child in children if (a := child.hear())] == ["followed"] * 4
    told = Counter(Notice.objects.filter(recipient=mayor).values_list("kind", flat=True))
    assert told == {"meeting.agreed": 1, "meeting.question": 1, "need.nobody": 1, "need.closed": 1}
    nobody.refresh_from_db()
    need.refresh_from_db()
    assert (nobody.state, need.state) == (Need.State.CLOSED, Need.State.MET)


class _KillAtStatement:
    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def _follow_and_die(number: int) -> None:
    """Runs in a process of its own."""
    connections["default"].connection = None  # the parent's: a forked process must not speak through it
    with connection.execute_wrapper(_KillAtStatement(number)):
        follow(at(TUESDAY, "10:30"))


def test_wherever_the_round_dies_a_meeting_is_over_and_asked_about_or_neither(fresh_database: FreshDatabase) -> None:
    site, skill, mayor, (expert,) = world(1)
    need = ask(site, skill, mayor, [expert])
    meeting = meetings.accept(expert, need.pk, at(TUESDAY, "10"), Author(expert, Event.Origin.WEB), now=NOW)
    died = 0
    for number in range(ENOUGH):
        process = get_context("fork").Process(target=_follow_and_die, args=(number,))
        process.start()
        process.join(30)
        died += process.exitcode == -signal.SIGKILL
        meeting.refresh_from_db()
        need.refresh_from_db()
        is_over = meeting.state == Meeting.State.OVER
        assert is_over == (need.state == Need.State.MET)
        assert Notice.objects.filter(kind="meeting.question").count() == (2 if is_over else 0)
        if process.exitcode == 0:
            break
    assert is_over
    assert died > 5
