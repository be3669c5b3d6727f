"""The worker's rounds for keys (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import jobs


@app.periodic(cron="* * * * *")
@app.task(name="keys.tick", queueing_lock="keys.tick", pass_context=False)
def tick(timestamp: int) -> None:
    """Look ahead 48 hours and look back for missing numbers, every minute."""
    jobs.tick()
