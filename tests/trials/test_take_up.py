"""Which weeks people came outlives the names on their bookings: of those who answer, under the trial's key, erased with their answers."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import pytest
from django.test import Client

from bureaux_volants.booking.retention import anonymise
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.trials import take_up
from bureaux_volants.trials.models import DiaryDay, TakeUp, Trial
from bureaux_volants.trials.panels import panel_of
from bureaux_volants.trials.surveys import answering, pseudonyms
from bureaux_volants.trials.weekly import Source
from tests.factories import at

from .surveys.test_races import at_once, faults
from .words import STARTS, Field, came, diary, field, trip

WEEK, DAY = dt.timedelta(weeks=1), dt.timedelta(days=1)
#: Five weeks after the first opening; and once the names of the first three of them have left.
SOON, LATE = at(STARTS + 5 * WEEK, "9"), at(STARTS + 3 * WEEK + 89 * DAY, "9")


class Lived:
    """A trial of eight people who fill their diary for five weeks but the last of them; the first came in the first and third weeks."""

    def __init__(self, there: Field) -> None:
        self.field = there
        cohort = there.draft().cohort
        assert cohort is not None
        self.trial = there.opened(cohort=replace(cohort, size=8), ends_on=STARTS + 30 * WEEK)
        self.people: list[Agent] = [
            m.agent for c in self.trial.cohorts.all() for m in c.members.select_related("agent").order_by("agent")
        ]
        self.site = self.first_open()
        for n in (0, 2):
            came(self.people[0], self.site, STARTS + n * WEEK + DAY)
        days = [STARTS + n * WEEK + d * DAY for n in range(5) for d in range(5)]
        before = [self.trial.baseline_from + d * DAY for d in range(5)]
        diary(self.trial, {(who, day): [trip("car", 10)] for who in self.people[:7] for day in (*before, *days)})
        self.trial.waves.update(last_day=STARTS + 5 * WEEK - DAY)
        self.trial.waves.get().invitations.update(has_answered=True)

    def first_open(self) -> Site:
        return Site.objects.filter(phase__of_trial__trial=self.trial, phase__of_trial__step=1).order_by("pk")[0]

    def weeks(self, who: Agent) -> dict[int, bool]:
        """Whether they came, by week since the first opening, as it is kept."""
        mine = pseudonyms.pseudonym(self.trial.pk, who.pk, pseudonyms.WEEKS)
        rows = TakeUp.objects.filter(trial=self.trial, pseudonym=mine)
        return {(monday - STARTS) // WEEK: came for monday, came in rows.values_list("monday", "came")}

    def took_up(self, who: Agent, now: dt.datetime) -> list[float]:
        panel = panel_of(Source.until_now(self.trial, now), "car_km")
        assert panel.took_up is not None
        found: list[float] = panel.took_up[panel.unit == who.pk].tolist()
        return found


@pytest.fixture
def lived(db: None) -> Lived:
    return Lived(field())


def test_the_weeks_that_are_over_are_kept_of_those_who_answer(lived: Lived) -> None:
    assert take_up.keep_take_up(lived.trial, now=SOON) == 7 * 5
    assert lived.weeks(lived.people[0]) == {0: True, 1: False, 2: True, 3: False, 4: False}
    assert lived.weeks(lived.people[1]) == dict.fromkeys(range(5), False)
    assert lived.weeks(lived.people[7]) == {}
    # Written anew every night, for a booking is sometimes mended after the day.
    came(lived.people[1], lived.site, STARTS + 3 * WEEK)
    assert take_up.keep_take_up(lived.trial, now=SOON) == 7 * 5
    assert lived.weeks(lived.people[1])[3] is True


def test_who_came_is_known_after_the_names_have_left(lived: Lived) -> None:
    take_up.keep_take_up(lived.trial, now=SOON)
    known = lived.took_up(lived.people[0], SOON)
    assert known == [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]
    anonymise(lived.field.territory, now=LATE)
    assert lived.took_up(lived.people[0], LATE) == known
    # The night after, what can no longer be read from the bookings stays as it was.
    take_up.keep_take_up(lived.trial, now=LATE)
    assert lived.took_up(lived.people[0], LATE) == known
    assert lived.weeks(lived.people[0])[0] is True


def test_without_it_nobody_knows(lived: Lived) -> None:
    anonymise(lived.field.territory, now=LATE)
    assert lived.took_up(lived.people[0], LATE) == pytest.approx(
        [0.0, math.nan, math.nan, math.nan, 0.0, 0.0], nan_ok=True
    )


def test_a_week_of_which_some_days_have_lost_their_names_is_not_written_anew(lived: Lived) -> None:
    take_up.keep_take_up(lived.trial, now=SOON)
    # Names are kept from the Thursday of the third week on: its Tuesday's stay is nobody's.
    thursday = STARTS + 2 * WEEK + 3 * DAY
    now = at(thursday + 89 * DAY, "9")
    anonymise(lived.field.territory, now=now)
    take_up.keep_take_up(lived.trial, now=now)
    assert lived.weeks(lived.people[0])[2] is True


def test_whoever_takes_their_answers_back_takes_this_with_them_for_good(lived: Lived) -> None:
    take_up.keep_take_up(lived.trial, now=SOON)
    answering.withdraw(lived.people[0], lived.trial.pk)
    assert lived.weeks(lived.people[0]) == {}
    take_up.keep_take_up(lived.trial, now=SOON)
    assert lived.weeks(lived.people[0]) == {}
    assert len(lived.weeks(lived.people[1])) == 5


def test_whoever_erases_their_only_questionnaire_has_nothing_kept(lived: Lived) -> None:
    take_up.keep_take_up(lived.trial, now=SOON)
    answering.decline(lived.people[0], lived.trial.waves.get().pk)
    assert lived.weeks(lived.people[0]) == {}


def test_once_the_key_is_destroyed_it_leads_to_nobody(lived: Lived) -> None:
    take_up.keep_take_up(lived.trial, now=SOON)
    pseudonyms.destroy(lived.trial.pk)
    assert take_up.keep_take_up(lived.trial, now=SOON) == 0
    assert TakeUp.objects.count() == 7 * 5
    assert Source.until_now(lived.trial, LATE).take_up == {}


def test_names_kept_for_longer_bring_none_back(lived: Lived) -> None:
    """The retention goes from 90 days to a year once names have left: what was written of those weeks stays."""
    take_up.keep_take_up(lived.trial, now=SOON)
    anonymise(lived.field.territory, now=LATE)
    lived.field.territory.names_kept_days = 365
    lived.field.territory.save()
    trial = Trial.objects.get(pk=lived.trial.pk)
    take_up.keep_take_up(trial, now=LATE)
    assert lived.weeks(lived.people[0])[0] is True
    assert lived.weeks(lived.people[0])[2] is True


def test_nothing_is_kept_of_the_weeks_after_somebody_left_or_the_trial_was_stopped(lived: Lived) -> None:
    lived.trial.cohorts.get().members.filter(agent=lived.people[1]).update(left_on=STARTS + WEEK + DAY)
    take_up.keep_take_up(lived.trial, now=SOON)
    assert set(lived.weeks(lived.people[1])) == {0}
    TakeUp.objects.all().delete()
    lived.trial.ended_at = at(STARTS + 2 * WEEK + DAY, "9")
    take_up.keep_take_up(lived.trial, now=SOON)
    assert set(lived.weeks(lived.people[0])) == {0, 1}


def test_the_weeks_have_another_pseudonym_than_the_answers(lived: Lived) -> None:
    """Bookings have names for a while, so that weeks can be recognised: that must not tell whose the diaries are."""
    take_up.keep_take_up(lived.trial, now=SOON)
    weeks, answers = (set(model.objects.values_list("pseudonym", flat=True).distinct()) for model in (TakeUp, DiaryDay))
    assert len(weeks) == len(answers) == 7
    assert not weeks & answers


def test_a_night_keeps_every_trial_and_one_that_fails_stops_no_other(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = take_up.keep_take_up

    def fails(trial: Trial, *, now: dt.datetime | None = None) -> int:
        raise RuntimeError("cut")

    assert take_up.keep_everywhere(now=SOON) == 7 * 5
    monkeypatch.setattr(take_up, "keep_take_up", fails)
    assert take_up.keep_everywhere(now=SOON) == 0
    monkeypatch.setattr(take_up, "keep_take_up", whole)
    Trial.objects.update(ends_on=STARTS + 5 * WEEK)
    assert take_up.keep_everywhere(now=at(STARTS + 60 * WEEK, "9")) == 0, "all its names have left"


def test_it_is_in_the_copy_of_ones_data_and_in_nobody_elses(lived: Lived) -> None:
    take_up.keep_take_up(lived.trial, now=SOON)
    (found,) = answering.weeks_kept(lived.people[0])
    assert [w["came"] for w in found["weeks"]] == [True, False, True, False, False]
    assert answering.weeks_kept(lived.people[7]) == [{"trial": lived.trial.title, "weeks": []}]
    client = Client()
    client.force_login(lived.people[0])
    copy = client.get("/preferences/mes-donnees.json")
    assert copy.status_code == 200, copy
    assert "weeks_at_a_desk_of_a_trial" in copy.content.decode()


@pytest.mark.usefixtures("fresh_database")
def test_a_night_and_a_withdrawal_at_once_leave_nothing_of_who_withdrew() -> None:
    lived = Lived(field())
    take_up.keep_take_up(lived.trial, now=SOON)
    for who in lived.people[:5]:
        answers = at_once(
            lambda: take_up.keep_take_up(lived.trial, now=SOON),
            lambda one=who: answering.withdraw(one, lived.trial.pk),  # type: ignore[misc]
            lambda: take_up.keep_take_up(lived.trial, now=SOON),
        )
        assert not faults(answers)
        assert lived.weeks(who) == {}
        assert not DiaryDay.objects.filter(pseudonym=pseudonyms.pseudonym(lived.trial.pk, who.pk)).exists()
