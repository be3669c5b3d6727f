"""A host's day through the pages: somebody at the door in two taps, fewer desks, a word to all, a leave, the month."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureaux_volants.booking.models import Booking
from bureaux_volants.hosting.models import DayMessage, Visitor
from bureaux_volants.territory.models import Agent, Grant, Handover
from tests import factories
from tests.booking.words import booked, told
from tests.factories import NOW, TUESDAY, at

from .conftest import World

PAGE = "/accueil/marly/"


@pytest.fixture
def host(world: World) -> Agent:
    made = factories.agent(
        world.territory, first_name="Inès", last_name="Accueil", organisation=world.mairie.organisation
    )
    factories.grant(made, Grant.Role.HOST, over=world.mairie)
    return made


@pytest.fixture
def hosting(world: World, host: Agent) -> Client:
    return world.signed_in(host)


def test_a_visitor_is_seated_from_the_day_s_own_page_and_shown_by_name(world: World, hosting: Client) -> None:
    assert "Une personne arrive sans réservation" in hosting.get(PAGE).content.decode()
    answer = hosting.post(f"{PAGE}sans-reservation/", {"name": "Mme Durand"}, follow=True)
    page = answer.content.decode()
    assert "Mme Durand\u00a0: Bureau" in page
    assert "<h3>Mme Durand</h3>" in page
    assert "Visite" not in page
    reference = Booking.objects.get().reference
    gone = hosting.post(f"{PAGE}{reference}/depart/", {"next": PAGE}, follow=True)
    assert "Départ noté\u00a0: Mme Durand." in gone.content.decode()


def test_only_on_the_present_day_does_somebody_stand_at_the_door(hosting: Client) -> None:
    page = hosting.get(PAGE, {"date": TUESDAY.isoformat()}).content.decode()
    assert "Une personne arrive sans réservation" not in page


def test_an_agent_is_found_by_name_and_seated(world: World, hosting: Client) -> None:
    page = hosting.get(f"{PAGE}sans-reservation/", {"name": "bas"}).content.decode()
    assert f'name="agent" value="{world.other.pk}"' in page
    hosting.post(f"{PAGE}sans-reservation/", {"agent": str(world.other.pk)})
    assert Booking.objects.get().agent == world.other
    assert told(world.other) == ["booking.confirmed"]


@pytest.mark.parametrize("named", ["x", "99999999", "1" * 40, "-1"])
def test_somebody_who_is_nobody_here_is_not_seated(world: World, hosting: Client, named: str) -> None:
    stranger = factories.agent(factories.territory())
    for agent in (named, str(stranger.pk)):
        hosting.post(f"{PAGE}sans-reservation/", {"agent": agent})
    assert not Booking.objects.exists()


def test_a_full_place_says_so_and_keeps_nobody(world: World, hosting: Client) -> None:
    for _ in range(2):
        hosting.post(f"{PAGE}sans-reservation/")
    page = hosting.post(f"{PAGE}sans-reservation/", follow=True).content.decode()
    assert "complet" in page
    assert Visitor.objects.count() == 2


def test_fewer_desks_cancel_nobody_and_the_page_says_that_there_are_too_many(world: World, hosting: Client) -> None:
    for _ in range(2):
        booked(world.mairie)
    answer = hosting.post(f"{PAGE}bureaux/", {"date": TUESDAY.isoformat(), "desks": "1"}, follow=True)
    page = answer.content.decode()
    assert "1 bureau prêté mardi 1er décembre." in page
    assert "personne n&#x27;est annulé" in page or "personne n'est annulé" in page
    assert Booking.objects.filter(state="confirmed").count() == 2
    back = hosting.post(f"{PAGE}bureaux/", {"date": TUESDAY.isoformat(), "desks": "2"}, follow=True).content.decode()
    assert "Tous les bureaux sont de nouveau prêtés" in back


@pytest.mark.parametrize("sent", [{"desks": "3"}, {"desks": "-1"}, {"desks": "x"}, {"desks": ""}, {"date": "hier"}])
def test_a_number_that_cannot_be_is_one_sentence(hosting: Client, sent: dict[str, str]) -> None:
    answer = hosting.post(f"{PAGE}bureaux/", {"date": TUESDAY.isoformat(), "desks": "1", **sent})
    assert answer.status_code == 422
    assert answer.content.decode().count('class="error"') == 1


def test_a_message_goes_once_to_each_and_a_long_one_keeps_its_words(world: World, hosting: Client) -> None:
    booking = booked(world.mairie, world.agent)
    page = f"{PAGE}message/?date={TUESDAY.isoformat()}"
    long = hosting.post(page, {"text": "trop long " * 60, "token": str(uuid.uuid4())})
    assert long.status_code == 422
    assert "trop long trop long" in long.content.decode()
    form = {"text": "Le hall est en travaux.", "token": str(uuid.uuid4())}
    for _ in range(2):
        assert "Message envoyé à 1 personne." in hosting.post(page, form, follow=True).content.decode()
    assert DayMessage.objects.count() == 1
    assert told(booking.agent).count("host.message") == 1
    assert "Le hall est en travaux." in hosting.get(page).content.decode()


def test_a_leave_is_confided_shown_to_both_and_ended(world: World, host: Agent, hosting: Client) -> None:
    paul = factories.agent(world.territory, first_name="Paul", last_name="Relais", organisation=host.organisation)
    client = world.signed_in(paul)
    assert client.get("/remplacement/").status_code == 404
    days = {"first": NOW.date().isoformat(), "last": TUESDAY.isoformat()}
    page = hosting.post("/remplacement/", {"substitute": str(paul.pk), **days}, follow=True).content.decode()
    assert "Paul Relais vous remplace" in page
    assert client.get(PAGE).status_code == 200
    assert "Vous remplacez Inès Accueil" in client.get("/remplacement/").content.decode()
    with time_machine.travel(at(TUESDAY + dt.timedelta(days=1), "9"), tick=False):
        assert world.signed_in(paul).get(PAGE).status_code == 404
    handover = Handover.objects.get()
    assert client.post(f"/remplacement/{handover.pk}/terminer/").status_code == 302
    assert client.get(PAGE).status_code == 404


def test_somebody_of_another_organisation_cannot_be_named(world: World, host: Agent, hosting: Client) -> None:
    days = {"first": TUESDAY.isoformat(), "last": TUESDAY.isoformat()}
    answer = hosting.post("/remplacement/", {"substitute": str(world.other.pk), **days})
    assert answer.status_code == 422
    assert "Choisissez une personne de votre organisation." in answer.content.decode()


def test_the_month_names_nobody_on_the_page_nor_in_the_file(world: World, host: Agent) -> None:
    voirie = factories.service(factories.organisation(world.territory, name="Métropole"), name="Voirie")
    for n in range(6):
        person = factories.agent(
            world.territory, last_name=f"Secret{n}", service=voirie, organisation=voirie.organisation
        )
        booking = booked(world.mairie, person, day=TUESDAY + dt.timedelta(days=n // 2))
        Booking.objects.filter(pk=booking.pk).update(state="completed")
    with time_machine.travel(at(TUESDAY + dt.timedelta(days=20), "9"), tick=False):
        hosting = world.signed_in(host)
        page = hosting.get(f"{PAGE}bilan/", {"mois": "2026-12"}).content.decode()
        file = hosting.get(f"{PAGE}bilan.csv", {"mois": "2026-12"}).content.decode("utf-8-sig")
    assert "Métropole – Voirie" in page
    assert "Service;Métropole – Voirie;6;6;18,0" in file
    assert "Secret" not in page + file


@pytest.mark.parametrize("month", ["2027-05", "x", "2026-13", "0001-01", "", "2026-1"])
def test_a_month_that_is_none_shows_the_present_one(hosting: Client, month: str) -> None:
    assert "Bilan de novembre 2026" in hosting.get(f"{PAGE}bilan/", {"mois": month}).content.decode()


def test_the_day_s_page_asks_as_many_questions_for_twenty_visitors_as_for_one(world: World, hosting: Client) -> None:
    for n in range(1, 19):
        factories.desk(world.mairie, name=f"Table {n}")

    def questions() -> int:
        with CaptureQueriesContext(connection) as queries:
            hosting.get(PAGE)
        return len(queries)

    hosting.post(f"{PAGE}sans-reservation/", {"name": "Un"})
    hosting.get(PAGE)
    one = questions()
    for n in range(15):
        hosting.post(f"{PAGE}sans-reservation/", {"name": f"Visite {n}"})
    hosting.get(PAGE)
    assert questions() == one
