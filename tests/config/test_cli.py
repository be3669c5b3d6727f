"""The command `bv`, run as people run it: a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.conftest import FreshDatabase

ROOT = Path(__file__).parents[2]


def _bv(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bureaux_volants", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_wrong_setting_is_one_sentence_and_no_trace() -> None:
    done = _bv({"PATH": os.defpath, "BV_DEMO": "1", "BV_TIME_ZONE": "Europe/Metz"}, "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("bv : BV_TIME_ZONE")
    assert done.stderr.count("\n") == 1


def test_nobody_serves_personas_without_asking_for_them(tmp_path: Path) -> None:
    done = _bv({"PATH": os.defpath, "BV_DATA_DIR": str(tmp_path)}, "serve")
    assert done.returncode == 1
    assert "BV_SECRET_KEY" in done.stderr
    assert "bv demo" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    environment = {
        "PATH": os.defpath,
        "BV_DEMO": "1",
        "BV_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "BV_LOG_LEVEL": "ERROR",
    }
    done = _bv(environment, "migrate")
    assert done.returncode == 1
    assert "la base de données ne répond pas" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_one_sentence(fresh_database: FreshDatabase) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            done = _bv(fresh_database.environment, command, "--port", str(port))
            assert done.returncode == 1
            assert f"Le port {port}" in done.stderr
            assert done.stderr.startswith("bv : ")
            assert done.stderr.count("\n") == 1


def test_the_doctor_says_that_no_worker_runs_and_what_to_do(fresh_database: FreshDatabase) -> None:
    done = _bv(fresh_database.environment, "doctor")
    assert done.returncode == 1
    assert "!! Tâches de fond : aucun processus" in done.stdout
    assert "bv worker" in done.stdout
    assert "OK Base de données" in done.stdout


def test_the_doctor_survives_a_database_that_is_away(fresh_database: FreshDatabase) -> None:
    away = {**fresh_database.environment, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = _bv(away, "doctor")
    assert done.returncode == 1
    assert "!! Base de données" in done.stdout
    assert "Traceback" not in done.stderr


def _start_demo(port: int, box_port: int, data: Path, log: Path) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.defpath, "BV_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "bureaux_volants", "demo", "--port", str(port), "--box-port", str(box_port)],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + 180
    while "Ctrl-C arrête tout" not in log.read_text():
        assert demo.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    return demo


def _wait_for_keys(log: Path) -> int:
    """The port of the box's page, once the box has fetched its keys from the server."""
    found = re.findall(r"à essayer : http://127\.0\.0\.1:(\d+)", log.read_text())
    assert found, log.read_text()
    deadline = time.monotonic() + 30
    while "Vélo" not in urllib.request.urlopen(f"http://127.0.0.1:{found[-1]}/", timeout=20).read().decode():
        assert time.monotonic() < deadline, "the box has not fetched its keys"
        time.sleep(0.2)
    return int(found[-1])


def _assert_nobody_listens(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2).close()


def test_the_demonstration_serves_and_stops_whole(tmp_path: Path) -> None:
    """The first start of somebody who has just installed it: empty directory, empty environment, then Ctrl-C, twice."""
    port, log = _free_port(), tmp_path / "log"
    # Somebody is where the box's page would be: another port is taken, and one sentence says so.
    neighbour = socket.create_server(("127.0.0.1", 0))
    wanted = neighbour.getsockname()[1]
    demo = _start_demo(port, wanted, tmp_path / "data", log)
    try:
        assert f"http://127.0.0.1:{port}" in log.read_text()
        assert "agent@metz.example" in log.read_text()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/compte/login/", timeout=20) as answer:
            page = answer.read().decode()
            assert answer.status == 200
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "static/web/app." in page
        assert f"Le port {wanted} est déjà pris" in log.read_text()
        box = _wait_for_keys(log)
        assert box != wanted
        # As two keys hit in haste, and only to the one that has to stop the others.
        os.kill(demo.pid, signal.SIGINT)
        os.kill(demo.pid, signal.SIGTERM)
        assert demo.wait(30) == 0
        _assert_nobody_listens(port)
        _assert_nobody_listens(box)
        cluster = tmp_path / "data" / "postgresql" / "cluster"
        assert not (cluster / "postmaster.pid").exists()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@/postgres?host={cluster}")
        # A server that dies takes with it who answers for it, and the demonstration.
        demo = _start_demo(port, box, tmp_path / "data", log)
        assert _wait_for_keys(log) == box
        (server,) = (c for c in psutil.Process(demo.pid).children() if "serve" in c.cmdline())
        server.kill()
        assert demo.wait(30) == 1
        assert "« serveur » s'est arrêté" in log.read_text()
        _assert_nobody_listens(port)
        _assert_nobody_listens(box)
    finally:
        neighbour.close()
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)


def test_the_worker_stops_when_told(fresh_database: FreshDatabase) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "bureaux_volants", "worker"],
        env=fresh_database.environment,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with psycopg.connect(fresh_database.url, autocommit=True) as connection:
            deadline = time.monotonic() + 60
            while connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,):
                assert worker.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        _out, errors = worker.communicate(timeout=30)
        assert worker.returncode == 0, errors
        assert "Traceback" not in errors
    finally:
        worker.kill()
