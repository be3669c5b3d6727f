"""What one page tells beside another, or one night after another, is not an equation for fewer than five people."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bureaux_volants.booking.counterfactual import say
from bureaux_volants.booking.models import Booking
from bureaux_volants.trials import leaving
from bureaux_volants.trials.indicators import keeping
from bureaux_volants.trials.mobility_plan.gathering import plan_of
from bureaux_volants.trials.models import DiaryDay, KeptFigure, Wave
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, profile, releases, waves
from tests.factories import TEST, at
from tests.trials.lived import DAY, NOVEMBER, OCTOBER, WEEK, Lived
from tests.trials.words import came, trip


def days_of(lived: Lived, *people: int) -> Any:
    rows = DiaryDay.objects.filter(day__lte=OCTOBER[1])
    return rows.filter(pseudonym__in=[lived.whose(n) for n in people]) if people else rows


def adds(lived: Lived, n: int, *more: dict[str, Any]) -> None:
    for day in days_of(lived, n):
        day.trips = [*day.trips, *more]
        day.save()


def of_week(lived: Lived, monday: dt.date, day: dt.date) -> dict[str, Any]:
    weeks = make_reading(lived.trial, now=at(day, "2")).figures["weeks"]
    return next(w for w in weeks if w["monday"] == monday.isoformat())


def since_the_opening(lived: Lived, weeks: int, code: str) -> dict[tuple[str, dt.date], KeptFigure]:
    """What is told, by group and last day, once so many weeks have passed."""
    keeping.keep_trial(lived.trial, now=at(lived.trial.starts_on + weeks * WEEK, "3"))
    told = KeptFigure.tellable.filter(trial=lived.trial, code=code, first_day=lived.trial.starts_on)
    return {(k.part, k.last_day): k for k in told}


# -- modes and what they emit ------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(lived: Lived) -> Lived:
    """Everybody drives; six also take the bus, two the train."""
    for n in range(1, 9):
        adds(lived, n, trip("train", 40.0 + n) if n > 6 else trip("bus", 8.0 + n))
    return lived


def test_what_modes_put_together_emit_is_not_told_in_the_plan(mixed: Lived) -> None:
    plan = plan_of(mixed.field.territory, *OCTOBER, now=at(mixed.over, "14"))
    car, others = (next(s for s in plan.commute.shares if s.mode == mode) for mode in ("car", "others"))
    assert car.grams
    assert others.km
    assert (others.grams, others.euros) == (None, None)


def test_emissions_are_not_told_where_two_modes_are_put_together(mixed: Lived) -> None:
    assert mixed.month("gco2e", mixed.over).is_hidden
    assert KeptFigure.tellable.filter(trial=None, part="mode:bus+train").exists()


def test_emissions_are_told_where_each_mode_is(lived: Lived) -> None:
    for n in range(1, 13):
        adds(lived, n, trip("train" if n > 6 else "bus", 8.0 + n))
    assert not lived.month("gco2e", lived.over).is_hidden


def test_a_wave_tells_modes_as_the_month_does_whatever_they_were_for(lived: Lived) -> None:
    """Told by purpose, the kilometres by car of the month less those would be the duty journeys of three."""
    DiaryDay.objects.filter(day__gt=OCTOBER[1]).delete()
    Wave.objects.filter(pk=lived.diary.pk).update(last_day=OCTOBER[1] - 6 * DAY)
    lived.diary.refresh_from_db()
    for n in range(1, 4):
        adds(lived, n, trip("car", 70, "business"))
    told = releases.released(lived.diary, NOVEMBER)
    assert told is not None
    ((mode, purpose, per_day),) = told.figures["diaries"]
    assert (mode, purpose) == ("car", "work")
    assert per_day * days_of(lived).count() == pytest.approx(lived.month("car_km").numerator)


def test_days_by_bike_are_not_told_where_one_kind_of_bike_is_told_and_another_is_not(lived: Lived) -> None:
    for n in range(1, 17):
        mode = "walk" if n > 10 else "bike" if n < 9 else "ebike"
        days_of(lived, n).update(trips=[trip(mode, 4.0), trip(mode, 4.0)])
    plan = plan_of(lived.field.territory, *OCTOBER, now=at(lived.over, "14"))
    assert "bike" in {s.mode for s in plan.commute.shares}
    assert (plan.bike_days.count, plan.bike_days.hidden) == (0, 1)


def test_minutes_that_few_said_are_not_told(lived: Lived) -> None:
    days_of(lived).exclude(pseudonym=lived.whose(0)).update(trips=[trip("car", 20)])
    assert lived.month("travel_minutes", lived.over).is_hidden


# -- week after week ---------------------------------------------------------------------------------------------------


def test_a_week_told_of_one_outcome_of_the_diary_is_not_told_of_another(lived: Lived) -> None:
    for n in range(1, 7):
        adds(lived, n, trip("train", 50.0))
    assert of_week(lived, lived.before, lived.over)["closed"]
    lived.trial.outcome = "gco2e"
    lived.trial.save()
    assert of_week(lived, lived.before, lived.over + DAY)["closed"] is None
    lived.trial.outcome = "car_km"
    lived.trial.save()
    assert of_week(lived, lived.before, lived.over + 2 * DAY)["closed"]


def test_a_week_in_which_few_drive_is_not_told(lived: Lived) -> None:
    monday = lived.before + WEEK
    that_week = DiaryDay.objects.filter(day__range=(monday, monday + 6 * DAY))
    that_week.exclude(pseudonym__in=[lived.whose(n) for n in range(4)]).update(trips=[trip("train", 20)])
    assert of_week(lived, monday, lived.over)["closed"] is None
    assert of_week(lived, lived.before, lived.over)["closed"]


def test_what_a_week_adds_to_a_trial_is_not_the_car_of_few(lived: Lived) -> None:
    last = lived.trial.starts_on + 2 * WEEK
    Wave.objects.filter(pk=lived.diary.pk).update(last_day=lived.trial.ends_on)
    rows = DiaryDay.objects.filter(day__range=(last, last + 6 * DAY)).exclude(pseudonym=lived.whose(0))
    rows.update(trips=[trip("train", 20)])
    before = since_the_opening(lived, 3, "car_km")
    assert before
    assert since_the_opening(lived, 4, "car_km").keys() == before.keys()


def test_what_a_week_adds_to_a_mode_is_told_of_the_mode_alone_or_not_at_all(lived: Lived) -> None:
    last = lived.trial.starts_on + 2 * WEEK
    Wave.objects.filter(pk=lived.diary.pk).update(last_day=lived.trial.ends_on)
    for n in range(16):
        rows = DiaryDay.objects.filter(pseudonym=lived.whose(n), day__gte=lived.trial.starts_on)
        rows.update(trips=[trip("bus" if n < 8 else "train", 11)])
        if 0 < n < 8:
            rows.filter(day__gte=last).update(trips=[trip("train", 11)])
    before = since_the_opening(lived, 3, "modes")
    assert "mode:bus" in {part for part, _day in before}
    after = since_the_opening(lived, 4, "modes")
    assert {day for part, day in after if part == "mode:bus"} <= {day for _part, day in before}


# -- who came, and what they would have done ---------------------------------------------------------------------------


def stays(lived: Lived, monday: dt.date, home: int, usual: int) -> None:
    for n, who in enumerate(lived.people[1 : 1 + home + usual]):
        answer = "home" if n < home else "usual_site"
        came(who, lived.field.mairies[n % 4], monday + DAY * (n // 8), counterfactual=answer)


def last_opening(lived: Lived) -> dt.date:
    return max(c.opens_on for c in lived.trial.clusters.all() if c.opens_on)


def balance(lived: Lived, day: dt.date) -> dict[str, Any]:
    found: dict[str, Any] = make_reading(lived.trial, now=at(day, "2")).figures["counterfactual"]
    return found


def test_the_balance_of_co2_is_of_whole_weeks_and_follows_once_five_people_came(lived: Lived) -> None:
    monday = last_opening(lived)
    stays(lived, monday, 6, 6)
    assert "une fois la semaine finie" in balance(lived, monday + 2 * DAY)["reason"]
    one = balance(lived, monday + WEEK)
    assert one["home"]["days"] == 6
    for n in range(13, 19):
        came(lived.people[n], lived.field.mairies[n % 4], monday + WEEK, counterfactual="home")
    assert balance(lived, monday + WEEK + DAY) == one
    two = balance(lived, monday + 2 * WEEK)
    assert two["home"]["days"] == 12
    # One person more in the week after would be that person.
    came(lived.people[0], lived.field.mairies[1], monday + 2 * WEEK, counterfactual="home")
    assert balance(lived, monday + 3 * WEEK) == two


def test_a_month_does_not_move_with_an_answer_that_comes_late(lived: Lived) -> None:
    first = dt.date(2026, 10, 5)
    stays(lived, first, 8, 8)
    late = came(lived.people[0], lived.field.mairies[0], first + 2 * DAY, counterfactual="unknown")

    def told(day: dt.date) -> tuple[float, float | None]:
        keeping.keep_months(lived.field.territory, *OCTOBER, now=at(day, "3"))
        kept = KeptFigure.tellable.get(trial=None, code="instead_of_home", part="", first_day=OCTOBER[0])
        return kept.numerator, kept.denominator

    assert told(NOVEMBER) == (8, 16)
    say(late.pk, TEST, Booking.Counterfactual.HOME)
    assert told(NOVEMBER + DAY) == (8, 16)


def test_answers_known_are_not_told_where_few_gave_one_of_them(lived: Lived) -> None:
    first = dt.date(2026, 10, 5)
    stays(lived, first, 8, 8)
    assert not lived.month("answers_known").is_hidden
    KeptFigure.objects.all().delete()
    came(lived.people[0], lived.field.mairies[0], first + 2 * DAY, counterfactual="other_site")
    assert lived.month("answers_known").is_hidden


def test_who_benefits_does_not_move_with_one_who_comes_for_the_first_time(lived: Lived) -> None:
    monday = last_opening(lived)
    weeks = (monday - lived.trial.starts_on) // WEEK
    stays(lived, monday, 6, 6)
    before = since_the_opening(lived, weeks + 1, "equity")
    assert before
    stays(lived, monday + WEEK, 6, 6)
    came(lived.people[0], lived.field.mairies[0], monday + WEEK + 3 * DAY, counterfactual="home")
    after = since_the_opening(lived, weeks + 2, "equity")
    newest = monday + 2 * WEEK - DAY
    moved = {part for part, day in after if day == newest}
    for part in moved:
        then = before.get((part, newest - WEEK))
        assert then is None or after[part, newest].numerator == then.numerator


@pytest.mark.parametrize("goes", ["withdraws", "leaves"])
def test_who_one_is_is_asked_once(lived: Lived, goes: str) -> None:
    first = lived.trial.starts_on + 4 * WEEK
    survey = waves.keep_survey(lived.trial.territory_id, "profil", "Profil", profile.profile(), TEST)
    wave = waves.open_wave(lived.trial, survey, "during", first, first + DAY, TEST)
    for n, who in enumerate(lived.people):
        answering.answer(who, wave.pk, {"came": "yes" if n < 12 else "no", "sex": "f" if n % 2 else "m"}, first)
    assert releases.released(wave, first + 2 * DAY)
    if goes == "withdraws":
        lived.leave(0, first + 3 * DAY)
    else:
        leaving.leave(lived.trial.territory_id, lived.trial.pk, lived.people[0], TEST, now=at(first + 3 * DAY, "9"))
    with pytest.raises(waves.CannotAsk, match="déjà posées dans cet essai"):
        waves.open_wave(lived.trial, survey, "during", first + WEEK, first + WEEK + DAY, TEST)
