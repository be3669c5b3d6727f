"""The worker's rounds for the life of places (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import following, retention


@app.periodic(cron="50 3 * * *")
@app.task(name="hosting.forget", queueing_lock="hosting.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Take names off what is past its retention, every night."""
    retention.forget_everywhere()


@app.periodic(cron="*/5 * * * *")
@app.task(name="hosting.follow", queueing_lock="hosting.follow", pass_context=False)
def follow(timestamp: int) -> None:
    """Ask others, tell in time, close what is over: every five minutes."""
    following.follow()
