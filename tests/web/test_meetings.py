"""Presences, needs and meetings through the pages: a commune asks, an agent who comes answers, both have it in their day."""

from __future__ import annotations

import datetime as dt
import re

import icalendar
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureaux_volants.hosting.following import follow
from bureaux_volants.hosting.models import Meeting, MeetingAnswer, Need, Presence, Skill
from bureaux_volants.hosting.showing import show
from bureaux_volants.planner.agenda.feeds import publish, read
from bureaux_volants.territory.models import Agent, Grant
from tests import factories
from tests.booking.words import booked, by, told
from tests.factories import NOW, TEST, TUESDAY, at

from .conftest import World

THURSDAY = TUESDAY + dt.timedelta(days=2)


@pytest.fixture
def skill(world: World) -> Skill:
    team = factories.service(world.agent.organisation, name="Eau")  # type: ignore[arg-type]
    world.agent.service = team
    world.agent.save()
    made = Skill.objects.create(territory=world.territory, name="Zones humides")
    made.services.add(team)
    return made


@pytest.fixture
def mayor(world: World) -> Agent:
    return factories.agent(
        world.territory, first_name="Rose", last_name="Mairie", organisation=world.mairie.organisation
    )


@pytest.fixture
def receiving(world: World, mayor: Agent) -> Client:
    return world.signed_in(mayor)


def posted(receiving: Client, world: World, skill: Skill, **more: str) -> Need:
    page = receiving.get("/rencontres/besoins/nouveau/").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    data = {
        "token": token[1],
        "title": "Un avis sur une zone humide",
        "skill": str(skill.pk),
        "site": str(world.mairie.pk),
        "before": (TUESDAY + dt.timedelta(days=8)).isoformat(),
        "minutes": "30",
        "part": "day",
    }
    answer = receiving.post("/rencontres/besoins/nouveau/", {**data, **more}, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    return Need.objects.get()


def test_a_commune_posts_an_agent_accepts_and_both_have_it_in_their_day(
    world: World, receiving: Client, mayor: Agent, skill: Skill
) -> None:
    booking = booked(world.mairie, world.agent, day=THURSDAY, start="9", end="17")
    need = posted(receiving, world, skill)
    page = receiving.get(f"/rencontres/besoins/{need.reference}/").content.decode()
    assert "1 personne est sollicitée." in page
    assert "Ada" not in page  # who is asked is nobody's business until they accept
    mine = world.client.get("/rencontres/").content.decode()
    assert "Un avis sur une zone humide" in mine
    assert f"votre bureau est réservé ({world.mairie.name})" in mine
    start = at(THURSDAY, "10").isoformat()
    done = world.client.post(f"/rencontres/besoins/{need.reference}/creneau/", {"start": start}, follow=True)
    assert "Rendez-vous pris." in done.content.decode()
    meeting = Meeting.objects.get()
    assert (meeting.booking, meeting.host) == (booking, mayor)
    for client, who in ((world.client, "Rose Mairie"), (receiving, "Ada")):
        day = client.get("/").content.decode()
        assert "Un avis sur une zone humide" in day
        assert who in day
    host = factories.agent(world.territory)
    factories.grant(host, Grant.Role.HOST, over=world.mairie)
    reception = world.signed_in(host).get("/accueil/marly/", {"date": THURSDAY.isoformat()}).content.decode()
    assert "Rencontres du jour" in reception
    assert "Un avis sur une zone humide" in reception


def test_the_planner_knows_the_meeting_and_the_feeds_have_it(
    world: World, receiving: Client, mayor: Agent, skill: Skill
) -> None:
    booked(world.mairie, world.agent, day=TUESDAY, start="9", end="17")
    need = posted(receiving, world, skill)
    world.client.post(f"/rencontres/besoins/{need.reference}/creneau/", {"start": at(TUESDAY, "10").isoformat()})
    form = world.client.get("/organiser/", {"date": TUESDAY.isoformat()}).content.decode()
    assert f'value="{world.mairie.name}"' in form
    assert 'value="10:00"' in form
    assert 'value="10:30"' in form
    week = world.client.get("/semaine/", {"semaine": TUESDAY.isoformat()})
    assert week.status_code == 200
    for person in (world.agent, mayor):
        told_there = read(publish(person, None, TEST), NOW)
        assert told_there is not None
        (entry,) = [e for e in icalendar.Calendar.from_ical(told_there).walk("VEVENT") if "rencontre" in str(e["UID"])]
        assert entry["DTSTART"].dt == at(TUESDAY, "10")


def test_a_presence_is_said_shown_and_taken_back(world: World, receiving: Client, skill: Skill) -> None:
    reference = booked(world.mairie, world.agent, day=THURSDAY).reference
    address = f"/reservations/{reference}/presence/"
    assert "Je peux aider" in world.client.get(f"/reservations/{reference}/").content.decode()
    said = {"is_open": "on", "skills": [str(skill.pk)], "note": "En fin de matinée", "shown_to": "everyone"}
    world.client.post(address, said)
    page = receiving.get("/rencontres/").content.decode()
    assert "Ada" in page
    assert "En fin de matinée" in page
    world.client.post(address, {**said, "shown_to": "team"})
    assert "Ada" not in receiving.get("/rencontres/").content.decode()
    assert receiving.get(f"/rencontres/demander/{reference}/").status_code == 404
    world.client.post(address, {"hide": "1"})
    assert not Presence.objects.exists()


def test_the_form_begins_with_what_was_said_the_last_time(world: World, skill: Skill) -> None:
    one = booked(world.mairie, world.agent, day=TUESDAY)
    two = booked(world.mairie, world.agent, day=THURSDAY)
    show(world.agent, one.reference, [skill.pk], by(world.agent), is_open=False, shown_to="team", note="Bonjour")
    page = world.client.get(f"/reservations/{two.reference}/presence/").content.decode()
    assert 'value="Bonjour"' in page
    assert re.search(r'value="team"[^>]*checked', page)


def test_a_quarter_of_an_hour_is_asked_and_agreed_in_one_touch(
    world: World, receiving: Client, mayor: Agent, skill: Skill
) -> None:
    reference = booked(world.mairie, world.agent, day=THURSDAY).reference
    show(world.agent, reference, [skill.pk], by(world.agent), is_open=True, shown_to="everyone")
    asked = {"title": "Le ruisseau", "start": at(THURSDAY, "10").isoformat()}
    receiving.post(f"/rencontres/demander/{reference}/", asked)
    meeting = Meeting.objects.get()
    assert "C&#x27;est d&#x27;accord" in world.client.get("/rencontres/").content.decode() or "C'est d'accord" in (
        world.client.get("/rencontres/").content.decode()
    )
    world.client.post(f"/rencontres/{meeting.reference}/accepter/")
    meeting.refresh_from_db()
    assert meeting.state == Meeting.State.AGREED
    assert told(mayor)[-1] == "meeting.agreed"
    receiving.post(f"/rencontres/{meeting.reference}/annuler/", {"reason": "réunion"})
    meeting.refresh_from_db()
    assert (meeting.state, meeting.end_reason) == (Meeting.State.CANCELLED, "réunion")


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(world: World, receiving: Client, skill: Skill) -> None:
    booked(world.mairie, world.agent, day=THURSDAY)
    answer = receiving.post("/rencontres/besoins/nouveau/", {"title": "Un avis", "text": "Au bord du ruisseau"})
    assert answer.status_code == 422
    assert "Choisissez le sujet" in answer.content.decode()
    assert "Au bord du ruisseau" in answer.content.decode()
    need = posted(receiving, world, skill)
    address = f"/rencontres/besoins/{need.reference}/"
    wrong = world.client.post(f"{address}creneau/", {"start": at(THURSDAY, "23").isoformat()})
    assert wrong.status_code == 422
    assert "Ce créneau n&#x27;est plus possible" in wrong.content.decode()
    empty = world.client.post(f"{address}repondre/", {"text": "  "})
    assert empty.status_code == 422
    early = receiving.post(f"{address}reculer/", {"before": TUESDAY.isoformat()})
    assert early.status_code == 409
    assert "Choisissez une date plus lointaine" in early.content.decode()


def test_one_question_after_the_meeting_for_each_side(
    world: World, receiving: Client, mayor: Agent, skill: Skill
) -> None:
    booked(world.mairie, world.agent, day=TUESDAY, start="9", end="17")
    need = posted(receiving, world, skill)
    world.client.post(f"/rencontres/besoins/{need.reference}/creneau/", {"start": at(TUESDAY, "10").isoformat()})
    meeting = Meeting.objects.get()
    with time_machine.travel(at(TUESDAY, "11"), tick=False):
        follow()
        for person in (world.agent, mayor):
            client = world.signed_in(person)
            assert "Cette rencontre a-t-elle été utile" in client.get("/rencontres/").content.decode()
            client.post(f"/rencontres/{meeting.reference}/avis/", {"said": "useful", "wants_more": "on"})
            assert "Cette rencontre a-t-elle été utile" not in client.get("/rencontres/").content.decode()
    assert MeetingAnswer.objects.filter(said="useful", wants_more=True).count() == 2


def test_my_data_holds_it_and_its_retention_takes_names_and_words(
    world: World, receiving: Client, mayor: Agent, skill: Skill
) -> None:
    from bureaux_volants.hosting.retention import forget_reception

    booking = booked(world.mairie, world.agent, day=TUESDAY, start="9", end="17")
    show(world.agent, booking.reference, [skill.pk], by(world.agent), is_open=True, shown_to="everyone", note="Bonjour")
    need = posted(receiving, world, skill, text="Au bord du ruisseau")
    world.client.post(f"/rencontres/besoins/{need.reference}/creneau/", {"start": at(TUESDAY, "10").isoformat()})
    mine = world.client.get("/preferences/mes-donnees.json").json()["reception"]
    assert mine["presences"][0]["note"] == "Bonjour"
    assert mine["meetings"][0]["title"] == "Un avis sur une zone humide"
    theirs = receiving.get("/preferences/mes-donnees.json").json()["reception"]
    assert theirs["needs_posted"][0]["text"] == "Au bord du ruisseau"
    follow(at(TUESDAY, "11"))
    later = NOW + dt.timedelta(days=120)
    forget_reception(world.territory, now=later)
    assert not Presence.objects.exists()
    need, meeting = Need.objects.get(), Meeting.objects.get()
    assert (need.author, need.text, need.title) == (None, "", "Besoin")
    assert (meeting.agent, meeting.host, meeting.title) == (None, None, "Rencontre")
    assert meeting.state == Meeting.State.OVER  # the fact stays


def test_the_page_asks_as_many_questions_for_ten_presences_as_for_one(
    world: World, receiving: Client, skill: Skill
) -> None:
    for n in range(9):
        factories.desk(world.mairie, name=f"Table {n}")
    counts = []
    for n in range(10):
        person = factories.agent(world.territory, service=skill.services.get(), organisation=world.agent.organisation)
        booking = booked(world.mairie, person, day=THURSDAY)
        show(person, booking.reference, [skill.pk], by(person), is_open=True, shown_to="everyone")
        if n in (0, 9):
            receiving.get("/rencontres/")
            with CaptureQueriesContext(
                connection,
            ) as made:
                receiving.get("/rencontres/")
            counts.append(len(made))
    assert counts[0] == counts[1]
