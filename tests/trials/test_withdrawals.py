"""Somebody takes their answers back between two looks: whichever pages they are at, the difference is of five people at least."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from bureaux_volants.trials import carbon, designing
from bureaux_volants.trials.avoided import commuting
from bureaux_volants.trials.indicators import keeping, loading
from bureaux_volants.trials.mobility_plan.gathering import plan_of
from bureaux_volants.trials.models import ClosedPeriod, Cover, DiaryDay, KeptFigure, SetAside, Trial, Wave, WaveRelease
from bureaux_volants.trials.publishing import publication
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, releases, setting_aside
from bureaux_volants.trials.weekly import READ, Source
from tests.factories import TEST, at
from tests.trials.lived import DAY, NOVEMBER, OCTOBER, WEEK, Lived
from tests.trials.surveys.test_races import at_once, faults
from tests.trials.words import came, field


def apart(one: dict[str, frozenset[str]], other: dict[str, frozenset[str]]) -> list[int]:
    """By how many people each week and wave that both have differ, where they do."""
    return [len(one[cell] ^ other[cell]) for cell in one.keys() & other.keys() if one[cell] != other[cell]]


def test_a_wave_told_before_and_the_month_told_after_differ_by_six_people(lived: Lived) -> None:
    told = releases.released(lived.wave, NOVEMBER)
    assert told is not None
    assert told.figures["means"][0]["n"] == 24
    lived.leave(0, NOVEMBER)
    assert lived.month("who5").people == 24 - 6


def test_a_month_told_before_and_a_wave_told_after_differ_by_six_people(lived: Lived) -> None:
    assert lived.month("who5").people == 24
    lived.leave(0, NOVEMBER)
    told = releases.released(lived.wave, NOVEMBER)
    assert told is not None
    assert told.figures["means"][0]["n"] == 24 - 6
    assert told.figures["answered"] == 23, "who was asked and answered is no secret of what they said"


def test_a_month_of_diaries_leaves_out_the_weeks_that_a_reading_leaves_out(lived: Lived) -> None:
    lived.leave(0, lived.over)
    october = [w for w in Source.until_now(lived.trial, at(lived.over, "9")).diary if w.monday <= OCTOBER[1]]
    assert lived.month("car_km", lived.over).denominator == len(october)
    scores = READ["who5"](Source.until_now(lived.trial, at(lived.over, "9")))
    assert len(scores) == len(lived.counted()[f"wave {lived.wave.pk}"]) == lived.month("who5", lived.over).people


def test_successive_readings_with_a_new_week_each_are_of_rows_six_apart(lived: Lived) -> None:
    """From three of them, and their weekly means, the one who had left could be solved for."""
    Wave.objects.filter(pk=lived.diary.pk).update(last_day=lived.trial.ends_on)
    first = lived.trial.starts_on
    readings, sets = [], []
    for n in range(4):
        day = first + WEEK * (n + 2)
        readings.append(make_reading(lived.trial, now=at(day, "2")).figures)
        weeks = {w["monday"] for w in readings[-1]["weeks"]}
        sets.append({cell: people for cell, people in lived.counted().items() if cell in weeks})
        if n == 1:
            lived.leave(0, day)
    assert all(r["main"] for r in readings), readings[2]["refused"]
    assert [r["aside"]["covers"] for r in readings] == [0, 0, 1, 1]
    # Five weeks that were told, and the wave before.
    assert [r["aside"]["rows"] for r in readings] == [0, 0, 30, 30]
    assert [len(r["weeks"]) for r in readings] == [4, 5, 6, 6]
    assert readings[2]["weeks"][:5] == readings[1]["weeks"]
    for one, other in itertools.combinations(sets, 2):
        assert all(n == 6 for n in apart(one, other))
    # Of nobody everything is left out.
    assert readings[2]["sample"]["agents"] == readings[1]["sample"]["agents"] - 1


def test_whatever_is_told_after_any_number_of_withdrawals_is_five_people_apart(lived: Lived) -> None:
    sets = [lived.counted()]
    for n in (0, 5, 9, 13, 2):
        lived.leave(n, lived.over)
        sets.append(lived.counted())
    for one, other in itertools.combinations(sets, 2):
        assert all(n >= 5 for n in apart(one, other))


def test_a_week_in_which_somebody_was_left_out_already_does_not_change_when_they_leave(lived: Lived) -> None:
    lived.leave(0, lived.over)
    aside = SetAside.objects.filter(is_current=True, wave=lived.wave).values_list("pseudonym", flat=True)
    n = next(k for k in range(1, 24) if lived.whose(k) in aside)
    mine = {str(s.monday or f"wave {s.wave_id}") for s in SetAside.objects.filter(pseudonym=lived.whose(n))}
    before = lived.counted()
    lived.leave(n, lived.over)
    after = lived.counted()
    for cell in before:
        assert (before[cell] == after[cell]) == (cell in mine or lived.whose(n) not in before[cell])
    assert not SetAside.objects.filter(pseudonym=lived.whose(n)).exists()
    assert not DiaryDay.objects.filter(pseudonym=lived.whose(n)).exists()


def test_those_left_out_are_counted_again_when_somebody_else_leaves(lived: Lived) -> None:
    of_wave = SetAside.objects.filter(wave=lived.wave, is_current=True)
    lived.leave(0, lived.over)
    first = {s.pseudonym for s in of_wave}
    n = next(k for k in range(1, 24) if lived.whose(k) not in first)
    lived.leave(n, lived.over)
    now = {s.pseudonym for s in of_wave.all()}
    assert len(first) == len(now) == 5
    assert not first & now
    assert first <= lived.counted()[f"wave {lived.wave.pk}"]


def test_one_wave_declined_once_it_was_told_is_left_with_five_others_too(lived: Lived) -> None:
    before = lived.counted()
    answering.decline(lived.people[0], lived.wave.pk, now=at(lived.over, "9"))
    after = lived.counted()
    cell = f"wave {lived.wave.pk}"
    assert len(before[cell] - after[cell]) == 6
    assert {c: people for c, people in before.items() if c != cell} == {c: p for c, p in after.items() if c != cell}


def test_a_wave_still_open_is_declined_without_anybody_else(lived: Lived) -> None:
    answering.decline(lived.people[0], lived.wave.pk, now=at(lived.before, "9"))
    assert not Cover.objects.exists()


def test_a_trial_of_few_closes_what_cannot_be_hidden_and_keeps_what_was_told(db: None) -> None:
    few = Lived(field(), size=8)
    told = releases.released(few.wave, NOVEMBER)
    reading = make_reading(few.trial, now=at(few.over, "2"))
    for n in range(8):
        few.leave(n, few.over)
    assert ClosedPeriod.objects.exists()
    assert make_reading(few.trial, now=at(few.over + DAY, "2")).figures["weeks"] == reading.figures["weeks"]
    after = releases.released(few.wave, few.over)
    assert told is not None
    assert after is not None
    assert after.figures == told.figures


def test_what_is_published_is_the_weeks_as_the_page_told_them(lived: Lived) -> None:
    told = make_reading(lived.trial, now=at(lived.over, "2")).figures["weeks"]
    lived.leave(0, lived.over)
    make_reading(lived.trial, now=at(lived.over + DAY, "2"))
    lived.trial.refresh_from_db()
    ended = designing.end_trial(
        lived.trial.territory_id, lived.trial.pk, TEST, reason="Terme", stopped=True, now=at(lived.over + 2 * DAY, "9")
    )
    ready = publication.prepare(ended, with_profiles=False)
    rows = {(row[0].isoformat(), row[1]): row for row in ready.tables[0].rows}  # type: ignore[union-attr]
    for line in told:
        for name, words in (("open", "ouvert"), ("closed", "pas ouvert")):
            if line[f"{name}_agents"]:
                row = rows[line["monday"], words]
                assert (row[2], row[4], row[5]) == ("ensemble", line[f"{name}_agents"], line[name])
    assert any("retirées" in note for note in ready.notes)


def test_modes_of_the_trial_stay_as_they_were_told(lived: Lived) -> None:
    trial = lived.trial
    keeping.keep_trial(trial, now=at(trial.starts_on + 2 * WEEK, "3"))
    of_modes = KeptFigure.tellable.filter(trial=trial, code="modes", first_day=trial.starts_on)
    told = [(k.part, k.value, k.last_day) for k in of_modes]
    lived.leave(0, trial.starts_on + 2 * WEEK)
    keeping.keep_trial(trial, now=at(trial.starts_on + 3 * WEEK, "3"))
    assert [(k.part, k.value, k.last_day) for k in of_modes.all()] == told
    km = KeptFigure.tellable.filter(trial=trial, code="car_km", first_day=trial.starts_on).order_by("last_day").last()
    assert km is not None
    assert km.last_day > trial.starts_on + WEEK, "kilometres go on"


def test_a_wave_of_the_diary_told_after_a_withdrawal_says_nothing_by_mode(lived: Lived) -> None:
    lived.leave(0, lived.over)
    told = releases.released(lived.diary, lived.over)
    assert told is not None
    assert told.figures["is_shown"]
    assert told.figures["diaries"] == []


def test_the_plan_does_not_tell_by_mode_a_month_in_which_somebody_left(lived: Lived) -> None:
    lived.leave(0, NOVEMBER)
    plan = plan_of(lived.field.territory, *OCTOBER, now=at(NOVEMBER, "14"))
    assert (plan.commute.km, plan.commute.hidden) == (0, 1)
    # The month after it is told again.
    lived.diary.last_day = dt.date(2026, 12, 6)
    lived.diary.save()
    december = dt.date(2026, 12, 1), dt.date(2026, 12, 31)
    plan = plan_of(lived.field.territory, *december, now=at(dt.date(2027, 1, 12), "14"))
    assert plan.commute.km > 0


def test_a_withdrawal_between_days_and_trips_reads_both_again(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    read = loading._trips
    left = []

    def slow(values: dict[str, object]) -> object:
        if not left:
            left.append(True)
            lived.leave(0, lived.over)
        return read(values)

    monkeypatch.setattr(loading, "_trips", slow)
    rows = loading.load(lived.field.territory, *OCTOBER, now=at(NOVEMBER, "3"))
    assert {*rows.diary.who.tolist()} == {*rows.trips.who.tolist()}


def test_the_balance_of_co2_is_of_people_five_apart_or_no_more_worked_out(lived: Lived) -> None:
    first = lived.trial.starts_on
    for n, who in enumerate(lived.people[:16]):
        mairie = lived.field.mairies[n % 4]
        opened = lived.trial.clusters.get(commune=mairie.commune).opens_on
        assert opened is not None
        came(who, mairie, opened + DAY * (n // 8), counterfactual="usual_site" if n < 11 else "home")
    day = first + 12 * WEEK
    modes = commuting(Source.until_now(lived.trial, at(day, "9")))[0]
    lived.leave(0, day)
    left = commuting(Source.until_now(lived.trial, at(day, "9")))[0]
    came_here = {who.pk for who in lived.people[:16]}
    assert len((modes.keys() - left.keys()) & came_here) >= 6
    assert not setting_aside.is_closed(lived.trial, ClosedPeriod.Days.STAYS)
    for n in range(1, 16):
        lived.leave(n, day)
    assert setting_aside.is_closed(lived.trial, ClosedPeriod.Days.STAYS)
    assert "n'est plus refait" in carbon.said_of(Source.until_now(lived.trial, at(day, "9"))).figures["reason"]


@pytest.mark.usefixtures("fresh_database")
def test_withdrawals_at_once_are_drawn_one_after_the_other() -> None:
    lived = Lived(field())
    answers = at_once(*(lambda n=n: lived.leave(n, lived.over) for n in range(4)))  # type: ignore[misc]
    assert not faults(answers)
    assert [c.number for c in Cover.objects.filter(trial=lived.trial)] == list(range(1, Cover.objects.count() + 1))
    assert 0 < SetAside.objects.filter(is_current=True, wave=lived.wave).count() <= 5
    gone = {lived.whose(n) for n in range(4)}
    assert not DiaryDay.objects.filter(pseudonym__in=gone).exists()
    assert not SetAside.objects.filter(pseudonym__in=gone).exists()


def test_a_trial_is_removed_with_its_covers(lived: Lived) -> None:
    lived.leave(0, lived.over)
    Cover.objects.filter(trial=lived.trial).delete()
    assert not SetAside.objects.exists()
    assert Trial.objects.filter(pk=lived.trial.pk).exists()
    assert Wave.objects.exists()
    assert not WaveRelease.objects.exists()
