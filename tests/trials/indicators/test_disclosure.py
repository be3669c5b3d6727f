"""No group under five is told, nor found by subtraction."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE, Sum, highest, published


def test_a_group_of_three_is_hidden_and_so_is_what_would_give_it_away() -> None:
    # 20 = 3 + 7 + 10: with 3 alone hidden, 20 - 7 - 10 gives it; 7 goes too, and then the hidden one may be up to 10.
    assert published([20, 3, 7, 10], [Sum(0, (1, 2, 3))]) == [20, None, None, 10]


def test_two_breakdowns_of_one_whole_do_not_betray_each_other() -> None:
    # The same 12 people by sex and by employer: 2 + 10 and 6 + 6. Hiding 2 and 10 is enough: 6 and 6 say nothing of them.
    told = published([12, 2, 10, 6, 6], [Sum(0, (1, 2)), Sum(0, (3, 4))])
    assert told == [12, None, None, 6, 6]


def test_a_release_that_adds_three_people_to_the_last_is_not_told_beside_it() -> None:
    # 10 last month, 13 now: three people joined. The new figure waits.
    assert None in published([13, 10, 3], [Sum(0, (1, 2))])[:2]


def test_nobody_is_not_a_small_group() -> None:
    assert published([9, 0, 9], [Sum(0, (1, 2))]) == [9, 0, 9]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_small_cell_of_a_table_with_margins_can_be_deduced(rows: list[list[int]]) -> None:
    cells = [n for row in rows for n in row]
    width, height = 3, len(rows)
    counts = [*cells, *(sum(row) for row in rows), *(sum(column) for column in zip(*rows, strict=True)), sum(cells)]
    row_total, column_total, whole = len(cells), len(cells) + height, len(counts) - 1
    sums = [Sum(row_total + r, tuple(range(r * width, (r + 1) * width))) for r in range(height)]
    sums += [Sum(column_total + c, tuple(range(c, len(cells), width))) for c in range(width)]
    sums += [Sum(whole, tuple(range(row_total, column_total))), Sum(whole, tuple(range(column_total, whole)))]
    told = published(counts, sums)
    hidden = {n for n, count in enumerate(told) if count is None}
    for n, count in enumerate(counts):
        if 0 < count < FEWEST_PEOPLE:
            assert n in hidden
            assert highest(n, counts, sums, hidden) >= FEWEST_PEOPLE - 1e-6
