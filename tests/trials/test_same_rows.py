"""Every table is made of the same rows: who is in one is in all."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.trials import leaving
from bureaux_volants.trials.mobility_plan.gathering import plan_of
from bureaux_volants.trials.models import ClosedPeriod, CohortMember, DiaryDay, Invitation
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, releases, waves
from bureaux_volants.trials.weekly import Source
from tests.factories import TEST, at
from tests.trials.lived import DAY, OCTOBER, WEEK, Lived
from tests.trials.words import trip


def test_whoever_leaves_the_trial_is_in_every_table_or_in_none(lived: Lived) -> None:
    """What they answered until then counts; they are asked nothing more."""
    leaving.leave(lived.trial.territory_id, lived.trial.pk, lived.people[0], TEST, now=at(lived.before + 8 * DAY, "9"))
    diary_of = Invitation.objects.get(wave=lived.diary, agent=lived.people[0])
    assert lived.diary.pk not in [i.wave_id for i in answering.asked_of(lived.people[0], lived.before + 8 * DAY)]
    with pytest.raises(answering.CannotAnswer, match="ne participez plus"):
        answering.fill_day(lived.people[0], lived.diary.pk, diary_of.wave.first_day, [], lived.before + 8 * DAY)
    reading = make_reading(lived.trial, now=at(lived.over, "2")).figures
    told = sum(w["closed_agents"] for w in reading["weeks"] if w["monday"] <= str(OCTOBER[1]))
    assert lived.month("car_km", lived.over).denominator == told


def test_nobody_without_a_commune_is_asked(lived: Lived) -> None:
    CohortMember.objects.filter(agent=lived.people[0]).update(commune=None)
    survey = lived.wave.survey
    wave = waves.open_wave(lived.trial, survey, "after", lived.over, lived.over + DAY, TEST)
    assert wave.invitations.count() == 23


def test_weeks_that_are_not_filled_are_in_no_table(lived: Lived) -> None:
    """What the mobility plan tells of a month less the weeks that are filled would be who began one."""
    monday = lived.before + WEEK
    DiaryDay.objects.filter(pseudonym=lived.whose(0), day__range=(monday + DAY, monday + 6 * DAY)).delete()
    km = lived.month("car_km", lived.over)
    plan = plan_of(lived.field.territory, *OCTOBER, now=at(lived.over, "14"))
    assert plan.commute.km == pytest.approx(km.numerator)
    assert releases.released(lived.diary, lived.over) is not None


def test_a_week_that_two_months_share_is_of_the_month_in_which_it_ends(lived: Lived) -> None:
    monday = dt.date(2026, 10, 26)
    DiaryDay.objects.bulk_create(
        DiaryDay(wave=lived.diary, pseudonym=lived.whose(n), day=monday + DAY * d, trips=[trip("car", 7.0)])
        for n in range(24)
        for d in range(5 + 2 * (n in (5, 6, 7)))
    )
    october, november = (
        plan_of(lived.field.territory, first, last, now=at(lived.over, "14")).commute.km
        for first, last in (OCTOBER, (dt.date(2026, 11, 1), dt.date(2026, 11, 30)))
    )
    # On the Sunday, the first of November, three people alone filled their diary.
    assert november == 24 * 5 * 7 + 3 * 2 * 7
    assert october == pytest.approx(lived.month("car_km", lived.over).numerator)
    lived.leave(0, lived.over)
    assert not ClosedPeriod.objects.filter(monday=monday).exists()


def test_a_diary_does_not_open_again_a_week_that_is_told(lived: Lived) -> None:
    last = lived.trial.starts_on + 2 * WEEK
    saturday = last + 5 * DAY
    waves.close(lived.diary, saturday, TEST)
    told = {w.monday for w in Source.until_now(lived.trial, at(saturday, "9")).diary}
    assert last in told
    with pytest.raises(waves.CannotAsk, match="au plus tôt"):
        waves.open_wave(lived.trial, lived.diary.survey, "during", saturday, saturday + WEEK, TEST)
    waves.open_wave(lived.trial, lived.diary.survey, "during", last + WEEK, last + 2 * WEEK, TEST)
    assert {w.monday for w in Source.until_now(lived.trial, at(saturday, "9")).diary} == told


def test_a_week_has_one_diary(lived: Lived) -> None:
    """Of those who fill it in one and in the other there may be few."""
    last = lived.trial.starts_on + 2 * WEEK
    with pytest.raises(waves.CannotAsk, match="couvre déjà cette semaine"):
        waves.open_wave(lived.trial, lived.diary.survey, "during", last + 3 * DAY, last + 5 * WEEK, TEST)
    waves.open_wave(lived.trial, lived.diary.survey, "during", last + WEEK, last + 2 * WEEK, TEST)


def test_kilometres_by_car_are_not_told_where_few_drive(lived: Lived) -> None:
    by_train = [lived.whose(n) for n in range(4, 24)]
    DiaryDay.objects.filter(pseudonym__in=by_train).update(trips=[trip("train", 20)])
    assert lived.month("car_km", lived.over).is_hidden
    reading = make_reading(lived.trial, now=at(lived.over, "2")).figures
    assert (reading["main"], reading["weeks"]) == (None, [])
    assert reading["refused"][0]["code"] == "few-drive"
