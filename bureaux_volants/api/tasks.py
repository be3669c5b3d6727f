"""The worker's rounds for the API (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import idempotency


@app.periodic(cron="41 * * * *")
@app.task(name="api.forget_old_requests", queueing_lock="api.forget_old_requests", pass_context=False)
def forget_old_requests(timestamp: int) -> None:
    """Drop answers kept for repeated requests once their day is over, every hour."""
    idempotency.forget_old()
