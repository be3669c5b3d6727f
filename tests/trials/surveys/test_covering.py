"""Whoever takes their answers back leaves with others: whatever is told of the same rows at two times differs by five people at least."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.surveys.covering import Cell, Drawn, draw

WEEKS = [f"2026-10-{day:02}" for day in (5, 12, 19, 26)]


def everybody(n: int, weeks: list[str] = WEEKS) -> dict[str, frozenset[Cell]]:
    return {f"p{k}": frozenset((week, "full") for week in weeks) for k in range(n)}


def lived(
    told: Mapping[str, frozenset[Cell]], leaving: list[str], seed: int
) -> Iterator[tuple[set[str], Drawn, dict[str, frozenset[Cell]]]]:
    """Withdrawals one after the other: who has gone, what was drawn, and the cells of those who are left."""
    left, gone, former = dict(told), set[str](), list[frozenset[str]]()
    for who in leaving:
        left.pop(who)
        gone.add(who)
        if former and who in former[-1]:
            continue  # not counted already: nothing changes
        drawn = draw(left, former, {}, random.Random(seed + len(former)))
        former.append(drawn.people)
        yield set(gone), drawn, dict(left)


def test_five_others_leave_with_whoever_leaves_where_everybody_is_always_there() -> None:
    told = everybody(30)
    del told["p0"]
    drawn = draw(told, [], {}, random.Random(1))
    assert len(drawn.people) == 5
    assert drawn.people <= told.keys()
    assert not drawn.closed


def test_those_drawn_are_not_always_the_same() -> None:
    told = everybody(30)
    often = [draw(told, [], {}, random.Random(n)).people for n in range(300)]
    counts = [sum(who in people for people in often) for who in told]
    # Fifty times each, on average.
    assert min(counts) > 20
    assert max(counts) < 90


def test_every_week_has_its_five_where_diaries_have_holes() -> None:
    told = {f"p{n}": frozenset((week, "full") for k, week in enumerate(WEEKS) if (n + k) % 3) for n in range(24)}
    drawn = draw(told, [], {}, random.Random(1))
    assert not drawn.closed
    for week in WEEKS:
        assert sum((week, "full") in told[who] for who in drawn.people) >= 5


def test_a_week_of_too_few_people_is_closed_and_the_others_are_not() -> None:
    told = everybody(20)
    told |= {f"p{n}": told[f"p{n}"] | {("2026-11-02", "full")} for n in range(4)}
    assert draw(told, [], {}, random.Random(1)).closed == {"2026-11-02"}


def test_one_part_of_a_week_closes_the_whole_week() -> None:
    told = everybody(20)
    told |= {f"p{n}": told[f"p{n}"] | {(WEEKS[0], "2026-09")} for n in range(3)}
    assert draw(told, [], {}, random.Random(1)).closed == {WEEKS[0]}


def test_no_commune_is_emptied_while_another_can_give() -> None:
    told = everybody(30)
    communes = {f"p{n}": f"c{n % 10}" for n in range(30)}
    drawn = draw(told, [], communes, random.Random(1))
    assert len({communes[who] for who in drawn.people}) == 5


def test_those_who_never_were_left_out_come_first() -> None:
    told = everybody(20)
    first = draw(told, [], {}, random.Random(1)).people
    second = draw(told, [first], {}, random.Random(2)).people
    assert not first & second


def test_of_twelve_people_two_can_leave_and_then_everything_is_closed_or_five_apart() -> None:
    told = everybody(12)
    for gone, drawn, left in lived(told, ["p0", "p1", "p2", "p3"], 5):
        for week in WEEKS:
            assert week in drawn.closed or sum((week, "full") in left[who] for who in drawn.people) >= 5, gone


@st.composite
def trials(draw_: st.DrawFn) -> tuple[dict[str, frozenset[Cell]], list[str], int]:
    n = draw_(st.integers(8, 40))
    rate = draw_(st.sampled_from([0.5, 0.8, 0.95, 1.0]))
    rng = random.Random(draw_(st.integers(0, 10_000)))
    told = {f"p{k}": frozenset((week, "full") for week in WEEKS if rng.random() < rate) for k in range(n)}
    told = {who: cells for who, cells in told.items() if cells}
    return told, rng.sample(sorted(told), min(len(told), draw_(st.integers(1, 6)))), rng.randrange(10_000)


@settings(max_examples=150, deadline=None)
@given(trials())
def test_any_two_tables_of_a_week_differ_by_five_people_or_by_nobody(
    lived_trial: tuple[dict[str, frozenset[Cell]], list[str], int],
) -> None:
    told, leaving, seed = lived_trial
    # By week, the sets of people of which something was told.
    tables: dict[str, list[frozenset[str]]] = {}
    for week in WEEKS:
        tables[week] = [frozenset(who for who, cells in told.items() if (week, "full") in cells)]
    closed: set[str] = set()
    for gone, drawn, _left in lived(told, leaving, seed):
        closed |= drawn.closed
        for week in set(WEEKS) - closed:
            tables[week].append(tables[week][0] - gone - drawn.people)
    for week in WEEKS:
        for one, other in itertools.combinations(tables[week], 2):
            assert len(one ^ other) == 0 or len(one ^ other) >= 5


@settings(max_examples=60, deadline=None)
@given(trials(), st.lists(st.integers(-3, 3), min_size=7, max_size=7))
def test_while_those_drawn_are_new_no_sum_of_tables_is_of_fewer_than_five(
    lived_trial: tuple[dict[str, frozenset[Cell]], list[str], int], weights: list[int]
) -> None:
    told, leaving, seed = lived_trial
    out: list[set[str]] = []
    drawn_once: set[str] = set()
    for gone, drawn, _left in lived(told, leaving, seed):
        if drawn.people & drawn_once or drawn.closed:
            break
        drawn_once |= drawn.people
        out.append(gone | drawn.people)
    for week in WEEKS:
        there = [who for who, cells in told.items() if (week, "full") in cells]
        if len(there) < 5:
            continue
        # What is left uncounted, added up with any weights: the whole, whose people all are in, is told too.
        sums = {who: sum(w for w, people in zip(weights, out, strict=False) if who in people) for who in there}
        touched = sum(value != 0 for value in sums.values())
        assert touched == 0 or touched >= 5


@pytest.mark.parametrize("n", [0, 1, 4])
def test_where_too_few_remain_everything_is_closed(n: int) -> None:
    drawn = draw(everybody(n), [], {}, random.Random(1))
    assert drawn.closed == (set(WEEKS) if n else set())
