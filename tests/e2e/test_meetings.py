"""A commune posts a need, an agent who comes on Thursday is proposed, both agree, the invitation arrives, the day shows it."""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage

import icalendar
import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking import service
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.models import Meeting, Skill
from bureaux_volants.messages.delivering import deliver
from tests.factories import TUESDAY, ask, at
from tests.messages.conftest import Postmaster, post

from .conftest import SignIn, World
from .test_every_page import faults_of

__all__ = ["post"]

THURSDAY = TUESDAY + dt.timedelta(days=2)
AGENT, HOST = "agent@metz.example", "host@marly.example"


@pytest.fixture
def skill(world: World) -> Skill:
    made = Skill.objects.create(territory=world.territory, name="Zones humides")
    made.services.add(world.team)
    return made


def invitation_in(mail: EmailMessage) -> tuple[str, icalendar.Event]:
    (part,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def mailbox(post: Postmaster, address: str) -> list[EmailMessage]:
    return [m for m in post.mails if address in str(m["To"])]


@pytest.mark.usefixtures("skill")
def test_a_need_finds_who_comes_on_thursday_and_both_have_it_in_mailbox_and_day(
    as_persona: SignIn, world: World, post: Postmaster, live_server: LiveServer
) -> None:
    stay = ask(world.marly, THURSDAY, "9", "17")
    service.book(world.agent, stay, Author(world.agent, Event.Origin.WEB))
    host = as_persona(HOST)
    host.goto("/rencontres/")
    host.get_by_role("link", name="Poser un besoin").click()
    host.get_by_label("Votre besoin, en une ligne").fill("Un avis sur une zone humide")
    host.get_by_label("Sur quel sujet").select_option(label="Zones humides")
    host.get_by_label("Où recevez-vous").select_option(label=world.marly.name)
    host.get_by_label("Au plus tard le").fill((TUESDAY + dt.timedelta(days=8)).isoformat())
    host.get_by_role("button", name="Poser le besoin").click()
    expect(host.get_by_role("main")).to_contain_text("1 personne est sollicitée.")
    assert faults_of(host, "the need, posted") == []

    agent = as_persona(AGENT)
    agent.goto("/rencontres/")
    agent.get_by_role("link", name=re.compile("^Répondre")).click()
    assert faults_of(agent, "the need, proposed") == []
    agent.get_by_label("Quand").select_option(label="10 h 30")
    agent.get_by_role("button", name="Je prends ce créneau").click()
    expect(agent.get_by_role("main")).to_contain_text("Rendez-vous pris.")

    while deliver():
        pass
    seen = []
    for address in (AGENT, HOST):
        (mail,) = [m for m in mailbox(post, address) if str(m["Subject"]).startswith("Rendez-vous pris")]
        method, event = invitation_in(mail)
        assert method == "REQUEST"
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (at(THURSDAY, "10:30"), at(THURSDAY, "11"))
        assert address in str(event["ATTENDEE"])
        seen.append(str(event["UID"]))
    assert len(set(seen)) == 1

    agent.goto("/")
    expect(agent.get_by_role("region", name="Rencontres")).to_contain_text("Un avis sur une zone humide")
    agent.goto(f"/organiser/?date={THURSDAY}")
    expect(agent.get_by_label("De", exact=True).first).to_have_value("10:30")
    host.goto(f"/accueil/{world.marly.slug}/?date={THURSDAY}")
    expect(host.get_by_role("region", name="Rencontres du jour")).to_contain_text("Un avis sur une zone humide")

    # Called off by the agent: both calendars are told, by the same entry.
    agent.goto(f"/rencontres/{Meeting.objects.get().reference}/")
    agent.get_by_text("Annuler la rencontre…").click()
    agent.get_by_label("Un mot (facultatif)").fill("Empêchée.")
    agent.get_by_role("button", name="Annuler la rencontre").click()
    expect(agent.get_by_role("main")).to_contain_text("La rencontre est annulée")
    while deliver():
        pass
    (mail,) = [m for m in mailbox(post, HOST) if str(m["Subject"]).startswith("Annulé")]
    method, event = invitation_in(mail)
    assert (method, str(event["UID"]), int(event["SEQUENCE"])) == ("CANCEL", seen[0], 1)


@pytest.mark.usefixtures("skill")
def test_another_hour_is_offered_and_the_commune_agrees_in_one_touch(as_persona: SignIn, world: World) -> None:
    from bureaux_volants.hosting import needs
    from tests.factories import TEST

    service.book(world.agent, ask(world.marly, THURSDAY, "9", "17"), Author(world.agent, Event.Origin.WEB))
    last = TUESDAY + dt.timedelta(days=8)
    need = needs.post(world.host, world.marly.pk, Skill.objects.get().pk, "Le ruisseau", last, TEST, part="morning")
    agent = as_persona(AGENT)
    agent.goto(f"/rencontres/besoins/{need.reference}/")
    agent.get_by_text("Proposer une autre heure…").click()
    agent.get_by_label("Une autre heure").fill("15:00")
    agent.get_by_role("button", name="Proposer cette heure").click()
    expect(agent.get_by_role("main")).to_contain_text("Votre proposition est transmise à la commune.")
    host = as_persona(HOST)
    host.goto("/rencontres/")
    host.get_by_role("button", name=re.compile("^C'est d'accord")).click()
    expect(host.get_by_role("main")).to_contain_text("C'est convenu.")
    meeting = Meeting.objects.get()
    assert (meeting.state, meeting.start) == (Meeting.State.AGREED, at(THURSDAY, "15"))
