"""All counts of a publication are judged together."""

from __future__ import annotations

import pytest

from bureaux_volants.trials.indicators.ledger import Ledger, Revealed


def test_two_tables_that_are_safe_alone_are_not_told_together() -> None:
    # Told elsewhere: 12 measured. Told here: 9 in classes. Three are neither, and a class goes so that they stay unknown.
    ledger = Ledger()
    ledger.count("measured", 12, told=True)
    for key, count in (("near", 5), ("far", 4 + 0), ("neither", 3)):
        ledger.count(key, count)
    ledger.sum("measured", ("near", "far", "neither"))
    shown = ledger.shown()
    assert shown["measured"] == 12
    assert shown["neither"] is None
    assert list(shown.values()).count(None) >= 2


def test_what_is_told_already_cannot_be_hidden_again() -> None:
    ledger = Ledger()
    ledger.count("whole", 13, told=True)
    ledger.count("part", 10, told=True)
    ledger.count("others", 3)
    ledger.sum("whole", ("part", "others"))
    with pytest.raises(Revealed) as refused:
        ledger.shown()
    assert set(refused.value.keys) & {"whole", "part"}


def test_counts_that_no_sum_links_are_judged_apart() -> None:
    ledger = Ledger()
    for week in range(40):
        ledger.count((week, "all"), 20)
        ledger.count((week, "a"), 17 if week else 3)
        ledger.count((week, "b"), 3 if week else 17)
        ledger.sum((week, "all"), ((week, "a"), (week, "b")))
    shown = ledger.shown()
    assert all(shown[week, "all"] == 20 for week in range(40))
    assert all(shown[week, part] is None for week in range(40) for part in "ab")


def test_a_sum_that_is_none_and_a_key_for_two_counts_are_faults() -> None:
    ledger = Ledger()
    ledger.count("a", 5)
    ledger.count("b", 6)
    with pytest.raises(ValueError, match="a"):
        ledger.sum("a", ("b",))
    with pytest.raises(ValueError, match="a"):
        ledger.count("a", 7)
