"""The tests' own day: in this process and in those that it starts."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

from tests import clock


def test_it_is_the_same_day_here_and_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "what_time.py").write_text("import datetime as dt\nprint(dt.datetime.now(dt.UTC).isoformat())\n")
    root = Path(__file__).parents[1]
    told = subprocess.run(
        [sys.executable, "-m", "tests.clock", "what_time"],
        env={"PYTHONPATH": f"{root}{os.pathsep}{tmp_path}", clock.SHIFT: os.environ[clock.SHIFT]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    now = dt.datetime.now(dt.UTC)
    assert clock.BEFORE < now < clock.NOW
    assert abs(dt.datetime.fromisoformat(told) - now) < dt.timedelta(minutes=1)


def test_a_benchmark_is_on_the_machine_s_clock_and_what_follows_is_not(tmp_path: Path) -> None:
    reference = tmp_path / "now"
    reference.touch()  # the kernel's own time
    with clock.of_the_machine():
        assert abs(dt.datetime.now(dt.UTC).timestamp() - reference.stat().st_mtime) < 60
    assert clock.BEFORE < dt.datetime.now(dt.UTC) < clock.NOW
