"""Days through the API: asked, shown, booked whole, given up; and every way from a place to another."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.charter import versions
from bureaux_volants.demo.network import AGENCY, write_network
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.reading import read
from bureaux_volants.travel.gtfs.store import in_service, swap_in
from tests import factories
from tests.api.conftest import Api, problem, token_of
from tests.factories import NOW, TEST, ask

pytestmark = pytest.mark.django_db

TUESDAY = "2026-12-01"
APPOINTMENT = {"place": "marly", "start": f"{TUESDAY}T10:00:00+01:00", "end": f"{TUESDAY}T11:00:00+01:00"}
DAY = {
    "start": f"{TUESDAY}T08:30:00+01:00",
    "end": f"{TUESDAY}T17:30:00+01:00",
    "appointments": [APPOINTMENT],
    "car": True,
}


@pytest.fixture
def ada(metz: Territory, marly: Site) -> Agent:
    """She lives near Marly, and her usual site is far."""
    far = factories.site(metz, slug="siege", name="Siège", lat=marly.lat + 0.08, lon=marly.lon)
    return factories.agent(
        metz,
        email="ada@exemple.test",
        first_name="Ada",
        last_name="Louis",
        usual_site=far,
        home_lat=marly.lat - 0.01,
        home_lon=marly.lon,
    )


@pytest.fixture
def timetable(metz: Territory, tmp_path: Path) -> None:
    feed = read(write_network(tmp_path / "network.zip", dt.date(2026, 11, 30)), Problems())
    swap_in(metz, [feed], AGENCY, is_invented=True)


def desk_of(told: dict[str, Any], name: str) -> int:
    """The number of a plan whose desks are all there."""
    for number, plan in enumerate(told["plans"]):
        desks = {s["place"]["name"] for s in plan["steps"] if s["what"] == "desk"}
        if desks == {name}:
            return number
    raise AssertionError(told)


def test_a_day_is_planned_shown_booked_and_given_up(api: Api, marly: Site) -> None:
    asked = api.post("/day-plans", DAY)
    assert asked.status_code == 201, asked.content
    told = asked.json()
    assert told["state"] == "proposed"
    assert told["reference_day"]["totals"]["car_km"] > 0
    assert api.get(f"/day-plans/{told['reference']}").json() == told
    number = desk_of(told, "Mairie de Marly")
    booked = api.post(f"/day-plans/{told['reference']}/book", {"plan": number})
    assert booked.status_code == 200, booked.content
    assert booked.json()["state"] == "booked"
    assert booked.json()["chosen"] == number
    bookings = Booking.objects.all()
    assert booked.json()["bookings"] == [b.reference for b in bookings.order_by("start")]
    assert {b.site for b in bookings} == {marly}
    assert api.post(f"/day-plans/{told['reference']}/book", {"plan": number}).status_code == 200
    assert Booking.objects.count() == len(bookings)
    given_up = api.post(f"/day-plans/{told['reference']}/cancel")
    assert given_up.json()["state"] == "cancelled"
    assert set(Booking.objects.values_list("state", flat=True)) == {State.CANCELLED}
    problem(api.post(f"/day-plans/{told['reference']}/cancel"), 409, "wrong-state")


def test_a_repeated_key_asks_once(api: Api, marly: Site) -> None:
    first = api.post("/day-plans", DAY, key="k1")
    again = api.post("/day-plans", DAY, key="k1")
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert DayPlan.objects.count() == 1


def test_what_has_just_gone_books_nothing_and_the_day_is_asked_anew(api: Api, metz: Territory, marly: Site) -> None:
    told = api.post("/day-plans", DAY).json()
    number = desk_of(told, "Mairie de Marly")
    for _ in range(2):
        service.book(factories.agent(metz), ask(marly, start="8", end="18"), TEST, now=NOW)
    content = problem(api.post(f"/day-plans/{told['reference']}/book", {"plan": number}), 409, "plan-gone")
    assert Booking.objects.count() == 2
    again = api.get(f"/day-plans/{content['again']}").json()
    assert all(
        s["place"]["name"] != "Mairie de Marly" for p in again["plans"] for s in p["steps"] if s["what"] == "desk"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appointments": [APPOINTMENT, {**APPOINTMENT, "place": "Siège", "start": f"{TUESDAY}T10:30:00+01:00"}]}, "appointments-overlap"),
        ({"appointments": [{**APPOINTMENT, "place": "Atlantide"}]}, "unknown-place"),
        ({"appointments": [{**APPOINTMENT, "place": "48.8566, 2.3522"}]}, "place-outside"),
        (
            {
                "appointments": [
                    {**APPOINTMENT, "start": f"{TUESDAY}T{8 + n // 6:02}:{n % 6}0:00+01:00", "end": f"{TUESDAY}T{8 + n // 6:02}:{n % 6}5:00+01:00"}
                    for n in range(40)
                ]
            },
            "too-many-appointments",
        ),
        ({"end": "2026-12-02T17:30:00+01:00"}, "not-one-day"),
        ({"start": "2026-11-02T08:30:00+01:00", "end": "2026-11-02T17:30:00+01:00"}, "past"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_refused_with_why(api: Api, marly: Site, change: dict[str, Any], code: str) -> None:
    content = problem(api.post("/day-plans", {**DAY, **change}), 422, "day-impossible")
    assert [r["code"] for r in content["reasons"]] == [code]
    assert content["detail"].endswith(".")
    assert not DayPlan.objects.exists()


def test_a_day_is_its_owners_alone(api: Api, metz: Territory, marly: Site) -> None:
    told = api.post("/day-plans", DAY).json()
    other = Api(token_of(factories.agent(metz)))
    for answer in (
        other.get(f"/day-plans/{told['reference']}"),
        other.post(f"/day-plans/{told['reference']}/book", {"plan": 0}),
        other.post(f"/day-plans/{told['reference']}/cancel"),
        api.get("/day-plans/rien"),
    ):
        problem(answer, 404, "not-found")


def test_every_way_is_told_side_by_side_and_estimates_say_so(api: Api, marly: Site) -> None:
    told = api.get(
        "/journeys", **{"from": "home", "to": "Siège", "depart": f"{TUESDAY}T08:00:00Z", "car": "true"}
    ).json()
    ways = {j["way"]: j for j in told["journeys"]}
    assert {"own_car", "shared_ride", "transit"} <= set(ways)
    assert ways["transit"]["basis"] == "estimate"
    assert "estimés" in told["notes"][0]
    assert told["missing"]["pool_bike"].startswith("trop loin à vélo")
    assert ways["own_car"]["grams_total"] == pytest.approx(2 * ways["shared_ride"]["grams_total"], rel=0.01)


@pytest.mark.usefixtures("timetable")
def test_public_transport_goes_by_the_timetable_where_it_covers_the_day(api: Api, metz: Territory) -> None:
    where = {"from": "49.1105,6.1766", "to": "49.0858,6.2437"}
    told = api.get("/journeys", **where, arrive=f"{TUESDAY}T09:00:00+01:00").json()
    (ride, *_more) = [j for j in told["journeys"] if j["way"] == "transit"]
    assert ride["basis"] == "timetable"
    assert any(s["line"] == "R (inventée)" for s in ride["sections"])
    assert dt.datetime.fromisoformat(ride["arrive"]) <= dt.datetime.fromisoformat(f"{TUESDAY}T09:00:00+01:00")
    assert "inventés" in told["notes"][0]
    later = api.get("/journeys", **where, depart="2031-12-01T09:00:00+01:00").json()
    assert {j["basis"] for j in later["journeys"]} == {"estimate"}
    assert "ne vont pas jusqu'à ce jour" in later["notes"][1]


@pytest.mark.usefixtures("timetable")
def test_a_stop_of_the_timetable_is_a_place_by_its_identifier_and_by_its_name(api: Api, metz: Territory) -> None:
    running = in_service(metz.pk)
    assert running is not None
    layout = running.timetable.layout
    n = layout.stop_names.index("Grigy")
    where = {"from": "49.1105,6.1766", "arrive": f"{TUESDAY}T09:00:00+01:00"}
    for text in (f"stop:{layout.stop_ids[n]}", "grigy"):
        told = api.get("/journeys", **where, to=text).json()
        end = told["journeys"][0]["sections"][-1]["to"]
        assert (end["name"], end["lat"], end["lon"]) == (
            "Grigy",
            pytest.approx(layout.lat[n]),
            pytest.approx(layout.lon[n]),
        )
    for text in ("stop:", "stop:rien", "Grigy d'Atlantide"):
        content = problem(api.get("/journeys", **where, to=text), 422, "day-impossible")
        assert [r["code"] for r in content["reasons"]] == ["unknown-place"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"depart": f"{TUESDAY}T08:00:00Z", "arrive": f"{TUESDAY}T08:00:00Z"}, "depart-or-arrive"),
        ({}, "depart-or-arrive"),
        ({"depart": f"{TUESDAY}T08:00:00"}, "naive-datetime"),
        ({"depart": f"{TUESDAY}T08:00:00Z", "to": "Atlantide"}, "day-impossible"),
        ({"depart": f"{TUESDAY}T08:00:00Z", "to": "marly"}, "day-impossible"),
        ({"depart": f"{TUESDAY}T08:00:00Z", "to": "91,10"}, "day-impossible"),
        ({"depart": f"{TUESDAY}T08:00:00Z", "to": ""}, "invalid-request"),
        ({"depart": f"{TUESDAY}T08:00:00Z", "via": "x"}, "invalid-request"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api: Api, marly: Site, query: dict[str, str], code: str) -> None:
    problem(api.get("/journeys", **{"from": "marly", "to": "Siège", **query}), 422, code)


def test_a_day_of_which_the_charter_asks_why_is_booked_with_a_reason(api: Api, metz: Territory, marly: Site) -> None:
    draft = versions.begin(metz.pk, TEST)
    draft.rules = [{"code": "motif", "effect": "reason", "sentence": "Dites pourquoi.", "km_from": 0}]
    draft.save()
    versions.publish(metz.pk, TEST)
    told = api.post("/day-plans", DAY).json()
    number = desk_of(told, marly.name)
    rule = told["plans"][number]["rules"][0]
    assert (rule["code"], rule["effect"], rule["sentence"]) == ("motif", "reason", "Dites pourquoi.")
    path = f"/day-plans/{told['reference']}/book"
    refused = problem(api.post(path, {"plan": number}), 422, "reason-needed")
    assert refused["reasons"] == [{"code": "motif", "message": "Dites pourquoi."}]
    assert not Booking.objects.filter(site=marly).exists()
    assert api.post(path, {"plan": number, "reason": "trois cartons"}).status_code == 200
