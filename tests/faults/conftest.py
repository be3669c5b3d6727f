"""Real processes to race and to kill."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Child:
    """One process of tests/faults/child.py."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.child"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order, default=str) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any] | None:
        """The next answer, or None when the process is gone."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line.strip() else None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


Start = Callable[[int, dict[str, str]], list[Child]]


@pytest.fixture
def start_children() -> Iterator[Start]:
    """`start_children(16, environment)`: so many processes, ready to be told."""
    started: list[Child] = []

    def start(count: int, environment: dict[str, str]) -> list[Child]:
        children = [Child(environment) for _ in range(count)]
        started.extend(children)
        for child in children:
            assert child.hear() == {"outcome": "ready"}
        return children

    yield start
    for child in started:
        child.end()


def soon(seconds: float = 0.15) -> float:
    """An instant that every child can still wait for."""
    return time.time() + seconds
