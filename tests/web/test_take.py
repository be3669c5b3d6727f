"""Prendre: what can be taken for a trip, booked in one tap, shared before a second car leaves, brought back in two."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.models import Licence, Passenger, Reading, Vehicle
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.web.conftest import World


def vehicle(world: World, kind: str, name: str, energy: str = "petrol", **fields: Any) -> Resource:
    values = {"seats": 5 if kind == Kind.CAR else 1, **fields}
    made = Resource.objects.create(territory=world.territory, site=world.usual, kind=kind, name=name, **values)
    Vehicle.objects.create(resource=made, territory=world.territory, energy=energy, odometer_km=1_000)
    return made


def drives(who: Agent) -> None:
    assert who.territory is not None
    Licence.objects.create(
        agent=who,
        territory=who.territory,
        categories=["B"],
        valid_from=dt.date(2020, 1, 1),
        valid_until=dt.date(2030, 1, 1),
        checked_on=dt.date(2026, 1, 1),
    )


@pytest.fixture
def pool(world: World) -> World:
    for kind in (Kind.CAR, Kind.BIKE, Kind.TRANSPORT_CARD):
        RuleSet.objects.create(territory=world.territory, kind=kind, is_round_the_clock=True)
    vehicle(world, Kind.BIKE, "Vélo 1", "assisted")
    vehicle(world, Kind.CAR, "Clio 1")
    vehicle(world, Kind.CAR, "Clio 2")
    drives(world.agent)
    return world


def asked(**more: str) -> dict[str, str]:
    return {
        "site_slug": "siege",
        "to": "Marly",
        "people_aboard": "1",
        "date": "2026-12-01",
        "start": "09:00",
        "end": "12:00",
        **more,
    }


def page(client: Client, **query: str) -> str:
    return client.get(reverse("take"), query).content.decode()


def test_without_anything_to_lend_the_page_says_so(world: World) -> None:
    assert "ne prête encore" in page(world.client)


def test_who_says_nothing_goes_now_from_the_usual_site(pool: World) -> None:
    shown = page(pool.client)
    assert "Siège, aujourd'hui" in shown.replace("&#x27;", "'") or "Siège" in shown
    assert shown.count("Réserver") >= 2


def test_a_bike_is_advised_for_a_short_way_and_a_car_for_a_long_one(pool: World) -> None:
    factories.commune(pool.territory, name="Lessy", lat=49.14, lon=6.14)
    factories.commune(pool.territory, name="Verny", lat=49.0, lon=6.2)
    near, far = page(pool.client, **asked(to="Lessy")), page(pool.client, **asked(to="Verny"))
    assert near.index("Vélo") < near.index("Conseillé") < near.index("Voiture")
    assert far.index("Conseillé") < far.index("Vélo</h3>")


def test_several_people_are_offered_no_bike(pool: World) -> None:
    assert "Vélo</h3>" not in page(pool.client, **asked(people_aboard="3"))


def test_why_not_is_said_before_anybody_tries(pool: World) -> None:
    client = pool.signed_in(pool.other)
    shown = page(client, **asked())
    assert "Aucun permis à votre nom" in shown
    assert "Pas possible" in shown


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"to": "Atlantide"}, "Nous ne connaissons pas ce lieu"),
        ({"end": "08:00"}, "doit suivre"),
        ({"date": "9999-12-31"}, "trop loin"),
        ({"site_slug": "ailleurs"}, "valide"),
        ({"people_aboard": "99"}, "valide"),
        ({"start": "\0"}, "valide"),
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_is_lost(pool: World, wrong: dict[str, str], told: str) -> None:
    answer = pool.client.get(reverse("take"), asked(**wrong))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "Trouver" in answer.content.decode()
    assert pool.client.post(reverse("take_book"), asked(kind="bike", **wrong)).status_code == 422
    assert not Booking.objects.exists()


def test_a_bike_is_booked_in_one_tap(pool: World) -> None:
    answer = pool.client.post(reverse("take_book"), asked(kind="bike"), follow=True)
    booking = Booking.objects.get()
    assert (booking.kind, booking.agent, booking.state) == (Kind.BIKE, pool.agent, State.CONFIRMED)
    assert "C&#x27;est réservé" in answer.content.decode()
    assert "Marly" in answer.content.decode()


def test_a_car_needs_to_know_where_it_goes(pool: World) -> None:
    answer = pool.client.post(reverse("take_book"), asked(kind="car", to=""))
    assert answer.status_code == 422
    assert "dites où vous allez" in answer.content.decode()


def test_another_s_car_to_the_same_place_is_offered_first(pool: World) -> None:
    drives(pool.other)
    first = pool.signed_in(pool.other)
    first.post(reverse("take_book"), asked(kind="car"))
    offered = pool.client.post(reverse("take_book"), asked(kind="car", start="09:15"))
    assert offered.status_code == 409
    assert "Monter avec" in offered.content.decode()
    reference = Booking.objects.get().reference
    pool.client.post(reverse("take_join", args=[reference]))
    assert Passenger.objects.get().agent == pool.agent
    # One car at a time: the seat is given back first, on the page of shared rides.
    pool.client.post(reverse("take_book"), asked(kind="car", start="09:15", alone="1"))
    assert Booking.objects.filter(kind=Kind.CAR).count() == 1
    assert reverse("ride_leave", args=[reference]) in pool.client.get(reverse("rides")).content.decode()
    assert pool.client.post(reverse("ride_leave", args=[reference])).status_code == 302
    assert pool.client.post(reverse("ride_leave", args=[reference])).status_code == 404
    pool.client.post(reverse("take_book"), asked(kind="car", start="09:15", alone="1"))
    assert Booking.objects.filter(kind=Kind.CAR).count() == 2


def test_a_car_is_taken_and_brought_back_and_an_odd_figure_is_asked_again(pool: World) -> None:
    pool.client.post(reverse("take_book"), asked(kind="car"))
    booking = Booking.objects.get()
    with time_machine.travel(booking.start, tick=False):
        # The session of the Monday is over by then.
        client = pool.signed_in(pool.agent)
        client.post(reverse("arrive", args=[booking.reference]))
        assert "Rendre" in client.get(reverse("booking", args=[booking.reference])).content.decode()
    back = reverse("give_back", args=[booking.reference])
    with time_machine.travel(booking.start + dt.timedelta(hours=1), tick=False):
        Reading.objects.create(
            booking=booking, resource=booking.resource, moment="taken", at=booking.start, odometer_km=1_000
        )
        odd = client.post(back, {"condition": "good", "odometer_km": "10"})
        assert odd.status_code == 422
        assert "Le compteur indiquait déjà 1000 km" in odd.content.decode()
        booking.refresh_from_db()
        assert booking.state == State.IN_USE
        assert client.post(back, {"condition": "report", "odometer_km": "1025"}).status_code == 302
    booking.refresh_from_db()
    assert (booking.state, booking.end) == (State.COMPLETED, booking.start + dt.timedelta(hours=1))
    assert Reading.objects.get(moment="returned").condition == "report"
    assert Vehicle.objects.get(resource=booking.resource).odometer_km == 1_025


def test_what_is_late_is_still_in_hand(pool: World) -> None:
    pool.client.post(reverse("take_book"), asked(kind="bike"))
    booking = Booking.objects.get()
    with time_machine.travel(booking.start, tick=False):
        client = pool.signed_in(pool.agent)
        client.post(reverse("arrive", args=[booking.reference]))
    with time_machine.travel(booking.end + dt.timedelta(hours=1), tick=False):
        assert "Vélo 1" in client.get(reverse("day")).content.decode()
        assert client.post(reverse("give_back", args=[booking.reference]), {"condition": "good"}).status_code == 302
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED


def test_nobody_brings_back_another_s(pool: World) -> None:
    pool.client.post(reverse("take_book"), asked(kind="bike"))
    reference = Booking.objects.get().reference
    assert pool.signed_in(pool.other).get(reverse("give_back", args=[reference])).status_code == 404


def test_what_is_all_taken_can_be_waited_for_and_nothing_else(pool: World) -> None:
    assert "liste d'attente" not in page(pool.client, **asked(people_aboard="1"))
    drives(pool.other)
    Resource.objects.filter(kind="bike").update(is_active=False)
    kept = Resource.objects.filter(kind="bike").first()
    assert kept is not None
    Resource.objects.filter(pk=kept.pk).update(is_active=True)
    theirs = pool.signed_in(pool.other)
    assert theirs.post(reverse("take_book"), {**asked(), "kind": "bike"}).status_code == 302
    told = page(pool.client, **asked())
    assert "liste d'attente" in told
    assert pool.client.post(reverse("take_wait"), {**asked(), "kind": "bike"}).status_code == 302
    entry = WaitingEntry.objects.get()
    assert (entry.agent, entry.kind, entry.wanted_trip.destination) == (pool.agent, "bike", asked()["to"])
    again = pool.client.post(reverse("take_wait"), {**asked(), "kind": "bike"}, follow=True)
    assert "Vous attendez déjà" in again.content.decode()
    assert pool.client.post(reverse("take_wait"), {**asked(to=""), "kind": "car"}).status_code == 422
    assert pool.client.post(reverse("take_wait"), {**asked(), "kind": "desk"}).status_code == 404
