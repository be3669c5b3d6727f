"""The worker's rounds for the pool (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import jobs


@app.periodic(cron="* * * * * */20")
@app.task(name="fleet.late", queueing_lock="fleet.late", pass_context=False)
def late(timestamp: int) -> None:
    """Look after what is not back at its hour, three times a minute."""
    jobs.look_after_the_late()
