"""The embedded server starts, attaches, stops, survives being killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bureaux_volants.config.embedded import EmbeddedServer, EmbeddedServerError


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "pg", settings={"shared_buffers": "16MB"}, die_with_parent=True)
    server.start()
    yield server
    server.stop()


def test_it_serves_a_recent_utf8_database(server: EmbeddedServer) -> None:
    with psycopg.connect(server.ensure_database("bureaux")) as connection:
        assert connection.info.server_version >= 180000
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


def test_what_was_committed_is_there_after_sigkill(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url())
    server.start()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_restart_keeps_the_address_and_the_data(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before = server.url()
    assert server.restart() == before
    with psycopg.connect(before) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_second_holder_attaches_and_the_last_one_stops_it(server: EmbeddedServer) -> None:
    second = EmbeddedServer(server.data_dir)
    assert second.start() == server.url()
    server.stop()
    psycopg.connect(second.url()).close()
    second.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(second.url())


def test_the_server_left_by_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from bureaux_volants.config.embedded import EmbeddedServer\n"
        "EmbeddedServer(sys.argv[1]).start()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "pg")], check=False, cwd=Path(__file__).parents[2])
    with EmbeddedServer(tmp_path / "pg", die_with_parent=True) as server:
        psycopg.connect(server.url()).close()


def test_an_initialisation_cut_short_is_begun_again(tmp_path: Path) -> None:
    half = tmp_path / "pg" / "cluster.new"
    half.mkdir(parents=True)
    (half / "base").mkdir()
    with EmbeddedServer(tmp_path / "pg", die_with_parent=True) as server:
        psycopg.connect(server.url()).close()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with EmbeddedServer(deep, die_with_parent=True) as server:
        psycopg.connect(server.url()).close()
        assert str(deep) not in server.url()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match="BV_DATA_DIR"):
        EmbeddedServer(tmp_path / "file" / "pg").start()
