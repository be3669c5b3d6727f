"""A wave from the invitation to the withdrawal: who is told, what is kept, what nobody can find."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials.models import (
    Cohort,
    CohortMember,
    DiaryDay,
    Invitation,
    Response,
    Survey,
    Trial,
    Wave,
    WaveRelease,
)
from bureaux_volants.trials.surveys import aggregates, answering, pseudonyms, reading, releases, scales, waves
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db
MONDAY = TUESDAY - dt.timedelta(days=1)
ANSWERS = {f"who5_{n}": "3" for n in range(1, 6)}


def trial_with(people: int, slug: str = "phase-2", *, agents: list[Agent] | None = None) -> tuple[Trial, list[Agent]]:
    where = agents[0].territory if agents else factories.territory()
    assert where is not None
    trial = Trial.objects.create(
        territory=where,
        slug=slug,
        title="Phase 2",
        question="?",
        outcome="car_km",
        threshold=5,
        baseline_from=MONDAY,
        starts_on=MONDAY,
        ends_on=MONDAY + dt.timedelta(days=90),
        seed=1,
        created_at=NOW,
    )
    agents = agents or [factories.agent(where) for _ in range(people)]
    cohort = Cohort.objects.create(trial=trial, name="Tous", made_by="volunteering")
    commune = factories.commune(where)
    for agent in agents:
        CohortMember.objects.create(cohort=cohort, agent=agent, commune=commune, joined_on=MONDAY)
    return trial, agents


EARLIER = MONDAY - dt.timedelta(days=7)


def asked(trial: Trial, *, kind: str = Survey.Kind.QUESTIONNAIRE, days: int = 14, since: dt.date = MONDAY) -> Wave:
    definition = scales.who5() if kind == Survey.Kind.QUESTIONNAIRE else {}
    code = "who5" if definition else "carnet"
    survey = waves.keep_survey(trial.territory_id, code, "Bien-être", definition, TEST, kind=kind)
    return waves.open_wave(trial, survey, "before", since, since + dt.timedelta(days=days - 1), TEST)


def test_a_wave_with_nobody_is_refused_in_one_sentence() -> None:
    trial, agents = trial_with(1)
    CohortMember.objects.filter(agent=agents[0]).update(left_on=MONDAY)
    with pytest.raises(waves.CannotAsk, match="Personne à interroger"):
        asked(trial)
    assert not Wave.objects.exists()


@pytest.mark.parametrize("kind", Survey.Kind.values)
def test_a_wave_is_of_days_that_a_calendar_holds(kind: str) -> None:
    trial, _agents = trial_with(1)
    for first, last in ((MONDAY, dt.date(9999, 12, 31)), (dt.date(9999, 12, 31), dt.date(9999, 12, 31))):
        with pytest.raises(waves.CannotAsk, match="de 2000 à 2099"):
            asked(trial, kind=kind, since=first, days=(last - first).days + 1)
    assert not Wave.objects.exists()


def test_a_questionnaire_is_put_once_from_a_day_whatever_its_version() -> None:
    trial, _agents = trial_with(1)
    for n, words in enumerate(("?", "Et maintenant ?")):
        questions = [{"id": "q1", "type": "text", "text": {"fr": words}}]
        definition = {"languages": ["fr"], "sections": [{"questions": questions}]}
        survey = waves.keep_survey(trial.territory_id, "libre", "Libre", definition, TEST)
        if n:
            with pytest.raises(waves.CannotAsk, match=r"« Libre » est déjà posé à partir de ce jour \(vague 1\)"):
                waves.open_wave(trial, survey, "before", MONDAY, MONDAY, TEST)
        waves.open_wave(trial, survey, "before", MONDAY + dt.timedelta(days=n), TUESDAY, TEST)
    assert Wave.objects.count() == 2


def test_everybody_is_invited_once_and_only_the_silent_are_reminded() -> None:
    trial, (ada, basile, chloe) = trial_with(3)
    wave = asked(trial)
    waves.follow(NOW)
    waves.follow(NOW + dt.timedelta(hours=1))
    assert Notice.objects.filter(kind="survey.invited").count() == 3
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    answering.decline(basile, wave.pk)
    waves.follow(NOW + dt.timedelta(days=3))
    waves.follow(NOW + dt.timedelta(days=3, hours=2))
    reminded = Notice.objects.filter(kind="survey.reminded")
    assert [n.recipient_id for n in reminded] == [chloe.pk]


def test_somebody_of_two_trials_is_told_of_one_a_day() -> None:
    first, agents = trial_with(1)
    second, _same = trial_with(1, "autre", agents=agents)
    asked(first)
    asked(second)
    waves.follow(NOW)
    assert Notice.objects.count() == 1
    waves.follow(NOW + dt.timedelta(days=1))
    assert Notice.objects.filter(kind="survey.invited").count() == 2


def test_a_wave_over_the_night_of_a_clock_change_has_its_whole_last_local_day() -> None:
    trial, (ada,) = trial_with(1)
    survey = waves.keep_survey(trial.territory_id, "who5", "B", scales.who5(), TEST)
    sunday = dt.date(2027, 3, 28)  # 23 hours long in Paris
    waves.open_wave(trial, survey, "during", sunday, sunday, TEST)
    assert trial.territory is not None
    assert waves.follow_territory(trial.territory, at(sunday, "0:30") - dt.timedelta(hours=1)) == 0
    assert waves.follow_territory(trial.territory, at(sunday, "23:30")) == 1
    assert answering.asked_of(ada, sunday)


def test_an_answer_after_the_close_is_refused_and_the_former_one_stays() -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial, days=2)
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    with pytest.raises(answering.CannotAnswer, match="clos"):
        answering.answer(ada, wave.pk, {**ANSWERS, "who5_1": "0"}, TUESDAY + dt.timedelta(days=1))
    assert answering.answers_of(wave, ada)["who5_1"] == 3


def test_of_two_tabs_the_last_answer_counts_whole() -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial)
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    answering.answer(ada, wave.pk, {"who5_1": "5"}, TUESDAY)
    assert answering.answers_of(wave, ada) == {"who5_1": 5}
    assert Response.objects.count() == 1


def test_a_survey_changed_after_answers_is_a_new_version_and_old_answers_keep_theirs() -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial)
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    changed = scales.who5()
    changed["sections"][0]["questions"][0]["text"]["fr"] = "Autrement"
    later = waves.keep_survey(trial.territory_id, "who5", "Bien-être", changed, TEST)
    assert later.version == 2
    assert Response.objects.get().wave.survey.version == 1
    assert waves.keep_survey(trial.territory_id, "who5", "Bien-être", changed, TEST) == later


def test_nothing_in_any_table_leads_from_a_response_to_its_agent() -> None:
    trial, agents = trial_with(6)
    wave = asked(trial)
    for agent in agents:
        answering.answer(agent, wave.pk, ANSWERS, TUESDAY)
    diary = asked(trial, kind=Survey.Kind.DIARY)
    answering.fill_day(agents[0], diary.pk, TUESDAY, [], TUESDAY)
    pseudonymous = set(Response.objects.values_list("pseudonym", flat=True))
    marks = pseudonymous | {str(pk) for pk in Response.objects.values_list("pk", flat=True)}
    assert len(pseudonymous) == 6
    own = {Response._meta.db_table, DiaryDay._meta.db_table}
    assert {f.name for f in Response._meta.fields} == {"id", "wave", "pseudonym", "language", "answers"}
    assert {f.name for f in DiaryDay._meta.fields} == {"id", "wave", "pseudonym", "day", "trips"}
    with connection.cursor() as cursor:
        for table in {m._meta.db_table for m in apps.get_models(include_auto_created=True)} - own:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            kept = "\n".join(row[0] for row in cursor.fetchall())
            assert not [mark for mark in marks if mark in kept], table


def test_the_analysis_reads_scores_and_weeks_by_agent() -> None:
    trial, (ada, basile) = trial_with(2)
    wave = asked(trial)
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    assert [(s.agent_id, s.moment, s.day, s.value) for s in reading.scores(trial, "who5")] == [
        (ada.pk, "before", MONDAY, 60.0)
    ]
    diary = asked(trial, kind=Survey.Kind.DIARY)
    trip = {"mode": "car", "purpose": "commute", "km": 10.5, "minutes": 20}
    answering.fill_day(basile, diary.pk, MONDAY, [trip, trip], TUESDAY)
    answering.fill_day(basile, diary.pk, TUESDAY, [], TUESDAY)
    assert reading.diary_weeks(trial) == [reading.DiaryWeek(basile.pk, MONDAY, 2, {("car", "commute"): 21.0}, 40.0)]


def test_withdrawing_erases_answers_and_diary_of_this_trial_and_asks_no_more() -> None:
    trial, (ada, basile) = trial_with(2)
    other, _same = trial_with(1, "autre", agents=[ada])
    kept = asked(other)
    wave, diary = asked(trial), asked(trial, kind=Survey.Kind.DIARY)
    for agent in (ada, basile):
        answering.answer(agent, wave.pk, ANSWERS, TUESDAY)
    answering.answer(ada, kept.pk, ANSWERS, TUESDAY)
    answering.fill_day(ada, diary.pk, TUESDAY, [], TUESDAY)
    assert answering.withdraw(ada, trial.pk) == 2
    assert not DiaryDay.objects.exists()
    assert [i.wave_id for i in answering.asked_of(ada, TUESDAY)] == [kept.pk]
    assert Response.objects.filter(wave=wave).count() == 1
    assert Response.objects.filter(wave=kept).count() == 1
    assert not Invitation.objects.filter(agent=ada, wave=wave, has_answered=True).exists()


def test_a_new_secret_keeps_pseudonyms_while_the_former_one_opens_and_reseals_them() -> None:
    trial, (ada,) = trial_with(1)
    before = pseudonyms.pseudonym(trial.pk, ada.pk)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["tests-only"]):
        assert pseudonyms.pseudonym(trial.pk, ada.pk) == before
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        assert pseudonyms.pseudonym(trial.pk, ada.pk) == before
    with pytest.raises(pseudonyms.NoKey):
        pseudonyms.pseudonym(trial.pk, ada.pk)


def test_without_its_key_a_trial_tells_nobody_and_draws_no_other(django_capture_on_commit_callbacks: object) -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial)
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        pseudonyms.destroy(trial.pk)
    assert pseudonyms.is_destroyed(trial.pk)
    assert reading.scores(trial, "who5") == []
    with pytest.raises(answering.CannotAnswer, match="anonymes"):
        answering.withdraw(ada, trial.pk)
    assert Response.objects.count() == 1


def test_four_answers_show_nothing_and_five_show_a_mean() -> None:
    trial, agents = trial_with(10)
    wave = asked(trial)
    for agent in agents[:4]:
        answering.answer(agent, wave.pk, ANSWERS, TUESDAY)
    seen = aggregates.seen(wave)
    assert not seen.is_shown
    assert (seen.means, seen.tallies, seen.answered) == ([], [], None)
    answering.answer(agents[4], wave.pk, ANSWERS, TUESDAY)
    seen = aggregates.seen(wave)
    assert [(m.mean, m.n) for m in seen.means] == [(60.0, 5)]
    assert (seen.asked, seen.answered) == (10, 5)


AFTER = MONDAY + dt.timedelta(days=14)


def test_a_look_after_the_close_stays_the_same_whoever_withdraws() -> None:
    trial, agents = trial_with(12)
    wave = asked(trial)
    for n, agent in enumerate(agents):
        answering.answer(agent, wave.pk, {f"who5_{k}": "5" if n == 0 else "1" for k in range(1, 6)}, TUESDAY)
    assert releases.released(wave, AFTER - dt.timedelta(days=1)) is None
    first = releases.released(wave, AFTER)
    assert first is not None
    assert (first.figures["means"][0]["n"], first.figures["answered"]) == (12, 12)
    for gone in agents[:6]:
        answering.withdraw(gone, trial.pk)
        later = releases.released(wave, AFTER + dt.timedelta(days=3))
        assert later is not None
        assert later.figures == first.figures
        assert later.day == AFTER


def test_free_texts_are_read_by_five_at_least_in_no_order_and_not_once_one_is_missing() -> None:
    trial, agents = trial_with(7)
    definition = {"languages": ["fr"], "sections": [{"questions": [{"id": "q1", "type": "text", "text": {"fr": "?"}}]}]}
    survey = waves.keep_survey(trial.territory_id, "libre", "Libre", definition, TEST)
    wave = waves.open_wave(trial, survey, "before", MONDAY, TUESDAY, TEST)
    said = ["fin", "car", "bus", "dos", "eau", "ami"]
    for agent, text in zip(agents, said, strict=False):
        answering.answer(agent, wave.pk, {"q1": text}, TUESDAY)
    shown = releases.released(wave, AFTER)
    assert shown is not None
    assert shown.words == {"q1": sorted(said)}
    assert not any(text in str(WaveRelease.objects.get().figures) for text in said)
    answering.withdraw(agents[0], trial.pk)
    later = releases.released(wave, AFTER)
    assert later is not None
    assert (later.words, later.are_words_withheld) == ({}, True)


def test_a_wave_is_closed_early_once_it_has_begun_and_cancelled_only_before() -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial)
    with pytest.raises(waves.CannotAsk, match="commencée avant aujourd'hui"):
        waves.close(wave, MONDAY, TEST)
    with pytest.raises(waves.CannotAsk, match="ne s'annule plus"):
        waves.cancel(wave, MONDAY, TEST)
    waves.close(wave, TUESDAY, TEST)
    with pytest.raises(answering.CannotAnswer, match="clos"):
        answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    other = asked(trial, since=MONDAY + dt.timedelta(days=7))
    waves.cancel(other, MONDAY - dt.timedelta(days=1), TEST)
    assert Wave.objects.count() == 1


def test_the_key_goes_only_when_the_trial_and_its_waves_are_over_and_the_log_says_so(
    django_capture_on_commit_callbacks: object,
) -> None:
    trial, (ada,) = trial_with(1)
    wave = asked(trial, days=2)
    answering.answer(ada, wave.pk, ANSWERS, TUESDAY)
    with pytest.raises(waves.CannotAsk, match="n'est pas terminé"):
        waves.destroy_key(trial, AFTER, TEST)
    Trial.objects.filter(pk=trial.pk).update(
        state=Trial.State.ENDED, frozen_at=NOW, frozen="{}", frozen_digest="0" * 64
    )
    with pytest.raises(waves.CannotAsk, match="n'est pas close"):
        waves.destroy_key(trial, TUESDAY, TEST)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        waves.destroy_key(trial, AFTER, TEST)
    assert Event.objects.filter(kind="answers.anonymised", subject_id=trial.pk).count() == 1
    with pytest.raises(answering.CannotAnswer, match="anonymes"):
        answering.withdraw(ada, trial.pk)
    for again in (lambda: waves.destroy_key(trial, AFTER, TEST), lambda: asked(trial)):
        with pytest.raises(waves.CannotAsk, match="détruite"):
            again()


def test_what_a_wave_puts_is_never_rewritten_even_by_the_database() -> None:
    trial, _agents = trial_with(1)
    wave = asked(trial)
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        Survey.objects.filter(pk=wave.survey_id).update(title="Autrement")


def test_whoever_took_everything_back_is_not_asked_by_a_later_wave_and_whoever_declined_one_is() -> None:
    trial, (ada, basile, chloe) = trial_with(3)
    first = asked(trial)
    answering.withdraw(ada, trial.pk)
    answering.decline(basile, first.pk)
    later = asked(trial, since=EARLIER, days=21)
    assert {i.agent_id for i in Invitation.objects.filter(wave=later)} == {basile.pk, chloe.pk}
    other, _same = trial_with(1, "autre", agents=[ada])
    assert Invitation.objects.filter(wave=asked(other), agent=ada).exists()
