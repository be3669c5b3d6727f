"""The worker's rounds for day plans (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import retention


@app.periodic(cron="50 3 * * *")
@app.task(name="planner.forget", queueing_lock="planner.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Erase what is past its retention, every night."""
    retention.forget()
