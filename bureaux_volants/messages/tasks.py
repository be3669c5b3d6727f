"""The worker's rounds for messages (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .delivering import deliver as send


@app.periodic(cron="* * * * * */10")
@app.task(name="messages.deliver", queueing_lock="messages.deliver", pass_context=False)
def deliver(timestamp: int) -> None:
    """Send the mails that are due."""
    while send(limit=500) > 0:
        pass  # a full outbox is not left for ten seconds
