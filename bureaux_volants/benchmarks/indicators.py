"""`bv bench indicators`: ten years of one métropole of 5,000 agents, all indicators worked out again from the raw rows; and how long a
trial's live page takes, on the demonstration. `--scale` is the number of agents (5,000)."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from dataclasses import asdict

from .raw_rows import Years
from .report import Figure
from .stage import Stage

#: What was aimed at: seconds, megabytes, milliseconds.
GOAL_SECONDS, GOAL_MB, GOAL_MS = 60, 1_000, 300
LAB, PAGES = "lab@metz.example", 40


def run(scale: str | None) -> list[Figure]:
    """Rows written, seconds and memory of the process that works them out, milliseconds of the live page through HTTP."""
    size = Years(agents=int(scale)) if scale else Years()
    today = dt.datetime.now(dt.UTC).date()
    with Stage() as stage:
        written = stage.step("write-rows", size=asdict(size), today=today.isoformat())
        found = stage.step("work-indicators-out")
        again = stage.step("work-indicators-out")
    figures = [Figure(f"rows of {table}", count, "rows") for table, count in written.items()]
    worst = max(found["seconds"], again["seconds"])
    memory = max(found["megabytes"], again["megabytes"])
    figures += [
        Figure("months", found["months"], ""),
        Figure("figures kept", found["figures"], ""),
        Figure("all indicators, worked out and kept", worst, "s", f"< {GOAL_SECONDS}", worst < GOAL_SECONDS),
        Figure(
            "… of that, this process's own work, the database apart", max(found["processor"], again["processor"]), "s"
        ),
        Figure("memory of the process, at most", memory, "MB", f"< {GOAL_MB}", memory < GOAL_MB),
        Figure("figures that differ when worked out again", again["changes"], "", "0", again["changes"] == 0),
    ]
    return figures + _live_page()


def _live_page() -> list[Figure]:
    with Stage() as stage:
        stage.command("demo", "--no-serve")
        signed_in = stage.step("sign-in", email=LAB)
        headers = {"Cookie": f"sessionid={signed_in['session']}"}
        spent = []
        with stage.served() as connection:
            for n in range(PAGES + 3):
                began = time.perf_counter()
                connection.request("GET", f"/labo/essais/{signed_in['trial']}/", headers=headers)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status}: {body[:300]!r}")
                # The first ones load what is loaded once.
                if n >= 3:
                    spent.append((time.perf_counter() - began) * 1000)
    p95 = sorted(spent)[int(0.95 * len(spent))]
    return [
        Figure("a trial's live page through HTTP, p50", statistics.median(spent), "ms"),
        Figure("a trial's live page through HTTP, p95", p95, "ms", f"< {GOAL_MS}", p95 < GOAL_MS),
    ]
