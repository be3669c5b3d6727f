"""The worker's rounds for the life of places (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import retention


@app.periodic(cron="50 3 * * *")
@app.task(name="hosting.forget", queueing_lock="hosting.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Take names off what is past its retention, every night."""
    retention.forget_everywhere()
