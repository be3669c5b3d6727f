"""Sixteen processes want the same thing at the same instant, round after round."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.db import connection

from bureaux_volants.booking.availability import peak
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import NOW, TUESDAY, at

from .conftest import Child, Start, soon

ROUNDS = 6


def together(children: list[Child], orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each child its order, to be carried out at the same instant, and collect what they say."""
    begin = soon()
    for child, order in zip(children, orders, strict=True):
        child.tell(do="book", at=begin, now=NOW, **order)
    answers = [child.hear() for child in children]
    assert all(answer is not None and answer["outcome"] != "error" for answer in answers), answers
    return [answer for answer in answers if answer is not None]


def one_desk(children: list[Child], people: list[Agent], metz: Territory) -> None:
    site = factories.site(metz, desks=1)
    for day in range(ROUNDS):
        date = TUESDAY + dt.timedelta(days=7 * day)
        order = {"site": site.pk, "start": at(date, "9"), "end": at(date, "17")}
        answers = together(children, [{**order, "agent": p.pk} for p in people])
        assert sorted(a["outcome"] for a in answers) == ["booked"] + ["no-unit-free"] * (len(people) - 1)


def overlapping_ranges(children: list[Child], people: list[Agent], metz: Territory) -> None:
    site = factories.site(metz, desks=3)
    chance = random.Random(7)
    for day in range(ROUNDS):
        date = TUESDAY + dt.timedelta(days=7 * day + 2)
        spans = [(start, start + chance.randrange(1, 6)) for start in (chance.randrange(8, 13) for _ in people)]
        answers = together(
            children,
            [
                {"agent": p.pk, "site": site.pk, "start": at(date, str(s)), "end": at(date, str(e))}
                for p, (s, e) in zip(people, spans, strict=True)
            ],
        )
        booked = [span for span, a in zip(spans, answers, strict=True) if a["outcome"] == "booked"]
        assert peak(booked) <= 3
        for span, answer in zip(spans, answers, strict=True):
            # Whoever was refused could not be seated with those who have a desk, however they were arranged.
            if answer["outcome"] == "no-unit-free":
                assert peak([*booked, span]) > 3
            else:
                assert answer["outcome"] == "booked"


def same_person(children: list[Child], people: list[Agent], metz: Territory) -> None:
    sites: list[Site] = [factories.site(metz, desks=1) for _ in children]
    for day in range(ROUNDS):
        date = TUESDAY + dt.timedelta(days=7 * day + 1)
        who = people[day]
        order = {"agent": who.pk, "start": at(date, "9"), "end": at(date, "12")}
        answers = together(children, [{**order, "site": s.pk} for s in sites])
        assert sum(a["outcome"] == "booked" for a in answers) == 1
        assert all(a["codes"] == ["one-desk-at-a-time"] for a in answers if a["outcome"] != "booked")


def weekly_limit(children: list[Child], people: list[Agent], metz: Territory) -> None:
    sites = [factories.site(metz, desks=1) for _ in children]
    for site in sites:
        factories.rules(metz, at_site=site, weekly_limit=2)
    monday = TUESDAY + dt.timedelta(days=69)  # no public holiday in that week
    for round_ in range(2):
        who = people[-1 - round_]
        days = [monday + dt.timedelta(days=n % 5) for n in range(len(sites))]
        answers = together(
            children,
            [
                {"agent": who.pk, "site": s.pk, "start": at(d, "9"), "end": at(d, "12")}
                for s, d in zip(sites, days, strict=True)
            ],
        )
        kept = {d for d, a in zip(days, answers, strict=True) if a["outcome"] == "booked"}
        assert len(kept) == 2


def test_sixteen_processes_never_hold_one_thing_twice_and_nobody_is_wrongly_refused(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    metz = factories.territory()
    factories.rules(metz)
    people = [factories.agent(metz) for _ in range(16)]
    children = start_children(16, fresh_database.environment)
    one_desk(children, people, metz)
    overlapping_ranges(children, people, metz)
    same_person(children, people, metz)
    weekly_limit(children, people, metz)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM booking_booking a JOIN booking_booking b ON a.id < b.id AND a.held && b.held
               AND (a.resource_id = b.resource_id OR a.agent_id = b.agent_id)"""
        )
        assert cursor.fetchone() == (0,)
    made = Booking.objects.count()
    assert made > 0
    assert Event.objects.filter(kind="booking.created").count() == made
    assert Notice.objects.filter(kind="booking.confirmed").count() == made


def test_a_client_that_repeats_its_request_has_one_booking(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    metz = factories.territory()
    factories.rules(metz)
    site, who = factories.site(metz, desks=3), factories.agent(metz)
    children = start_children(2, fresh_database.environment)
    order = {"agent": who.pk, "site": site.pk, "start": at(TUESDAY, "9"), "end": at(TUESDAY, "12")}
    for _ in range(3):
        together(children, [order, order])
    assert Booking.objects.count() == 1
