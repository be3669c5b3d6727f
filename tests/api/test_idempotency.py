"""A client that repeats itself: one booking, one answer."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.db import connection

from bureaux_volants.api import tasks
from bureaux_volants.api.models import IdempotentRequest
from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.api.conftest import Api, problem, token_of
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, ask

GOOD = {
    "kind": "desk",
    "site": "marly",
    "start": "2026-12-01T09:00:00+01:00",
    "end": "2026-12-01T12:00:00+01:00",
}


@pytest.mark.django_db
def test_the_same_request_again_gets_the_same_answer_and_books_nothing_more(api: Api, marly: Site) -> None:
    first = api.post("/bookings", GOOD, key="k")
    # The same ask, written otherwise.
    again = api.post("/bookings", {**GOOD, "start": "2026-12-01T08:00:00Z", "resource": None, "features": []}, key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Booking.objects.count() == Event.objects.filter(kind="booking.created").count() == 1


@pytest.mark.django_db
def test_the_first_answer_is_given_again_even_after_the_booking_has_changed(api: Api, marly: Site) -> None:
    first = api.post("/bookings", GOOD, key="k")
    api.post(f"/bookings/{first.json()['reference']}/cancel")
    assert api.post("/bookings", GOOD, key="k").json() == first.json()
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_a_key_that_comes_back_with_another_request_is_refused(api: Api, marly: Site) -> None:
    api.post("/bookings", GOOD, key="k")
    problem(api.post("/bookings", {**GOOD, "end": "2026-12-01T11:00:00+01:00"}, key="k"), 422, "idempotency-key-reused")
    assert Booking.objects.count() == 1


@pytest.mark.django_db
def test_two_people_may_use_the_same_key(api: Api, metz: Territory, marly: Site) -> None:
    other = Api(token_of(factories.agent(metz)))
    references = {one.post("/bookings", GOOD, key="k").json()["reference"] for one in (api, other)}
    assert len(references) == 2


@pytest.mark.django_db
def test_a_refusal_is_not_kept_so_that_the_same_key_succeeds_later(api: Api, metz: Territory, marly: Site) -> None:
    others = [service.book(a, ask(marly), TEST, now=NOW) for a in (factories.agent(metz), factories.agent(metz))]
    problem(api.post("/bookings", GOOD, key="k"), 409, "no-unit-free")
    assert not IdempotentRequest.objects.exists()
    service.cancel(others[0].pk, TEST, now=NOW)
    assert api.post("/bookings", GOOD, key="k").status_code == 201


@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day(api: Api, marly: Site) -> None:
    api.post("/bookings", GOOD, key="k")
    tomorrow = NOW + dt.timedelta(hours=24)
    with time_machine.travel(tomorrow - dt.timedelta(seconds=1), tick=False):
        tasks.forget_old_requests(0)
        assert api.post("/bookings", GOOD, key="k").status_code == 201
        assert IdempotentRequest.objects.count() == 1
    with time_machine.travel(tomorrow, tick=False):
        # A new request now: its hours are taken by the first.
        problem(api.post("/bookings", GOOD, key="k"), 422, "rules-refused")
        tasks.forget_old_requests(0)
    assert not IdempotentRequest.objects.exists()


def test_simultaneous_repetitions_book_once_and_are_answered_alike(fresh_database: FreshDatabase) -> None:
    metz = factories.territory()
    factories.rules(metz)
    factories.site(metz, slug="marly", desks=8)
    agents: list[Agent] = [factories.agent(metz) for _ in range(2)]
    clear = [token_of(agent) for agent in agents]

    def call(number: int) -> tuple[int, Any]:
        try:
            response = Api(clear[number % 2]).post("/bookings", GOOD, key="k")
            return response.status_code, response.json()
        finally:
            connection.close()

    with time_machine.travel(NOW, tick=False), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(16)))
    for mine in (answers[0::2], answers[1::2]):
        assert [status for status, _ in mine] == [201] * 8
        assert len({body["reference"] for _, body in mine}) == 1
    assert Booking.objects.count() == 2
    assert Event.objects.filter(kind="booking.created").count() == 2
