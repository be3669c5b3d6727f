"""Private calendars: read by a real CalDAV server, kept secret, taken back at once, decided anew at each reading."""

from __future__ import annotations

import re
import urllib.request

import icalendar
from django.test import Client
from django.urls import reverse

from bureaux_volants.booking import service
from bureaux_volants.events.models import Event
from bureaux_volants.planner.models import CalendarFeed
from bureaux_volants.territory.models import Agent, Grant
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TUESDAY, ask, at

from .conftest import World
from .test_agenda import radicale as radicale


def published(client: Client, site: str = "") -> str:
    """The path of the address that the page shows."""
    client.post(reverse("feed_publish"), {"site": site} if site else {})
    page = client.get(reverse("agenda")).content.decode()
    found = re.search(r'value="https?://[^/"]+(/agenda/[\w-]+\.ics)"', page)
    assert found is not None
    return found[1]


def entries(path: str) -> list[icalendar.Event]:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def test_ones_stays_are_read_without_signing_in_and_follow_their_changes(world: World) -> None:
    path = published(world.client)
    assert entries(path) == []
    booking = service.book(world.agent, ask(world.mairie, start="9", end="12"), by(world.agent), now=NOW)
    (entry,) = entries(path)
    assert (entry["SEQUENCE"], entry["DTSTART"].dt) == (0, at(TUESDAY, "9"))
    service.change(booking.pk, by(world.agent), start=at(TUESDAY, "10"), end=at(TUESDAY, "12"), now=NOW)
    (moved,) = entries(path)
    assert (moved["UID"], moved["SEQUENCE"], moved["DTSTART"].dt) == (entry["UID"], 1, at(TUESDAY, "10"))
    service.cancel(booking.pk, by(world.agent), now=NOW)
    assert entries(path) == []


def test_the_address_is_shown_once_and_kept_nowhere(world: World) -> None:
    path = published(world.client)
    secret = path.split("/")[2].removesuffix(".ics")
    assert secret not in world.client.get(reverse("agenda")).content.decode()
    assert secret not in world.client.get(reverse("my_data")).content.decode()
    assert secret not in str(list(CalendarFeed.objects.values()))
    assert secret not in str(list(Event.objects.values("data")))


def test_a_new_address_and_a_withdrawal_silence_the_former_one(world: World) -> None:
    first = published(world.client)
    second = published(world.client)
    assert first != second
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    world.client.post(reverse("feed_withdraw"))
    assert Client().get(second).status_code == 404


def test_who_left_is_read_no_more(world: World) -> None:
    path = published(world.client)
    Agent.objects.filter(pk=world.agent.pk).update(is_active=False)
    assert Client().get(path).status_code == 404


def test_who_comes_is_for_those_who_host_and_for_as_long_as_they_do(world: World) -> None:
    assert world.client.post(reverse("feed_publish"), {"site": "marly"}).status_code == 404
    service.book(world.agent, ask(world.mairie, start="9", end="12"), by(world.agent), now=NOW)
    grant = factories.grant(world.agent, Grant.Role.HOST, over=world.mairie)
    path = published(world.client, "marly")
    (entry,) = entries(path)
    assert str(entry["SUMMARY"]).startswith(str(world.agent))
    assert str(entry["TRANSP"]) == "TRANSPARENT"
    grant.delete()
    assert Client().get(path).status_code == 404


def test_a_site_of_another_territory_is_not_found(world: World) -> None:
    elsewhere = factories.site(factories.territory(), slug="ailleurs")
    factories.grant(world.agent, Grant.Role.HOST, over=world.mairie)
    assert world.client.post(reverse("feed_publish"), {"site": elsewhere.slug}).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_a_real_calendar_server_takes_the_feed_and_gives_it_back(world: World, radicale: str) -> None:
    for start, end in (("9", "12"), ("14", "17")):
        service.book(world.agent, ask(world.mairie, start=start, end=end), by(world.agent), now=NOW)
    text = Client().get(published(world.client)).content
    address = f"{radicale}/ada/bureaux-volants/"
    sign = {"Content-Type": "text/calendar", "Authorization": "Basic YWRhOmFkYQ=="}
    with urllib.request.urlopen(
        urllib.request.Request(address, data=text, method="PUT", headers=sign), timeout=10
    ) as answer:
        assert answer.status == 201
    # What it answers to a programme that asks for Tuesday's morning (RFC 4791).
    wanted = (
        '<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><C:calendar-data/></D:prop>'
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f'<C:time-range start="{TUESDAY:%Y%m%d}T070000Z" end="{TUESDAY:%Y%m%d}T110000Z"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    asked = urllib.request.Request(
        address, data=wanted.encode(), method="REPORT", headers=sign | {"Content-Type": "text/xml", "Depth": "1"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        found = answer.read().decode()
    assert found.count("BEGIN:VEVENT") == 1
    assert "DTSTART;TZID=Europe/Paris:20261201T090000" in found.replace("\r\n ", "")
