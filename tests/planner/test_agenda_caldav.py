"""A calendar asked by CalDAV: a real server (Radicale) with TLS and passwords, and others that misbehave."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings

from bureaux_volants.planner.agenda import caldav
from bureaux_volants.planner.agenda.days import read
from bureaux_volants.planner.agenda.fetching import CannotFetch, Credentials, TooSlow, Unauthorised, fetch
from bureaux_volants.planner.agenda.keeping import Source
from bureaux_volants.territory.models import Agent
from tests.calendar_servers import PASSWORD, USER, Certificate, answering, certificate, guarded_radicale, put

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = dt.date(2026, 12, 1)
RIGHT = Credentials(USER, PASSWORD)

EVENTS = (
    # Every Tuesday at 14:00, on the 8th at 16:00, not on the 15th.
    "UID:w\r\nSUMMARY:Revue\r\nDTSTART:20261124T130000Z\r\nDTEND:20261124T140000Z\r\nRRULE:FREQ=WEEKLY\r\n"
    "EXDATE:20261215T130000Z",
    "UID:w\r\nSUMMARY:Revue\r\nRECURRENCE-ID:20261208T130000Z\r\nDTSTART:20261208T150000Z\r\nDTEND:20261208T160000Z",
    "UID:n\r\nSUMMARY:Astreinte\r\nDTSTART:20261202T210000Z\r\nDTEND:20261203T030000Z",
    "UID:f\r\nSUMMARY:Flottant\r\nDTSTART:20261203T003000\r\nDTEND:20261203T004500",
    "UID:g\r\nSUMMARY:Tard\r\nDTSTART:20261203T233000\r\nDTEND:20261203T234500",
    "UID:d\r\nSUMMARY:Congés\r\nDTSTART;VALUE=DATE:20261203\r\nDTEND;VALUE=DATE:20261204",
    "UID:t\r\nSUMMARY:Pour mémoire\r\nTRANSP:TRANSPARENT\r\nDTSTART:20261203T090000Z\r\nDTEND:20261203T100000Z",
    "UID:c\r\nSUMMARY:Annulé\r\nSTATUS:CANCELLED\r\nDTSTART:20261203T090000Z\r\nDTEND:20261203T100000Z",
    f"UID:r\r\nSUMMARY:Refusé\r\nATTENDEE;PARTSTAT=DECLINED:mailto:{USER.upper()}\r\nDTSTART:20261203T090000Z\r\n"
    "DTEND:20261203T100000Z",
    "UID:o\r\nSUMMARY:Sans Basile\r\nATTENDEE;PARTSTAT=DECLINED:mailto:basile@ville.test\r\n"
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:personne@ville.test\r\nDTSTART:20261203T110000Z\r\nDTEND:20261203T113000Z",
    # 29 March 2026 has 23 hours, 25 October 25.
    "UID:s\r\nSUMMARY:Printemps\r\nDTSTART:20260328T223000Z\r\nDTEND:20260329T013000Z",
    "UID:a\r\nSUMMARY:Automne\r\nDTSTART:20261025T220000Z\r\nDTEND:20261025T230000Z",
    "UID:b\r\nSUMMARY:Flottant\r\nDTSTART:20261025T231500\r\nDTEND:20261025T233000",
)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def believed(trusted: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.chain))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, trusted: Certificate) -> Iterator[str]:
    with guarded_radicale(tmp_path_factory.mktemp("radicale"), trusted) as origin:
        put(f"{origin}/{USER}/agenda/", *EVENTS, trusted=trusted, user=USER, password=PASSWORD)
        yield origin


@pytest.fixture
def address(server: str, settings: LazySettings) -> str:
    settings.BV_CALENDAR_HOSTS = allowed(server)
    return f"{server}/{USER}/agenda/"


def allowed(origin: str) -> tuple[str, ...]:
    return (origin.removeprefix("https://"),)


def told(address: str, day: dt.date) -> list[tuple[str, str]]:
    source = Source(address, USER, PASSWORD, is_caldav=True)
    found = read(source, day, PARIS, Agent(email="personne@ville.test"))
    return [(f"{e.start:%d %H:%M}-{e.end:%d %H:%M}", e.title) for e in found]


def test_a_collection_is_known_from_what_is_none(address: str, server: str) -> None:
    assert caldav.is_calendar(address, RIGHT, allowed(server))
    assert caldav.is_calendar(address.rstrip("/"), RIGHT, allowed(server))
    with pytest.raises(caldav.NoCalendar, match="un seul agenda"):
        caldav.is_calendar(f"{server}/{USER}/", RIGHT, allowed(server))
    assert not caldav.is_calendar(f"{server}/.web/", RIGHT, allowed(server))


def test_a_wrong_password_and_none_are_told_from_each_other(address: str, server: str) -> None:
    with pytest.raises(Unauthorised, match="refuse"):
        caldav.is_calendar(address, Credentials(USER, "autre"), allowed(server))
    with pytest.raises(Unauthorised, match="refuse"):
        read(Source(address, USER, "autre", is_caldav=True), TUESDAY, PARIS, Agent(email="personne@ville.test"))
    assert not caldav.is_calendar(address, None, allowed(server))
    with pytest.raises(Unauthorised, match="demande"):
        fetch(address, allowed=allowed(server))


def test_what_recurs_has_its_exceptions(address: str) -> None:
    assert told(address, TUESDAY) == [("01 14:00-01 15:00", "Revue")]
    assert told(address, dt.date(2026, 12, 8)) == [("08 16:00-08 17:00", "Revue")]
    assert told(address, dt.date(2026, 12, 15)) == []
    assert told(address, dt.date(2027, 6, 1)) == [("01 15:00-01 16:00", "Revue")]


def test_a_night_counts_on_both_days_each_to_its_midnight(address: str) -> None:
    assert told(address, dt.date(2026, 12, 2)) == [("02 22:00-03 00:00", "Astreinte")]
    assert told(address, dt.date(2026, 12, 3))[0] == ("03 00:00-03 04:00", "Astreinte")


def test_what_floats_is_at_our_hour_and_what_takes_no_time_of_its_owner_does_not_count(address: str) -> None:
    assert told(address, dt.date(2026, 12, 3))[1:] == [
        ("03 00:30-03 00:45", "Flottant"),
        ("03 12:00-03 12:30", "Sans Basile"),
        ("03 23:30-03 23:45", "Tard"),
    ]
    assert told(address, dt.date(2026, 12, 4)) == []


def test_days_of_23_and_25_hours_are_whole(address: str) -> None:
    assert told(address, dt.date(2026, 3, 28)) == [("28 23:30-29 00:00", "Printemps")]
    assert told(address, dt.date(2026, 3, 29)) == [("29 00:00-29 03:30", "Printemps")]
    assert told(address, dt.date(2026, 10, 25)) == [
        ("25 23:00-26 00:00", "Automne"),
        ("25 23:15-25 23:30", "Flottant"),
    ]
    assert told(address, dt.date(2026, 10, 26)) == []


def test_more_than_a_calendar_holds_is_not_read_to_the_end(
    server: str, trusted: Certificate, settings: LazySettings
) -> None:
    settings.BV_CALENDAR_HOSTS = allowed(server)
    large = f"{server}/{USER}/grand/"
    one = "UID:{0}\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\nDESCRIPTION:" + "x" * 1_500_000
    put(large, *(one.format(n) for n in range(3)), trusted=trusted, user=USER, password=PASSWORD)
    with pytest.raises(CannotFetch, match="dépasse 4 Mo"):
        told(large, TUESDAY)


@pytest.mark.parametrize(
    "began",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n<",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"",
    ],
)
def test_a_server_that_drips_is_given_up_in_time(began: bytes) -> None:
    def drip(asked: BaseHTTPRequestHandler) -> None:
        asked.wfile.write(began)
        for _ in range(600):  # half a minute
            asked.wfile.write(b"0")
            time.sleep(0.05)

    with answering(drip) as port:
        start = time.monotonic()
        with pytest.raises(TooSlow, match="assez vite"):
            fetch(f"http://127.0.0.1:{port}/", allowed=[f"http://127.0.0.1:{port}"], whole=0.5)
        assert time.monotonic() - start < 15


def test_a_password_goes_to_the_server_that_it_was_given_for_and_to_no_other(trusted: Certificate) -> None:
    heard: list[tuple[str, str | None]] = []

    def listen(asked: BaseHTTPRequestHandler) -> None:
        heard.append((asked.path, asked.headers["Authorization"]))
        asked.send_response(302)
        asked.send_header("Location", {"/": "/ici", "/ici": f"https://localhost:{port}/ailleurs"}[asked.path])
        asked.end_headers()

    def refuse(asked: BaseHTTPRequestHandler) -> None:
        heard.append((asked.path, asked.headers["Authorization"]))
        asked.send_response(401)
        asked.end_headers()

    with answering(refuse, trusted) as port, answering(listen, trusted) as first:
        known = [f"127.0.0.1:{first}", f"localhost:{port}"]
        with pytest.raises(Unauthorised, match="autre serveur"):
            fetch(f"https://127.0.0.1:{first}/", allowed=known, credentials=RIGHT)
    assert heard == [("/", RIGHT.header), ("/ici", RIGHT.header), ("/ailleurs", None)]


def test_a_password_never_goes_without_https(trusted: Certificate) -> None:
    heard: list[str | None] = []

    def listen(asked: BaseHTTPRequestHandler) -> None:
        heard.append(asked.headers["Authorization"])
        asked.send_response(200)
        asked.end_headers()

    with answering(listen) as port:
        clear = f"http://127.0.0.1:{port}/"
        with pytest.raises(CannotFetch, match="https"):
            fetch(clear, allowed=[clear.rstrip("/")], credentials=RIGHT)
        assert heard == []

        def send_there(asked: BaseHTTPRequestHandler) -> None:
            asked.send_response(302)
            asked.send_header("Location", clear)
            asked.end_headers()

        with answering(send_there, trusted) as secure:
            whole = [f"127.0.0.1:{secure}", clear.rstrip("/")]
            assert fetch(f"https://127.0.0.1:{secure}/", allowed=whole, credentials=RIGHT) == b""
    assert heard == [None]


def test_a_server_whose_certificate_nobody_vouches_for_hears_no_password(
    address: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CannotFetch, match="certificat"):
        fetch(address, allowed=allowed(server), credentials=RIGHT)


def test_a_redirection_to_nowhere_is_an_answer_like_another() -> None:
    def lose(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(302)
        asked.send_header("Location", "https://[")
        asked.end_headers()

    with answering(lose) as port, pytest.raises(CannotFetch, match="ne répond pas"):
        fetch(f"http://127.0.0.1:{port}/", allowed=[f"http://127.0.0.1:{port}"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>bonjour</html>",
        b"<a/>",
        b'<?xml version="1.0" encoding="nobody-knows"?><a/>',
        b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">]><m:multistatus xmlns:m="DAV:">&a;</m:multistatus>',
        '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">]><m:multistatus xmlns:m="DAV:">&a;</m:multistatus>'.encode("utf-16"),
    ],
)
def test_what_is_no_answer_of_caldav_is_said(body: bytes) -> None:
    def answer(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(207)
        asked.end_headers()
        asked.wfile.write(body)

    now = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    with answering(answer) as port, pytest.raises(caldav.NoAnswer, match="CalDAV"):
        caldav.ask(f"http://127.0.0.1:{port}/", now, now, None, [f"http://127.0.0.1:{port}"])


def test_an_entry_that_cannot_be_read_leaves_the_others(settings: LazySettings) -> None:
    good = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Vrai\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n"
    good += "END:VEVENT\r\nEND:VCALENDAR\r\n"
    bad = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART"

    def answer(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(207)
        asked.end_headers()
        found = "".join(f"<c:calendar-data>{one}</c:calendar-data>" for one in (bad, good, ""))
        asked.wfile.write(
            f'<multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">{found}</multistatus>'.encode()
        )

    with answering(answer) as port:
        settings.BV_CALENDAR_HOSTS = (f"http://127.0.0.1:{port}",)
        source = Source(f"http://127.0.0.1:{port}/", is_caldav=True)
        assert [e.title for e in read(source, TUESDAY, PARIS, Agent(email="personne@ville.test"))] == ["Vrai"]
