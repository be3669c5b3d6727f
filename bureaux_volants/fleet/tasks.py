"""The worker's rounds for the pool (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import jobs


@app.periodic(cron="* * * * * */20")
@app.task(name="fleet.late", queueing_lock="fleet.late", pass_context=False)
def late(timestamp: int) -> None:
    """Look after what is not back at its hour, three times a minute."""
    jobs.look_after_the_late()


@app.periodic(cron="20 6 * * *")
@app.task(name="fleet.papers", queueing_lock="fleet.papers", pass_context=False)
def papers(timestamp: int) -> None:
    """Announce the papers that end, every morning."""
    jobs.announce_papers()


@app.periodic(cron="40 3 * * *")
@app.task(name="fleet.forget", queueing_lock="fleet.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Take names off what is past its retention, every night."""
    jobs.forget()
