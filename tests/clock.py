"""The clock of the tests: the same day for every run, whatever the day of the machine.

Worlds are made at `NOW` and looked at by code that asks what time it is: both must agree, on any day to come. Run as
`python -m tests.clock MODULE ARGUMENTS`, it is that module, as a program of its own, on the clock of the tests that started it.
"""

from __future__ import annotations

import datetime as dt
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import time_machine

#: A Tuesday without holidays, far enough from clock changes.
TUESDAY = dt.date(2026, 12, 1)
#: The Monday before, at nine in Paris: what tests say when they say the time.
NOW = dt.datetime(2026, 11, 30, 9, 0, tzinfo=ZoneInfo("Europe/Paris")).astimezone(dt.UTC)
#: What it is while nobody says the time: before `NOW`, so that what is written then is there to be read.
BEFORE = NOW - dt.timedelta(days=1)
#: Seconds between the clock of the machine and that of the tests, for the processes that a test starts.
SHIFT = "TESTS_CLOCK_SHIFT"


def start() -> None:
    """From now on, in this process, it is `BEFORE` and the clock runs; a child process takes up its parent's."""
    here = dt.datetime.now(dt.UTC)
    said = os.environ.get(SHIFT)
    shift = dt.timedelta(seconds=float(said)) if said else BEFORE - here
    os.environ[SHIFT] = str(shift.total_seconds())
    time_machine.travel(here + shift, tick=True).start()


@contextmanager
def of_the_machine() -> Iterator[None]:
    """The machine's own clock, for a benchmark: the processes that it starts know no other."""
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(seconds=float(os.environ[SHIFT])), tick=True):
        yield


if __name__ == "__main__":
    start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
