"""What the map of a day draws, from the kept day."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from bureaux_volants.planner.models import DayPlan
from bureaux_volants.web.plan_map import map_of

from .conftest import World
from .test_organise import proposed


def place(name: str, lat: float, key: str = "") -> dict[str, Any]:
    return {"name": name, "lat": lat, "lon": 6.1, "key": key}


HOME, STOP, SITE = place("chez vous (Marly)", 49.0, "home"), place("Arrêt", 49.01), place("Siège", 49.1, "site:siege")


def travel(
    a: dict[str, Any], b: dict[str, Any], way: str, *sections: tuple[dict[str, Any], dict[str, Any], str]
) -> Any:
    told = [{"from": x, "to": y, "mode": mode} for x, y, mode in sections]
    basis = "timetable" if sections else "estimate"
    return {"what": "travel", "from": a, "place": b, "way": way, "basis": basis, "sections": told}


def test_stops_are_numbered_in_the_order_of_the_day_and_a_place_is_drawn_once() -> None:
    there = travel(HOME, SITE, "transit", (HOME, STOP, "walk"), (STOP, SITE, "bus"))
    day = [there, {"what": "desk", "place": SITE}, {"what": "meeting", "place": SITE}, travel(SITE, HOME, "pool_bike")]
    found = map_of({"steps": day})
    assert [(p["n"], p["name"], p["what"]) for p in found["places"]] == [
        (1, "Chez vous", ""),
        (2, "Siège", "bureau, rendez-vous"),
    ]
    assert [(leg["as"], leg["told"]) for leg in found["legs"]] == [("walk", True), ("transit", True), ("bike", False)]
    assert found["legs"][1]["line"] == [[49.01, 6.1], [49.1, 6.1]]
    assert found["ways"] == ["bike", "transit", "walk"]


def test_a_day_in_one_place_has_no_map() -> None:
    assert map_of({"steps": [{"what": "desk", "place": HOME}]}) == {}


@pytest.mark.django_db
def test_each_proposal_has_its_map_which_is_nobody_else_s(world: World) -> None:
    plan: DayPlan = proposed(world, to_1="Woippy", from_1="14:00", until_1="15:00")
    address = reverse("plans", args=[plan.reference])
    page = world.client.get(address).content.decode()
    for number in range(len(plan.answer["plans"])):
        assert f'id="plan-map-{number}"' in page
    assert world.signed_in(world.other).get(address).status_code == 404
