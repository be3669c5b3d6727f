"""Somebody takes their answers back between two looks: whichever pages they are at, the difference is of five people at least."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from dataclasses import replace

import pytest

from bureaux_volants.territory.models import Agent
from bureaux_volants.trials import carbon, designing, leaving
from bureaux_volants.trials.avoided import commuting
from bureaux_volants.trials.indicators import keeping, loading
from bureaux_volants.trials.mobility_plan.gathering import plan_of
from bureaux_volants.trials.models import (
    ClosedPeriod,
    CohortMember,
    Cover,
    DiaryDay,
    Invitation,
    KeptFigure,
    Response,
    SetAside,
    ToldTravel,
    Trial,
    Wave,
    WaveRelease,
)
from bureaux_volants.trials.publishing import publication
from bureaux_volants.trials.readings import make_reading, read_running
from bureaux_volants.trials.surveys import answering, pseudonyms, releases, scales, setting_aside, waves
from bureaux_volants.trials.surveys.counted import counted
from bureaux_volants.trials.surveys.pseudonyms import pseudonym
from bureaux_volants.trials.weekly import READ, Source
from tests import factories
from tests.factories import TEST, at
from tests.trials.surveys.test_races import at_once, faults
from tests.trials.words import Field, came, diary, field, trip

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
OCTOBER = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
NOVEMBER = dt.date(2026, 11, 17)


class Lived:
    """Twenty-four people with holes in their diaries, three weeks before the trial opens and three since; a questionnaire before.

    Everybody drives 10 to 33 km a day, except the first, who drives 300.
    """

    def __init__(self, there: Field, size: int = 24, holes: int = 7) -> None:
        while len(there.people) < size:
            there.people += [factories.agent(there.territory, home_commune=c) for c in there.communes]
        cohort = there.draft().cohort
        assert cohort is not None
        self.field = there
        self.trial = there.opened(cohort=replace(cohort, size=size, strata=()))
        self.people: list[Agent] = [
            m.agent for m in self.trial.cohorts.get().members.select_related("agent").order_by("agent")
        ]
        self.before = self.trial.baseline_from
        first = [self.before, self.trial.starts_on]
        mondays = [day + WEEK * n for day in first for n in range(3)]
        self.diary = diary(
            self.trial,
            {
                (who, monday + DAY * d): [trip("car", 300 if n == 0 else 10 + n, minutes=20)]
                for n, who in enumerate(self.people)
                for k, monday in enumerate(mondays)
                if n == 0 or (n + k) % holes
                for d in range(5)
            },
        )
        self.diary.last_day = mondays[-1] + WEEK - DAY
        self.diary.save()
        survey = waves.keep_survey(self.trial.territory_id, "who5", "B", scales.who5(), TEST)
        self.wave = waves.open_wave(self.trial, survey, "before", self.before, self.before + WEEK - DAY, TEST)
        for n, who in enumerate(self.people):
            said = {f"who5_{k}": "0" if n == 0 else str(3 + n % 2) for k in range(1, 6)}
            answering.answer(who, self.wave.pk, said, self.before)
        self.diary.invitations.update(has_answered=True)
        self.over = self.diary.last_day + DAY

    def leave(self, n: int, day: dt.date) -> None:
        answering.withdraw(self.people[n], self.trial.pk, now=at(day, "12"))

    def month(self, code: str, day: dt.date = NOVEMBER) -> KeptFigure:
        keeping.keep_months(self.field.territory, *OCTOBER, now=at(day, "3"))
        return KeptFigure.objects.get(territory=self.field.territory, trial=None, code=code, first_day=OCTOBER[0])

    def counted(self) -> dict[str, frozenset[str]]:
        """Whose rows are counted, by week and by wave."""
        found: dict[str, set[str]] = defaultdict(set)
        for who, day in counted(DiaryDay.objects.filter(wave__trial=self.trial)).values_list("pseudonym", "day"):
            found[str(day - DAY * day.weekday())].add(who)
        for who, wave in counted(Response.objects.filter(wave__trial=self.trial)).values_list("pseudonym", "wave_id"):
            found[f"wave {wave}"].add(who)
        return {cell: frozenset(people) for cell, people in found.items()}

    def whose(self, n: int) -> str:
        return pseudonym(self.trial.pk, self.people[n].pk)


@pytest.fixture
def lived(db: None) -> Lived:
    return Lived(field())


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


# -- who is in which table ---------------------------------------------------------------------------------------------


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


# -- what stands, night after night ------------------------------------------------------------------------------------


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


# -- sums with a small part in them ------------------------------------------------------------------------------------


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
