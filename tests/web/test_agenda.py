"""Mon agenda: a real calendar server (Radicale) is connected, read for the day that is organised, and forgotten."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.urls import reverse

from bureaux_volants.events.models import Event
from bureaux_volants.planner.models import CalendarLink
from bureaux_volants.planner.retention import forget

from .conftest import World


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a calendar server of its own, which everybody may write to."""
    folder: Path = tmp_path_factory.mktemp("radicale")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"),
            *("--auth-type", "none", "--rights-type", "authenticated", "--storage-filesystem-folder", str(folder)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def put(origin: str, *events: str) -> str:
    """The address of a calendar with these events, each: uid, hours of 1 December, other lines."""
    made = "".join(f"BEGIN:VEVENT\r\nDTSTAMP:20261101T000000Z\r\n{one}\r\nEND:VEVENT\r\n" for one in events)
    body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:tests\r\n{made}END:VCALENDAR\r\n".encode()
    address = f"{origin}/ada/secret-7f3a/"
    asked = urllib.request.Request(
        address,
        data=body,
        method="PUT",
        headers={"Content-Type": "text/calendar", "Authorization": "Basic YWRhOmFkYQ=="},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.status == 201
    return address


EVENTS = (
    "UID:1\r\nDTSTART:20261124T140000\r\nDTEND:20261124T150000\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Revue\r\nLOCATION:Woippy",
    "UID:2\r\nDTSTART:20261201T090000\r\nDTEND:20261201T100000\r\nSUMMARY:Médecin\r\nCLASS:PRIVATE",
    "UID:3\r\nDTSTART:20261201T110000\r\nDTEND:20261201T120000\r\nSUMMARY:Visio\r\nLOCATION:en ligne",
)


@pytest.fixture
def address(radicale: str, settings: LazySettings) -> str:
    settings.BV_CALENDAR_HOSTS = (radicale,)
    return put(radicale, *EVENTS)


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
    assert CalendarLink.objects.get().address == address


def test_a_calendar_that_no_longer_answers_leaves_the_form_to_be_filled_by_hand(world: World, address: str) -> None:
    gone = address.replace("secret-7f3a", "elsewhere")
    CalendarLink.objects.create(
        territory=world.territory, agent=world.agent, address=gone, created_at="2026-11-01T00:00:00Z"
    )
    page = world.client.get(reverse("organise"))
    assert page.status_code == 200
    assert "Votre agenda répond 404" in page.content.decode()


def test_the_calendar_of_somebody_who_left_is_forgotten(world: World) -> None:
    for agent in (world.agent, world.other):
        CalendarLink.objects.create(
            territory=world.territory, agent=agent, address="https://a.example/x", created_at="2026-11-01T00:00:00Z"
        )
    type(world.other).objects.filter(pk=world.other.pk).update(is_active=False)
    forget()
    assert CalendarLink.objects.get().agent == world.agent
