"""Where a benchmark plays: a database of its own, the product's processes on it, and nothing left afterwards."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bureaux_volants.config.embedded import EmbeddedServer

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 60.0


class Stage:
    """A PostgreSQL server in a temporary directory, durable as in production, with the product's schema."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bv-bench-"))
        self.server = EmbeddedServer(
            self.directory / "postgresql",
            # What anybody would set on a machine that serves a territory; all the rest is PostgreSQL's default.
            settings={"shared_buffers": "512MB", "max_wal_size": "8GB"},
            die_with_parent=True,
        )
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        # A benchmark that is stopped cleans up too.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            self.environment = {
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.directory),
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(_ROOT),
                "PYTHONPYCACHEPREFIX": str(self.directory / "pycache"),
                "DJANGO_SETTINGS_MODULE": "bureaux_volants.config.settings",
                "DATABASE_URL": self.server.start(),
                "BV_DEMO": "1",
                "BV_SECRET_KEY": secrets.token_urlsafe(50),
                "BV_DATA_DIR": str(self.directory / "data"),
                "BV_LOG_LEVEL": "ERROR",
            }
            self.command("migrate", "--verbosity", "0")
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def _clear(self) -> None:
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, *arguments: str) -> str:
        """Run `bv ARGUMENTS` and return what it prints. RuntimeError with its complaint when it fails."""
        return self._run([sys.executable, "-m", "bureaux_volants", *arguments], None)

    def step(self, name: str, **given: Any) -> dict[str, Any]:
        """Run one step of `steps.py` to its end and return its answer."""
        answer: dict[str, Any] = json.loads(self._run(self._step(name), json.dumps(given) + "\n"))
        return answer

    def steps_together(self, name: str, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run one step in as many processes as there are arguments; all begin once the last is ready."""
        started = [self._begin(name, one) for one in given]
        try:
            for process in started:
                assert process.stdout is not None
                if process.stdout.readline() != "ready\n":
                    raise RuntimeError(f"the step « {name} » failed")
            for process in started:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            return [json.loads(process.communicate()[0]) for process in started]
        finally:
            for process in started:
                process.kill()
                process.wait()

    def _begin(self, name: str, given: dict[str, Any]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._step(name),
            env=self.environment,
            cwd=self.directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        return process

    @staticmethod
    def _step(name: str) -> list[str]:
        return [sys.executable, "-m", "bureaux_volants.benchmarks.steps", name]

    def _run(self, command: list[str], given: str | None) -> str:
        done = subprocess.run(
            command, env=self.environment, cwd=self.directory, input=given, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-2000:] or f"{command} failed")
        return done.stdout

    @contextmanager
    def served(self) -> Iterator[HTTPConnection]:
        """The product's own web server, one process, and one connection to it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {**self.environment, "BV_BASE_URL": f"http://127.0.0.1:{port}"}
        log = (self.directory / "server.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "bureaux_volants", "serve", "--port", str(port)],
            env=environment,
            cwd=self.directory,
            stdout=log,
            stderr=log,
        )
        connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not _answers(connection):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"the server did not start: {Path(log.name).read_text()[-2000:]}")
                time.sleep(0.1)
            yield connection
        finally:
            connection.close()
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


def _answers(connection: HTTPConnection) -> bool:
    try:
        connection.request("GET", "/sante")
        connection.getresponse().read()
    except OSError:
        connection.close()
        return False
    return True
