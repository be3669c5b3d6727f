"""The order of rows and the pieces they come in change nothing; another version of the data has another digest."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.indicators.rows import DiaryDays, Rows, Stays, Table, digest_of, joined
from bureaux_volants.trials.indicators.scope import Scope, beside, of_trial

from .test_by_hand import world
from .words import october, of_october


@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_shuffled_and_in_pieces_the_rows_are_the_same(dice: object, pieces: int) -> None:
    def again(table: Table) -> Table:
        order = np.arange(len(table))
        dice.shuffle(order)  # type: ignore[attr-defined]
        return joined(type(table), [table.taken(part) for part in np.array_split(order, pieces)])

    of = world()
    changed = replace(of, **{f.name: again(t) for f in fields(Rows) if isinstance(t := getattr(of, f.name), Table)})
    assert digest_of(changed) == digest_of(of)
    assert october(changed) == october(of)


def test_one_row_more_is_another_version_of_the_data() -> None:
    of = world()
    assert digest_of(replace(of, waits=of.waits.taken(slice(1, None)))) != digest_of(of)


def test_a_period_takes_its_own_days_only() -> None:
    of = world()
    assert len(of.between(of_october(5), of_october(5)).stays) == 4
    assert len(of.between(of_october(9), of_october(30)).stays) == 0
    assert len(of.between(of_october(8), of_october(7)).stays) == 0


@pytest.mark.parametrize("kind", [Stays, DiaryDays])
def test_a_table_may_be_empty(kind: type[Table]) -> None:
    assert len(joined(kind, [])) == 0


def test_a_trial_and_what_is_beside_it_make_the_whole() -> None:
    of = world()
    scope = Scope(7, frozenset({1}), of.people.taken(np.isin(of.people.agent, (1, 2, 3))))
    inside, outside, whole = october(of_trial(of, scope)), october(beside(of, scope)), october(of)
    for name in ("stays", "bookings", "meetings", "shared_rides", "pool_km"):
        parts = [found[name].numerator for found in (inside, outside) if name in found]
        assert sum(parts) == whole[name].numerator
    # Stays of 1, 2 and 3 at site 1 away from their own: the 5th (three), the 6th (two).
    assert inside["stays"].value == 5
    assert inside["desk_occupancy"].denominator == 8
    assert inside["flying_days"].denominator == 3 * 4
