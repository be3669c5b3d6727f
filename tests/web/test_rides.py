"""Covoiturage, through its pages: offer, find, ask, answer, give back; a home is not shown to those who do not ride yet."""

from __future__ import annotations

import pytest
from django.test import Client

from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.territory.models import Agent
from tests import factories

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


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"origin": "Atlantide"}, "Ce lieu n'est pas connu"),
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


def test_files_open_empty_or_not(world: World) -> None:
    assert "Jours qui comptent" in world.client.get("/covoiturage/mes-jours.csv?annee=2026").content.decode()
    factories.grant(world.agent, "administrator")
    told = world.client.get("/covoiturage/registre.csv?annee=2026").content.decode()
    assert told.startswith("journey_id,operator_trip_id,operator_journey_id,")
