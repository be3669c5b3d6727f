"""The worker's rounds for the trials (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import leaving, opening, readings, retention, take_up
from .indicators import keeping
from .surveys import waves


@app.periodic(cron="5 4 * * *")
@app.task(name="trials.people", queueing_lock="trials.people", pass_context=False)
def people(timestamp: int) -> None:
    """Who leaves, and who may go further than their own step, every night."""
    leaving.see_who_left()
    leaving.finish_withdrawals()
    opening.let_in_everywhere()


@app.periodic(cron="50 3 * * *")
@app.task(name="trials.forget", queueing_lock="trials.forget", pass_context=False)
def forget(timestamp: int) -> None:
    """Take names off what is past its retention, every night."""
    retention.forget_everywhere()


@app.periodic(cron="10 7-18 * * *")
@app.task(name="trials.ask", queueing_lock="trials.ask", pass_context=False)
def ask(timestamp: int) -> None:
    """Invite to questionnaires, and remind, through the day."""
    waves.follow()


@app.periodic(cron="20 4 * * *")
@app.task(name="trials.read", queueing_lock="trials.read", pass_context=False)
def read(timestamp: int) -> None:
    """Work the figures of running trials out, every night."""
    readings.read_running()


@app.periodic(cron="30 2 * * *")
@app.task(name="trials.take_up", queueing_lock="trials.take_up", pass_context=False)
def weeks(timestamp: int) -> None:
    """Keep who came in which week of a trial, every night, before names leave what is past its retention."""
    take_up.keep_everywhere()


@app.periodic(cron="45 2 * * *")
@app.task(name="trials.indicators", queueing_lock="trials.indicators", pass_context=False)
def indicators(timestamp: int) -> None:
    """Work out the indicators that can still change, every night, before names leave what is past its retention."""
    keeping.keep_open()
