"""Bookings through the API: the shapes that do not change, and what a program can do with its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.api.conftest import Api, problem, token_of
from tests.factories import NOW, TEST, TUESDAY, ask, at

pytestmark = pytest.mark.django_db

MORNING = {"kind": "desk", "site": "marly", "start": "2026-12-01T09:00:00+01:00", "end": "2026-12-01T12:00:00+01:00"}


def taken_by(agent: Agent, site: Site, **fields: Any) -> Booking:
    return service.book(agent, ask(site, **fields), TEST, now=NOW)


def test_a_booking_is_made_and_told_in_the_territorys_own_time(api: Api, marly: Site) -> None:
    response = api.post("/bookings", {**MORNING, "start": "2026-12-01T08:00:00Z"})
    assert response.status_code == 201
    booking = Booking.objects.get()
    assert response.json() == {
        "reference": booking.reference,
        "kind": "desk",
        "state": "confirmed",
        "site": "marly",
        "resource": {"name": "Bureau 1"},
        "start": "2026-12-01T09:00:00+01:00",
        "end": "2026-12-01T12:00:00+01:00",
    }
    event = Event.objects.get(kind="booking.created")
    assert (event.origin, event.actor) == (Event.Origin.API, booking.agent)


def test_a_desk_is_chosen_by_its_name(api: Api, marly: Site) -> None:
    response = api.post("/bookings", {**MORNING, "resource": "Bureau 2"})
    assert response.json()["resource"] == {"name": "Bureau 2"}
    assert Booking.objects.get().is_pinned


def test_a_desk_is_found_for_the_features_asked(api: Api, marly: Site) -> None:
    factories.desk(marly, name="Calme", features=["quiet", "dock"])
    response = api.post("/bookings", {**MORNING, "features": ["quiet"]})
    assert response.json()["resource"] == {"name": "Calme"}


def test_a_full_site_answers_with_the_nearest_alternatives(api: Api, metz: Territory, marly: Site) -> None:
    near = factories.site(metz, lat=marly.lat + 0.01, lon=marly.lon)
    for _ in range(2):
        taken_by(factories.agent(metz), marly)
    told = problem(api.post("/bookings", MORNING), 409, "no-unit-free")
    assert told["alternatives"] == [
        {
            "site": near.slug,
            "name": near.name,
            "start": MORNING["start"],
            "end": MORNING["end"],
            "free": 2,
            "km": 1.11,
        }
    ]


def test_every_failing_rule_is_told(api: Api, marly: Site, ada: Agent) -> None:
    taken_by(ada, marly)
    told = problem(
        api.post("/bookings", {**MORNING, "start": "2026-12-01T07:30+01:00", "end": "2026-12-01T21:00+01:00"}),
        422,
        "rules-refused",
    )
    assert [r["code"] for r in told["reasons"]] == ["opening-hours", "too-long", "one-desk-at-a-time"]
    assert all(r["message"] for r in told["reasons"])


def test_a_booking_is_moved_by_its_start_its_end_or_both(api: Api, marly: Site, ada: Agent) -> None:
    reference = taken_by(ada, marly).reference
    assert api.patch(f"/bookings/{reference}", {"end": "2026-12-01T15:00:00+01:00"}).json()["end"] == (
        "2026-12-01T15:00:00+01:00"
    )
    assert api.patch(f"/bookings/{reference}", {"start": "2026-12-01T10:00:00+01:00"}).json()["start"] == (
        "2026-12-01T10:00:00+01:00"
    )
    moved = {"start": "2026-12-02T09:00:00+01:00", "end": "2026-12-02T10:00:00+01:00"}
    assert moved.items() <= api.patch(f"/bookings/{reference}", moved).json().items()


def test_a_move_that_a_rule_refuses_changes_nothing(api: Api, marly: Site, ada: Agent) -> None:
    before = taken_by(ada, marly)
    told = problem(
        api.patch(f"/bookings/{before.reference}", {"end": "2026-12-01T23:00:00+01:00"}), 422, "rules-refused"
    )
    assert [r["code"] for r in told["reasons"]] == ["opening-hours", "too-long"]
    problem(api.patch(f"/bookings/{before.reference}", {"end": "2026-12-01T08:00:00+01:00"}), 422, "end-before-start")
    after = Booking.objects.get()
    assert (after.start, after.end) == (before.start, before.end)


def test_a_booking_is_cancelled_once(api: Api, marly: Site, ada: Agent) -> None:
    reference = taken_by(ada, marly).reference
    assert api.post(f"/bookings/{reference}/cancel").json()["state"] == "cancelled"
    problem(api.post(f"/bookings/{reference}/cancel"), 409, "wrong-state")
    problem(api.patch(f"/bookings/{reference}", {"end": "2026-12-01T11:00:00+01:00"}), 409, "wrong-state")


def test_an_arrival_is_told_within_its_window_and_may_be_told_again(api: Api, marly: Site, ada: Agent) -> None:
    early = taken_by(ada, marly).reference
    problem(api.post(f"/bookings/{early}/check-in"), 409, "wrong-state")
    soon = service.book(ada, ask(marly, NOW.date(), "9:15", "12"), TEST, now=NOW)
    for _ in range(2):
        assert api.post(f"/bookings/{soon.reference}/check-in").json()["state"] == "in_use"
    assert Booking.objects.get(pk=soon.pk).checked_in_by == Booking.CheckInBy.API


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("patch", ""), ("post", "/cancel"), ("post", "/check-in")])
def test_other_peoples_bookings_do_not_exist(api: Api, metz: Territory, marly: Site, method: str, path: str) -> None:
    other = factories.agent(metz)
    theirs = taken_by(other, marly)
    content = {"end": "2026-12-01T11:00:00+01:00"}
    arguments = [content] if method == "patch" else []
    for reference in (theirs.reference, "AAAAA-AAAAA", "nothing", "%00", "é", "a%2Fb"):
        problem(getattr(api, method)(f"/bookings/{reference}{path}", *arguments), 404, "not-found")
    after = Booking.objects.get()
    assert (after.state, after.end) == (theirs.state, theirs.end)


def test_a_reference_is_read_in_either_case(api: Api, marly: Site, ada: Agent) -> None:
    booking = taken_by(ada, marly)
    assert api.get(f"/bookings/{booking.reference.lower()}").json()["reference"] == booking.reference


def test_the_list_holds_my_bookings_only_in_pages(api: Api, metz: Territory, marly: Site, ada: Agent) -> None:
    taken_by(factories.agent(metz), marly)
    mine = [taken_by(ada, marly, start=str(hour), end=str(hour + 1)) for hour in (9, 11, 14)]
    whole = api.get("/bookings").json()
    assert [b["reference"] for b in whole["bookings"]] == [b.reference for b in mine]
    assert (whole["count"], whole["limit"], whole["offset"]) == (3, 50, 0)
    page = api.get("/bookings", limit=1, offset=1).json()
    assert [b["reference"] for b in page["bookings"]] == [mine[1].reference]
    assert (page["count"], page["limit"], page["offset"]) == (3, 1, 1)


def test_the_list_is_narrowed_by_time_and_state(api: Api, marly: Site, ada: Agent) -> None:
    mine = [taken_by(ada, marly, start=str(hour), end=str(hour + 1)) for hour in (9, 11, 14)]
    service.cancel(mine[2].pk, TEST, now=NOW)

    def found(**query: Any) -> list[int]:
        references = [b["reference"] for b in api.get("/bookings", **query).json()["bookings"]]
        return [n for n, b in enumerate(mine) if b.reference in references]

    # Half-open: what ends at ten is over at ten.
    assert found(**{"from": at(TUESDAY, "10").isoformat()}) == [1, 2]
    assert found(to=at(TUESDAY, "11").isoformat()) == [0]
    assert found(state="cancelled") == [2]
    assert found(state=["cancelled", "confirmed"]) == found(state="cancelled,confirmed") == [0, 1, 2]


def test_a_cookie_opens_nothing(ada: Agent, now: object) -> None:
    client = Client()
    client.force_login(ada)
    problem(client.get("/api/v1/me"), 401, "not-authenticated")


def test_the_list_asks_the_database_four_times_whatever_its_length(
    marly: Site, ada: Agent, now: object, django_assert_num_queries: Any
) -> None:
    api = Api(token_of(ada))
    for hour in range(8, 17):
        taken_by(ada, marly, start=str(hour), end=str(hour + 1))
    api.get("/me")  # the token's last use is written once a minute
    with django_assert_num_queries(4):  # token, directory, page, count
        assert len(api.get("/bookings").json()["bookings"]) == 9
