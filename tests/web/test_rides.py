"""Covoiturage, through its pages: offer, find, ask, answer, give back; a home is not shown to those who do not ride yet."""

from __future__ import annotations

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.factories import TUESDAY, at

from .conftest import World

pytestmark = pytest.mark.django_db

WAY = {"origin": "Marly", "destination": "Siège", "date": "2026-12-01", "time": "08:00"}
OFFER = {**WAY, "seats": "2", "max_detour_minutes": "10", "flexible_minutes": "10", "energy": "petrol"}


@pytest.fixture
def driver(world: World) -> Client:
    Agent.objects.filter(pk=world.other.pk).update(visibility="everyone")
    world.other.refresh_from_db()
    return world.signed_in(world.other)


def test_a_ride_is_offered_found_asked_for_and_accepted(world: World, driver: Client) -> None:
    assert driver.post("/covoiturage/proposer/", OFFER).status_code == 302
    ride = RideOffer.objects.get()
    page = world.client.get("/covoiturage/", WAY).content.decode()
    assert "Basile" in page
    assert "Demander une place" in page
    assert world.client.post(f"/covoiturage/{ride.pk}/demander/", WAY).status_code == 302
    request = RideRequest.objects.get()
    assert "Accepter" in driver.get("/covoiturage/").content.decode()
    driver.post(f"/covoiturage/demandes/{request.pk}/accepter/")
    request.refresh_from_db()
    assert request.state == "accepted"
    assert "acceptée" in world.client.get("/covoiturage/").content.decode()
    world.client.post(f"/covoiturage/demandes/{request.pk}/retirer/")
    driver.post(f"/covoiturage/{ride.reference}/annuler/")
    ride.refresh_from_db()
    assert (ride.state, ride.taken) == ("cancelled", 0)


def test_a_home_is_known_by_its_commune_until_one_rides_along(world: World, driver: Client) -> None:
    Agent.objects.filter(pk=world.agent.pk).update(home_lat=49.10123, home_lon=6.15123)
    driver.post("/covoiturage/proposer/", OFFER)
    world.client.post(f"/covoiturage/{RideOffer.objects.get().pk}/demander/", {**WAY, "origin": "chez moi"})
    request = RideRequest.objects.get()
    assert (request.origin, request.origin_is_home) == ("Marly", True)
    before = driver.get("/covoiturage/").content.decode()
    assert "49.10123" not in before
    driver.post(f"/covoiturage/demandes/{request.pk}/accepter/")
    assert "geo:49.10123,6.15123" in driver.get("/covoiturage/").content.decode()


def test_on_the_way_home_the_exact_place_is_where_one_gets_out(world: World, driver: Client) -> None:
    Agent.objects.filter(pk=world.agent.pk).update(home_lat=49.10123, home_lon=6.15123)
    back = {"origin": "Siège", "destination": "Marly"}
    driver.post("/covoiturage/proposer/", {**OFFER, **back})
    world.client.post(
        f"/covoiturage/{RideOffer.objects.get().pk}/demander/", {**WAY, **back, "destination": "chez moi"}
    )
    driver.post(f"/covoiturage/demandes/{RideRequest.objects.get().pk}/accepter/")
    assert "geo:49.10123,6.15123" in driver.get("/covoiturage/").content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"origin": "Atlantide"}, "Nous ne connaissons pas ce lieu"),
        ({"origin": "Siège"}, "même lieu"),
        ({"time": "25:00"}, "heure"),
        ({"date": "2026-11-29"}, "passée"),
        ({"seats": "12"}, "8"),
    ],
)
def test_an_offer_that_cannot_be_is_told_and_nothing_is_lost(
    driver: Client, change: dict[str, str], sentence: str
) -> None:
    answer = driver.post("/covoiturage/proposer/", {**OFFER, **change})
    assert answer.status_code == 422
    told = answer.content.decode().replace("&#x27;", "'")
    assert sentence in told
    assert 'value="Siège"' in told
    assert not RideOffer.objects.exists()


def test_a_search_for_no_known_place_is_told(world: World) -> None:
    answer = world.client.get("/covoiturage/", {**WAY, "destination": "Atlantide"})
    assert answer.status_code == 422


def test_others_rides_and_requests_are_hidden(world: World, driver: Client) -> None:
    driver.post("/covoiturage/proposer/", OFFER)
    ride = RideOffer.objects.get()
    world.client.post(f"/covoiturage/{ride.pk}/demander/", WAY)
    request = RideRequest.objects.get()
    elsewhere = world.signed_in(factories.agent(factories.territory()))
    for client in (world.client, elsewhere):
        assert client.post(f"/covoiturage/{ride.reference}/annuler/").status_code == 404
        assert client.post(f"/covoiturage/demandes/{request.pk}/accepter/").status_code == 404
    assert driver.post(f"/covoiturage/demandes/{request.pk}/retirer/").status_code == 404
    assert driver.post(f"/covoiturage/demandes/{request.pk}/rien/").status_code == 404
    assert elsewhere.post(f"/covoiturage/{ride.pk}/demander/", WAY).status_code == 404
    assert elsewhere.get("/covoiturage/proposer/?reservation=AAAAA-AAAAA").status_code == 404


def test_my_days_open_empty_or_not(world: World) -> None:
    assert "Jours qui comptent" in world.client.get("/covoiturage/mes-jours.csv?annee=2026").content.decode()


REGISTER = "/covoiturage/registre.csv"


def test_an_administrator_finds_the_register_from_the_administration_and_chooses_a_period(world: World) -> None:
    factories.grant(world.agent, "administrator")
    assert "/covoiturage/registre/" in world.client.get("/administration/").content.decode()
    page = world.client.get("/covoiturage/registre/").content.decode()
    assert 'value="2026-10-01"' in page
    assert 'value="2026-10-31"' in page
    answer = world.client.get(REGISTER, {"first": "2026-10-01", "last": "2026-10-31"})
    assert 'filename="registre-covoiturage-2026-10-01-2026-10-31.csv"' in answer.headers["Content-Disposition"]
    assert answer.content.decode().startswith("journey_id,operator_trip_id,operator_journey_id,")


def test_the_register_holds_the_journeys_of_its_days_both_ends_included(world: World, driver: Client) -> None:
    factories.grant(world.agent, "administrator")
    driver.post("/covoiturage/proposer/", OFFER)
    world.client.post(f"/covoiturage/{RideOffer.objects.get().pk}/demander/", WAY)
    driver.post(f"/covoiturage/demandes/{RideRequest.objects.get().pk}/accepter/")
    with time_machine.travel(at(TUESDAY, "12"), tick=False):
        administrator = world.signed_in(world.agent)
        for first, last, lines in (
            ("2026-12-01", "2026-12-01", 2),
            ("2026-11-01", "2026-11-30", 1),
            ("2026-12-02", "2026-12-31", 1),
        ):
            told = administrator.get(REGISTER, {"first": first, "last": last}).content.decode()
            assert len(told.splitlines()) == lines, (first, last)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2026-10-31", "2026-10-01", "finit avant son début"),
        ("2024-10-01", "2026-10-01", "un an au plus"),
        ("", "2026-10-01", "Indiquez un jour"),
        ("hier", "2026-10-01", "Indiquez un jour"),
        ("2026-02-30", "2026-10-01", "Indiquez un jour"),
        ("0001-01-01", "0001-01-02", "trop loin"),
        ("9999-12-30", "9999-12-31", "trop loin"),
    ],
)
def test_a_period_that_is_none_is_told_in_a_sentence_and_kept(
    world: World, first: str, last: str, sentence: str
) -> None:
    factories.grant(world.agent, "administrator")
    answer = world.client.get(REGISTER, {"first": first, "last": last})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/html")
    told = answer.content.decode()
    assert sentence in told
    assert f'value="{last}"' in told


def test_an_administrator_of_one_organisation_does_not_find_the_register(world: World) -> None:
    factories.grant(world.agent, "administrator", over=world.agent.organisation)
    assert world.client.get("/covoiturage/registre/").status_code == 404
    assert world.client.get(REGISTER, {"first": "2026-10-01", "last": "2026-10-31"}).status_code == 404


def test_the_page_asks_as_many_questions_whatever_the_number_of_rides(world: World, driver: Client) -> None:
    def opened(day: int) -> None:
        date = {"date": f"2026-12-{day:02}"}
        driver.post("/covoiturage/proposer/", {**OFFER, **date})
        ride = RideOffer.objects.order_by("-pk")[0]
        world.client.post(f"/covoiturage/{ride.pk}/demander/", {**WAY, **date})

    def questions(client: Client) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/covoiturage/", {**WAY, "date": "2026-12-01"}).status_code == 200
        return len(seen)

    opened(1)
    questions(world.client)
    before = [questions(world.client), questions(driver)]
    for day in (2, 3, 4, 7, 8):
        opened(day)
    assert RideRequest.objects.count() == 6
    assert [questions(world.client), questions(driver)] == before
