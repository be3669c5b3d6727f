"""Two pages, or one page on two days, laid side by side: nobody's own figure is the difference."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bureaux_volants.territory.models import Agent
from bureaux_volants.trials import analysis, equity, panels
from bureaux_volants.trials.estimating.results import Panel
from bureaux_volants.trials.models import DiaryDay, Invitation, Response, Trial
from bureaux_volants.trials.publishing import gathering
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, profile, releases, scales, waves
from bureaux_volants.trials.surveys.pseudonyms import pseudonym
from bureaux_volants.trials.weekly import READ, Source
from tests import factories
from tests.factories import TEST, at

from .words import STARTS, Field, diary, trip

DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(weeks=1)


def panel_of(counts: dict[tuple[int, bool], int], **fields: Any) -> Panel:
    """So many people in each week, of a commune that is open and of one that is not."""
    rows = [
        (100 * is_open + n, 1 + is_open, week, 1 if is_open else 0)
        for (week, is_open), count in counts.items()
        for n in range(count)
    ]
    unit, cluster, period, opened = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Panel(unit, cluster, period, np.arange(1, len(rows) + 1, dtype=np.float64), opened, **fields)


def shown(panel: Panel) -> list[tuple[int | None, int | None]]:
    return [(w["open_agents"], w["closed_agents"]) for w in analysis._weeks(panel, dt.date(2026, 10, 5))]


def test_the_number_of_rows_less_the_weeks_told_is_not_a_week_of_three() -> None:
    counts = {(1, True): 9, (1, False): 6, (2, True): 8, (2, False): 3, (3, True): 9, (3, False): 7}
    told = shown(panel_of(counts))
    # Both sides of that week, or its whole, told by a month or a wave, would tell the other.
    assert told == [(9, 6), (None, None), (9, 7)]


def test_weeks_of_five_and_of_nobody_are_told_as_they_are() -> None:
    assert shown(panel_of({(1, True): 5, (2, True): 5, (2, False): 7})) == [(5, None), (5, 7)]


@pytest.mark.parametrize(("late", "both"), [(0, 12), (3, None), (5, 7), (8, None)])
def test_the_sample_says_how_many_were_measured_before_and_since_unless_it_is_few(late: int, both: int | None) -> None:
    """So many of twelve people have no week before their commune opens."""
    rows = [(n, week) for n in range(12) for week in (1, 3) if week == 3 or n >= late]
    unit, period = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    made = Panel(unit, unit % 2 + 1, period, np.ones(len(rows)), np.full(len(rows), 3))
    assert analysis._in_both(made) == both


def test_a_week_that_few_have_left_stays_as_it_was_told() -> None:
    def line(mean: float, people: int | None) -> dict[str, Any]:
        return {"monday": "2026-10-05", "open": mean, "open_agents": people, "closed": None, "closed_agents": None}

    def reading(weeks: list[dict[str, Any]], covers: int = 0, outcome: str = "car_km") -> dict[str, Any]:
        return {"weeks": weeks, "aside": {"covers": covers}, "outcome": {"code": outcome}}

    told = line(50.0, 12)
    former = reading([told])
    assert analysis.held(reading([line(40.0, 11)]), former) == [told]
    assert analysis.held(reading([line(40.0, 7)]), former) == [line(40.0, 7)]
    assert analysis.held(reading([told]), reading([])) == [told]


def test_a_week_told_before_somebody_withdrew_stays_for_good_and_is_not_told_of_another_outcome() -> None:
    def reading(weeks: list[dict[str, Any]], covers: int, outcome: str = "car_km") -> dict[str, Any]:
        made = {"weeks": weeks, "aside": {"covers": covers}, "outcome": {"code": outcome}}
        made["weeks"] = analysis.held(made, readings[-1]) if readings else weeks
        made.setdefault("first_told", {line["monday"]: covers for line in weeks})
        return made

    def line(monday: str, mean: float, people: int) -> dict[str, Any]:
        return {"monday": monday, "open": mean, "open_agents": people, "closed": None, "closed_agents": None}

    readings: list[dict[str, Any]] = []
    old, new = "2026-10-05", "2026-10-12"
    readings.append(reading([line(old, 50.0, 12)], 0))
    for covers in (1, 1, 2):
        # Seven fewer, then the same number of others.
        readings.append(reading([line(old, 40.0 + covers, 5), line(new, 30.0, 6)], covers))
        assert readings[-1]["weeks"][0] == line(old, 50.0, 12)
    assert readings[-1]["weeks"][1] == line(new, 30.0, 6), (
        "first told after the first withdrawal, and before the second"
    )
    readings.append(reading([line(old, 9.0, 5), line(new, 7.0, 5)], 2, "cost_eur"))
    assert [w["open"] for w in readings[-1]["weeks"]] == [None, None]
    readings.append(reading([line(old, 41.0, 5), line(new, 31.0, 5)], 2))
    assert [w["open"] for w in readings[-1]["weeks"]] == [None, None], "nor once the outcome is the former one again"
    readings.append(reading([line(old, 41.0, 5), line("2026-10-19", 20.0, 8)], 2))
    assert [(w["monday"], w["open"]) for w in readings[-1]["weeks"]] == [(old, None), (new, None), ("2026-10-19", 20.0)]


@pytest.mark.parametrize(("opened", "closed"), [(1, 30), (4, 30), (30, 2)])
def test_the_effect_on_one_person_is_not_told(lab_field: Field, opened: int, closed: int) -> None:
    rows = [(n, n, week, 3 if n < opened else 0) for n in range(opened + closed) for week in range(1, 7)]
    unit, cluster, period, opens = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    if opened == 30:
        opens = np.where(unit < opened, 1, 0)
    panel = Panel(unit, cluster, period, np.sin(unit * 7.0 + period), opens)
    figures = analysis.figures_of(panel, lab_field.trial())
    assert (figures.get("main"), figures.get("others")) == (None, None)
    assert [r["code"] for r in figures["refused"]] == ["few-agents"]
    assert "serait le leur" in figures["refused"][0]["reason"]
    assert len(figures["weeks"]) == 6


def test_the_share_of_weeks_of_one_who_came_before_is_not_told(lab_field: Field) -> None:
    trial = lab_field.trial()
    panel = panel_of({(week, is_open): 10 for week in (1, 2, 3) for is_open in (True, False)})
    panel = panels.Panel(
        panel.unit + 100 * panel.cluster,
        panel.cluster + panel.unit % 3 * 10,
        panel.period,
        panel.outcome,
        np.where(panel.opened > 0, 2, 0),
        ((panel.opened > 0) & (panel.period > 1) | (panel.unit == 0) & (panel.period == 3)).astype(np.float64),
    )
    said = analysis._treated(panel, trial, by_time=False)
    assert said is not None
    assert said.get("closed") is None
    assert said.get("open") is None


def test_after_the_names_have_left_who_came_is_not_known_rather_than_nobody(lab_field: Field) -> None:
    counts = {(week, is_open): 10 for week in (1, 2) for is_open in (True, False)}
    lost = np.array([np.nan if week == 2 else 0.0 for (week, _o), n in counts.items() for _k in range(n)])
    said = analysis._treated(panel_of(counts, took_up=lost), lab_field.trial(), by_time=False)
    assert said is not None
    assert "n'ont plus de nom" in said["reason"]


def test_weeks_without_names_are_said_where_the_effect_is_refused_too(lab_field: Field) -> None:
    counts = {(week, is_open): 10 for week in (1, 2, 3) for is_open in (True, False)}
    came = [np.nan if week == 2 else float(is_open) for (week, is_open), n in counts.items() for _k in range(n)]
    said = analysis._treated(panel_of(counts, took_up=np.array(came)), lab_field.trial(), by_time=False)
    assert said is not None
    assert said["estimate"] is None
    assert "n'y ont plus de nom : 1." in said["reason"]


# -- one day and the next ----------------------------------------------------------------------------------------------


def filled(trial: Trial, weeks: int) -> list[Agent]:
    """Everybody's diary of the first weeks, of which the lengths differ."""
    people = [m.agent for c in trial.cohorts.all() for m in c.members.select_related("agent")]
    first = trial.baseline_from
    diary(
        trial,
        {
            (who, first + DAY * day): [trip("car", 10 + n)]
            for n, who in enumerate(people)
            for day in range(7 * weeks)
            if day % 7 < 5
        },
    )
    Invitation.objects.filter(wave__trial=trial).update(has_answered=True)
    return people


def test_a_week_of_the_diary_is_read_once_nobody_can_fill_it_any_more(lab_field: Field) -> None:
    trial = lab_field.opened()
    filled(trial, 3)
    first = trial.baseline_from
    # The third week may be filled until the Sunday after it.
    assert {w.monday for w in Source(trial, first + 4 * WEEK - DAY).diary} == {first, first + WEEK}
    assert len({w.monday for w in Source(trial, first + 4 * WEEK).diary}) == 3
    # Once the wave is closed nothing changes any more.
    trial.waves.update(last_day=first + 3 * WEEK - DAY)
    assert len({w.monday for w in Source(trial, first + 3 * WEEK).diary}) == 3


def test_scores_are_read_once_their_wave_is_over(lab_field: Field) -> None:
    trial = lab_field.opened()
    trial.outcome = "who5"
    survey = waves.keep_survey(trial.territory_id, "who5", "B", scales.who5(), TEST)
    wave = waves.open_wave(trial, survey, "before", STARTS, STARTS + WEEK - DAY, TEST)
    who = wave.invitations.all()[0].agent
    answering.answer(who, wave.pk, {f"who5_{n}": "3" for n in range(1, 6)}, STARTS)
    assert READ["who5"](Source(trial, STARTS + WEEK - DAY)) == []
    assert len(READ["who5"](Source(trial, STARTS + WEEK))) == 1


def test_tomorrows_weeks_do_not_tell_what_the_one_who_withdrew_today_had_filled(lab_field: Field) -> None:
    trial = lab_field.opened()
    people = filled(trial, 3)
    today = trial.baseline_from + 5 * WEEK
    before = make_reading(trial, now=at(today, "10")).figures["weeks"]
    assert [w["closed_agents"] for w in before] == [6, 6, 6]
    answering.withdraw(people[0], trial.pk)
    assert DiaryDay.objects.filter(pseudonym=pseudonym(trial.pk, people[0].pk)).count() == 0
    assert make_reading(trial, now=at(today + DAY, "10")).figures["weeks"] == before


def whole(trial: Trial, code: str, kind: Any, answers: Any) -> tuple[Any, list[Agent]]:
    survey = waves.keep_survey(trial.territory_id, code, code, kind(), TEST)
    wave = waves.open_wave(trial, survey, "before", STARTS, STARTS + WEEK - DAY, TEST)
    people = [i.agent for i in wave.invitations.select_related("agent").order_by("pk")]
    for n, who in enumerate(people):
        answering.answer(who, wave.pk, answers(n), STARTS)
    return wave, people


@pytest.fixture
def many(lab_field: Field) -> Trial:
    for commune in lab_field.communes:
        for _n in range(3):
            factories.agent(lab_field.territory, home_commune=commune)
    return lab_field.opened(cohort=replace(lab_field.draft().cohort, size=20))  # type: ignore[type-var]


def test_what_is_published_of_a_wave_is_what_its_page_told_not_that_less_who_withdrew(many: Trial) -> None:
    wave, people = whole(
        many, "who5", scales.who5, lambda n: {f"who5_{k}": "5" if n == 0 else "1" for k in range(1, 6)}
    )
    today = STARTS + WEEK
    page = releases.released(wave, today)
    assert page is not None
    answering.withdraw(people[0], many.pk)
    (published,) = gathering.measures_of(many, today + DAY)
    assert (published.people, published.mean) == (page.figures["means"][0]["n"], page.figures["means"][0]["mean"])
    assert (published.people, published.asked) == (20, 20)


def test_who_came_by_sex_stays_as_it_was_told_when_one_withdraws(many: Trial) -> None:
    wave, people = whole(
        many,
        "profil",
        profile.profile,
        lambda n: {"came": "yes" if n % 4 < 2 else "no", "sex": "f" if n % 2 else "m"},
    )
    today = STARTS + WEEK
    before = equity.said_of_themselves(many, today)[1]
    assert [(line.came, line.people) for f in before for line in f.lines if line.is_compared] == [(5, 10), (5, 10)]
    answering.withdraw(people[1], many.pk)
    assert Response.objects.filter(wave=wave).count() == 19
    assert equity.said_of_themselves(many, today + DAY)[1] == before
