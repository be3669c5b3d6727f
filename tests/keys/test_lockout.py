"""Guessing at a keypad is slow, for whoever guesses; the next right code makes it quick again."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.keys.lockout import LONGEST_WAIT, Attempts

NOON = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


def after(failures: int) -> Attempts:
    attempts = Attempts()
    for _ in range(failures):
        attempts = attempts.after_failure(NOON)
    return attempts


def test_four_wrong_codes_are_forgiven_and_the_fifth_locks_for_a_minute() -> None:
    assert not after(4).is_locked(NOON)
    assert after(5).locked_until == NOON + dt.timedelta(minutes=1)
    assert after(5).is_locked(NOON + dt.timedelta(seconds=59))
    assert not after(5).is_locked(NOON + dt.timedelta(minutes=1))


def test_each_further_one_doubles_the_wait_up_to_an_hour() -> None:
    waits = [after(n).locked_until for n in (6, 7, 8)]
    assert waits == [NOON + dt.timedelta(minutes=m) for m in (2, 4, 8)]
    assert after(500).locked_until == NOON + LONGEST_WAIT


def test_a_right_code_forgets_the_wrong_ones() -> None:
    assert after(4).after_success().after_failure(NOON) == after(1)


def test_a_night_of_guessing_tries_few_of_a_million_codes() -> None:
    attempts, now, tries = Attempts(), NOON, 0
    while now < NOON + dt.timedelta(hours=12):
        attempts = attempts.after_failure(now)
        tries += 1
        now = max(now + dt.timedelta(seconds=1), attempts.locked_until or now)
    assert tries < 30
