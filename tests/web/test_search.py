"""Trouver un bureau."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bureaux_volants.booking.service import book
from bureaux_volants.territory.models import Closure, Phase
from tests import factories
from tests.factories import TEST, TUESDAY, at

from .conftest import World

URL = "/bureaux/"


def _search(world: World, **asked: object) -> str:
    answer = world.client.get(URL, {"date": TUESDAY.isoformat(), **asked})
    assert answer.status_code == 200
    return answer.content.decode()


def _order(text: str) -> list[str]:
    return re.findall(r'id="site-([a-z]+)"', text)


def test_places_come_nearest_first(world: World) -> None:
    assert _order(_search(world)) == ["marly", "siege"]
    assert _order(_search(world, near="Woippy")) == ["siege", "marly"]


def test_the_list_and_the_map_say_the_same(world: World) -> None:
    book(world.other, factories.ask(world.mairie), TEST)
    text = _search(world, part="morning")
    told = json.loads(re.search(r'<script id="map-data" type="application/json">(.*?)</script>', text)[1])  # type: ignore[index]
    assert {(s["slug"], s["free"], s["capacity"]) for s in told["sites"]} == {("marly", 1, 2), ("siege", 2, 2)}
    assert [s["slug"] for s in told["sites"]] == _order(text)
    assert told["origin"]["name"] == "Marly"


def test_a_morning_is_each_places_own_morning(world: World) -> None:
    factories.hours(world.mairie, spans=[("08:30", "12:15"), ("13:30", "17:00")])
    context = world.client.get(URL, {"date": TUESDAY.isoformat(), "part": "morning"}).context
    stays = {f.site.slug: f.stay for f in context["found"]}
    assert (stays["marly"].start, stays["marly"].end) == (at(TUESDAY, "8:30"), at(TUESDAY, "12:15"))
    assert (stays["siege"].start, stays["siege"].end) == (at(TUESDAY, "8"), at(TUESDAY, "13"))


def test_a_full_place_offers_its_waiting_list(world: World) -> None:
    for who in (world.other, factories.agent(world.territory)):
        book(who, factories.ask(world.mairie, start="8", end="18"), TEST)
    text = _search(world)
    assert "Ce site est complet à ces heures\u00a0: les 2 bureaux sont pris." in text
    assert reverse("waiting_join") in text


def test_a_closed_place_says_why(world: World) -> None:
    Closure.objects.create(
        territory=world.territory, site=world.mairie, start=at(TUESDAY, "0"), end=at(TUESDAY, "23"), reason="inventaire"
    )
    assert "Fermé le mardi 1er décembre\u00a0: inventaire." in _search(world)


def test_what_concerns_the_person_is_told_once(world: World) -> None:
    book(world.agent, factories.ask(world.mairie, start="8", end="18"), TEST)
    text = _search(world)
    assert text.count("Vous avez déjà un bureau") == 1
    assert "aucun site disponible" in text


def test_features_narrow_the_count(world: World) -> None:
    factories.desk(world.mairie, features=["dock"])
    context = world.client.get(URL, {"date": TUESDAY.isoformat(), "features": ["dock"]}).context
    assert {f.site.slug: (f.free, f.capacity) for f in context["found"]} == {"marly": (1, 1), "siege": (0, 0)}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"date": "hier"}, "Indiquez un jour"),
        ({"date": "2099-01-01"}, "trop loin"),
        ({"part": "nuit"}, "Sélectionnez un choix valide"),
        ({"part": "free"}, "heure d&#x27;arrivée"),
        ({"part": "free", "start": "14:00", "end": "9:00"}, "doit suivre"),
        ({"near": "Tombouctou"}, "Nous ne connaissons pas ce lieu"),
        ({"features": ["piscine"]}, "Sélectionnez un choix valide"),
    ],
)
def test_a_mistake_is_told_and_nothing_typed_is_lost(world: World, asked: dict[str, object], said: str) -> None:
    text = _search(world, **asked)
    assert said in text
    for value in asked.values():
        if isinstance(value, str) and value not in {"nuit", "free"}:
            assert value.removeprefix("0") in text


def test_an_unknown_place_still_gives_the_list(world: World) -> None:
    text = _search(world, near="Tombouctou")
    assert len(_order(text)) == 2


def test_htmx_gets_the_results_alone(world: World) -> None:
    answer = world.client.get(URL, {"date": TUESDAY.isoformat()}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="results">')
    assert "<html" not in text


def test_the_map_gets_the_contours_of_the_territory_only(world: World) -> None:
    square = {"type": "Polygon", "coordinates": [[[6, 49], [6.1, 49], [6.1, 49.1], [6, 49]]]}
    world.mairie.commune.contour = square
    world.mairie.commune.save()
    factories.commune(factories.territory(), contour=square)
    told = world.client.get(reverse("contours")).json()
    assert [f["properties"]["name"] for f in told["features"]] == ["Marly"]
    assert told["schematic"] is True


def _queries(world: World) -> int:
    world.client.get(URL, {"date": TUESDAY.isoformat()})
    with CaptureQueriesContext(connection) as queries:
        world.client.get(URL, {"date": TUESDAY.isoformat()})
    return len(queries)


def test_the_search_costs_the_same_whatever_the_number_of_places(world: World) -> None:
    few = _queries(world)
    for _ in range(8):
        book(factories.agent(world.territory), factories.ask(factories.site(world.territory)), TEST)
    assert _queries(world) == few <= 11


def test_before_its_phase_a_place_shows_nothing_as_free(world: World) -> None:
    world.mairie.phase = Phase.objects.create(
        territory=world.territory, number=2, name="suite", opens_on=TUESDAY + dt.timedelta(days=1)
    )
    world.mairie.save()
    found = world.client.get(URL, {"date": TUESDAY.isoformat()}).context["found"]
    (marly,) = [f for f in found if f.site.slug == "marly"]
    first, second = marly.days[0], marly.days[1]
    assert [(h.interval, h.free) for h in first.halves] == [(None, 0), (None, 0)]
    assert "ouvrira le mercredi 2 décembre" in first.morning.closed_because
    assert [h.free for h in second.halves] == [2, 2]


def test_what_is_not_for_this_person_shows_no_free_half_days(world: World) -> None:
    world.mairie.open_to.add(factories.organisation(world.territory))
    found = world.client.get(URL, {"date": TUESDAY.isoformat()}).context["found"]
    assert {f.site.slug: len(f.days) for f in found} == {"marly": 0, "siege": 5}


def test_distances_are_told_of_places_that_there_are(world: World) -> None:
    assert "du plus proche" in _search(world)
    book(world.agent, factories.ask(world.mairie, start="8", end="18"), TEST)
    text = _search(world)
    assert "aucun site disponible" in text
    assert "du plus proche" not in text


def test_without_a_script_the_answer_is_where_one_lands(world: World) -> None:
    text = _search(world)
    assert 'action="/bureaux/#results"' in text
    assert re.search(r'href="/bureaux/\?date=[^"]+#results"', text)
