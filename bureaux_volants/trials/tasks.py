"""The worker's rounds for the trials (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import leaving, opening, retention


@app.periodic(cron="5 4 * * *")
@app.task(name="trials.people", queueing_lock="trials.people", pass_context=False)
def people(timestamp: int) -> None:
    """Who leaves, and who may go further than their own step, every night."""
    leaving.see_who_left()
    opening.let_in_everywhere()


@app.periodic(cron="50 3 * * *")
@app.task(name="trials.forget", queueing_lock="trials.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Take names off what is past its retention, every night."""
    retention.forget_everywhere()
