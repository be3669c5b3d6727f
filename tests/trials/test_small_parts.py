"""No sum has a part of fewer than five people in it."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.trials.indicators import keeping
from bureaux_volants.trials.mobility_plan.gathering import plan_of
from bureaux_volants.trials.models import DiaryDay, KeptFigure, ToldTravel
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, pseudonyms, waves
from tests.factories import TEST, at
from tests.trials.lived import DAY, OCTOBER, WEEK, Lived
from tests.trials.words import trip


def test_a_week_that_few_filled_is_counted_in_no_table(lived: Lived) -> None:
    """The month less the weeks that the trial tells would be the one or two who filled it."""
    monday = lived.before + 3 * WEEK
    km = lived.month("car_km", lived.over)
    reading = make_reading(lived.trial, now=at(lived.over, "2")).figures
    assert km.denominator is not None
    KeptFigure.objects.all().delete()
    ToldTravel.objects.all().delete()
    for n in range(4):
        DiaryDay.objects.bulk_create(
            DiaryDay(wave=lived.diary, pseudonym=lived.whose(n), day=monday + DAY * d, trips=[trip("car", 90)])
            for d in range(5)
        )
        later = lived.over + DAY * (n + 1)
        november = KeptFigure.objects.filter(code="car_km", first_day=dt.date(2026, 11, 1), trial=None)
        keeping.keep_months(lived.field.territory, OCTOBER[0], dt.date(2026, 11, 30), now=at(later, "3"))
        assert not november.exists()
        assert make_reading(lived.trial, now=at(later, "3")).figures["sample"] == reading["sample"]


def test_a_wave_of_four_is_in_no_month(lived: Lived) -> None:
    survey = lived.wave.survey
    first = lived.before + WEEK
    wave = waves.open_wave(lived.trial, survey, "before", first, first + 2 * DAY, TEST)
    for n in range(4):
        answering.answer(lived.people[n], wave.pk, {f"who5_{k}": "2" for k in range(1, 6)}, first)
    assert lived.month("who5", lived.over).people == 24
    assert lived.month("who5", lived.over).denominator == 24


def test_a_scale_is_not_put_twice_in_one_week(lived: Lived) -> None:
    with pytest.raises(waves.CannotAsk, match="La même échelle"):
        waves.open_wave(lived.trial, lived.wave.survey, "before", lived.before + 2 * DAY, lived.before + 5 * DAY, TEST)
    waves.open_wave(lived.trial, lived.wave.survey, "before", lived.before + WEEK, lived.before + 8 * DAY, TEST)


def test_the_plan_hides_both_purposes_where_one_is_of_few(lived: Lived) -> None:
    """Kilometres for work, told by the indicators, less those to work would be the others."""
    day = DiaryDay.objects.get(pseudonym=lived.whose(1), day=lived.before)
    day.trips = [*day.trips, trip("car", 70, "business")]
    day.save()
    plan = plan_of(lived.field.territory, *OCTOBER, now=at(lived.over, "14"))
    assert (plan.commute.km, plan.business.km) == (0, 0)
    assert (plan.commute.hidden, plan.business.hidden) == (1, 1)


def test_emissions_are_not_told_where_few_go_another_way_than_by_car(lived: Lived) -> None:
    for n in range(1, 6):
        found = {k.code: k for k in KeptFigure.objects.filter(trial=None)}
        DiaryDay.objects.filter(pseudonym=lived.whose(n)).update(trips=[trip("train", 20)])
        KeptFigure.objects.all().delete()
        ToldTravel.objects.all().delete()
        lived.month("car_km", lived.over)
        found = {k.code: k for k in KeptFigure.objects.filter(trial=None)}
        assert found["gco2e"].is_hidden == (n < 5)
        assert not found["car_km"].is_hidden


def test_one_night_without_the_key_leaves_the_reading_as_it_was(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    told = make_reading(lived.trial, now=at(lived.over, "2"))
    with monkeypatch.context() as patch:

        def gone(_row: object) -> object:
            raise pseudonyms.NoKey

        patch.setattr(pseudonyms, "_key", gone)
        assert make_reading(lived.trial, now=at(lived.over + DAY, "2")) == told
    assert make_reading(lived.trial, now=at(lived.over + 2 * DAY, "2")).figures["weeks"] == told.figures["weeks"]
