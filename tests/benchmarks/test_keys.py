"""The benchmark of key boxes runs from end to end at its smallest size: nothing is lost, nothing doubled."""

from __future__ import annotations

import pytest

from bureaux_volants.benchmarks.keys import run


def test_every_promise_holds_at_the_smallest_size() -> None:
    figures = run("tiny")
    assert [f.name for f in figures if f.holds is False] == []
    values = {f.name: f.value for f in figures}
    assert values["events sent, doubles included"] > values["events in their journals"] > 900


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="taille"):
        run("gigantic")
