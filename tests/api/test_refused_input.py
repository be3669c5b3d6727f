"""What the API does not take: each is a clear 4xx with its code, and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import Agent, Site
from tests.api.conftest import Api, problem
from tests.factories import NOW, TEST, ask

pytestmark = pytest.mark.django_db

START, END = "2026-12-01T09:00:00+01:00", "2026-12-01T12:00:00+01:00"
GOOD = {"kind": "desk", "site": "marly", "start": START, "end": END}

#: What is wrong with the period, wherever one is given.
PERIODS: list[tuple[dict[str, Any], str]] = [
    ({"start": "2026-12-01T09:00:00"}, "naive-datetime"),
    ({"end": "2026-12-01 12:00"}, "naive-datetime"),
    ({"start": END, "end": START}, "end-before-start"),
    ({"end": START}, "end-before-start"),
    ({"start": "2026-12-01T12:00:00+05:00", "end": "2026-12-01T12:00:00+06:00"}, "end-before-start"),
    ({"start": "2026-12-01"}, "invalid-request"),
    ({"start": "demain"}, "invalid-request"),
    ({"start": ""}, "invalid-request"),
    ({"start": "1764576000"}, "invalid-request"),
    ({"start": "20261201T090000Z"}, "invalid-request"),
    ({"start": "2026-W49-2T09:00:00Z"}, "invalid-request"),
    ({"start": "2026-02-30T09:00:00Z"}, "invalid-request"),
    ({"start": "2026-12-01T24:30:00Z"}, "invalid-request"),
    ({"start": "2026-12-01T09:00:00+25:00"}, "invalid-request"),
    ({"start": "0001-01-01T00:00:00+14:00"}, "invalid-request"),
    ({"end": "9999-12-31T23:59:59-14:00"}, "invalid-request"),
    ({"start": "2026-12-01T09:00:00Z\x00"}, "invalid-request"),
    ({"start": "２０２６-12-01T09:00:00Z"}, "invalid-request"),
]

AVAILABILITY: list[tuple[dict[str, Any], int, str]] = [
    *((wrong, 422, code) for wrong, code in PERIODS),
    ({"kind": None}, 422, "invalid-request"),
    ({"start": None}, 422, "invalid-request"),
    ({"kind": "rocket"}, 422, "invalid-request"),
    ({"kind": ""}, 422, "invalid-request"),
    ({"end": "2027-01-02T12:00:00+01:00"}, 422, "range-too-long"),
    ({"start": "2001-01-01T00:00:00Z", "end": "2098-01-01T00:00:00Z"}, 422, "range-too-long"),
    ({"features": "jacuzzi"}, 422, "invalid-request"),
    ({"features": "quiet,jacuzzi"}, 422, "invalid-request"),
    ({"features": ""}, 422, "invalid-request"),
    ({"features": ["quiet"] * 21}, 422, "invalid-request"),
    ({"site": "nulle-part"}, 404, "not-found"),
    ({"site": "mar\x00ly"}, 404, "not-found"),
    ({"site": ""}, 422, "invalid-request"),
    ({"site": "x" * 5000}, 422, "invalid-request"),
    ({"sites": "marly"}, 422, "invalid-request"),
]

BODIES: list[tuple[dict[str, Any], int, str]] = [
    *((wrong, 422, code) for wrong, code in PERIODS),
    *(({name: wrong}, 422, "invalid-request") for name in GOOD for wrong in (None, 1, 1.5, True, [], {})),
    ({"start": 1764576000}, 422, "invalid-request"),
    ({"start": 10**40}, 422, "invalid-request"),
    ({"kind": "rocket"}, 422, "invalid-request"),
    ({"kind": "car"}, 422, "rules-refused"),
    ({"end": "2098-01-01T00:00:00Z"}, 422, "rules-refused"),
    ({"features": ["jacuzzi"]}, 422, "invalid-request"),
    ({"features": "quiet"}, 422, "invalid-request"),
    ({"features": None}, 422, "invalid-request"),
    ({"features": [None]}, 422, "invalid-request"),
    ({"resource": 7}, 422, "invalid-request"),
    ({"resource": "Bureau 9"}, 404, "not-found"),
    ({"resource": "Bureau 1\x00"}, 404, "not-found"),
    ({"site": "nulle-part"}, 404, "not-found"),
    ({"site": "mar\x00ly"}, 404, "not-found"),
    ({"site": "\ud800"}, 422, "invalid-request"),
    ({"agent": 12}, 422, "invalid-request"),
]

LISTS = [
    {"limit": 201},
    {"limit": 0},
    {"limit": -1},
    {"limit": "x"},
    {"limit": "1.0"},
    {"limit": "1_0"},
    {"limit": "9" * 5000},
    {"offset": -1},
    {"offset": 10**30},
    {"state": "asleep"},
    {"state": ""},
    {"from": "hier"},
    {"to": "2026-12-01T09:00:00"},
    {"from": END, "to": START},
    {"page": 2},
]


def _label(value: Any) -> str | None:
    return repr(value)[:60] if isinstance(value, dict) else None


@pytest.mark.parametrize(("wrong", "status", "code"), AVAILABILITY, ids=_label)
def test_a_search_is_refused_with_its_code(
    api: Api, marly: Site, wrong: dict[str, Any], status: int, code: str
) -> None:
    query = {k: v for k, v in {"kind": "desk", "start": START, "end": END, **wrong}.items() if v is not None}
    problem(api.get("/availability", **query), status, code)


@pytest.mark.parametrize(("wrong", "status", "code"), BODIES, ids=_label)
def test_a_booking_is_refused_with_its_code(
    api: Api, marly: Site, wrong: dict[str, Any], status: int, code: str
) -> None:
    problem(api.post("/bookings", {**GOOD, **wrong}), status, code)
    assert not Booking.objects.exists()


def test_each_error_says_where_it_is(api: Api, marly: Site) -> None:
    told = problem(api.get("/availability", kind="desk", start="2026-12-01T09:00:00"), 422, "naive-datetime")
    assert [(e["where"], e["code"]) for e in told["errors"]] == [
        ("query.start", "naive-datetime"),
        ("query.end", "missing"),
    ]


@pytest.mark.parametrize("missing", GOOD)
def test_a_booking_needs_each_of_its_fields(api: Api, marly: Site, missing: str) -> None:
    told = problem(api.post("/bookings", {k: v for k, v in GOOD.items() if k != missing}), 422, "invalid-request")
    assert told["errors"] == [{"where": f"body.{missing}", "code": "missing", "message": "Cette valeur manque."}]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"start": None},
        {"start": "2026-12-01T10:00:00"},
        {"start": END, "end": START},
        {"start": 1},
        {"state": "completed"},
        {"resource": "Bureau 2"},
        {"end": "9999-12-31T23:59:59-14:00"},
        [],
        None,
    ],
    ids=repr,
)
def test_a_change_that_makes_no_sense_changes_nothing(api: Api, marly: Site, ada: Agent, wrong: Any) -> None:
    before = service.book(ada, ask(marly), TEST, now=NOW)
    assert api.patch(f"/bookings/{before.reference}", wrong).status_code == 422
    after = Booking.objects.get()
    assert (after.start, after.end, after.state) == (before.start, before.end, before.state)


@pytest.mark.parametrize("wrong", LISTS, ids=_label)
def test_a_list_is_refused_for_what_it_cannot_be_narrowed_by(api: Api, wrong: dict[str, Any]) -> None:
    assert api.get("/bookings", **wrong).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"marly"',
        "12",
        "NaN",
        '{"kind": NaN}',
        '{"kind": Infinity}',
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"kind": ' + "9" * 5000 + "}",
        b"\xff\xfe{}",
        b"\x00",
        json.dumps(GOOD).encode("utf-16"),
        '{"kind": "desk"} {"kind": "desk"}',
    ],
    ids=lambda body: repr(body)[:30],
)
def test_a_body_that_is_no_json_object_is_refused(api: Api, marly: Site, body: str | bytes) -> None:
    response = api.post("/bookings", body)
    assert (response.status_code, response.json()["code"]) in {(400, "invalid-json"), (422, "invalid-request")}
    assert response["Content-Type"] == "application/problem+json"
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_a_body_of_another_type_is_refused(api: Api, marly: Site, content_type: str) -> None:
    response = api.client.generic(
        "POST", "/api/v1/bookings", json.dumps(GOOD), content_type=content_type, headers=api.headers
    )
    problem(response, 415, "unsupported-media-type")
    assert not Booking.objects.exists()


def test_a_body_that_is_too_large_is_refused(api: Api, marly: Site) -> None:
    problem(api.post("/bookings", '{"kind": "' + "x" * 3_000_000 + '"}'), 413, "content-too-large")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/bookings", {"GET", "POST"}),
        ("PUT", "/bookings/AAAAA-AAAAA", {"GET", "PATCH"}),
        ("GET", "/bookings/AAAAA-AAAAA/cancel", {"POST"}),
        ("POST", "/me", {"GET"}),
        ("TRACE", "/availability", {"GET"}),
    ],
)
def test_a_method_that_an_address_does_not_have_is_refused(api: Api, method: str, path: str, allowed: set[str]) -> None:
    response = api.client.generic(method, f"/api/v1{path}", headers=api.headers)
    problem(response, 405, "method-not-allowed")
    assert set(response["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", ["/nothing", "/bookings/", "/me/", "/bookings/A/B/C", "/%00", "/é"])
def test_an_unknown_address_is_a_problem_too(api: Api, path: str) -> None:
    problem(api.client.get("/api/v2" + path), 404, "not-found")
    problem(api.get(path), 404, "not-found")
    problem(api.post(path, GOOD), 404, "not-found")


@pytest.mark.parametrize("key", ["", "x" * 201, "avec espace", "clé", "a\tb"])
def test_an_idempotency_key_is_short_and_plain(api: Api, marly: Site, key: str) -> None:
    told = problem(api.post("/bookings", GOOD, key=key), 422, "invalid-request")
    assert [e["where"] for e in told["errors"]] == ["header.Idempotency-Key"]
    assert not Booking.objects.exists()


def test_a_failure_of_ours_is_a_problem_that_tells_nothing_of_the_inside(
    api: Api, marly: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(service, "book", fail)
    response = api.post("/bookings", GOOD)
    problem(response, 500, "server-error")
    assert "secret" not in response.content.decode()
    assert "secret of the house" in caplog.text
