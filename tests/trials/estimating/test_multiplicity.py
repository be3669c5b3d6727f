"""Holm's correction, on numbers worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.estimating.multiplicity import holm


def test_the_smallest_is_multiplied_by_all_the_next_by_one_less() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_what_could_not_be_tested_still_counts_among_the_many() -> None:
    assert holm([0.01, None, 0.04]) == [pytest.approx(0.03), None, pytest.approx(0.08)]


@given(st.lists(st.floats(0, 1), max_size=8))
def test_never_smaller_than_alone_never_larger_than_bonferroni_and_in_the_same_order(values: list[float]) -> None:
    found = [p for p in holm(values) if p is not None]
    assert all(p <= q <= min(1.0, len(values) * p) + 1e-12 for p, q in zip(values, found, strict=True))
    assert [q for _, q in sorted(zip(values, found, strict=True))] == sorted(found)
