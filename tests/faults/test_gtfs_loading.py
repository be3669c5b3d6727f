"""Loading timetables goes wrong in every way it can: the former ones stay in service, and what happened is said in a sentence."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from bureaux_volants.demo.network import write_network
from bureaux_volants.territory.models import Territory
from bureaux_volants.travel.gtfs.fetch import CannotFetch, fetch
from bureaux_volants.travel.gtfs.store import in_service
from bureaux_volants.travel.models import LoadedTimetable
from tests import factories
from tests.conftest import FreshDatabase

from .conftest import ROOT

TODAY = date(2026, 11, 23)


def load(source: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A real `bv gtfs load`."""
    return subprocess.Popen(
        [sys.executable, "-m", "bureaux_volants", "gtfs", "load", str(source)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def loaded(source: Path, environment: dict[str, str]) -> None:
    process = load(source, environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "horaires en service" in out


@pytest.fixture
def feeds(tmp_path: Path) -> list[Path]:
    return [write_network(tmp_path / f"{name}.zip", TODAY) for name in ("avant", "apres", "encore")]


def current(territory: Territory) -> str:
    """What is in service; it can be read whole."""
    rows = list(LoadedTimetable.objects.filter(territory=territory, is_current=True))
    assert len(rows) == 1
    found = in_service(territory.pk)
    assert found is not None
    assert found.timetable.covers(TODAY)
    return Path(rows[0].source).stem


def test_whoever_is_killed_while_loading_leaves_the_former_timetables_or_the_new_ones_whole(
    fresh_database: FreshDatabase, feeds: list[Path]
) -> None:
    metz, chance = factories.territory(), random.Random(4)
    loaded(feeds[0], fresh_database.environment)
    began = time.monotonic()
    loaded(feeds[0], fresh_database.environment)
    whole = time.monotonic() - began
    for _ in range(6):
        process = load(feeds[1], fresh_database.environment)
        # From before it has read anything until about when it writes.
        time.sleep(chance.uniform(0.5, 1.05) * whole)
        process.kill()
        process.communicate()
        assert current(metz) in ("avant", "apres")
        if current(metz) == "apres":
            loaded(feeds[0], fresh_database.environment)
    # The killed ones hold nothing back.
    loaded(feeds[2], fresh_database.environment)
    assert current(metz) == "encore"
    assert LoadedTimetable.objects.filter(territory=metz).count() <= 2


def test_two_loads_at_once_both_end_one_in_service_and_one_kept(
    fresh_database: FreshDatabase, feeds: list[Path]
) -> None:
    metz = factories.territory()
    loaded(feeds[0], fresh_database.environment)
    both = [load(feed, fresh_database.environment) for feed in feeds[1:]]
    for process in both:
        _out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert current(metz) in ("apres", "encore")
    kept = LoadedTimetable.objects.get(territory=metz, is_current=False)
    assert {current(metz), Path(kept.source).stem} == {"apres", "encore"}


Answer = Callable[[socket.socket], None]


@pytest.fixture
def server() -> Iterator[Callable[[Answer], str]]:
    """`server(answer)`: an address on loopback where each connection is answered so."""
    listening: list[socket.socket] = []
    over = threading.Event()

    def start(answer: Answer) -> str:
        ears = socket.create_server(("127.0.0.1", 0))
        listening.append(ears)

        def one(line: socket.socket) -> None:
            with line:
                try:
                    line.recv(65536)
                    answer(line)
                    over.wait(0.01)
                except OSError:
                    pass  # the other side has hung up, as it should

        def serve() -> None:
            while True:
                try:
                    line, _ = ears.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(line,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{ears.getsockname()[1]}/horaires.zip"

    yield start
    over.set()
    for ears in listening:
        ears.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


def silent(line: socket.socket) -> None:
    time.sleep(3)


def silent_after_a_part(line: socket.socket) -> None:
    line.sendall(HEAD + b"PK")
    time.sleep(3)


def dripping(line: socket.socket) -> None:
    line.sendall(HEAD)
    while True:
        line.sendall(b".")
        time.sleep(0.02)


def endless(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        line.sendall(b"." * 65536)


def cut_half_way(line: socket.socket) -> None:
    line.sendall(HEAD + b"PK")


def in_circles(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 302 Found\r\nLocation: /horaires.zip\r\nContent-Length: 0\r\n\r\n")


def babbling(line: socket.socket) -> None:
    line.sendall(b"Bonjour !\r\n")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (silent, "ne répond pas en 0 secondes"),
        (silent_after_a_part, "ne répond pas en 0 secondes"),
        (dripping, "n'a pas tout envoyé en 1 secondes"),
        (endless, "envoie plus de 1 Mo"),
        (cut_half_way, "a coupé avant la fin"),
        (in_circles, "d'adresse en adresse, sans fin"),
        (babbling, "ne répond pas"),
    ],
)
def test_an_address_that_misbehaves_is_given_up_in_a_sentence(
    server: Callable[[Answer], str], answer: Answer, sentence: str
) -> None:
    address = server(answer)
    with pytest.raises(CannotFetch, match=sentence):
        fetch(address, timeout=0.4, whole=1.0, largest=1 << 20)
