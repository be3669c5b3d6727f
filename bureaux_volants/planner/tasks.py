"""The worker's rounds for day plans (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import reminding, retention
from .agenda import keeping
from .rides import seats


@app.periodic(cron="50 3 * * *")
@app.task(name="planner.forget", queueing_lock="planner.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Erase what is past its retention, every night."""
    retention.forget()


@app.periodic(cron="55 3 * * *")
@app.task(name="planner.reseal", queueing_lock="planner.reseal", pass_context=False)
def reseal(timestamp: int) -> None:
    """Calendars' addresses go over to the present secret, every night."""
    keeping.reseal()


@app.periodic(cron="*/10 * * * *")
@app.task(name="planner.lapse_rides", queueing_lock="planner.lapse_rides", pass_context=False)
def lapse_rides(timestamp: int) -> None:
    """Seats asked for that nobody answered before the car left."""
    seats.lapse()


@app.periodic(cron="* * * * *")
@app.task(name="planner.remind", queueing_lock="planner.remind", pass_context=False)
def remind(timestamp: int) -> None:
    """In the evening, tomorrow's day and what to take."""
    reminding.remind()
