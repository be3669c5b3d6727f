"""A code opens for its grant, in its window, at its box, and says nothing to anybody else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.keys.codes import Credential, Known, Window, code, generation_for, matching

NINE = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
MORNING = Window(NINE, NINE + dt.timedelta(hours=3), NINE + dt.timedelta(days=3))
SECRET = b"s" * 32
BIKE = Credential("bike", 0, MORNING)


def test_the_same_grant_has_the_same_code_on_every_machine() -> None:
    assert code(SECRET, BIKE, 6) == code(SECRET, Credential("bike", 0, MORNING), 6)
    paris = dt.timezone(dt.timedelta(hours=1))
    there = Window(*(moment.astimezone(paris) for moment in (MORNING.start, MORNING.until, MORNING.late_until)))
    assert code(SECRET, replace(BIKE, window=there), 6) == code(SECRET, BIKE, 6)


def test_a_code_is_written_down_once_and_for_all_so_that_boxes_of_other_makers_can_check_theirs() -> None:
    assert [code(SECRET, BIKE, digits) for digits in (4, 6, 10)] == ["9502", "159502", "7247159502"]


@pytest.mark.parametrize("digits", range(4, 11))
def test_a_code_has_as_many_digits_as_the_keypad_wants(digits: int) -> None:
    assert len(code(SECRET, BIKE, digits)) == digits


@pytest.mark.parametrize("digits", [3, 11])
def test_a_keypad_of_another_length_is_refused(digits: int) -> None:
    with pytest.raises(ValueError, match="4 to 10 digits"):
        code(SECRET, BIKE, digits)


def test_another_box_another_grant_another_window_another_generation_have_other_codes() -> None:
    later = replace(MORNING, until=MORNING.until + dt.timedelta(hours=1))
    others = [
        code(b"t" * 32, BIKE, 10),
        code(SECRET, replace(BIKE, grant="car"), 10),
        code(SECRET, replace(BIKE, generation=1), 10),
        code(SECRET, replace(BIKE, window=later), 10),
        code(SECRET, replace(BIKE, window=replace(MORNING, late_until=later.until)), 10),
        code(SECRET, replace(BIKE, window=replace(MORNING, start=NINE - dt.timedelta(minutes=1))), 10),
    ]
    assert len({code(SECRET, BIKE, 10), *others}) == 7


def test_codes_are_spread_evenly() -> None:
    first = [code(SECRET, Credential(str(n), 0, MORNING), 4)[0] for n in range(5000)]
    assert all(400 < first.count(digit) < 600 for digit in "0123456789")


def test_a_code_is_recognised_among_the_grants_of_a_box_each_with_its_own_secret() -> None:
    grants = [Known(Credential(str(n), 0, MORNING), bytes([n % 2]) * 32) for n in range(20)]
    for known in grants:
        assert known.credential in matching(code(known.secret, known.credential, 6), grants, 6)
    assert matching("", grants, 6) == matching("é" * 6, grants, 6) == matching("\udc80", grants, 6) == []


def test_two_grants_of_one_moment_never_have_the_same_code() -> None:
    taken: set[str] = set()
    for n in range(4000):  # of the ten thousand that a keypad of four digits has
        generation = generation_for(SECRET, str(n), MORNING, 4, taken)
        made = code(SECRET, Credential(str(n), generation, MORNING), 4)
        assert made not in taken
        taken.add(made)


def test_a_keypad_that_has_no_code_left_says_so() -> None:
    with pytest.raises(ValueError, match="no code is left"):
        generation_for(SECRET, "one", MORNING, 4, {f"{n:04}" for n in range(10000)})


@given(st.integers(-4000, 8000))
def test_the_right_to_return_outlives_the_right_to_take(minutes: int) -> None:
    now = NINE + dt.timedelta(minutes=minutes)
    assert MORNING.may_return(now) or not MORNING.may_take(now)
    assert MORNING.may_take(now) == (0 <= minutes < 180)
    assert MORNING.may_return(now) == (0 <= minutes < 3 * 24 * 60)
