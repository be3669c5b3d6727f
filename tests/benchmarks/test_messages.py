"""The benchmark of the outbox runs from end to end at its smallest size: nothing is lost, nothing twice."""

from __future__ import annotations

import pytest

from bureaux_volants.benchmarks.messages import run


def test_every_promise_holds_at_the_smallest_size() -> None:
    figures = run("tiny")
    assert [f.name for f in figures if f.holds is False] == []
    values = {f.name: f.value for f in figures}
    assert values["mails in the outbox"] == values["sent, as the workers say"] == values["with an invitation"] == 200


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="taille"):
        run("gigantic")
