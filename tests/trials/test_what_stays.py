"""What was told of a week stays, night after night, with or without the key."""

from __future__ import annotations

import pytest

from bureaux_volants.trials import designing
from bureaux_volants.trials.indicators import keeping
from bureaux_volants.trials.models import ClosedPeriod, DiaryDay, Invitation, KeptFigure, SetAside, Wave
from bureaux_volants.trials.publishing import publication
from bureaux_volants.trials.readings import make_reading, read_running
from bureaux_volants.trials.surveys import answering, pseudonyms, setting_aside
from bureaux_volants.trials.weekly import Source
from tests.factories import TEST, at
from tests.trials.lived import DAY, WEEK, Lived
from tests.trials.words import trip


def test_weeks_stand_for_good_and_not_for_one_night(lived: Lived) -> None:
    told = make_reading(lived.trial, now=at(lived.over, "2")).figures["weeks"]
    for n, gone in enumerate((0, None, 5, None)):
        if gone is not None:
            lived.leave(gone, lived.over + n * DAY)
        assert make_reading(lived.trial, now=at(lived.over + (n + 1) * DAY, "2")).figures["weeks"] == told


def test_weeks_are_not_told_of_another_outcome_made_of_the_same_diary(lived: Lived) -> None:
    told = make_reading(lived.trial, now=at(lived.over, "2")).figures["weeks"]
    lived.leave(0, lived.over)
    for n, outcome in enumerate(("cost_eur", "car_km")):
        lived.trial.outcome = outcome
        lived.trial.save()
        after = make_reading(lived.trial, now=at(lived.over + (n + 1) * DAY, "2")).figures
        assert [w["monday"] for w in after["weeks"]] == [w["monday"] for w in told]
        assert all(w["open"] is None and w["closed"] is None for w in after["weeks"])


def test_weeks_before_the_opening_are_told_of_the_trial_once_they_are_final(lived: Lived) -> None:
    """The diary is open over the whole trial: on the Monday of the opening the last week can still be filled in."""
    lived.diary.last_day = lived.trial.ends_on
    lived.diary.save()
    monday = lived.trial.starts_on - WEEK
    DiaryDay.objects.bulk_create(
        DiaryDay(wave=lived.diary, pseudonym=lived.whose(n), day=monday + DAY * d, trips=[trip("car", 20)])
        for n in range(24)
        for d in range(5)
    )
    of_before = KeptFigure.tellable.filter(trial=lived.trial, code="car_km", first_day=lived.before)
    weeks = lived.month("car_km", lived.over).denominator
    assert weeks is not None
    for n in range(4):
        keeping.keep_trial(lived.trial, now=at(lived.trial.starts_on + WEEK * n, "3"))
    last = of_before.latest("last_day")
    assert (last.last_day, last.denominator) == (lived.trial.starts_on - DAY, weeks + 24)
    # What bookings say does not wait for diaries.
    booked = KeptFigure.objects.filter(trial=lived.trial, code="bookings", first_day=lived.trial.starts_on)
    assert booked.latest("last_day").last_day == lived.trial.starts_on + 3 * WEEK - DAY


def test_a_withdrawal_before_anybody_came_leaves_the_balance_of_co2_open(lived: Lived) -> None:
    lived.leave(0, lived.trial.starts_on - DAY)
    assert not setting_aside.is_closed(lived.trial, ClosedPeriod.Days.STAYS)
    assert not ClosedPeriod.objects.exists()


def test_publishing_reads_the_last_weeks_first(lived: Lived) -> None:
    lived.leave(0, lived.over - WEEK)
    make_reading(lived.trial, now=at(lived.over - DAY, "4"))
    ended = designing.end_trial(
        lived.trial.territory_id, lived.trial.pk, TEST, reason="Terme", stopped=True, now=at(lived.over - DAY, "9")
    )
    ready = publication.prepare(ended, with_profiles=False, now=at(lived.over + 3 * DAY, "9"))
    assert not any(row[6] for row in ready.tables[0].rows)


def test_the_last_weeks_of_a_trial_that_is_over_are_read_at_night(lived: Lived) -> None:
    designing.end_trial(
        lived.trial.territory_id, lived.trial.pk, TEST, reason="Terme", stopped=True, now=at(lived.over - DAY, "9")
    )
    assert read_running(now=at(lived.over + 10 * DAY, "3")) == 1
    assert read_running(now=at(lived.over + 40 * DAY, "3")) == 0


def test_without_its_key_a_trial_keeps_the_reading_that_was_told(lived: Lived) -> None:
    told = make_reading(lived.trial, now=at(lived.over, "2"))
    pseudonyms.destroy(lived.trial.pk)
    assert make_reading(lived.trial, now=at(lived.over, "9")) == told


def test_a_key_that_cannot_be_read_changes_nothing_and_is_said(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: object) -> dict[str, int]:
        raise pseudonyms.NoKey

    monkeypatch.setattr(setting_aside, "known", gone)
    with pytest.raises(answering.CannotAnswer, match="rien n'a été changé"):
        lived.leave(0, lived.over)
    assert DiaryDay.objects.filter(pseudonym=lived.whose(0)).exists()


def test_nothing_is_left_of_whoever_declined_one_wave_after_the_other(lived: Lived) -> None:
    lived.leave(1, lived.over)
    aside = SetAside.objects.values_list("pseudonym", flat=True)
    n = next(k for k in range(2, 24) if lived.whose(k) in aside)
    for wave in (lived.wave, lived.diary):
        answering.decline(lived.people[n], wave.pk, now=at(lived.over, "9"))
    assert not SetAside.objects.filter(pseudonym=lived.whose(n)).exists()


def test_a_week_filled_in_two_waves_is_left_with_others_when_one_of_them_is_declined(lived: Lived) -> None:
    monday = lived.before + WEEK
    whose = lived.whose(0)
    other = Wave.objects.create(
        trial=lived.trial,
        survey=lived.diary.survey,
        number=9,
        moment="during",
        first_day=monday + 3 * DAY,
        last_day=monday + 6 * DAY,
    )
    Invitation.objects.create(wave=other, agent=lived.people[0], has_answered=True)
    DiaryDay.objects.filter(pseudonym=whose, day__range=(monday + 3 * DAY, monday + 6 * DAY)).update(wave=other)
    week = Source.until_now(lived.trial, at(lived.over, "9")).filled
    assert len([w for w in week if w.monday == monday and w.agent_id == lived.people[0].pk]) == 1
    answering.decline(lived.people[0], other.pk, now=at(lived.over, "9"))
    assert SetAside.objects.filter(monday=monday, is_current=True).count() == 5
    assert not SetAside.objects.exclude(monday=monday).exclude(days="stays").exists()
