"""The benchmark of trials at a small size: what it promises holds, and it shows where the ordinary difference is wrong."""

from __future__ import annotations

from bureaux_volants.benchmarks.trials import run


def test_the_promises_hold_and_the_known_fault_of_the_ordinary_difference_shows() -> None:
    figures = run("60")
    assert [f.name for f in figures if f.holds is False] == []
    values = {f.name: f.value for f in figures}
    grows = "effect that grows by 1.5 km a week"
    assert values[f"difference, {grows}: bias"] > 8
    assert abs(values[f"group_time, {grows}: bias"]) < 3
    assert values["group_time, effect of -18 km: coverage of the 95 % interval"] > 0.75
