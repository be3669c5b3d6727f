"""The pool as GBFS 3.0: what the standard wants, what is really free, and nobody in it.

The published schemas (github.com/MobilityData/gbfs-json-schema, folder v3.0, Apache License 2.0) are read where a folder of
them is named by GBFS_SCHEMAS or lies beside the checkout; without it, what they demand of our feeds is checked from the
short forms below, typed in from the specification (github.com/MobilityData/gbfs/blob/v3.0/gbfs.md).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.states import State
from bureaux_volants.fleet import gbfs
from bureaux_volants.fleet.models import Vehicle
from bureaux_volants.territory.calendar import Hours, YearlySeason
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.factories import NOW, at

from .conftest import Api, problem, token_of

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
_HERE = Path(__file__).parents[2]
_PLACES = (os.environ.get("GBFS_SCHEMAS", ""), str(_HERE.parent / "shared" / "data" / "gbfs"))
PUBLISHED = next((Path(p) for p in _PLACES if p and (Path(p) / "gbfs.json").exists()), None)

# -- the standard, in short -------------------------------------------------------------------------------------------

TEXT: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"text": {"type": "string"}, "language": {"pattern": "^[a-z]{2,3}(-[A-Z]{2})?$"}},
        "required": ["text", "language"],
        "additionalProperties": False,
    },
    "minItems": 1,
}
STRING: dict[str, Any] = {"type": "string", "minLength": 1}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
NUMBER: dict[str, Any] = {"type": "number", "minimum": 0}
YES: dict[str, Any] = {"type": "boolean"}
INSTANT: dict[str, Any] = {"type": "string", "format": "date-time", "pattern": "T.*Z$"}
WEB: dict[str, Any] = {"type": "string", "format": "uri"}


def things(name: str, required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """`data` is a list of objects with these fields and no other."""
    one = {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
        **more,
    }
    return {
        "type": "object", "properties": {name: {"type": "array", "items": one}}, "required": [name],
        "additionalProperties": False,
    }  # fmt: skip


MOTORS = ["electric", "electric_assist", "combustion", "combustion_diesel", "hybrid"]
DATA: dict[str, dict[str, Any]] = {
    "gbfs": things("feeds", {"name": {"enum": list(gbfs.FEEDS)}, "url": WEB}),
    "gbfs_versions": things("versions", {"version": {"const": "3.0"}, "url": WEB}),
    "system_information": {
        "type": "object",
        "properties": {
            "system_id": STRING, "languages": {"const": ["fr"]}, "name": TEXT, "opening_hours": STRING,
            "feed_contact_email": {"type": "string", "format": "email"}, "timezone": {"const": "Europe/Paris"},
        },
        "required": ["system_id", "languages", "name", "opening_hours", "feed_contact_email", "timezone"],
        "additionalProperties": False,
    },
    "vehicle_types": things(
        "vehicle_types",
        {
            "vehicle_type_id": STRING,
            "form_factor": {"enum": ["bicycle", "cargo_bicycle", "car"]},
            "propulsion_type": {"enum": [*MOTORS, "human"]},
        },
        {
            "rider_capacity": COUNT, "max_range_meters": NUMBER, "model": TEXT, "wheel_count": COUNT,
            "return_constraint": {"const": "roundtrip_station"},
        },
        **{
            "if": {"properties": {"propulsion_type": {"enum": MOTORS}}},
            "then": {"required": ["max_range_meters"]},
        },
    ),
    "station_information": things(
        "stations",
        {
            "station_id": STRING,
            "name": TEXT,
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
        },
        {
            "region_id": STRING, "address": STRING, "station_opening_hours": STRING, "rental_methods": {"const": ["key"]},
            "capacity": COUNT, "rental_uris": {"type": "object", "properties": {"web": WEB}, "additionalProperties": False},
        },
    ),
    "station_status": things(
        "stations",
        {
            "station_id": STRING, "num_vehicles_available": COUNT, "is_installed": YES, "is_renting": YES,
            "is_returning": YES, "last_reported": INSTANT,
        },
        {
            "num_vehicles_disabled": COUNT,
            "vehicle_types_available": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"vehicle_type_id": STRING, "count": COUNT},
                    "required": ["vehicle_type_id", "count"],
                },
            },
        },
    ),
    "vehicle_status": things(
        "vehicles",
        {"vehicle_id": STRING, "is_reserved": YES, "is_disabled": YES, "station_id": STRING},
        {
            "vehicle_type_id": STRING, "home_station_id": STRING, "current_range_meters": NUMBER,
            "current_fuel_percent": {"type": "number", "minimum": 0, "maximum": 1}, "available_until": INSTANT,
        },
    ),
    "system_regions": things("regions", {"region_id": STRING, "name": TEXT}),
}  # fmt: skip


def schema(feed: str) -> dict[str, Any]:
    """The frame that all feeds share, around what this one holds."""
    return {
        "type": "object",
        "properties": {"last_updated": INSTANT, "ttl": COUNT, "version": {"const": "3.0"}, "data": DATA[feed]},
        "required": ["last_updated", "ttl", "version", "data"],
        "additionalProperties": False,
    }


# -- a pool -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(now: dt.datetime, ada: Agent) -> Api:
    return Api(token_of(ada))


@pytest.fixture
def pool(metz: Territory, marly: Site) -> list[Resource]:
    """Two Zoé alike, a diesel, a cargo bike, a plain bike, and a card that is no vehicle."""
    for kind in (Kind.CAR, Kind.BIKE):
        RuleSet.objects.create(territory=metz, kind=kind, is_round_the_clock=True)
    made = [
        lent(marly, Kind.CAR, "Zoé 1", "electric", model="Zoé", range_km=300, charge=50),
        lent(marly, Kind.CAR, "Zoé 2", "electric", model="Zoé", range_km=300),
        lent(marly, Kind.CAR, "Kangoo 3", "diesel", model="Kangoo"),
        lent(marly, Kind.CARGO_BIKE, "Cargo 1", "assisted", range_km=60),
        lent(marly, Kind.BIKE, "Vélo 1", "human"),
    ]
    Resource.objects.create(territory=metz, site=marly, kind=Kind.TRANSPORT_CARD, name="Carte 1")
    return made


def lent(
    site: Site,
    kind: Kind,
    name: str,
    energy: str,
    *,
    model: str = "",
    range_km: int | None = None,
    charge: int | None = None,
) -> Resource:
    seats = 5 if kind == Kind.CAR else 1
    made = Resource.objects.create(
        territory_id=site.territory_id, site=site, kind=kind, name=name, seats=seats, range_km=range_km
    )
    Vehicle.objects.create(
        resource=made, territory_id=site.territory_id, energy=energy, model=model, plate=name, charge_percent=charge
    )
    return made


def booked(who: Agent, what: Resource, start: str, end: str, state: str) -> Booking:
    begins, ends = at(TODAY, start), at(TODAY, end)
    return Booking.objects.create(
        territory_id=what.territory_id, site=what.site, kind=what.kind, resource=what, agent=who, booked_by=who,
        start=begins, end=ends, held=DateTimeTZRange(begins, ends, "[)"), state=state, created_at=NOW,
        checked_in_at=begins if state in (State.IN_USE, State.COMPLETED) else None,
        ended_at=ends if state == State.COMPLETED else None,
    )  # fmt: skip


def told(api: Api, feed: str) -> Any:
    answer = api.get(f"/gbfs/{feed}.json")
    assert answer.status_code == 200, answer.content
    return answer.json()


# -- what the standard wants ------------------------------------------------------------------------------------------


@pytest.fixture
def lively(ada: Agent, pool: list[Resource]) -> None:
    """Something of everything: one out, one reserved, one out of service."""
    booked(ada, pool[0], "8", "12", State.IN_USE)
    booked(ada, pool[1], "8:30", "10", State.CONFIRMED)
    booked(ada, pool[4], "14", "16", State.CONFIRMED)
    Resource.objects.filter(pk=pool[2].pk).update(is_active=False)


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("feed", gbfs.FEEDS)
def test_each_feed_is_what_the_specification_says_in_short(api: Api, feed: str) -> None:
    jsonschema_rs.validator_for(schema(feed), validate_formats=True).validate(told(api, feed))


@pytest.mark.usefixtures("lively")
@pytest.mark.skipif(PUBLISHED is None, reason="the published schemas are not on this machine (GBFS_SCHEMAS)")
@pytest.mark.parametrize("feed", [f for f in gbfs.FEEDS if f not in ("gbfs_versions", "system_regions")])
def test_each_feed_passes_the_full_published_schema_where_it_is_there(api: Api, feed: str) -> None:
    assert PUBLISHED is not None
    full = json.loads((PUBLISHED / f"{feed}.json").read_text())
    jsonschema_rs.Draft7Validator(full, validate_formats=True).validate(told(api, feed))


@pytest.mark.usefixtures("lively")
def test_the_discovery_leads_to_every_feed_and_every_type_and_station_named_is_described(api: Api) -> None:
    for feed in told(api, "gbfs")["data"]["feeds"]:
        path = feed["url"].partition("/api/v1")[2]
        assert api.get(path).status_code == 200
        assert path == f"/gbfs/{feed['name']}.json"
    types = {t["vehicle_type_id"] for t in told(api, "vehicle_types")["data"]["vehicle_types"]}
    stations = {s["station_id"] for s in told(api, "station_information")["data"]["stations"]}
    regions = {r["region_id"] for r in told(api, "system_regions")["data"]["regions"]}
    for vehicle in told(api, "vehicle_status")["data"]["vehicles"]:
        assert vehicle["vehicle_type_id"] in types
        assert vehicle["station_id"] in stations
    for status in told(api, "station_status")["data"]["stations"]:
        assert status["station_id"] in stations
        assert {t["vehicle_type_id"] for t in status["vehicle_types_available"]} <= types
    assert {s["region_id"] for s in told(api, "station_information")["data"]["stations"]} <= regions


# -- what is really there ---------------------------------------------------------------------------------------------


def test_alike_vehicles_share_a_type_and_a_card_is_no_vehicle(api: Api, pool: list[Resource]) -> None:
    types = told(api, "vehicle_types")["data"]["vehicle_types"]
    assert [(t["form_factor"], t["propulsion_type"]) for t in types] == [
        ("bicycle", "human"),
        ("car", "combustion_diesel"),
        ("car", "electric"),
        ("cargo_bicycle", "electric_assist"),
    ]
    (station,) = told(api, "station_information")["data"]["stations"]
    assert (station["station_id"], station["capacity"], station["station_opening_hours"]) == ("marly", 5, "24/7")


@pytest.mark.usefixtures("lively")
def test_what_is_out_reserved_or_out_of_service_is_not_available(api: Api) -> None:
    (status,) = told(api, "station_status")["data"]["stations"]
    # The cargo bike, and the bike until two o'clock.
    assert (status["num_vehicles_available"], status["num_vehicles_disabled"]) == (2, 1)
    vehicles = told(api, "vehicle_status")["data"]["vehicles"]
    assert sorted((v["is_reserved"], v["is_disabled"]) for v in vehicles) == [
        (False, False), (False, False), (False, True), (True, False),
    ]  # fmt: skip
    assert [v["available_until"] for v in vehicles if "available_until" in v] == ["2026-11-30T13:00:00Z"]


def test_the_range_left_is_that_of_the_charge(api: Api, pool: list[Resource]) -> None:
    ranges = sorted(v.get("current_range_meters", -1) for v in told(api, "vehicle_status")["data"]["vehicles"])
    # No motor; cargo bike; half of 300 km; 300 km; a tank.
    assert ranges == [-1, 60_000, 150_000, 300_000, 600_000]


# -- nobody is in it --------------------------------------------------------------------------------------------------


def test_the_identifier_of_a_vehicle_changes_with_each_trip_and_only_then(
    api: Api, ada: Agent, pool: list[Resource]
) -> None:
    def ids() -> set[str]:
        return {v["vehicle_id"] for v in told(api, "vehicle_status")["data"]["vehicles"]}

    before = ids()
    booked(ada, pool[0], "20", "21", State.CONFIRMED)
    assert ids() == before
    booked(ada, pool[0], "6", "7", State.COMPLETED)
    assert len(ids() & before) == 4
    assert len(ids()) == 5


@pytest.mark.usefixtures("lively")
def test_no_feed_names_a_person_a_plate_a_unit_or_a_booking(api: Api, ada: Agent, pool: list[Resource]) -> None:
    everything = " ".join(json.dumps(told(api, feed), ensure_ascii=False) for feed in gbfs.FEEDS)
    for secret in (
        ada.email,
        ada.last_name,
        *(u.name for u in pool),
        *Booking.objects.values_list("reference", flat=True),
    ):
        assert secret not in everything


def test_another_territory_s_pool_is_not_in_it(api: Api, pool: list[Resource]) -> None:
    foreign = factories.site(factories.territory(), slug="ailleurs", name="Ailleurs", desks=0)
    lent(foreign, Kind.CAR, "Twingo", "petrol", model="Twingo")
    everything = " ".join(json.dumps(told(api, feed)) for feed in gbfs.FEEDS)
    assert "ailleurs" not in everything.lower()
    assert "twingo" not in everything.lower()


def test_without_a_token_there_is_nothing(now: dt.datetime, metz: Territory) -> None:
    problem(Api(None).get("/gbfs/gbfs.json"), 401, "not-authenticated")


@pytest.mark.parametrize("name", ["rien.json", "..", "gbfs.json.json", "free_bike_status.json"])
def test_a_feed_that_is_none_is_not_found(api: Api, name: str) -> None:
    problem(api.get(f"/gbfs/{name}"), 404, "not-found")


def test_a_feed_costs_the_same_for_many_vehicles(
    api: Api, pool: list[Resource], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(50):
        lent(pool[0].site, Kind.CAR, f"Zoé {n + 10}", "electric", model="Zoé")
    told(api, "vehicle_status")
    with django_assert_max_num_queries(12):
        told(api, "vehicle_status")


# -- opening hours ----------------------------------------------------------------------------------------------------


def hours(*rows: tuple[int, str, str]) -> list[Hours]:
    return [Hours(day, dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)) for day, opens, closes in rows]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(d, "08:00", "18:30") for d in range(1, 6)], "Mo-Fr 08:00-18:30; PH off"),
        ([(1, "13:30", "17:00"), (1, "08:30", "12:00"), (3, "09:00", "12:00")], "Mo 08:30-12:00,13:30-17:00; We 09:00-12:00; PH off"),
        ([], "off"),
    ],
    ids=["a week", "a lunch break and a gap", "never"],
)  # fmt: skip
def test_opening_hours_are_told_as_openstreetmap_does(rows: list[tuple[int, str, str]], said: str) -> None:
    assert gbfs.opening_hours(hours(*rows)) == said


def test_a_season_replaces_the_ordinary_week_for_its_days_and_closes_the_others() -> None:
    week = hours(*((d, "08:00", "18:00") for d in range(1, 6)))
    summer = [Hours(d, dt.time(9), dt.time(12), 7) for d in (1, 2)]
    season = YearlySeason(7, "Été", "07-06", "08-28")
    assert gbfs.opening_hours([*week, *summer], [season]) == (
        "Mo-Fr 08:00-18:00; Jul 06-Aug 28 off; Jul 06-Aug 28 Mo-Tu 09:00-12:00; PH off"
    )
    assert gbfs.opening_hours([], [season]) == "off"
