"""Draws that anybody can make again."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.drawing import (
    CannotDraw,
    canonical,
    draw,
    in_order,
    opening_order,
    order_within,
    shares,
    ticket,
)

STRATA = st.dictionaries(
    st.text("abcdé", min_size=1, max_size=3),
    st.sets(st.integers(1, 10**6), min_size=1, max_size=15),
    min_size=1,
    max_size=5,
)
SEEDS = st.integers(0, 2**53 - 1)


def test_a_ticket_is_what_a_shell_prints() -> None:
    # printf '42:commune:17' | sha256sum
    assert ticket(42, "commune", 17) == hashlib.sha256(b"42:commune:17").hexdigest()


def test_largest_remainders_by_hand() -> None:
    # 10 of 47 + 16 + 36 = 99: quotas 4.747, 1.616, 3.636; whole parts 8, the two left go to the largest remainders.
    assert shares({"a": 47, "b": 16, "c": 36}, 10) == {"a": 5, "b": 1, "c": 4}


def test_equal_remainders_go_to_the_name_that_comes_first() -> None:
    assert shares({"b": 3, "a": 3}, 3) == {"a": 2, "b": 1}


@given(STRATA, st.data(), SEEDS)
def test_a_draw_has_its_size_and_takes_from_each_stratum_its_share(
    strata: dict[str, set[int]], data: st.DataObject, seed: int
) -> None:
    whole = sum(map(len, strata.values()))
    size = data.draw(st.integers(1, whole))
    drawn = draw(strata, size, seed)
    assert sum(map(len, drawn.values())) == size
    for name, numbers in drawn.items():
        assert set(numbers) <= strata[name]
        assert len(set(numbers)) == len(numbers)
        assert abs(len(numbers) - size * len(strata[name]) / whole) < 1


@given(STRATA, SEEDS)
def test_the_order_in_which_people_are_given_changes_nothing(strata: dict[str, set[int]], seed: int) -> None:
    turned = {name: sorted(numbers, reverse=True) for name, numbers in reversed(strata.items())}
    assert draw(strata, 1, seed) == draw(turned, 1, seed)


@given(st.sets(st.integers(1, 999), min_size=2, max_size=30), st.data(), SEEDS)
def test_an_order_opens_each_commune_once_in_balanced_steps(numbers: set[int], data: st.DataObject, seed: int) -> None:
    steps = data.draw(st.integers(1, len(numbers)))
    codes = {f"57{n:03}" for n in numbers}
    order = opening_order(codes, steps, seed)
    assert sorted(n for step in order for n in step) == sorted(codes)
    sizes = [len(step) for step in order]
    assert len(sizes) == steps
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


def test_every_commune_is_as_likely_to_come_first() -> None:
    first = [in_order(range(5), seed, "commune")[0] for seed in range(2000)]
    # 400 expected of each, standard deviation 17.9: five of them either way.
    assert all(310 < first.count(n) < 490 for n in range(5))


@pytest.mark.parametrize("size", [0, 4])
def test_nobody_draws_none_or_more_than_there_are(size: int) -> None:
    with pytest.raises(CannotDraw):
        draw({"a": [1, 2, 3]}, size, 1)


def test_more_steps_than_communes_cannot_be_opened() -> None:
    with pytest.raises(CannotDraw):
        opening_order(["57001", "57002"], 3, 1)


@given(STRATA, st.data(), SEEDS)
def test_an_order_within_strata_spreads_each_over_the_steps(
    numbers: dict[str, set[int]], data: st.DataObject, seed: int
) -> None:
    strata = {name: {f"{name}{n}" for n in of} for name, of in numbers.items()}
    whole = sum(map(len, strata.values()))
    steps = data.draw(st.integers(1, whole))
    order = order_within(strata, steps, seed)
    assert sorted(code for step in order for code in step) == sorted(
        code for codes in strata.values() for code in codes
    )
    for codes in [set().union(*strata.values()), *strata.values()]:
        sizes = [len(codes & {*step}) for step in order]
        assert max(sizes) - min(sizes) <= 1
    assert order == order_within({name: sorted(strata[name], reverse=True) for name in reversed(strata)}, steps, seed)


def test_within_strata_any_step_is_as_likely_for_any_commune() -> None:
    """A stratum of one included, and steps that cannot all have as many: 7 communes in 3 steps."""
    strata = {"a": [*"uvw"], "b": ["x"], "c": [*"yz", "0"]}
    steps = {code: [0, 0, 0] for codes in strata.values() for code in codes}
    for seed in range(1500):
        for n, opened in enumerate(order_within(strata, 3, seed)):
            for code in opened:
                steps[code][n] += 1
    # 500 expected of each, standard deviation 18.3: five of them either way.
    assert all(408 < n < 592 for counts in steps.values() for n in counts), steps


def test_within_strata_more_steps_than_communes_cannot_be_opened() -> None:
    with pytest.raises(CannotDraw):
        order_within({"a": ["57001"], "b": ["57002"]}, 3, 1)


@given(st.dictionaries(st.text(max_size=4), st.integers()))
def test_one_value_has_one_text(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))
