"""Real transactions at the same time: one answer a person, nothing left of what was taken back, one questionnaire, one reading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from bureaux_volants.trials.models import Invitation, Reading, Response, Survey
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.trials.surveys import answering, scales, waves, writing
from tests.booking import test_concurrency
from tests.factories import NOW, TEST, TUESDAY

from .test_waves import ANSWERS, EARLIER, MONDAY, asked, trial_with
from .words import written_questionnaire

pytestmark = pytest.mark.usefixtures("fresh_database")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Let each act at the same moment; what each got, or raised."""

    def caught(act: Callable[[], object]) -> object:
        try:
            return act()
        except Exception as error:
            return error

    return test_concurrency.at_once(*(lambda a=one: caught(a) for one in acts))  # type: ignore[misc]


def faults(answers: list[object]) -> list[object]:
    told = (answering.CannotAnswer, waves.CannotAsk, writing.CannotEdit)
    return [a for a in answers if isinstance(a, Exception) and not isinstance(a, told)]


def test_two_tabs_at_once_leave_one_answer() -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial)
    for n in range(5):
        said = {**ANSWERS, "who5_1": str(n)}
        assert not faults(at_once(*(lambda s=said: answering.answer(ada, wave.pk, s, TUESDAY) for _ in range(3))))  # type: ignore[misc]
        assert Response.objects.get().answers["who5_1"] == n


def test_an_answer_sent_while_everything_is_taken_back_is_refused_or_erased() -> None:
    trial, agents = trial_with(8)
    asked(trial)
    later = asked(trial, since=EARLIER, days=21)
    for agent in agents:
        answers = at_once(
            lambda who=agent: answering.answer(who, later.pk, ANSWERS, TUESDAY),  # type: ignore[misc]
            lambda who=agent: answering.withdraw(who, trial.pk),  # type: ignore[misc]
        )
        assert not faults(answers)
        assert not Invitation.objects.filter(agent=agent, has_answered=True).exists()
    assert not Response.objects.exists()


def test_a_wave_closed_while_people_answer_keeps_whole_answers_or_none() -> None:
    trial, agents = trial_with(3)
    wave = asked(trial)
    answers = at_once(
        lambda: waves.close(wave, TUESDAY, TEST),
        *(lambda who=a: answering.answer(who, wave.pk, ANSWERS, TUESDAY) for a in agents),  # type: ignore[misc]
    )
    assert not faults(answers)
    assert Response.objects.count() == Invitation.objects.filter(has_answered=True).count()


def test_a_ready_made_questionnaire_put_first_by_two_at_once_is_one() -> None:
    trial, _agents = trial_with(1)
    here = trial.territory_id
    answers = at_once(*(lambda: waves.keep_survey(here, "who5", "OMS-5", scales.who5(), TEST) for _ in range(4)))
    assert not faults(answers)
    assert Survey.objects.filter(code="who5").count() == 1


def test_a_questionnaire_thrown_away_while_a_wave_puts_it_is_one_or_the_other() -> None:
    trial, _agents = trial_with(1)
    for _n in range(4):
        code = written_questionnaire(trial.territory_id)
        survey = writing.latest(trial.territory_id, code)
        answers = at_once(
            lambda c=code: writing.drop(trial.territory_id, c, TEST),  # type: ignore[misc]
            lambda s=survey: waves.open_wave(trial, s, "before", MONDAY, MONDAY + dt.timedelta(days=6), TEST),  # type: ignore[misc]
        )
        assert not faults(answers)
        assert sum(isinstance(a, Exception) for a in answers) == 1


def test_the_same_wave_sent_twice_at_once_is_one() -> None:
    trial, _agents = trial_with(1)
    survey = writing.latest(trial.territory_id, written_questionnaire(trial.territory_id))
    answers = at_once(*(lambda: waves.open_wave(trial, survey, "before", MONDAY, TUESDAY, TEST) for _ in range(4)))
    assert not faults(answers)
    assert trial.waves.count() == 1


def test_two_readings_at_once_are_one_a_day() -> None:
    trial, _agents = trial_with(1)
    assert not faults(at_once(*(lambda: make_reading(trial, now=NOW) for _ in range(3))))
    assert Reading.objects.count() == 1
