"""How many have accepted, by groups: never a group under five, nor one that a subtraction tells."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureaux_volants.charter.acceptance import LEAST, Group, shown

SIZES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8)
GROUPS = SIZES.map(lambda sizes: [Group(f"g{k}", n, min(n, a)) for k, (n, a) in enumerate(sizes)])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(GROUPS)
def test_no_group_is_under_five_and_nobody_is_lost_unless_all_are_too_few(groups: list[Group]) -> None:
    found = shown(groups)
    assert all(g.people >= LEAST for g in found)
    total = sum(g.people for g in groups)
    if total < LEAST:
        assert found == []
    else:
        assert sum(g.people for g in found) == total
        assert sum(g.accepted for g in found) == sum(g.accepted for g in groups)
    # At most one row gathers others, so that there is nothing to subtract a small group from.
    assert sum(not g.name for g in found) <= 1


def test_a_small_group_takes_the_next_smallest_with_it() -> None:
    found = shown([Group("a", 20, 10), Group("b", 7, 3), Group("c", 3, 3)])
    assert found == [Group("a", 20, 10), Group("", 10, 6)]
