"""Importing a territory, against a real HTTP server that answers as geo.api.gouv.fr does, and as it does on bad days."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from shapely.geometry import Point, shape

from bureaux_volants.territory import national_api
from bureaux_volants.territory.models import Commune, Organisation, Site, Territory
from bureaux_volants.territory.national_api import NationalApiError, fetch

SIREN = "200039865"


def commune(code: str, name: str, west: float, **fields: Any) -> dict[str, Any]:
    """A commune one tenth of a degree wide, as `/epcis/{siren}/communes?format=json` describes it."""
    ring = [[west, 49.0], [west + 0.1, 49.0], [west + 0.1, 49.1], [west, 49.1], [west, 49.0]]
    described = {
        "nom": name,
        "code": code,
        "siren": f"2157{code}",
        "population": 1000,
        "centre": {"type": "Point", "coordinates": [west + 0.05, 49.05]},
        "mairie": {"type": "Point", "coordinates": [west + 0.02, 49.02]},
        "contour": {"type": "Polygon", "coordinates": [ring]},
    }
    return {key: value for key, value in {**described, **fields}.items() if value is not ...}


COMMUNES = [commune("57447", "Marly", 6.1, population=10286), commune("57140", "Chesny", 6.2)]


class Server:
    """The API on this machine; `answers` are (status, body) served in turn, the last one for ever."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.epci: list[tuple[int, bytes]] = [(200, json.dumps({"nom": "Metz Métropole", "code": SIREN}).encode())]
        self.communes: list[tuple[int, bytes]] = [(200, json.dumps(COMMUNES).encode())]
        self.behave: Callable[[BaseHTTPRequestHandler], bool] = lambda handler: False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                if server.behave(self):
                    return
                if not self.path.startswith(f"/epcis/{SIREN}"):
                    status, body = 404, b"Not Found"
                else:
                    answers = server.communes if "/communes?" in self.path else server.epci
                    status, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def says(self, communes: Any) -> None:
        self.communes = [(200, json.dumps(communes).encode())]


@pytest.fixture
def api() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def ask(api: Server, siren: str = SIREN, timeout: float = 5.0) -> national_api.NationalTerritory:
    return fetch(siren, api.url, timeout=timeout, pauses=(0.01, 0.01))


# -- reading ----------------------------------------------------------------------------------------------------------


def test_an_authority_is_read_with_its_communes_in_the_order_of_their_codes(api: Server) -> None:
    national = ask(api)
    assert national.name == "Metz Métropole"
    assert [(c.code, c.name, c.population) for c in national.communes] == [
        ("57140", "Chesny", 1000),
        ("57447", "Marly", 10286),
    ]
    assert (national.communes[1].lat, national.communes[1].lon) == (49.02, 6.12)
    assert shape(national.contour).area == pytest.approx(0.02)
    assert shape(national.communes[1].contour).contains(Point(6.15, 49.05))


def test_a_commune_without_a_known_mairie_is_placed_at_its_centre(api: Server) -> None:
    api.says([commune("57447", "Marly", 6.1, mairie=...)])
    assert (ask(api).communes[0].lat, ask(api).communes[0].lon) == (49.05, 6.15)


def test_a_server_error_is_tried_again(api: Server) -> None:
    api.communes.insert(0, (503, b""))
    assert len(ask(api).communes) == 2


BAD_DAYS: list[tuple[str, list[tuple[int, bytes]], str]] = [
    ("an error that lasts", [(500, b"oops")], "ne répond pas \\(erreur 500\\)"),
    ("a refusal", [(403, b"")], "refuse la demande \\(erreur 403\\)"),
    ("truncated JSON", [(200, json.dumps(COMMUNES).encode()[:-20])], "JSON complet"),
    ("a page instead of JSON", [(200, b"<html>")], "JSON complet"),
    ("an empty list", [(200, b"[]")], "ne donne aucune commune"),
    ("an object instead of a list", [(200, b"{}")], "n'en est pas une"),
    ("a list of numbers", [(200, b"[1]")], "n'y est pas décrite"),
]


@pytest.mark.parametrize(("answers", "sentence"), [day[1:] for day in BAD_DAYS], ids=[day[0] for day in BAD_DAYS])
def test_a_bad_answer_is_one_clear_sentence(api: Server, answers: list[tuple[int, bytes]], sentence: str) -> None:
    api.communes = answers
    with pytest.raises(NationalApiError, match=sentence) as failure:
        ask(api)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"nom": ...}, "« nom » manque"),
        ({"nom": 12}, "« nom » manque"),
        ({"code": "../.."}, "n'est pas un code INSEE"),
        ({"population": "many"}, "nombre d'habitants"),
        ({"population": -1}, "nombre d'habitants"),
        ({"population": True}, "nombre d'habitants"),
        ({"mairie": ..., "centre": ...}, "ni la mairie ni le centre"),
        ({"mairie": {"type": "Point", "coordinates": [None, 4]}}, "ni la mairie ni le centre"),
        ({"mairie": {"type": "Point", "coordinates": [6.1, 949]}}, "hors du globe"),
        ({"contour": ...}, "contour de Marly"),
        ({"contour": {"type": "Polygon", "coordinates": []}}, "contour de Marly"),
        ({"contour": {"type": "Point", "coordinates": [6, 49]}}, "contour de Marly"),
        ({"contour": {"type": "Polygon", "coordinates": "far"}}, "contour de Marly"),
    ],
)
def test_a_commune_with_a_wrong_field_is_named(api: Server, fields: dict[str, Any], sentence: str) -> None:
    api.says([{key: value for key, value in {**COMMUNES[0], **fields}.items() if value is not ...}])
    with pytest.raises(NationalApiError, match=sentence):
        ask(api)


def test_a_commune_given_twice_is_refused(api: Server) -> None:
    api.says([COMMUNES[0], COMMUNES[0]])
    with pytest.raises(NationalApiError, match="deux fois"):
        ask(api)


def test_an_unknown_siren_is_said(api: Server) -> None:
    with pytest.raises(NationalApiError, match="ne connaît pas d'intercommunalité de SIREN 999999999"):
        ask(api, "999999999")


def test_something_else_than_a_siren_is_never_asked(api: Server) -> None:
    with pytest.raises(NationalApiError, match="neuf chiffres"):
        ask(api, "../communes")
    assert api.asked == []


def test_silence_is_given_up(api: Server) -> None:
    def sleep(handler: BaseHTTPRequestHandler) -> bool:
        time.sleep(0.5)
        return True

    api.behave = sleep
    with pytest.raises(NationalApiError, match="délai dépassé"):
        ask(api, timeout=0.1)
    assert len(api.asked) == 3


def test_an_answer_that_drips_is_given_up(api: Server) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b" ")
            time.sleep(0.02)
        return True

    api.behave = drip
    with pytest.raises(NationalApiError, match="délai dépassé"):
        ask(api, timeout=0.1)


def test_a_connection_cut_in_the_middle_is_said(api: Server) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"[")
        return True

    api.behave = cut
    with pytest.raises(NationalApiError, match=r"réponse tronquée|connexion coupée"):
        ask(api)


def test_an_enormous_answer_is_not_read_to_its_end(api: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(national_api, "LARGEST_ANSWER", 100)
    with pytest.raises(NationalApiError, match="trop grande"):
        ask(api)


def test_nobody_listening_is_said() -> None:
    with pytest.raises(NationalApiError, match="connexion impossible"):
        fetch(SIREN, "http://127.0.0.1:9", timeout=1, pauses=())


@pytest.mark.parametrize(
    "url", ["http://geo.api.gouv.fr", "file:///etc", "ftp://localhost", "http://", "x", "http://[", "https://a:b@c"]
)
def test_only_https_is_asked_but_on_this_machine(url: str) -> None:
    with pytest.raises(NationalApiError):
        fetch(SIREN, url, timeout=1, pauses=())


def test_a_redirection_to_plain_http_is_refused(api: Server) -> None:
    def redirect(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(302)
        handler.send_header("Location", "http://example.org/epcis")
        handler.end_headers()
        return True

    api.behave = redirect
    with pytest.raises(NationalApiError, match="n'est pas une adresse https"):
        ask(api)


# -- writing ----------------------------------------------------------------------------------------------------------


def run_import(api: Server) -> str:
    out = StringIO()
    call_command("territory", "import", SIREN, base_url=api.url, timeout=5.0, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_new_territory_is_created_with_its_communes(api: Server) -> None:
    assert "Metz Métropole créé : 2 communes" in run_import(api)
    territory = Territory.objects.get(siren=SIREN)
    assert (territory.slug, territory.contours_are_schematic, territory.is_demonstration) == (
        "metz-metropole",
        False,
        False,
    )
    assert territory.contour is not None
    assert list(territory.communes.values_list("name", "population")) == [("Chesny", 1000), ("Marly", 10286)]


@pytest.fixture
def known(db: None) -> Territory:
    """A demonstration-like territory: a schematic Marly with a mairie, and a commune that has left since."""
    territory = Territory.objects.create(siren=SIREN, name="Metz", slug="metz", is_demonstration=True)
    marly = Commune.objects.create(territory=territory, code="57447", name="Marly ?", lat=49, lon=6, contour={"a": 1})
    Commune.objects.create(territory=territory, code="57000", name="Partie", lat=49, lon=6)
    town = Organisation.objects.create(territory=territory, siret="21570447900000", name="Marly", kind="commune")
    Site.objects.create(
        territory=territory, organisation=town, commune=marly, slug="marly", name="Mairie", kind="mairie", lat=1, lon=1
    )
    return territory


def test_known_communes_and_mairies_are_brought_up_to_date(api: Server, known: Territory) -> None:
    said = run_import(api)
    assert "1 ajoutée, 1 mise à jour, 1 mairie placée" in said
    assert "Gardées, bien qu'absentes de l'API : Partie." in said
    known.refresh_from_db()
    assert known.contours_are_schematic is False
    assert (known.slug, known.name, known.is_demonstration) == ("metz", "Metz", True)
    marly = Commune.objects.get(territory=known, code="57447")
    assert (marly.name, marly.population, marly.lat, marly.lon) == ("Marly", 10286, 49.02, 6.12)
    assert marly.contour["type"] == "Polygon"
    assert tuple(Site.objects.values_list("lat", "lon").get()) == (49.02, 6.12)


def test_importing_twice_changes_nothing_more(api: Server, known: Territory) -> None:
    run_import(api)
    before = list(Commune.objects.order_by("id").values())
    assert "aucune ajoutée, 2 mises à jour" in run_import(api)
    assert list(Commune.objects.order_by("id").values()) == before


def test_a_failed_import_changes_nothing_and_says_so(api: Server, known: Territory) -> None:
    before = list(Commune.objects.order_by("id").values())
    api.says([COMMUNES[0], commune("57140", "Chesny", 6.2, contour=...)])
    with pytest.raises(CommandError, match=r"contour de Chesny manque\. Rien n'a été changé\."):
        run_import(api)
    assert list(Commune.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_another_territory_may_have_the_name_already(api: Server) -> None:
    Territory.objects.create(siren="111111111", name="Metz Métropole", slug="metz-metropole")
    run_import(api)
    assert Territory.objects.get(siren=SIREN).slug == "metz-metropole-2"
