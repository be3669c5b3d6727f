"""Wrong codes at a keypad: a few tries, then a wait that doubles. Pure; the box keeps it through power cuts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

#: Wrong codes in a row before the keypad is locked.
TRIES = 5
FIRST_WAIT = dt.timedelta(minutes=1)
LONGEST_WAIT = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attempts:
    """`failures` in a row since the last right code."""

    failures: int = 0
    locked_until: dt.datetime | None = None

    def is_locked(self, now: dt.datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def after_failure(self, now: dt.datetime) -> Attempts:
        """One more wrong code. From the fifth on each one locks, for one minute, two, four… an hour at most."""
        failures = self.failures + 1
        if failures < TRIES:
            return Attempts(failures)
        # Bounded before it is doubled: somebody who leans on the keypad for a night makes no overflow.
        wait = min(FIRST_WAIT * 2 ** min(failures - TRIES, 10), LONGEST_WAIT)
        return Attempts(failures, now + wait)

    def after_success(self) -> Attempts:
        return Attempts()
