"""The benchmark of bookings runs from end to end at its smallest size, and cleans up after itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bureaux_volants.benchmarks.booking import percentile, run

ROOT = Path(__file__).parents[2]


def test_the_benchmark_measures_and_leaves_nothing_behind() -> None:
    # Not tmp_path: the server's socket needs a short path, or it goes elsewhere.
    with tempfile.TemporaryDirectory(prefix="bv-b-") as directory:
        environment = {"PATH": os.environ["PATH"], "HOME": directory, "TMPDIR": directory, "BV_DATA_DIR": directory}
        done = subprocess.run(
            [sys.executable, "-m", "bureaux_volants", "bench", "booking", "--scale", "tiny", "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
        assert [path.name for path in Path(directory).iterdir() if path.name.startswith("bv-bench")] == []
    told = json.loads(done.stdout)
    assert told["bench"] == "booking"
    assert told["machine"]
    figures = {figure["name"]: figure for figure in told["figures"]}
    assert figures["bookings, 3 territories"]["value"] > 300 + 2 * 100
    assert figures["bookings answered by 3 processes"]["value"] > 0
    assert figures["… of them accepted"]["value"] > 0
    for never in ("double bookings", "wrongly refused", "without its event or its notice"):
        assert figures[never]["value"] == 0
        assert figures[never]["holds"] is True
    assert all(figure["value"] > 0 for name, figure in figures.items() if "HTTP" in name or "database" in name)


def test_an_unknown_size_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ValueError, match="tiny, small, national"):
        run("galactic")


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile(list(range(1, 101)), 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0
