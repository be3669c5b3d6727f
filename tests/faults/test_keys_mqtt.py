"""The broker and the box are killed and cut off around a pick-up and a return; nothing is lost, nothing is doubled."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.keys import boxes
from bureaux_volants.keys.access import code_for
from bureaux_volants.keys.broker import broker_of
from bureaux_volants.keys.models import Box, BoxEvent, Case, Custody
from bureaux_volants.keys.mqtt import Bridge
from tests import factories
from tests.factories import TEST
from tests.keys.conftest import Mosquitto, Scene, by, mosquitto
from tests.keys.programs import Program, until

__all__ = ["mosquitto"]

#: What is killed just before the key moves, to come back after.
FAULTS = ("nothing", "broker", "box after", "broker and box after", "server", "server and broker")


class Server:
    """The MQTT adapter in a thread, that can be stopped and started again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            Bridge(broker_of(self.url)).run(self.stop)
        finally:
            connections.close_all()

    def end(self) -> None:
        if self.thread is not None:
            self.stop.set()
            self.thread.join(15)
            self.thread = None


@pytest.fixture
def adapter(live_server: LiveServer, mosquitto: Mosquitto) -> Iterator[Server]:
    server = Server(mosquitto.url)
    server.start()
    yield server
    server.end()


class Play:
    """A bike, its booking, a box on the broker; faults on demand."""

    def __init__(self, live_server: LiveServer, mosquitto: Mosquitto, adapter: Server, store: Path) -> None:
        self.mosquitto, self.adapter, self.store = mosquitto, adapter, store
        self.scene = Scene(Box.Adapter.MQTT)
        self.who = factories.agent(self.scene.territory)
        now = dt.datetime.now(dt.UTC)
        start = now.replace(second=0, microsecond=0)
        bike = self.scene.bikes[0].pk
        ask = Ask(Kind.BIKE, self.scene.site.pk, start, start + dt.timedelta(hours=2), resource_id=bike)
        self.booking = service.book(self.who, ask, by(self.who))
        offered = boxes.offer_enrolment(self.scene.box, TEST)
        self.arguments = (live_server.url, "--broker", mosquitto.url, "--enrol", offered)
        self.box = Program(store, *self.arguments)
        self.scene.follow(now)

    def break_down(self, fault: str) -> None:
        if "server" in fault:
            self.adapter.end()
        if "broker" in fault:
            self.mosquitto.kill()

    def mend(self, fault: str) -> None:
        if "box" in fault:
            self.box.kill()
            self.box = Program(self.store, *self.arguments)
        if "broker" in fault:
            self.mosquitto.start()
        if "server" in fault:
            self.adapter.start()

    @property
    def state(self) -> str:
        return Booking.objects.get(pk=self.booking.pk).state


@pytest.mark.parametrize("at_return", FAULTS)
@pytest.mark.parametrize("at_pick_up", FAULTS)
def test_pick_up_and_return_survive(
    live_server: LiveServer, mosquitto: Mosquitto, adapter: Server, tmp_path: Path, at_pick_up: str, at_return: str
) -> None:
    play = Play(live_server, mosquitto, adapter, tmp_path / "box")
    try:
        until(lambda: code_for(play.booking, play.who).is_at_box)
        digits = code_for(play.booking, play.who).digits
        play.break_down(at_pick_up)
        assert "case 1" in play.box.press("ouvrir", code=digits)
        assert "prise" in play.box.press("prendre", case=1)
        play.mend(at_pick_up)
        until(lambda: play.state == State.IN_USE, 40)
        play.break_down(at_return)
        assert "accrochez" in play.box.press("ouvrir", code=digits)
        assert "Merci" in play.box.press("rendre", case=1, cle="tag1")
        play.mend(at_return)
        until(lambda: play.state != State.IN_USE, 40)
        until(lambda: Box.objects.get().settled_sequence == Box.objects.get().last_sequence)
    finally:
        play.box.kill()
    places = Custody.objects.filter(resource=play.scene.bikes[0]).order_by("sequence", "rank")
    assert [(c.slot, c.booking_id) for c in places] == [(1, None), (None, play.booking.pk), (1, None)]
    sequences = list(BoxEvent.objects.filter(rank=0).order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))
    kinds = [
        k for k in Event.objects.order_by("pk").values_list("kind", flat=True) if k in ("key.taken", "key.returned")
    ]
    assert kinds == ["key.taken", "key.returned"]
    assert not Case.objects.exists()
