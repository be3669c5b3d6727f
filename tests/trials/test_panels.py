"""From a trial's people, openings and weeks to the rows that are estimated from."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.trials.estimating.results import NEVER, CannotEstimate
from bureaux_volants.trials.panels import AgentWeek, Member, flying_weeks, panel, panel_of

from .words import Field

FIRST = dt.date(2026, 10, 5)
LAST = dt.date(2026, 11, 29)
OPENS = {1: dt.date(2026, 10, 26), 2: dt.date(2026, 11, 18), 3: None}


def week(agent: int, number: int, value: float = 10.0) -> AgentWeek:
    return AgentWeek(agent, FIRST + dt.timedelta(days=7 * (number - 1)), value)


def rows(members: list[Member], weeks: list[AgentWeek], **fields: object) -> list[tuple[int, int, int, int]]:
    found = panel(members, OPENS, weeks, first=FIRST, last=LAST, **fields)  # type: ignore[arg-type]
    return [
        (int(u), int(c), int(p), int(o))
        for u, c, p, o in zip(found.unit, found.cluster, found.period, found.opened, strict=True)
    ]


def test_a_week_is_numbered_from_the_first_of_the_baseline() -> None:
    assert rows([Member(7, 1, False)], [week(7, 1), week(7, 8)]) == [(7, 1, 1, 4), (7, 1, 8, 4)]


def test_a_commune_that_opens_on_a_wednesday_is_open_from_that_week_on() -> None:
    assert rows([Member(7, 2, False)], [week(7, 1)]) == [(7, 2, 1, 7)]


def test_a_control_is_never_open_whatever_its_commune_does() -> None:
    assert rows([Member(7, 1, True), Member(8, 3, False)], [week(7, 5), week(8, 5)]) == [
        (7, 1, 5, NEVER),
        (8, 3, 5, NEVER),
    ]


def test_a_missing_week_stays_missing() -> None:
    assert [r[2] for r in rows([Member(7, 1, False)], [week(7, 1), week(7, 3)])] == [1, 3]


def test_somebody_who_left_has_no_row_from_that_week_on() -> None:
    left = Member(7, 1, False, left=FIRST + dt.timedelta(days=9))
    assert [r[2] for r in rows([left], [week(7, 1), week(7, 2), week(7, 3)])] == [1]


def test_weeks_outside_the_trial_and_of_others_are_left_out() -> None:
    assert rows([Member(7, 1, False)], [week(7, 0), week(7, 9), week(99, 2)]) == []


def test_a_week_counts_as_used_for_whoever_used_it() -> None:
    found = panel(
        [Member(7, 1, False), Member(8, 1, False)],
        OPENS,
        [week(7, 5), week(8, 5)],
        first=FIRST,
        last=LAST,
        used={(8, week(8, 5).monday)},
    )
    assert found.took_up is not None
    assert found.took_up.tolist() == [0.0, 1.0]


def test_a_trial_that_nobody_answered_has_an_empty_panel(lab_field: Field) -> None:
    trial = lab_field.opened()
    assert panel_of(trial, "car_km").count() == (0, 0, 0)
    assert flying_weeks(trial) == set()


def test_an_outcome_that_nobody_measures_by_week_is_refused(lab_field: Field) -> None:
    with pytest.raises(CannotEstimate, match="par agent et par semaine"):
        panel_of(lab_field.trial(), "who5")
