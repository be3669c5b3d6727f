"""The best week is the best of all weeks, within the rules, and changes nothing that is not worth it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.planner.week import (
    MOST_MOVED,
    TO_CHANGE,
    TO_MOVE,
    By,
    Spent,
    WeekDay,
    Where,
    as_it_stands,
    best,
    weeks_of,
)

U, F, H = Where.USUAL, Where.FLYING, Where.HOME


def anything(_pattern: tuple[Where, ...]) -> bool:
    return True


def a_day(*wheres: Where, meetings: tuple[int, ...] = (), **fields: bool) -> WeekDay:
    return WeekDay(wheres, wheres[0], meetings, **fields)


def flat(minutes: dict[Where, int], for_a_meeting: int = 0):  # type: ignore[no-untyped-def]
    """A day weighs the same whatever the date: its place, and something where there is any appointment."""

    def spent(_n: int, where: Where, met: frozenset[int]) -> Spent:
        total = minutes[where] + (for_a_meeting if met else 0)
        return Spent(total, total, 10 * total, "marly" if where is F else "siege")

    return spent


def test_each_day_goes_where_it_takes_least() -> None:
    days = [a_day(U, F), a_day(U, H)]
    found = best(weeks_of(days, [], flat({U: 80, F: 20, H: 0}), anything), days, By.MINUTES)
    assert found is not None
    assert found.wheres == (F, H)
    assert found.travel == 20


def test_a_desk_elsewhere_for_a_few_minutes_is_not_proposed() -> None:
    days = [a_day(U, F)]
    by_a_little = flat({U: 20, F: 20 - TO_CHANGE[By.MINUTES] + 1})
    found = best(weeks_of(days, [], by_a_little, anything), days, By.MINUTES)
    assert found is not None
    assert found.wheres == (U,)


def test_the_rules_decide_how_many_days_are_spent_elsewhere() -> None:
    days = [a_day(U, F) for _ in range(5)]

    def at_most_two(pattern: tuple[Where, ...]) -> bool:
        return pattern.count(F) <= 2

    found = best(weeks_of(days, [], flat({U: 80, F: 20}), at_most_two), days, By.MINUTES)
    assert found is not None
    assert sorted(found.wheres) == sorted((F, F, U, U, U))


def test_a_site_s_weekly_limit_holds_with_what_is_already_spent_elsewhere() -> None:
    days = [a_day(U, F), a_day(U, F)]

    def spent(_n: int, where: Where, _met: frozenset[int]) -> Spent:
        return Spent(80 if where is U else 20, 0, 0, "marly", weekly_limit=2)

    found = best(weeks_of(days, [], spent, anything, already_away=1), days, By.MINUTES)
    assert found is not None
    assert found.wheres.count(F) == 1


def test_two_movable_appointments_are_brought_together_when_it_saves_enough() -> None:
    days = [a_day(U, meetings=(0,)), a_day(U, meetings=(1,)), a_day(U)]
    found = best(weeks_of(days, [0, 1], flat({U: 0}, for_a_meeting=60), anything), days, By.MINUTES)
    assert found is not None
    assert len(found.moved) == 1
    assert found.travel == 60
    little = flat({U: 0}, for_a_meeting=TO_MOVE[By.MINUTES] - 1)
    found = best(weeks_of(days, [0, 1], little, anything), days, By.MINUTES)
    assert found is not None
    assert not found.moved


def test_an_appointment_that_nobody_said_could_move_stays() -> None:
    days = [a_day(U, meetings=(0,)), a_day(U, meetings=(1,))]
    assert {w.moved.get(0, 0) for w in weeks_of(days, [1], flat({U: 0}, 60), anything)} == {0}


def test_nothing_is_moved_to_a_booked_day() -> None:
    days = [a_day(U, meetings=(0,)), a_day(F, meetings=(), takes_more=False)]
    assert all(not w.moved for w in weeks_of(days, [0], flat({U: 0, F: 0}, 60), anything))


def test_a_week_that_emits_less_but_takes_far_longer_is_not_proposed() -> None:
    days = [a_day(U, F)]

    def spent(_n: int, where: Where, _met: frozenset[int]) -> Spent:
        return Spent(60, 60, 5000) if where is U else Spent(200, 200, 0, "marly")

    found = best(weeks_of(days, [], spent, anything), days, By.GRAMS)
    assert found is not None
    assert found.wheres == (U,)


def test_a_week_that_cannot_be_had_is_none() -> None:
    days = [a_day(U)]
    assert weeks_of(days, [], lambda *_: None, anything) == []
    assert best([], days, By.MINUTES) is None
    assert as_it_stands(days, lambda *_: None) is None


_numbers = st.integers(0, 200)


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.lists(st.tuples(_numbers, _numbers), min_size=3, max_size=3), min_size=3, max_size=3),
    met_costs=st.lists(_numbers, min_size=3, max_size=3),
    stands=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    most=st.integers(0, 3),
    by=st.sampled_from(list(By)),
)
def test_it_is_as_good_as_trying_every_week_by_hand(
    table: list[list[tuple[int, int]]], met_costs: list[int], stands: tuple[int, int], most: int, by: By
) -> None:
    order = (U, F, H)

    def spent(n: int, where: Where, met: frozenset[int]) -> Spent:
        minutes, grams = table[n][order.index(where)]
        more = met_costs[n] * len(met) if where is U else 2 * met_costs[n] * bool(met)
        return Spent(minutes + more, minutes, grams + more)

    days = [a_day(U, F, H, meetings=tuple(m for m in (0, 1) if stands[m] == n)) for n in range(3)]
    found = best(weeks_of(days, [0, 1], spent, lambda p: p.count(F) <= most), days, by)
    weighed: list[tuple[int, int]] = []
    for wheres in product(order, repeat=3):
        if wheres.count(F) > most:
            continue
        for placed in product(range(3), repeat=2):
            spents = [spent(n, wheres[n], frozenset(m for m in (0, 1) if placed[m] == n)) for n in range(3)]
            penalty = TO_MOVE[by] * sum(p != s for p, s in zip(placed, stands, strict=True))
            penalty += TO_CHANGE[by] * sum(w is not U for w in wheres)
            weighed.append((sum(s.minutes for s in spents), sum(s.weight(by) for s in spents) + penalty))
    if by is By.GRAMS:
        longest = min(minutes for minutes, _ in weighed) * 1.6 + 45
        weighed = [w for w in weighed if w[0] <= longest]
    assert found is not None
    changes = sum(w is not U for w in found.wheres)
    less = found.minutes if by is By.MINUTES else found.grams
    assert less + TO_MOVE[by] * len(found.moved) + TO_CHANGE[by] * changes == min(w for _, w in weighed)


@pytest.mark.parametrize("movable", [MOST_MOVED, MOST_MOVED + 2])
def test_only_the_first_few_movable_appointments_are_tried(movable: int) -> None:
    days = [a_day(U, meetings=tuple(range(movable))), a_day(U)]
    weeks = weeks_of(days, list(range(movable)), flat({U: 0}), anything)
    assert len(weeks) == 2**MOST_MOVED
