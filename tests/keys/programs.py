"""The simulator as a process, and its page as a person uses it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests import clock

ROOT = Path(__file__).parents[2]


class Program:
    """The simulator as a process, and its page as a person uses it."""

    def __init__(self, store: Path, server: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.clock", "bureaux_volants.keys.simulator", "--store", str(store),
             "--server", server, "--port", "0", "--every", "0.2", *arguments],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", clock.SHIFT: os.environ[clock.SHIFT]},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "prête" in line, line
        self.address = urlsplit(line.split()[-1]).netloc

    def ask(self, method: str, path: str, **form: Any) -> tuple[int, dict[str, str], str]:
        connection = HTTPConnection(self.address, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(form) if form else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, dict(response.headers), text

    def press(self, action: str, **form: Any) -> str:
        """Press a button; what the box says then."""
        assert self.ask("POST", f"/{action}", **form)[0] == 303
        found = re.search(r'role="status">([^<]*)<', self.ask("GET", "/")[2])
        assert found is not None
        return found[1]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def until(truth: Callable[[], Any], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < deadline
        time.sleep(0.1)
