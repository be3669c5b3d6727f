"""Whoever takes their answers back leaves with others': whatever is told of one week at two times differs by five people at least."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.surveys.covering import draw

Told = Mapping[str, frozenset[str]]


def everybody(n: int, parts: str = "a") -> dict[str, frozenset[str]]:
    return {f"p{k}": frozenset(parts) for k in range(n)}


def tables_of(told: Told, leaving: list[str], seed: int) -> tuple[list[frozenset[str]], bool]:
    """The sets of people of which something was told as they leave one after the other, until the week is closed; whether those drawn were new each time."""
    left, former, gone = dict(told), list[frozenset[str]](), set[str]()
    found, are_new = [frozenset(told)], True
    for who in leaving:
        left.pop(who)
        gone.add(who)
        if former and who in former[-1]:
            continue  # not counted already: nothing changes
        drawn = draw(left, former, {}, random.Random(seed + len(former)))
        if drawn is None:
            break
        are_new = are_new and not any(drawn & one for one in former)
        former.append(drawn)
        found.append(frozenset(told) - gone - drawn)
    return found, are_new


def test_five_others_are_left_out_with_whoever_leaves() -> None:
    told = everybody(30)
    drawn = draw(told, [], {}, random.Random(1))
    assert drawn is not None
    assert len(drawn) == 5
    assert drawn <= told.keys()


def test_everybody_is_as_likely_to_be_left_out() -> None:
    told = everybody(30)
    often = [draw(told, [], {}, random.Random(n)) or frozenset() for n in range(600)]
    counts = [sum(who in people for people in often) for who in told]
    # A hundred times each on average, with a standard deviation of nine.
    assert min(counts) > 65
    assert max(counts) < 135


def test_each_part_of_a_week_has_its_five() -> None:
    """Filled enough to be measured or not, before the end of the month or after."""
    told = {f"p{n}": frozenset({"october"} if n % 2 else {"november", "full"}) for n in range(24)}
    drawn = draw(told, [], {}, random.Random(1))
    assert drawn is not None
    for part in ("october", "november", "full"):
        assert sum(part in told[who] for who in drawn) >= 5


def test_a_part_that_cannot_have_its_five_closes_the_week_unless_nobody_was_told_of_it() -> None:
    four = {**everybody(20), **{f"p{n}": frozenset("ab") for n in range(4)}}
    assert draw(four, [], {}, random.Random(1)) is None
    three = {**everybody(20), **{f"p{n}": frozenset("ab") for n in range(3)}}
    assert draw(three, [], {}, random.Random(1)) is not None


def test_no_commune_is_emptied_while_another_can_give() -> None:
    communes = {f"p{n}": f"c{n % 10}" for n in range(30)}
    drawn = draw(everybody(30), [], communes, random.Random(1))
    assert drawn is not None
    assert len({communes[who] for who in drawn}) == 5


def test_those_who_never_were_left_out_come_first() -> None:
    told = everybody(20)
    first = draw(told, [], {}, random.Random(1))
    assert first is not None
    second = draw(told, [first], {}, random.Random(2))
    assert second is not None
    assert not first & second


def test_once_everybody_had_a_turn_the_new_ones_are_five_apart_from_each_of_the_former() -> None:
    told = everybody(15)
    former: list[frozenset[str]] = []
    for n in range(6):
        drawn = draw(told, former, {}, random.Random(n))
        assert drawn is not None
        assert all(len(drawn ^ one) >= 5 for one in former)
        former.append(drawn)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_where_too_few_remain_it_is_closed(n: int) -> None:
    assert draw(everybody(n), [], {}, random.Random(1)) is None


@st.composite
def weeks(draw_: st.DrawFn) -> tuple[dict[str, frozenset[str]], list[str], int]:
    n = draw_(st.integers(5, 45))
    rng = random.Random(draw_(st.integers(0, 10_000)))
    parts = draw_(st.sampled_from(["a", "ab", "abc"]))
    told = {f"p{k}": frozenset(p for p in parts if rng.random() < 0.8) or frozenset("a") for k in range(n)}
    return told, rng.sample(sorted(told), min(n, draw_(st.integers(1, 8)))), rng.randrange(10_000)


@settings(max_examples=200, deadline=None)
@given(weeks())
def test_any_two_tables_of_a_week_differ_by_five_people(week: tuple[dict[str, frozenset[str]], list[str], int]) -> None:
    told, leaving, seed = week
    tables, _are_new = tables_of(told, leaving, seed)
    for part in {part for parts in told.values() for part in parts}:
        there = {who for who, parts in told.items() if part in parts}
        # A part of fewer than five is told by itself to nobody.
        of_part = [one & there for one in tables if len(there) >= 5]
        for one, other in itertools.combinations(of_part, 2):
            assert len(one ^ other) >= 5


@settings(max_examples=100, deadline=None)
@given(weeks(), st.lists(st.integers(-3, 3), min_size=9, max_size=9))
def test_while_those_drawn_are_new_no_sum_of_tables_is_of_fewer_than_five(
    week: tuple[dict[str, frozenset[str]], list[str], int], weights: list[int]
) -> None:
    told, leaving, seed = week
    tables, are_new = tables_of(told, leaving, seed)
    if not are_new or len(told) < 5:
        return
    # What is added up with any weights: the tables after the first, each less the first, in which everybody is.
    sums = [sum(w for w, people in zip(weights, tables[1:], strict=False) if who not in people) for who in sorted(told)]
    touched = sum(value != 0 for value in sums)
    assert touched == 0 or touched >= 5
