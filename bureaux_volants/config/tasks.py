"""The worker's housekeeping (procrastinate finds this module by its name)."""

from __future__ import annotations

import datetime as dt

from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

_KEEP = dt.timedelta(days=30)


@app.periodic(cron="17 3 * * *")
@app.task(name="config.clear_expired", queueing_lock="config.clear_expired", pass_context=False)
def clear_expired(timestamp: int) -> None:
    """Every night: end expired sessions, forget jobs that failed more than a month ago."""
    call_command("clearsessions")
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs j WHERE j.status = ANY(%s::procrastinate_job_status[]) AND NOT EXISTS "
            "(SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > %s)",
            [[status.value for status in (Status.FAILED, Status.CANCELLED, Status.ABORTED)], timezone.now() - _KEEP],
        )


@app.periodic(cron="*/2 * * * *")
@app.task(name="config.resume_stalled", queueing_lock="config.resume_stalled", pass_context=False)
async def resume_stalled(timestamp: int) -> None:
    """Jobs that a killed worker left half way are done again: each is written so that twice is the same as once."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=30):
        await app.job_manager.retry_job(job)
