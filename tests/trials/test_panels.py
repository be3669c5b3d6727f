"""From a trial's people, openings and weeks to the rows that are estimated from."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from bureaux_volants.trials.estimating.results import NEVER, CannotEstimate
from bureaux_volants.trials.panels import Member, drawn_communes, panel, panel_of
from bureaux_volants.trials.weekly import AgentWeek, Source

from .words import NOW, STARTS, Field

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


def test_whether_somebody_came_is_not_known_once_bookings_have_lost_their_names() -> None:
    """Before the first opening nobody can have come; since then, only while names are kept."""
    found = panel(
        [Member(7, 1, False)],
        OPENS,
        [week(7, n) for n in (1, 3, 4, 5, 6)],
        first=FIRST,
        last=LAST,
        used={(7, week(7, 6).monday)},
        used_known_from=week(7, 5).monday + dt.timedelta(days=1),
    )
    assert found.took_up is not None
    assert found.took_up.tolist() == pytest.approx([0.0, 0.0, math.nan, math.nan, 1.0], nan_ok=True)


def test_only_communes_of_the_draw_are_said_to_be_drawn() -> None:
    found = panel(
        [Member(7, 1, False), Member(8, 3, False)],
        OPENS,
        [week(7, 5), week(8, 5)],
        first=FIRST,
        last=LAST,
        drawn={1: 1, 2: 0},
    )
    assert found.drawn is not None
    assert found.drawn.tolist() == [True, False]
    assert found.stratum is not None
    assert found.stratum[found.drawn].tolist() == [1]


def test_a_commune_that_withdraws_keeps_its_place_in_the_draw(lab_field: Field) -> None:
    trial = lab_field.opened()
    every = dict.fromkeys(trial.clusters.values_list("commune_id", flat=True), 0)
    assert drawn_communes(trial) == every
    trial.clusters.filter(commune=lab_field.communes[0]).update(withdrew_on=STARTS, withdrew_because="Travaux.")
    assert drawn_communes(trial) == every


def test_without_a_draw_no_commune_is_drawn(lab_field: Field) -> None:
    controls = tuple(c.pk for c in lab_field.communes[2:])
    trial = lab_field.opened(
        design="parallel", communes=tuple(c.pk for c in lab_field.communes[:2]), controls=controls, steps=1
    )
    assert drawn_communes(trial) == {}


def test_a_trial_that_nobody_answered_has_an_empty_panel(lab_field: Field) -> None:
    source = Source.until_now(lab_field.opened(), NOW)
    assert panel_of(source, "car_km").count() == (0, 0, 0)
    assert source.stays == []


def test_an_outcome_that_nobody_measures_by_week_is_refused(lab_field: Field) -> None:
    with pytest.raises(CannotEstimate, match="par agent et par semaine"):
        panel_of(Source.until_now(lab_field.trial(), NOW), "meetings")
