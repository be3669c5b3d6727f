"""The worker's rounds for trials (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .surveys import waves


@app.periodic(cron="10 7-18 * * *")
@app.task(name="trials.ask", queueing_lock="trials.ask", pass_context=False)
def ask(timestamp: int) -> None:
    """Invite to questionnaires, and remind, through the day."""
    waves.follow()
