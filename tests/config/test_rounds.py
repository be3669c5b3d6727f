"""The worker's rounds come as often as the code says: the library reads the seconds of a schedule last."""

from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.contrib.django import app


@pytest.mark.parametrize(
    ("task", "seconds"), [("booking.tick", 10), ("messages.deliver", 10), ("booking.serve_the_waiting", 60)]
)
def test_a_round_follows_the_other_at_its_interval(task: str, seconds: int) -> None:
    app.perform_import_paths()
    (round_,) = [one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == task]
    schedule = round_.croniter
    schedule.set_current(dt.datetime(2026, 11, 23, 1, 50, 3).timestamp(), force=True)
    first, second = schedule.get_next(float), schedule.get_next(float)
    assert second - first == seconds
