"""The worker's rounds for the charter (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import retention


@app.periodic(cron="45 3 * * *")
@app.task(name="charter.forget", queueing_lock="charter.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Erase what is past its retention, every night."""
    retention.forget_everywhere()
