"""The worker's rounds for bookings (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import announcing, jobs, replaying, retention


@app.periodic(cron="* * * * * */10")
@app.task(name="booking.tick", queueing_lock="booking.tick", pass_context=False)
def tick(timestamp: int) -> None:
    """Free the absent, decide the unanswered, close the ended: every ten seconds, never two rounds at once."""
    jobs.tick()


@app.periodic(cron="* * * * *")
@app.task(name="booking.serve_the_waiting", queueing_lock="booking.serve_the_waiting", pass_context=False)
def serve_the_waiting(timestamp: int) -> None:
    """Serve those who were passed over and may be seated now, every minute."""
    jobs.serve_the_waiting()


@app.periodic(cron="* * * * *")
@app.task(name="booking.announce", queueing_lock="booking.announce", pass_context=False)
def announce(timestamp: int) -> None:
    """Ask those who have not said that they are there; give hosts their morning list. Every minute."""
    announcing.announce()


@app.periodic(cron="30 3 * * *")
@app.task(name="booking.anonymise", queueing_lock="booking.anonymise", pass_context=False)
def anonymise(timestamp: int) -> None:
    """Take names off what is past its retention, every night."""
    retention.anonymise_everywhere()


@app.periodic(cron="47 * * * *")
@app.task(name="booking.forget_late_taps", queueing_lock="booking.forget_late_taps", pass_context=False)
def forget_late_taps(timestamp: int) -> None:
    """Drop the answers kept for what telephones send again, every hour."""
    replaying.forget_old()
