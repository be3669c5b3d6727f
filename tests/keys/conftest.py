"""A site with a box of bikes, people who book them, and a box that says what it is told to say."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.keys import boxes, signing
from bureaux_volants.keys.following import check_in_who_took_a_key, renew
from bureaux_volants.keys.ingest import Heard, ingest
from bureaux_volants.keys.models import Box, Custody, Grant, Key
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.territory.models import Grant as Role
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at
from tests.keys.programs import Program


def by(agent: Agent) -> Author:
    return Author(agent, Event.Origin.WEB)


@dataclass
class Cabinet:
    """The other end of the line: numbers its events and signs them, as a box does."""

    box: Box
    secret: bytes
    sequence: int = 0
    epoch: int = 1
    journal: list[dict[str, Any]] = field(default_factory=list)

    def says(self, kind: str, clock: dt.datetime, **fields: Any) -> dict[str, Any]:
        """The next event, signed, kept in the journal, not sent yet."""
        self.sequence += 1
        message = {
            "box": str(self.box.public_id),
            "sequence": self.sequence,
            "clock": signing.as_text(clock),
            "kind": kind,
            **fields,
        }
        made = signing.signed(self.secret, signing.EVENT, message)
        self.journal.append(made)
        return made

    def out(self, grant: Grant, clock: dt.datetime) -> dict[str, Any]:
        slot = grant.resource.key.home.number
        return self.says("key_out", clock, slot=slot, key=f"tag{slot}", grant=str(grant.public_id))

    def back(self, slot: int, clock: dt.datetime, *, through: int | None = None) -> dict[str, Any]:
        return self.says("key_in", clock, slot=through or slot, key=f"tag{slot}")

    def sends(self, *messages: dict[str, Any], now: dt.datetime) -> Heard:
        return ingest(self.box, messages, now=now)


class Scene:
    """One site, three bikes in slots 1 to 3 of one box."""

    def __init__(self, adapter: str = Box.Adapter.REST) -> None:
        self.territory = factories.territory()
        self.site: Site = factories.site(self.territory, desks=0)
        RuleSet.objects.create(
            territory=self.territory,
            kind=Kind.BIKE,
            horizon_days=400,
            weekly_limit=7,
            turnaround_minutes=10,
            check_in_early_minutes=15,
            is_round_the_clock=True,
        )
        self.manager = factories.agent(self.territory)
        factories.grant(self.manager, Role.Role.FLEET_MANAGER, over=self.site)
        self.box = Box.objects.create(territory=self.territory, site=self.site, name="Hall", adapter=adapter)
        self.bikes: list[Resource] = []
        for number in (1, 2, 3):
            bike = Resource.objects.create(
                territory=self.territory, site=self.site, kind=Kind.BIKE, name=f"Vélo {number}"
            )
            self.bikes.append(bike)
            boxes.install_key(bike, self.box, number, TEST, tag=f"tag{number}", now=NOW - dt.timedelta(days=1))
        self.cabinet: Cabinet | None = None
        self._heard = 0

    def enrol(self, **capabilities: Any) -> Cabinet:
        given = boxes.enrol(boxes.offer_enrolment(self.box, TEST, now=NOW), capabilities, now=NOW)
        self.box.refresh_from_db()
        self.cabinet = Cabinet(self.box, bytes.fromhex(given["secret"]), given["sequence"], given["epoch"])
        return self.cabinet

    def book(self, start: str = "9", end: str = "12", *, who: Agent | None = None, bike: int | None = None) -> Booking:
        who = who or factories.agent(self.territory)
        unit = self.bikes[bike - 1].pk if bike else None
        ask = Ask(Kind.BIKE, self.site.pk, at(TUESDAY, start), at(TUESDAY, end), resource_id=unit)
        return service.book(who, ask, by(who), now=NOW)

    def follow(self, now: dt.datetime = NOW) -> None:
        """Let the room hear what happened since the last time, as its followers do."""
        events = list(Event.objects.filter(pk__gt=self._heard).order_by("pk"))
        self._heard = events[-1].pk if events else self._heard
        renew(events, now)
        check_in_who_took_a_key(events)

    def granted(self, *args: Any, **kwargs: Any) -> Grant:
        """Book, and let the grant be made."""
        booking = self.book(*args, **kwargs)
        self.follow()
        return self.live(booking)

    def live(self, booking: Booking) -> Grant:
        return Grant.objects.select_related("box", "booking", "resource__key__home").get(
            booking=booking, revoked_at=None
        )

    def where(self, bike: int) -> Custody:
        return Custody.objects.select_related("booking").get(resource=self.bikes[bike - 1], until=None)

    def key(self, bike: int) -> Key:
        return Key.objects.get(resource=self.bikes[bike - 1])


@pytest.fixture
def scene(db: None) -> Scene:
    """A box that speaks, enrolled (`scene.cabinet`)."""
    made = Scene()
    made.enrol()
    return made


@pytest.fixture
def mechanical(db: None) -> Scene:
    """A box with one code for everybody, where people say what they do."""
    made = Scene(Box.Adapter.MANUAL)
    made.box.mechanical_code = "4711"
    made.box.save()
    return made


@pytest.fixture
def kinds() -> Callable[[], list[str]]:
    """What the room has written in the log, in order."""
    return lambda: list(
        Event.objects.filter(kind__regex=r"^(key|box|case)\.").order_by("pk").values_list("kind", flat=True)
    )


class Mosquitto:
    """A real broker on a port of its own, that can be killed and started again with what it had kept."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.settings = directory / "mosquitto.conf"
        self.settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {directory}/\nautosave_interval 1\nautosave_on_changes true\nuser root\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        assert program is not None
        self.process = subprocess.Popen(
            [program, "-c", str(self.settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker. Missing: the test is skipped, or fails when BV_REQUIRE_BROKER=1."""
    if shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") is None:
        message = "Mosquitto was not found (apt install mosquitto)"
        if os.environ.get("BV_REQUIRE_BROKER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    broker = Mosquitto(directory)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        if program.process.poll() is None:
            program.kill()
