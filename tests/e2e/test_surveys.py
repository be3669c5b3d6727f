"""On a phone, by tap: WHO-5 and a day of the diary."""

from __future__ import annotations

import datetime as dt

from playwright.sync_api import expect

from bureaux_volants.trials.models import Cohort, CohortMember, DiaryDay, Response, Survey, Trial
from bureaux_volants.trials.surveys import scales, waves
from tests.factories import NOW, TEST, TUESDAY

from .conftest import SignIn, World
from .test_every_page import faults_of


def test_an_agent_answers_on_a_phone_and_fills_a_day(as_persona: SignIn, world: World) -> None:
    end = TUESDAY + dt.timedelta(days=7)
    trial = Trial.objects.create(
        territory=world.territory,
        slug="essai",
        title="Essai",
        question="?",
        outcome="car_km",
        threshold=5,
        baseline_from=TUESDAY,
        starts_on=TUESDAY,
        ends_on=end,
        seed=1,
        created_at=NOW,
    )
    cohort = Cohort.objects.create(trial=trial, name="Tous", made_by="volunteering")
    CohortMember.objects.create(cohort=cohort, agent=world.agent, joined_on=TUESDAY)
    for code, definition, kind in (
        ("who5", scales.who5(), Survey.Kind.QUESTIONNAIRE),
        ("carnet", {}, Survey.Kind.DIARY),
    ):
        survey = waves.keep_survey(world.territory.pk, code, code, definition, TEST, kind=kind)
        waves.open_wave(trial, survey, "before", TUESDAY, end, TEST)
    page = as_persona("agent@metz.example")
    page.goto("/enquetes/")
    assert faults_of(page, "what is asked") == []
    page.get_by_role("link", name="Répondre : who5").click()
    assert faults_of(page, "the questionnaire") == []
    for one in page.get_by_label("La plupart du temps").all():
        one.check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("main")).to_contain_text("Merci")
    assert Response.objects.get().answers == {f"who5_{n}": 4 for n in range(1, 6)}
    page.get_by_role("link", name="Remplir le carnet").click()
    assert faults_of(page, "the diary") == []
    page.get_by_role("button", name="Pas de trajet").click()
    expect(page.get_by_role("main")).to_contain_text("Jour enregistré")
    assert DiaryDay.objects.get().trips == []
    page.goto("/enquetes/mes-reponses/")
    assert faults_of(page, "my answers") == []
