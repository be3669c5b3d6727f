"""How a loan looks on its line, and how its unit stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bureaux_volants.fleet.timeline import Look, Outing, Slot, Standing, slot, standing, window_of
from bureaux_volants.territory.calendar import Interval

DAY = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def at(hour: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=hour)


def outing(
    start: float = 9, end: float = 12, taken: float | None = None, back: float | None = None, **more: Any
) -> Outing:
    def known(hour: float | None) -> dt.datetime | None:
        return None if hour is None else at(hour)

    return Outing(1, "REF", "Ada", at(start), at(end), known(taken), known(back), **more)


@pytest.mark.parametrize(
    ("one", "now", "look", "until", "late"),
    [
        pytest.param(outing(), 8, Look.BOOKED, 12, 0, id="not taken yet"),
        pytest.param(outing(taken=9.1), 10, Look.OUT, 12, 0, id="out"),
        pytest.param(outing(taken=9.1), 12.1, Look.OUT, 12.1, 0, id="a few minutes over is still out"),
        pytest.param(outing(taken=9.1), 13, Look.LATE, 13, 60, id="late, until now"),
        pytest.param(outing(taken=9, back=11), 15, Look.RETURNED, 11, 0, id="back early"),
        pytest.param(outing(taken=9, back=12.5), 15, Look.RETURNED, 12.5, 30, id="back late"),
        pytest.param(outing(was_missed=True), 15, Look.MISSED, 12, 0, id="never taken"),
    ],
)
def test_a_loan_looks_like_what_became_of_it(one: Outing, now: float, look: Look, until: float, late: int) -> None:
    found = slot(one, at(now))
    assert (found.look, found.until, found.late) == (look, at(until), dt.timedelta(minutes=late))


def test_a_loan_is_drawn_from_when_it_was_taken_and_cut_at_the_edges() -> None:
    window = Interval(at(8), at(18))
    assert slot(outing(9, 13, taken=9), at(10)).place(window) == pytest.approx((0.1, 0.4))
    assert slot(outing(9, 13, taken=9.5), at(10)).place(window) == pytest.approx((0.15, 0.35))
    assert slot(outing(6, 9, taken=6), at(7)).place(window) == pytest.approx((0.0, 0.1))
    assert slot(outing(17, 22), at(7)).place(window) == pytest.approx((0.9, 0.1))
    assert slot(outing(20, 22), at(7)).place(window)[1] == 0


def slots(*outings: Outing, now: float) -> list[Slot]:
    return [slot(one, at(now)) for one in outings]


@pytest.mark.parametrize(
    ("outings", "facts", "expected"),
    [
        ([], {}, Standing.FREE),
        ([outing(14, 16)], {}, Standing.BOOKED),
        ([outing(8, 9, taken=8, back=9)], {}, Standing.FREE),
        ([outing(12, 14, taken=12), outing(15, 16)], {}, Standing.OUT),
        ([outing(9, 11, taken=9)], {}, Standing.LATE),
        ([outing(9, 11, taken=9)], {"key_is_lost": True}, Standing.LATE),
        ([outing(12, 14, taken=12)], {"key_is_lost": True}, Standing.KEY_LOST),
        ([outing(14, 16)], {"is_active": False}, Standing.OFF),
    ],
    ids=["free", "later", "back", "out", "late", "late and lost", "lost", "out of service"],
)
def test_a_unit_stands_as_the_most_pressing_thing_about_it(
    outings: list[Outing], facts: dict[str, bool], expected: Standing
) -> None:
    known = {"is_active": True, "key_is_lost": False, **facts}
    assert standing(slots(*outings, now=13), now=at(13), **known) is expected


def test_the_hours_drawn_reach_as_far_as_what_happens_and_no_further_than_the_day() -> None:
    usual, day = Interval(at(7), at(19)), Interval(at(0), at(24))
    assert window_of([], usual, day) == usual
    assert window_of(slots(outing(5.5, 20.25), now=3), usual, day) == Interval(at(5), at(21))
    assert window_of(slots(outing(-5, 30), now=3), usual, day) == day
