"""Questionnaires through the pages: answered, corrected, taken back; the lab sees groups alone."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from bureaux_volants.territory.models import Grant
from bureaux_volants.trials.models import Cohort, CohortMember, DiaryDay, Response, Survey, Trial, Wave
from bureaux_volants.trials.surveys import answering, scales, waves
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at

from .conftest import World

MONDAY = TUESDAY - dt.timedelta(days=1)
ANSWERS = {f"who5_{n}": "3" for n in range(1, 6)}
PUT = {"put": list(ANSWERS)}


@pytest.fixture
def trial(world: World) -> Trial:
    made = Trial.objects.create(
        territory=world.territory,
        slug="phase-2",
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
    cohort = Cohort.objects.create(trial=made, name="Tous", made_by="volunteering")
    people = [world.agent, world.other, *(factories.agent(world.territory) for _ in range(8))]
    for agent in people:
        CohortMember.objects.create(cohort=cohort, agent=agent, joined_on=MONDAY)
    return made


def wave_of(trial: Trial, kind: str = Survey.Kind.QUESTIONNAIRE) -> Wave:
    definition = scales.who5() if kind == Survey.Kind.QUESTIONNAIRE else {}
    survey = waves.keep_survey(trial.territory_id, kind, f"Mon {kind}", definition, TEST, kind=kind)
    return waves.open_wave(trial, survey, "before", MONDAY, MONDAY + dt.timedelta(days=6), TEST)


def test_an_agent_finds_the_questions_in_their_day_answers_and_reads_their_answer_again(
    world: World, trial: Trial
) -> None:
    wave = wave_of(trial)
    assert "On vous pose quelques questions" in world.client.get("/").content.decode()
    page = world.client.get(f"/enquetes/{wave.pk}/").content.decode()
    assert "bien et de bonne humeur" in page
    assert "cheerful" in world.client.get(f"/enquetes/{wave.pk}/?lang=en").content.decode()
    sent = world.client.post(f"/enquetes/{wave.pk}/", {**ANSWERS, **PUT}, follow=True)
    assert "Merci" in sent.content.decode()
    assert world.client.get(f"/enquetes/{wave.pk}/").content.decode().count(" checked") == 5
    assert "who5_1" in world.client.get("/preferences/mes-donnees.json").content.decode()
    world.client.post(f"/enquetes/mes-reponses/{trial.pk}/retirer/")
    assert not Response.objects.exists()


def test_a_wave_of_another_territory_or_that_one_is_not_asked_is_not_found(world: World, trial: Trial) -> None:
    wave = wave_of(trial)
    stranger = world.signed_in(factories.agent(factories.territory()))
    beside = world.signed_in(factories.agent(world.territory))
    for client in (stranger, beside):
        assert client.get(f"/enquetes/{wave.pk}/").status_code == 404
        assert client.post(f"/enquetes/mes-reponses/{trial.pk}/retirer/").status_code == 404


def test_an_answer_sent_after_the_close_is_refused_in_one_sentence(world: World, trial: Trial) -> None:
    wave = wave_of(trial)
    with time_machine.travel(at(MONDAY + dt.timedelta(days=7), "9"), tick=False):
        sent = world.signed_in(world.agent).post(f"/enquetes/{wave.pk}/", {**ANSWERS, **PUT})
    assert sent.status_code == 409
    assert "Ce questionnaire est clos" in sent.content.decode()
    assert not Response.objects.exists()


def test_a_day_of_the_diary_is_likely_the_way_to_the_usual_site_and_saved_by_itself(world: World, trial: Trial) -> None:
    wave = wave_of(trial, Survey.Kind.DIARY)
    page = world.client.get(f"/enquetes/carnet/{wave.pk}/").content.decode()
    assert "Prérempli" in page
    one = {"mode": ["car", "bike"], "purpose": ["commute", "private"], "km": ["12,5", ""], "minutes": ["", ""]}
    world.client.post(f"/enquetes/carnet/{wave.pk}/{MONDAY}/", one)
    assert DiaryDay.objects.get().trips == [{"mode": "car", "purpose": "commute", "km": 12.5, "minutes": None}]
    bad = world.client.post(f"/enquetes/carnet/{wave.pk}/{MONDAY}/", {**one, "km": ["beaucoup", ""]})
    assert bad.status_code == 422
    assert "beaucoup" in bad.content.decode()
    world.client.post(f"/enquetes/carnet/{wave.pk}/{MONDAY}/", {"none": "1"})
    assert DiaryDay.objects.get().trips == []


def test_the_lab_sees_nothing_before_the_close_nor_of_four_and_a_mean_of_five(world: World, trial: Trial) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    client, address = world.signed_in(lab), "/labo/essais/phase-2/questionnaires/"
    assert world.client.get(address).status_code == 404
    wave = wave_of(trial)
    people = [m.agent for m in CohortMember.objects.select_related("agent").order_by("pk")]
    for agent in people[:4]:
        answering.answer(agent, wave.pk, ANSWERS, MONDAY)
    assert "Taux de réponse" not in client.get(address).content.decode()
    with time_machine.travel(at(MONDAY + dt.timedelta(days=7), "9"), tick=False):
        page = world.signed_in(lab).get(address).content.decode()
        assert "Moins de cinq réponses" in page
        assert "60,0" not in page
    answering.answer(people[4], wave.pk, ANSWERS, MONDAY)
    with time_machine.travel(at(MONDAY + dt.timedelta(days=7), "9"), tick=False):
        page = world.signed_in(lab).get(address).content.decode()
        assert "60,0 ± 0,0" in page
        assert not any(a.email in page for a in people)
