"""What was told of answers stands whoever takes theirs back, and what is told next differs by five people: a month, the mobility plan, a trial's reading."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from bureaux_volants.territory.models import Agent
from bureaux_volants.trials.estimating.results import Panel
from bureaux_volants.trials.figures import marks_of
from bureaux_volants.trials.indicators import keeping, registry
from bureaux_volants.trials.indicators.registry import INDICATORS
from bureaux_volants.trials.indicators.standing import FROM_ANSWERS, standing
from bureaux_volants.trials.mobility_plan.gathering import plan_of
from bureaux_volants.trials.mobility_plan.months import Travel
from bureaux_volants.trials.models import Cover, DiaryDay, KeptFigure, Reading, ToldTravel, Trial
from bureaux_volants.trials.panels import panel_of
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, pseudonyms, scales, waves
from bureaux_volants.trials.weekly import Source
from tests import factories
from tests.factories import TEST, at
from tests.trials.words import Field, diary, field, trip

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
OCTOBER = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
NOVEMBER_10 = at(dt.date(2026, 11, 10), "9")


# -- the rules -------------------------------------------------------------------------------------------------------


def test_what_was_never_told_may_be() -> None:
    assert not standing({}, {"car_km": ["a"]})


def test_an_outcome_stands_while_one_to_four_people_changed() -> None:
    told = {"car_km": [*"abcdefgh"]}
    assert not standing(told, told)
    assert standing(told, {"car_km": [*"abcdefg"]})
    assert standing(told, {"car_km": [*"abcdefgi"]}), "somebody's rows changed"
    assert standing(told, {"car_km": [*"abcdefghi"]}), "somebody came"
    assert not standing(told, {"car_km": [*"abc"]})
    assert not standing(told, {"car_km": [*"abcdefgh", *"ijklm"]})
    assert standing({**told, "who5": ["a", "b"]}, {"car_km": [*"abc"], "who5": ["a"]}) == {"who5"}


# -- a month ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(db: None) -> tuple[Field, Trial, list[Agent]]:
    """Twelve people whose diary says how far they drove to work on each working day of three weeks of October; the trial is still to open."""
    return diaries_of(12)


def diaries_of(size: int) -> tuple[Field, Trial, list[Agent]]:
    there = field()
    while len(there.people) < size:
        there.people += [factories.agent(there.territory, home_commune=commune) for commune in there.communes]
    cohort = there.draft().cohort
    assert cohort is not None
    trial = there.opened(cohort=replace(cohort, size=size, strata=()))
    people = [m.agent for c in trial.cohorts.all() for m in c.members.select_related("agent").order_by("agent")]
    days = [trial.baseline_from + DAY * n for n in range(19) if n % 7 < 5]
    wave = diary(trial, {(who, day): [trip("car", 10 + n, minutes=20)] for n, who in enumerate(people) for day in days})
    wave.last_day = OCTOBER[1]
    wave.save()
    wave.invitations.update(has_answered=True)
    return there, trial, people


def said(there: Field) -> dict[str, float | None]:
    found = KeptFigure.objects.filter(territory=there.territory, trial=None, code__in=FROM_ANSWERS, is_hidden=False)
    return {f"{k.code} {k.part}": k.value for k in found}


def travel(there: Field) -> Travel:
    return plan_of(there.territory, *OCTOBER, now=NOVEMBER_10).commute


def keep(there: Field) -> keeping.Kept:
    return keeping.keep_months(there.territory, *OCTOBER, now=NOVEMBER_10)


def test_a_month_stands_as_it_was_told_whoever_takes_their_answers_back(
    written: tuple[Field, Trial, list[Agent]],
) -> None:
    there, trial, people = written
    assert not keep(there).standing
    told, plan = said(there), travel(there)
    # Fifteen days of 10 to 21 km, of twelve people.
    assert plan.km == 15 * sum(range(10, 22))
    assert told["car_km "] == pytest.approx(5 * sum(range(10, 22)) / 12)
    for gone in range(6):
        answering.withdraw(people[gone], trial.pk, now=NOVEMBER_10)
        assert keep(there).standing == (OCTOBER[0],)
        assert (said(there), travel(there)) == (told, plan)
    assert keep(there).changes == ()


def test_a_month_told_after_a_withdrawal_leaves_five_others_out_and_modes_too(
    written: tuple[Field, Trial, list[Agent]],
) -> None:
    """Of those left out few may have one mode: by mode nothing is told of days of which some are left out."""
    there, trial, people = written
    answering.withdraw(people[0], trial.pk, now=NOVEMBER_10)
    keep(there)
    told = KeptFigure.objects.get(territory=there.territory, trial=None, code="car_km")
    # Three weeks of twelve people, and in each six who are not counted.
    assert told.denominator == 3 * (12 - 1 - 5)
    assert not told.is_hidden
    assert "modes car" not in said(there)
    assert (travel(there).km, travel(there).hidden) == (0, 1)


def test_a_withdrawal_before_anything_could_be_told_leaves_nobody_else_out(
    written: tuple[Field, Trial, list[Agent]],
) -> None:
    """The first week of the diary, which anybody can still fill in."""
    there, trial, people = written
    answering.withdraw(people[0], trial.pk, now=at(trial.baseline_from + DAY * 9, "9"))
    assert not Cover.objects.exists()
    keep(there)
    assert travel(there).km == 15 * sum(range(11, 22))


def test_a_new_version_of_a_definition_is_told_of_a_month_that_stands(
    written: tuple[Field, Trial, list[Agent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, trial, people = written
    keep(there)
    answering.withdraw(people[0], trial.pk, now=NOVEMBER_10)
    second = {**INDICATORS, "car_km": replace(INDICATORS["car_km"], version=2)}
    for module in (keeping, registry):
        monkeypatch.setattr(module, "INDICATORS", second)
    keep(there)
    found = KeptFigure.objects.filter(territory=there.territory, trial=None, code="car_km").order_by("version")
    assert [(k.version, k.denominator) for k in found] == [(1, 36), (2, 18)]


def test_the_plan_and_the_indicators_of_a_month_are_told_at_one_time(
    written: tuple[Field, Trial, list[Agent]],
) -> None:
    """Nobody opened the plan before the withdrawal: it says what the indicators said, not that less one person."""
    there, trial, people = written
    keep(there)
    answering.withdraw(people[0], trial.pk)
    keep(there)
    assert travel(there).km == 15 * sum(range(10, 22))
    assert ToldTravel.objects.count() == 1


def test_a_month_whose_names_have_left_has_no_fault_when_answers_were_taken_back(
    written: tuple[Field, Trial, list[Agent]],
) -> None:
    there, trial, people = written
    keep(there)
    told = said(there)
    for who in people[:6]:
        answering.withdraw(who, trial.pk)
    later = at(dt.date(2027, 3, 1), "9")
    found = keeping.keep_months(there.territory, *OCTOBER, now=later)
    assert not [c for c in found.changes if c.is_fault]
    assert told.keys() == said(there).keys()


def test_the_command_says_what_stands(written: tuple[Field, Trial, list[Agent]]) -> None:
    there, trial, people = written
    keep(there)
    answering.withdraw(people[0], trial.pk)
    out = io.StringIO()
    call_command("indicators", "recompute", "--territory", there.territory.slug, "--to", "2026-10", stdout=out)
    assert "2026-10 : des réponses ont été retirées depuis" in out.getvalue()


# -- a reading -------------------------------------------------------------------------------------------------------


@pytest.fixture
def read(written: tuple[Field, Trial, list[Agent]]) -> tuple[Trial, list[Agent]]:
    """The same trial once its communes have opened, measured before and since."""
    return followed(written)


def followed(written: tuple[Field, Trial, list[Agent]]) -> tuple[Trial, list[Agent]]:
    _there, trial, people = written
    first = trial.starts_on
    wave = trial.waves.get()
    days = [first + DAY * n for n in range(19) if n % 7 < 5]
    DiaryDay.objects.bulk_create(
        DiaryDay(wave=wave, pseudonym=old.pseudonym, day=day, trips=[trip("car", 8 + n)])
        for n, old in enumerate(DiaryDay.objects.filter(day=trial.baseline_from).order_by("pk"))
        for day in days
    )
    wave.last_day = first + 3 * WEEK - DAY
    wave.save()
    return trial, people


def reading_of(trial: Trial, day: dt.date) -> Reading:
    return make_reading(trial, now=at(day, "10"))


@pytest.mark.usefixtures("db")
def test_a_reading_after_a_withdrawal_leaves_five_others_out() -> None:
    trial, people = followed(diaries_of(24))
    day = trial.starts_on + 3 * WEEK
    told = reading_of(trial, day)
    assert told.figures["main"] is not None
    assert told.figures["sample"]["agents"] == 24
    assert told.figures["aside"] == {"covers": 0, "rows": 0}
    assert told.figures["sample"]["rows"] == 24 * 6
    answering.withdraw(people[0], trial.pk, now=at(day, "12"))
    after = reading_of(trial, day + DAY)
    assert after.figures["sample"]["rows"] == (24 - 1 - 5) * 6
    assert after.figures["aside"] == {"covers": 1, "rows": 5 * 6}
    assert after.figures["weeks"] == told.figures["weeks"], "weeks that were told stay as they were"


def test_when_too_few_are_left_the_reading_that_was_told_stands(read: tuple[Trial, list[Agent]]) -> None:
    trial, people = read
    day = trial.starts_on + 3 * WEEK
    told = reading_of(trial, day)
    for n, who in enumerate(people):
        answering.withdraw(who, trial.pk, now=at(day, "12"))
        found = reading_of(trial, day + DAY * (n + 1))
        assert found.figures["main"] is not None
        assert found.figures["weeks"] == told.figures["weeks"]
    assert not Source.until_now(trial, at(day + DAY, "10")).diary


def test_a_reading_of_the_same_rows_follows(read: tuple[Trial, list[Agent]]) -> None:
    trial, _people = read
    day = trial.starts_on + 3 * WEEK
    told = reading_of(trial, day)
    after = reading_of(trial, day + DAY)
    assert after != told
    assert after.figures == told.figures


def test_the_marks_of_people_tell_whose_rows_changed_and_lead_to_nobody(read: tuple[Trial, list[Agent]]) -> None:
    trial, _people = read
    panel = panel_of(Source.until_now(trial, at(trial.starts_on + 3 * WEEK, "10")), trial.outcome)
    marks = marks_of(panel, trial.pk)
    assert len(set(marks)) == 12
    assert marks == sorted(marks), "their order is nobody's"
    turned = np.argsort(-panel.unit, kind="stable")
    assert marks_of(Panel(*(a[turned] for a in panel.columns.values() if a is not None)), trial.pk) == marks
    outcome = panel.outcome.copy()
    outcome[0] += 1
    assert len({*marks} - {*marks_of(replace(panel, outcome=outcome), trial.pk)}) == 1
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert marks_of(panel, trial.pk) == marks, "a new secret is nobody's withdrawal"
    pseudonyms.destroy(trial.pk)
    assert marks_of(panel, trial.pk) == []


def test_a_hypothesis_that_stands_holds_its_own_lines_and_no_other(read: tuple[Trial, list[Agent]]) -> None:
    """The well-being of a wave that is over, less one person; the diary of the others goes on."""
    trial, people = read
    trial.hypotheses.create(number=2, text="Le bien-être augmente.", outcome="who5", direction="increase")
    for moment, first in (("before", trial.baseline_from), ("during", trial.starts_on)):
        survey = waves.keep_survey(trial.territory_id, "who5", "B", scales.who5(), TEST)
        wave = waves.open_wave(trial, survey, moment, first, first + WEEK - DAY, TEST)
        for n, who in enumerate(people):
            answering.answer(who, wave.pk, {f"who5_{k}": str(n % 5) for k in range(1, 6)}, first)
    day = trial.starts_on + 3 * WEEK
    told = reading_of(trial, day)
    assert "who5" in told.people
    answering.decline(people[0], wave.pk)
    # A fourth week of everybody's diary.
    of_diary = trial.waves.get(survey__kind="diary")
    monday = trial.starts_on + 3 * WEEK
    DiaryDay.objects.bulk_create(
        DiaryDay(
            wave=of_diary,
            pseudonym=pseudonyms.pseudonym(trial.pk, who.pk),
            day=monday + DAY * d,
            trips=[trip("car", 8)],
        )
        for who in people
        for d in range(5)
    )
    of_diary.last_day = monday + WEEK - DAY
    of_diary.save()
    after = reading_of(trial, day + WEEK)
    assert after != told
    assert after.figures["sample"]["weeks"] == told.figures["sample"]["weeks"] + 1
    hypotheses = [{h["number"]: h for h in one.figures["hypotheses"]} for one in (told, after)]
    assert hypotheses[1][2] == hypotheses[0][2]
    assert after.people["who5"] == told.people["who5"]
    assert after.people["diary"] != told.people["diary"]


def test_an_amended_outcome_made_of_the_same_diary_does_not_tell_who_left_it(read: tuple[Trial, list[Agent]]) -> None:
    trial, people = read
    day = trial.starts_on + 3 * WEEK
    reading_of(trial, day)
    answering.withdraw(people[0], trial.pk, now=at(day, "12"))
    trial.outcome = "cost_eur"
    trial.save()
    assert reading_of(trial, day + DAY).figures["sample"]["rows"] == (12 - 1 - 5) * 6


def test_an_amended_threshold_leaves_the_weeks_that_stand(read: tuple[Trial, list[Agent]]) -> None:
    trial, people = read
    day = trial.starts_on + 3 * WEEK
    told = reading_of(trial, day).figures["weeks"]
    answering.withdraw(people[0], trial.pk)
    trial.threshold = 3.0
    trial.save()
    DiaryDay.objects.filter(day__gte=trial.starts_on + 2 * WEEK).delete()
    assert reading_of(trial, day + DAY).figures["weeks"][0] == told[0]


def test_a_trials_figure_of_the_next_week_does_not_tell_who_left(read: tuple[Trial, list[Agent]]) -> None:
    """The diary is over: all that the next Monday adds to the last figure told is that somebody is missing."""
    trial, people = read
    keeping.keep_trial(trial, now=at(trial.starts_on + 3 * WEEK, "9"))
    told = KeptFigure.tellable.get(trial=trial, code="car_km", first_day=trial.starts_on)
    answering.withdraw(people[0], trial.pk)
    keeping.keep_trial(trial, now=at(trial.starts_on + 4 * WEEK, "9"))
    assert KeptFigure.tellable.get(trial=trial, code="car_km", first_day=trial.starts_on) == told
    for who in people[1:5]:
        answering.withdraw(who, trial.pk)
    assert told.people == 12


def test_a_plan_asked_for_before_the_night_is_what_the_night_keeps(written: tuple[Field, Trial, list[Agent]]) -> None:
    there, trial, people = written
    plan = travel(there)
    answering.withdraw(people[0], trial.pk)
    keep(there)
    assert travel(there) == plan
    assert said(there)["car_km "] == pytest.approx(5 * sum(range(10, 22)) / 12)
