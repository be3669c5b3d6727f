"""The box as a program: what it decides alone, what it keeps when it is killed, what the server makes of it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.keys import boxes, signing
from bureaux_volants.keys.access import code_for
from bureaux_volants.keys.models import Box, BoxEvent, Case, Custody
from bureaux_volants.keys.pushing import picture
from bureaux_volants.keys.simulator.cabinet import Cabinet, Denied
from bureaux_volants.keys.simulator.clock import Clock
from bureaux_volants.keys.simulator.store import Store
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at
from tests.keys.conftest import Scene, by
from tests.keys.programs import Program, until

ROOT = Path(__file__).parents[2]


class SetClock(Clock):
    """A clock that stands where the test puts it."""

    def __init__(self, moment: dt.datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> dt.datetime:
        return self.moment

    def hear(self, server: dt.datetime) -> None:
        pass


@pytest.fixture
def simulated(scene: Scene, tmp_path: Path) -> Cabinet:
    """A cabinet that is enrolled as the scene's box, at nine on Tuesday."""
    cabinet = Cabinet(Store(tmp_path / "box"), SetClock(at(TUESDAY, "9")))
    cabinet.accept_enrolment(boxes.enrol(boxes.offer_enrolment(scene.box, TEST, now=NOW), {}, now=NOW))
    scene.box.refresh_from_db()
    return cabinet


def seen(scene: Scene, cabinet: Cabinet, now: dt.datetime = NOW) -> None:
    assert cabinet.accept_picture(json.loads(json.dumps(picture(scene.box.pk, now=now))))


def code(booking: Booking, now: dt.datetime | None = None) -> str:
    return code_for(booking, booking.agent, now=now or at(TUESDAY, "9")).digits


def test_a_box_without_network_opens_for_whoever_is_entitled_and_for_nobody_else(
    scene: Scene, simulated: Cabinet
) -> None:
    grant = scene.granted(bike=2)
    typed = code(grant.booking)
    seen(scene, simulated)
    clock = simulated.clock
    assert isinstance(clock, SetClock)
    for moment, why in (("8:49", "not-now"), ("12", "not-now")):
        clock.moment = at(TUESDAY, moment)
        with pytest.raises(Denied) as denied:
            simulated.enter(typed)
        assert denied.value.why == why
    clock.moment = at(TUESDAY, "9")
    with pytest.raises(Denied):
        simulated.enter("0" * 6 if typed != "0" * 6 else "1" * 6)
    assert simulated.enter(typed).slot == 2
    with pytest.raises(Denied):
        simulated.take(1)
    simulated.take(2)
    clock.moment = at(TUESDAY, "20")
    assert simulated.enter(typed).slot is None
    simulated.put(2, "tag2")
    assert scene.cabinet is not None
    scene.cabinet.box = scene.box
    heard = scene.cabinet.sends(*simulated.unsent(), now=at(TUESDAY, "20"))
    assert heard.refused == 0
    assert Booking.objects.get(pk=grant.booking_id).state == State.COMPLETED
    assert not Case.objects.exists()


def test_a_cancelled_bookings_code_opens_until_the_box_hears_of_it_and_no_longer(
    scene: Scene, simulated: Cabinet
) -> None:
    grant = scene.granted(bike=2)
    typed = code(grant.booking)
    seen(scene, simulated)
    service.cancel(grant.booking_id, TEST, now=NOW)
    scene.follow()
    assert simulated.enter(typed).slot == 2
    simulated.close()
    seen(scene, simulated, NOW + dt.timedelta(seconds=1))
    with pytest.raises(Denied) as denied:
        simulated.enter(typed)
    assert denied.value.why == "revoked"


def test_guessing_locks_the_keypad_also_after_a_power_cut(scene: Scene, simulated: Cabinet, tmp_path: Path) -> None:
    grant = scene.granted(bike=2)
    seen(scene, simulated)
    right = code(grant.booking)
    wrong = [f"{n:06}" for n in range(6) if f"{n:06}" != right][:5]
    for guess in wrong:
        with pytest.raises(Denied, match="rien"):
            simulated.enter(guess)
    simulated.store.close()
    again = Cabinet(Store(tmp_path / "box"), simulated.clock)
    with pytest.raises(Denied) as denied:
        again.enter(right)
    assert denied.value.why == "locked"
    assert not [m for m in again.unsent() if any(guess in json.dumps(m) for guess in wrong if guess != "000000")]


def test_an_older_or_a_forged_picture_changes_nothing(scene: Scene, simulated: Cabinet) -> None:
    older = picture(scene.box.pk, now=NOW)
    seen(scene, simulated, NOW + dt.timedelta(minutes=1))
    assert not simulated.accept_picture(older)
    newer = picture(scene.box.pk, now=NOW + dt.timedelta(minutes=2))
    assert not simulated.accept_picture({**newer, "grants": []} if newer["grants"] else {**newer, "serial": 99})
    assert simulated.accept_picture(newer)


def test_a_new_secret_is_worked_out_and_confirmed_and_old_codes_still_open(scene: Scene, simulated: Cabinet) -> None:
    grant = scene.granted(bike=2)
    typed = code(grant.booking)
    boxes.rotate(scene.box, TEST, now=NOW)
    seen(scene, simulated)
    assert scene.cabinet is not None
    scene.cabinet.box = scene.box
    assert scene.cabinet.sends(*simulated.unsent(), now=NOW).refused == 0
    seen(scene, simulated, NOW + dt.timedelta(seconds=1))
    assert sorted(simulated.secrets()) == [grant.epoch, grant.epoch + 1]
    assert simulated.enter(typed).slot == 2


# -- with real processes


def test_the_simulator_knows_nothing_of_django() -> None:
    probe = "import sys, bureaux_volants.keys.simulator.__main__; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0


def test_the_whole_way_through_power_cuts_and_a_network_that_doubles_and_disorders(
    live_server: LiveServer, tmp_path: Path, programs: list[Program]
) -> None:
    scene = Scene()
    who = factories.agent(scene.territory)
    now = dt.datetime.now(dt.UTC)
    start = now.replace(second=0, microsecond=0)
    ask = Ask(Kind.BIKE, scene.site.pk, start, start + dt.timedelta(hours=2), resource_id=scene.bikes[0].pk)
    booking = service.book(who, ask, by(who))
    offered = boxes.offer_enrolment(scene.box, TEST)
    arguments = (live_server.url, "--enrol", offered, "--duplicate", "--reorder")
    box = Program(tmp_path / "box", *arguments)
    programs.append(box)
    scene.box.refresh_from_db()
    assert scene.box.enrolled_at is not None
    scene.follow(now)
    until(lambda: code_for(booking, who).is_at_box)
    digits = code_for(booking, who).digits

    status, headers, page = box.ask("GET", "/")
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Case 1" in page
    assert "<script" not in page
    box.press("reseau")
    for digit in digits:
        box.press("chiffre", chiffre=digit)
    assert "prenez la clé de la case 1" in box.press("ouvrir")
    assert digits not in box.ask("GET", "/")[2]
    assert "prise" in box.press("prendre", case=1)
    box.kill()  # with the taking in the journal only

    box = Program(tmp_path / "box", *arguments)
    programs.append(box)
    until(lambda: Booking.objects.get(pk=booking.pk).state == State.IN_USE)
    assert "accrochez" in box.press("ouvrir", code=digits)
    assert "case 4" in box.press("rendre", case=4, cle="tag1")
    until(lambda: Booking.objects.filter(pk=booking.pk).exclude(state=State.IN_USE).exists())
    until(lambda: Box.objects.get().settled_sequence == Box.objects.get().last_sequence)
    assert Custody.objects.get(resource=scene.bikes[0], until=None).slot == 4
    assert [c.code for c in Case.objects.all()] == ["wrong-slot"]
    sequences = list(BoxEvent.objects.filter(rank=0).order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))
    assert box.ask("POST", "/nulle-part")[0] == 303
    box.kill()


def test_a_request_is_believed_once_and_only_as_it_was_signed(live_server: LiveServer) -> None:
    from bureaux_volants.keys.rest_request import described

    scene = Scene()
    cabinet = scene.enrol()
    path = f"/api/v1/boxes/{scene.box.public_id}/grants"

    def ask(number: int, path: str = path, secret: bytes = cabinet.secret, signed_path: str = path) -> int:
        request = described(str(scene.box.public_id), number, "GET", signed_path, b"")
        signature = signing.signed(secret, signing.REQUEST, request)["signature"]
        connection = HTTPConnection(urlsplit(live_server.url).netloc, timeout=10)
        connection.request("GET", path, headers={"X-Box-Request": str(number), "X-Box-Signature": signature})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    assert ask(1) == 200
    assert ask(1) == 401
    assert ask(2, secret=b"x" * 32) == 401
    assert ask(2, signed_path=path + "?x") == 401
    assert ask(0) == 401
    assert ask(5) == 200
    assert ask(4) == 401
