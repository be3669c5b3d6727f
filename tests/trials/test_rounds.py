"""The rounds of the night and of the day: what fails is logged, and the rest is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bureaux_volants.territory.models import Agent
from bureaux_volants.trials import leaving, opening
from bureaux_volants.trials.models import CohortMember
from bureaux_volants.trials.surveys import waves
from tests.factories import NOW
from tests.trials.words import Field, field


@pytest.fixture
def two(db: None) -> list[Field]:
    """Two territories, a trial running in each, and in each somebody whose account is closed."""
    found = [field(), field()]
    for there in found:
        member = CohortMember.objects.filter(cohort__trial=there.opened()).order_by("pk")[0]
        Agent.objects.filter(pk=member.agent_id).update(is_active=False)
    return found


@pytest.mark.parametrize(
    ("module", "name", "round_"),
    [
        (leaving, "leave_all", leaving.see_who_left),
        (opening, "let_in", opening.let_in_everywhere),
        (waves, "follow_territory", waves.follow),
    ],
)
def test_one_that_fails_does_not_stop_the_others(
    two: list[Field],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    module: Any,
    name: str,
    round_: Callable[..., None],
) -> None:
    called = []

    def fails_first(*arguments: Any, **more: Any) -> None:
        called.append(arguments)
        if len(called) == 1:
            raise RuntimeError("the first one")

    monkeypatch.setattr(module, name, fails_first)
    round_(now=NOW)
    assert len(called) == len(two)
    assert [r.exc_info[1].args for r in caplog.records if r.exc_info and r.exc_info[1]] == [("the first one",)]
