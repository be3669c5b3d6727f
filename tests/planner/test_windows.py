"""When a pool still has a unit: windows say exactly which stays can be had."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.booking.assignment import seats_left
from bureaux_volants.booking.pool import Stay, Unit, Wish
from bureaux_volants.planner.windows import windows
from bureaux_volants.territory.calendar import Interval

EIGHT = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)


def hour(n: float) -> dt.datetime:
    return EIGHT + dt.timedelta(hours=n)


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[Unit], list[Stay]]:
    """Up to three units, and stays that do not overlap on any of them; some may move, some may not."""
    units = [Unit(n, frozenset()) for n in range(1, draw(st.integers(1, 3)) + 1)]
    stays: list[Stay] = []
    for unit in units:
        reached = 0
        for _ in range(draw(st.integers(0, 3))):
            start = reached + draw(st.integers(0, 3))
            reached = start + draw(st.integers(1, 3))
            stays.append(Stay(len(stays) + 1, hour(start), hour(reached), unit.id, frozenset(), draw(st.booleans())))
    return units, stays


@settings(deadline=None, max_examples=150)
@given(pools(), st.integers(0, 9), st.integers(1, 5), st.sampled_from([0, 1]))
def test_a_stay_can_be_had_exactly_when_it_lies_in_a_window(
    pool: tuple[list[Unit], list[Stay]], start: int, length: int, turnaround: int
) -> None:
    units, stays = pool
    span, kept = Interval(hour(0), hour(10)), dt.timedelta(hours=turnaround)
    asked = Interval(hour(start), min(hour(start + length), span.end))
    found = windows(units, stays, span, kept_after=kept)
    can = seats_left(units, stays, Wish(asked.start, asked.end + kept)) > 0
    assert can == any(w.start <= asked.start and asked.end <= w.end for w in found)


def test_without_units_there_is_no_window() -> None:
    assert windows([], [], Interval(hour(0), hour(9))) == []
