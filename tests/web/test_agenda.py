"""Mon agenda: a real calendar server (Radicale) is connected, read for the day that is organised, and forgotten."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from django.conf import LazySettings
from django.db import connection
from django.urls import reverse

from bureaux_volants.events.models import Event
from bureaux_volants.planner.agenda import fetching
from bureaux_volants.planner.agenda.keeping import Source, sealed, source_of
from bureaux_volants.planner.agenda.sealing import seal
from bureaux_volants.planner.models import CalendarLink
from bureaux_volants.planner.retention import forget
from bureaux_volants.territory.models import Agent
from tests import calendar_servers
from tests.calendar_servers import PASSWORD, USER, put

from .conftest import World


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a calendar server of its own, which everybody may write to."""
    open_to_all = ("--auth-type", "none", "--rights-type", "authenticated")
    with calendar_servers.radicale(tmp_path_factory.mktemp("radicale"), *open_to_all) as port:
        yield f"http://127.0.0.1:{port}"


def linked(agent: Agent, source: Source) -> None:
    assert agent.territory is not None
    CalendarLink.objects.create(
        territory=agent.territory, agent=agent, sealed=sealed(source, agent.pk), created_at="2026-11-01T00:00:00Z"
    )


EVENTS = (
    "UID:1\r\nDTSTART:20261124T140000\r\nDTEND:20261124T150000\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Revue\r\nLOCATION:Woippy",
    "UID:2\r\nDTSTART:20261201T090000\r\nDTEND:20261201T100000\r\nSUMMARY:Médecin\r\nCLASS:PRIVATE",
    "UID:3\r\nDTSTART:20261201T110000\r\nDTEND:20261201T120000\r\nSUMMARY:Visio\r\nLOCATION:en ligne",
)


@pytest.fixture
def address(radicale: str, settings: LazySettings) -> str:
    settings.BV_CALENDAR_HOSTS = (radicale,)
    address = f"{radicale}/ada/secret-7f3a/"
    put(address, *EVENTS)
    return address


def test_the_day_begins_with_the_meetings_of_the_calendar(world: World, address: str) -> None:
    done = world.client.post(reverse("agenda"), {"address": address})
    assert done.url == reverse("organise"), done.content.decode()  # type: ignore[attr-defined]
    page = world.client.get(reverse("organise"), {"date": "2026-12-01"}).content.decode()
    assert 'name="to_1" value="Woippy"' in page
    assert 'value="14:00"' in page
    assert "2 entrées laissées de côté" in page
    assert "Visio" in page
    assert "entrée privée" in page
    assert "Médecin" not in page
    other_day = world.client.get(reverse("organise"), {"date": "2026-12-02"}).content.decode()
    assert "Rien ce jour-là" in other_day


def test_the_address_is_shown_to_nobody_nor_logged_and_goes_when_asked(world: World, address: str) -> None:
    world.client.post(reverse("agenda"), {"address": address})
    for name in ("agenda", "organise", "my_data", "preferences"):
        assert "7f3a" not in world.client.get(reverse(name)).content.decode()
    assert "127.0.0.1" in world.client.get(reverse("agenda")).content.decode()
    events = Event.objects.filter(kind__startswith="agenda.")
    assert [e.kind for e in events] == ["agenda.connected"]
    assert "7f3a" not in str(events[0].data)
    world.client.post(reverse("agenda_disconnect"))
    assert not CalendarLink.objects.exists()


def test_an_address_that_answers_no_calendar_is_not_kept_and_the_former_one_stays(world: World, address: str) -> None:
    world.client.post(reverse("agenda"), {"address": address})
    for wrong in (address.rsplit("/ada", 1)[0] + "/.web/", "http://127.0.0.1:1/a.ics", "https://127.0.0.1/a.ics", ""):
        refused = world.client.post(reverse("agenda"), {"address": wrong})
        assert refused.status_code == 422, wrong
    assert source_of(CalendarLink.objects.get()) == Source(address, is_caldav=True)


def test_a_calendar_that_no_longer_answers_leaves_the_form_to_be_filled_by_hand(world: World, address: str) -> None:
    linked(world.agent, Source(address.replace("secret-7f3a", "elsewhere")))
    page = world.client.get(reverse("organise"))
    assert page.status_code == 200
    assert "Votre agenda répond 404" in page.content.decode()


def test_the_calendar_of_somebody_who_left_is_forgotten(world: World) -> None:
    for agent in (world.agent, world.other):
        linked(agent, Source("https://a.example/x"))
    type(world.other).objects.filter(pk=world.other.pk).update(is_active=False)
    forget()
    assert CalendarLink.objects.get().agent == world.agent


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> calendar_servers.Certificate:
    return calendar_servers.certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory, trusted: calendar_servers.Certificate) -> Iterator[str]:
    """The origin of a calendar server that asks for a password, by https."""
    with calendar_servers.guarded_radicale(tmp_path_factory.mktemp("guarded"), trusted) as origin:
        yield origin


@pytest.fixture
def guarded(
    guarded_server: str,
    trusted: calendar_servers.Certificate,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.chain))
    settings.BV_CALENDAR_HOSTS = (guarded_server.removeprefix("https://"),)
    address = f"{guarded_server}/{USER}/agenda-7f3a/"
    put(address, *EVENTS, trusted=trusted, user=USER, password=PASSWORD)
    return address


def give(world: World, address: str = "", user: str = "", password: str = "") -> str:
    """What the page says of this, "" where it was taken."""
    done = world.client.post(reverse("agenda"), {"address": address, "user": user, "password": password})
    if done.status_code == 302:
        return ""
    assert done.status_code == 422
    page = done.content.decode()
    assert password not in page or not password
    assert page.count('class="error"') == 1, page
    return html.unescape(page.split('class="error"', 1)[1].split("</p>", 1)[0])


def kept(agent: Agent) -> Source:
    return source_of(CalendarLink.objects.get(agent=agent))


def test_a_calendar_with_a_password_fills_the_day_and_shows_none_of_it(world: World, guarded: str) -> None:
    assert give(world, guarded, USER, PASSWORD) == ""
    assert kept(world.agent) == Source(guarded, USER, PASSWORD, is_caldav=True)
    page = world.client.get(reverse("organise"), {"date": "2026-12-01"}).content.decode()
    assert 'name="to_1" value="Woippy"' in page
    for name in ("agenda", "organise", "my_data", "preferences"):
        page = html.unescape(world.client.get(reverse(name)).content.decode())
        assert "7f3a" not in page
        assert PASSWORD not in page
    told = world.client.get(reverse("my_data")).json()["calendar"]
    assert (told["server"], told["user"], told["has_password"]) == ("127.0.0.1", USER, True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM planner_calendarlink, LATERAL (SELECT json_agg(e) FROM events_event e) AS log")
        rows = str(cursor.fetchall())
    assert "agenda.connected" in rows
    for secret in ("7f3a", USER, PASSWORD):
        assert secret not in rows
    world.client.post(reverse("agenda_disconnect"))
    assert not CalendarLink.objects.exists()


def test_each_way_to_be_wrong_has_its_sentence(
    world: World, guarded: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "refuse cet identifiant ou ce mot de passe" in give(world, guarded, USER, "faux-4d2c")
    assert "demande un identifiant et un mot de passe" in give(world, guarded)
    assert "aussi le mot de passe" in give(world, guarded, USER)
    assert "aussi l'identifiant" in give(world, guarded, "", PASSWORD)
    assert "deux-points" in give(world, guarded, "a:b", PASSWORD)
    assert "ne donne pas un agenda" in give(world, guarded.split(USER)[0] + ".web/", USER, PASSWORD)
    assert "un seul agenda" in give(world, guarded.split("agenda-")[0], USER, PASSWORD)
    assert "réseau privé" in give(world, "https://127.0.0.2/a.ics", USER, PASSWORD)
    assert "commence par https" in give(world, "http://agenda.example/a.ics", USER, PASSWORD)
    settings.BV_CALENDAR_HOSTS = ("127.0.0.1:1",)
    assert "ne répond pas à cette adresse" in give(world, "https://127.0.0.1:1/")
    assert not CalendarLink.objects.exists()
    assert not Event.objects.filter(kind__startswith="agenda.").exists()


def test_a_slow_or_huge_calendar_is_said_to_be_so(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pour(asked: BaseHTTPRequestHandler) -> None:
        if asked.command != "GET":
            asked.send_error(501)
            return
        asked.send_response(200)
        asked.end_headers()
        for _ in range(80):
            asked.wfile.write(b"x" * (1 << 16))

    def hush(asked: BaseHTTPRequestHandler) -> None:
        over.wait(30)

    over = threading.Event()
    monkeypatch.setattr(fetching, "WHOLE", 0.5)
    with calendar_servers.answering(pour) as large, calendar_servers.answering(hush) as slow:
        settings.BV_CALENDAR_HOSTS = tuple(f"http://127.0.0.1:{port}" for port in (large, slow))
        try:
            assert "ne répond pas assez vite" in give(world, f"http://127.0.0.1:{slow}/")
        finally:
            over.set()
        monkeypatch.undo()
        assert "dépasse 4 Mo" in give(world, f"http://127.0.0.1:{large}/")


def test_what_is_left_empty_stays_and_a_password_stays_with_its_server(
    world: World, guarded: str, trusted: calendar_servers.Certificate, radicale: str, settings: LazySettings
) -> None:
    assert give(world, guarded, USER, PASSWORD) == ""
    assert "une autre adresse" in give(world)
    assert "refuse" in give(world, password="faux-4d2c")
    assert "Donnez aussi le mot de passe" in give(world, user="basile")
    assert kept(world.agent) == Source(guarded, USER, PASSWORD, is_caldav=True)
    assert give(world, password=PASSWORD) == ""
    other = guarded.replace("agenda-7f3a", "autre")
    put(other, *EVENTS, trusted=trusted, user=USER, password=PASSWORD)
    assert give(world, other) == ""
    assert kept(world.agent) == Source(other, USER, PASSWORD, is_caldav=True)
    settings.BV_CALENDAR_HOSTS = (*settings.BV_CALENDAR_HOSTS, radicale)
    open_to_all = f"{radicale}/ada/autre/"
    put(open_to_all, *EVENTS)
    assert give(world, open_to_all) == ""
    assert kept(world.agent) == Source(open_to_all, is_caldav=True)


def test_a_meeting_that_goes_on_after_midnight_ends_with_the_day_in_the_form(world: World, address: str) -> None:
    put(address, "UID:1\r\nDTSTART:20261201T220000\r\nDTEND:20261202T020000\r\nLOCATION:Woippy")
    assert give(world, address) == ""
    evening = world.client.get(reverse("organise"), {"date": "2026-12-01"}).content.decode()
    assert ('value="22:00"' in evening, 'value="23:59"' in evening) == (True, True)
    morning = world.client.get(reverse("organise"), {"date": "2026-12-02"}).content.decode()
    assert ('value="00:00"' in morning, 'value="02:00"' in morning) == (True, True)


def test_what_the_installation_can_open_no_longer_is_asked_for_again(
    world: World, guarded: str, settings: LazySettings
) -> None:
    linked(world.agent, Source(guarded, USER, PASSWORD, is_caldav=True))
    CalendarLink.objects.update(sealed=seal("{}", world.other.pk))  # a session needs the secret that signed it
    for name in ("agenda", "organise", "my_data"):
        page = world.client.get(reverse(name))
        assert page.status_code == 200
        assert "Reconnectez votre agenda" in page.content.decode()
    assert "Donnez l'adresse" in give(world, password=PASSWORD)
    assert give(world, guarded, USER, PASSWORD) == ""
    assert kept(world.agent) == Source(guarded, USER, PASSWORD, is_caldav=True)
    CalendarLink.objects.update(sealed="")
    assert world.client.post(reverse("agenda_disconnect")).status_code == 302
    assert not CalendarLink.objects.exists()


def test_a_server_that_the_administration_no_longer_lets_through_is_said_and_breaks_no_page(
    world: World, address: str, settings: LazySettings
) -> None:
    assert give(world, address) == ""
    settings.BV_CALENDAR_HOSTS = ()
    assert world.client.get(reverse("agenda")).status_code == 200
    assert "commence par https" in world.client.get(reverse("organise")).content.decode()
