"""Who could be met, where and when: the pure part."""

from __future__ import annotations

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureaux_volants.hosting.following import Step, due
from bureaux_volants.hosting.matching import NEAR_KM, Stay, Wanted, chances, km_between, reach, replaces_a_trip, starts
from bureaux_volants.territory.calendar import Interval
from tests.factories import TUESDAY, at

MARLY = (49.066, 6.155)
NEXT_DOOR = (49.074, 6.155)  # some 900 m north
FAR = (49.12, 6.18)


def span(start: str, end: str, day: dt.date = TUESDAY) -> Interval:
    return Interval(at(day, start), at(day, end))


def clock(found: list[dt.datetime]) -> list[str]:
    return [f"{(a + dt.timedelta(hours=1)):%H:%M}" for a in found]


def test_a_meeting_begins_on_a_quarter_and_ends_within_the_hours() -> None:
    assert clock(starts([span("9:05", "10:00")], 30)) == ["09:15", "09:30"]
    assert clock(starts([span("9", "9:30")], 30)) == ["09:00"]
    assert starts([span("9", "9:20")], 30) == []


def test_what_is_busy_is_left_out_and_back_to_back_is_fine() -> None:
    assert clock(starts([span("9", "10:30")], 30, [span("9:30", "10")])) == ["09:00", "10:00"]


# A machine that is busy draws slowly: that is not what is tested.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 600),
    st.integers(0, 600),
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 120)), max_size=5),
    st.sampled_from([15, 30, 45, 60]),
)
def test_no_slot_ever_touches_what_is_busy_nor_leaves_the_hours(
    first: int, length: int, taken: list[tuple[int, int]], minutes: int
) -> None:
    midnight = at(TUESDAY, "0")
    minute = dt.timedelta(minutes=1)
    hours = Interval(midnight + first * minute, midnight + (first + length) * minute)
    busy = sorted(Interval(midnight + a * minute, midnight + (a + n) * minute) for a, n in taken)
    for start in starts([hours] if length else [], minutes, busy):
        slot = Interval(start, start + minutes * minute)
        assert hours.contains(slot)
        assert not any(slot.overlaps(b) for b in busy)
        assert start.minute % 15 == 0


def test_who_sits_in_the_same_building_needs_no_walk_and_who_sits_next_door_needs_one() -> None:
    here = Stay(1, 1, 1, MARLY, span("9", "17"))
    assert reach(here, MARLY) == span("9", "17")
    near = reach(Stay(1, 1, 2, NEXT_DOOR, span("9", "17")), MARLY)
    assert near == span("9:14", "16:46")
    assert reach(Stay(1, 1, 3, FAR, span("9", "17")), MARLY) is None
    assert km_between(NEXT_DOOR, MARLY) < NEAR_KM < km_between(FAR, MARLY)


def test_a_stay_shorter_than_the_walk_there_and_back_meets_nobody() -> None:
    assert reach(Stay(1, 1, 2, NEXT_DOOR, span("9", "9:25")), MARLY) is None


def test_who_comes_already_is_asked_before_who_would_take_a_desk_then_the_nearest_then_the_soonest() -> None:
    wanted = Wanted(MARLY, 30, (span("9", "12"), span("14", "17")))
    stays = [
        Stay(1, None, 1, MARLY, span("8", "18")),
        Stay(2, 20, 2, NEXT_DOOR, span("9", "17")),
        Stay(3, 30, 1, MARLY, span("14", "17")),
        Stay(4, 40, 1, MARLY, span("9", "12")),
        Stay(5, 50, 3, FAR, span("9", "17")),
    ]
    assert [c.person for c in chances(wanted, stays, {})] == [4, 3, 2, 1]


def test_one_chance_each_and_none_for_who_is_busy_all_along() -> None:
    wanted = Wanted(MARLY, 30, (span("9", "12"),))
    twice = [Stay(1, 10, 2, NEXT_DOOR, span("9", "12")), Stay(1, 11, 1, MARLY, span("10", "12"))]
    (found,) = chances(wanted, twice, {})
    assert found.booking == 11
    assert chances(wanted, twice, {1: [span("8", "12")]}) == []


def test_a_desk_is_proposed_only_where_it_makes_the_way_no_longer() -> None:
    home = (49.05, 6.15)
    assert replaces_a_trip(home, FAR, MARLY)
    assert not replaces_a_trip(FAR, NEXT_DOOR, (49.0, 6.15))


def test_a_word_is_due_half_way_at_the_latest_the_day_before_and_the_end_after_the_last_day() -> None:
    monday, friday = TUESDAY - dt.timedelta(days=1), TUESDAY + dt.timedelta(days=3)
    assert due(monday, friday, TUESDAY, is_nudged=False) == Step.NOTHING
    assert due(monday, friday, TUESDAY + dt.timedelta(days=1), is_nudged=False) == Step.NUDGE
    assert due(monday, friday, TUESDAY + dt.timedelta(days=1), is_nudged=True) == Step.NOTHING
    assert due(monday, monday, monday, is_nudged=False) == Step.NOTHING
    assert due(monday, friday, friday, is_nudged=True) == Step.NOTHING
    assert due(monday, friday, friday + dt.timedelta(days=1), is_nudged=True) == Step.RUN_OUT
