"""What a person shows is theirs to set: looked for in every page, feed, export and message of those who may not see it."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from django.test import Client

from bureaux_volants.api.tokens import issue
from bureaux_volants.hosting import needs
from bureaux_volants.hosting.models import Skill
from bureaux_volants.hosting.showing import show
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.agenda.feeds import CannotPublish, publish, read
from bureaux_volants.territory.models import Agent, Grant
from tests import factories
from tests.booking.words import booked, by
from tests.factories import NOW, TEST, TUESDAY

from .conftest import World

THURSDAY = TUESDAY + dt.timedelta(days=2)
WORD, SKILL = "Mot-que-rien-ne-dit", "Compétence-que-rien-ne-dit"

#: Everything that could speak of somebody's stay at the mairie.
PAGES = (
    "/",
    "/rencontres/",
    "/semaine/",
    f"/semaine/?semaine={THURSDAY}",
    f"/bureaux/?date={THURSDAY}&part=day&near=Marly",
    f"/bureaux/reserver/?date={THURSDAY}&part=day&site=marly",
    "/sites/marly/",
    f"/sites/marly/?date={THURSDAY}",
    "/reservations/",
    "/messages/",
    "/equipe/",
    f"/equipe/?semaine={THURSDAY}",
    "/accueil/",
    "/accueil/marly/",
    f"/accueil/marly/?date={THURSDAY}",
    f"/accueil/marly/feuille/?date={THURSDAY}",
    f"/accueil/marly/message/?date={THURSDAY}",
    "/accueil/marly/bilan/",
    "/accueil/marly/bilan.csv",
    "/accueil/marly/sans-reservation/?name=Ada",
    "/hors-ligne.json",
    "/preferences/mes-donnees.json",
    "/covoiturage/",
)
PROGRAMS = (
    "/api/v1/me",
    "/api/v1/bookings",
    f"/api/v1/availability?kind=desk&start={THURSDAY}T09:00:00%2B01:00&end={THURSDAY}T12:00:00%2B01:00",
)


def said_to(viewer: Agent, client: Client, reference: str, site: object) -> str:
    """All that a person can read: pages, a program's answers, feeds, messages."""
    said = []
    for address in (*PAGES, f"/rencontres/demander/{reference}/", f"/reservations/{reference}/presence/"):
        said.append(client.get(address).content.decode("utf-8", "replace"))
    _token, clear = issue(viewer, TEST)
    for address in PROGRAMS:
        said.append(Client().get(address, headers={"authorization": f"Bearer {clear}"}).content.decode())
    for of in (None, site):
        with suppress(CannotPublish):
            said.append((read(publish(viewer, of, TEST), NOW) or b"").decode())  # type: ignore[arg-type]
    for notice in Notice.objects.filter(recipient=viewer):
        said.append(notice.subject + notice.body)
    return "\n".join(said).replace("\r\n ", "")


@pytest.mark.parametrize(
    ("shown_to", "sees"),
    [
        ("nobody", set()),
        ("team", {"team"}),
        ("organisation", {"team", "house"}),
        ("everyone", {"team", "house", "mairie", "host", "manager"}),
    ],
)
def test_no_page_feed_export_nor_message_says_it_to_who_may_not_see_it(
    world: World, shown_to: str, sees: set[str]
) -> None:
    team = factories.service(world.agent.organisation)  # type: ignore[arg-type]
    world.agent.service = team
    world.agent.save()
    skill = Skill.objects.create(territory=world.territory, name=SKILL)
    asked_skill = Skill.objects.create(territory=world.territory, name="Eau")
    asked_skill.services.add(team)
    house, mairie = world.agent.organisation, world.mairie.organisation
    elsewhere = factories.organisation(world.territory, kind="intercommunal")
    viewers = {
        "team": factories.agent(world.territory, organisation=house, service=team),
        "house": factories.agent(world.territory, organisation=house),
        "mairie": factories.agent(world.territory, organisation=mairie),
        "host": factories.agent(world.territory, organisation=elsewhere),
        "manager": factories.agent(world.territory, organisation=elsewhere),
        "stranger": factories.agent(factories.territory()),
    }
    factories.grant(viewers["host"], Grant.Role.HOST, over=world.mairie)
    factories.grant(viewers["manager"], Grant.Role.MANAGER)
    for name in ("team", "house", "manager"):  # so that each of them receives somewhere, and could be shown it
        factories.grant(viewers[name], Grant.Role.HOST, over=world.mairie)
    booking = booked(world.mairie, world.agent, day=THURSDAY)
    show(
        world.agent, booking.reference, [skill.pk], by(world.agent), is_open=True, shown_to=shown_to, note=WORD, now=NOW
    )
    needs.post(viewers["mairie"], world.mairie.pk, asked_skill.pk, "Un avis", THURSDAY, TEST, now=NOW)
    found = set()
    for name, viewer in viewers.items():
        said = said_to(viewer, world.signed_in(viewer), booking.reference, world.mairie)
        if WORD in said:
            found.add(name)
        # The administration's list of skills is everybody's; that this person has one is not.
        if name not in sees:
            assert SKILL not in said, name
    assert found == sees
