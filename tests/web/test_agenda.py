"""Mon agenda: a real calendar server (Radicale) is connected, read for the day that is organised, and forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.urls import reverse

from bureaux_volants.events.models import Event
from bureaux_volants.planner.agenda.keeping import Source, sealed, source_of
from bureaux_volants.planner.models import CalendarLink
from bureaux_volants.planner.retention import forget
from bureaux_volants.territory.models import Agent
from tests import calendar_servers
from tests.calendar_servers import put

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
