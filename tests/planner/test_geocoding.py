"""Addresses from a real server on loopback, which answers well, badly, late or not at all."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.config.environment import _geocoder_url
from bureaux_volants.planner import geocoding
from bureaux_volants.planner.asked import Impossible
from bureaux_volants.planner.naming import Names
from tests import factories

pytestmark = pytest.mark.django_db


def feature(label: str, score: float, lat: float = 49.06, lon: float = 6.15) -> dict[str, Any]:
    return {"geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": {"label": label, "score": score}}


LILAS = feature("3 Rue des Lilas 57155 Marly", 0.93)


class Service(http.server.BaseHTTPRequestHandler):
    """What is answered, and what was asked."""

    answer: Any = None
    asked: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        self.asked.append(parse_qs(urlsplit(self.path).query))
        self.answer(self)

    def log_message(self, *_: object) -> None:
        pass


def says(*features: object) -> Callable[[Service], None]:
    return sends(json.dumps({"type": "FeatureCollection", "features": features}).encode())


def sends(body: bytes, status: int = 200, **headers: str) -> Callable[[Service], None]:
    def answer(one: Service) -> None:
        one.send_response(status)
        for name, value in headers.items():
            one.send_header(name, value)
        one.send_header("Content-Length", str(len(body)))
        one.end_headers()
        one.wfile.write(body)

    return answer


def late(_one: Service) -> None:
    time.sleep(30)


Serve = Callable[[Callable[[Service], None]], type[Service]]


@pytest.fixture
def service(settings: Any) -> Iterator[Serve]:
    cache.clear()
    servers = []

    def start(answer: Callable[[Service], None]) -> type[Service]:
        handler = type("One", (Service,), {"answer": staticmethod(answer), "asked": []})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        settings.BV_GEOCODER_URL = f"http://127.0.0.1:{server.server_port}/search"
        return handler

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def names() -> Names:
    metz = factories.territory()
    marly = factories.commune(metz, name="Marly", lat=49.062, lon=6.152)
    factories.site(metz, slug="marly", name="Mairie de Marly", commune=marly, lat=49.062, lon=6.152)
    return Names(get_directory(metz.pk))


def test_an_address_is_found_near_the_territory_and_asked_for_once(service: Serve, names: Names) -> None:
    server = service(says(LILAS))
    for _ in range(2):
        place = names.place("3 rue des Lilas, Marly")
    assert (place.name, place.point.lat) == ("3 Rue des Lilas 57155 Marly", 49.06)
    (asked,) = server.asked
    assert asked["q"] == ["3 rue des Lilas, Marly"]
    assert (asked["lat"], asked["lon"]) == (["49.06"], ["6.15"])


def test_what_the_territory_knows_is_not_asked_of_anybody(service: Serve, names: Names) -> None:
    server = service(says(LILAS))
    assert names.place("Mairie de Marly").name == "Mairie de Marly"
    assert names.place("Marly").name == "Marly"
    assert server.asked == []


def test_without_a_service_an_address_is_its_commune_as_before(names: Names) -> None:
    assert names.place("3 rue des Lilas, Marly").name == "Marly"


def test_between_several_addresses_the_person_chooses(service: Serve, names: Names) -> None:
    service(says(feature("Rue des Lilas 57155 Marly", 0.8), feature("Rue des Lilas 57140 Woippy", 0.79)))
    with pytest.raises(Impossible, match=r"2 adresses correspondent.*Woippy") as several:
        names.place("rue des Lilas")
    assert several.value.code == "several-places"
    assert names.place("Rue des Lilas 57140 Woippy").name == "Rue des Lilas 57140 Woippy"


def test_what_is_far_away_unlikely_or_unknown_is_no_place(service: Serve, names: Names) -> None:
    service(says(feature("Rue de Rivoli 75001 Paris", 0.9, 48.86, 2.34)))
    with pytest.raises(Impossible) as far:
        names.place("rue de Rivoli, Paris")
    assert far.value.code == "place-outside"
    for answer in (says(), says(feature("Rue X", 0.1))):
        cache.clear()
        service(answer)
        with pytest.raises(Impossible) as unknown:
            names.place("rue de nulle part")
        assert unknown.value.code == "unknown-place"


@pytest.mark.parametrize(
    "answer",
    [
        late,
        sends(b"Bonjour"),
        sends(b"[]"),
        sends(b'{"features": [{"geometry": null, "properties": {}}]}'),
        sends(b'{"features": [{"geometry": {"coordinates": [600, 600]}, "properties": {"label": "x", "score": 1}}]}'),
        sends(b"[" * 100_000),
        sends(b" " * (geocoding.LARGEST + 1)),
        sends(b"", 500),
        sends(b"", 302, Location="http://10.0.0.1/search"),
        sends(b"", 302, Location="file:///etc/passwd"),
    ],
)
def test_a_service_that_fails_is_told_and_the_rest_still_works(
    service: Serve, names: Names, answer: Callable[[Service], None]
) -> None:
    service(answer)
    began = time.monotonic()
    with pytest.raises(Impossible, match="service d'adresses ne répond pas") as silent:
        names.place("3 rue des Lilas, Marly")
    assert silent.value.code == "geocoder-silent"
    assert time.monotonic() - began < 10 * geocoding.WHOLE
    assert names.place("Marly").name == "Marly"


def test_nobody_listens_at_the_address(settings: Any, names: Names) -> None:
    settings.BV_GEOCODER_URL = "http://127.0.0.1:9/search"
    with pytest.raises(Impossible, match="ne répond pas"):
        names.place("3 rue des Lilas, Marly")


@pytest.mark.parametrize(
    "value", ["adresses", "ftp://a.example/search", "https://a.example/search?q=1", "https://u:p@a.example/"]
)
def test_an_address_service_that_is_none_is_refused_at_start_up(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BV_GEOCODER_URL"):
        _geocoder_url({"BV_GEOCODER_URL": value})


def test_none_is_set_unless_said() -> None:
    assert _geocoder_url({}) == ""
    assert _geocoder_url({"BV_GEOCODER_URL": " https://a.example/search "}) == "https://a.example/search"
