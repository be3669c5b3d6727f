"""By tap: the lab writes a questionnaire and plans it, an agent answers on a phone, the lab reads groups; and the diary."""

from __future__ import annotations

import datetime as dt

import time_machine
from playwright.sync_api import expect

from bureaux_volants.trials.models import Cohort, CohortMember, DiaryDay, Response, Survey, Trial, Wave
from bureaux_volants.trials.surveys import answering, scales, waves
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at

from .conftest import SignIn, World
from .test_every_page import faults_of

END = TUESDAY + dt.timedelta(days=7)


def trial_of(world: World) -> Trial:
    trial = Trial.objects.create(
        territory=world.territory,
        slug="essai",
        title="Essai",
        question="?",
        outcome="car_km",
        threshold=5,
        baseline_from=TUESDAY,
        starts_on=TUESDAY,
        ends_on=END,
        seed=1,
        created_at=NOW,
    )
    cohort = Cohort.objects.create(trial=trial, name="Tous", made_by="volunteering")
    people = [world.agent, *(factories.agent(world.territory) for _ in range(6))]
    commune = factories.commune(world.territory)
    for agent in people:
        CohortMember.objects.create(cohort=cohort, agent=agent, commune=commune, joined_on=TUESDAY)
    return trial


def test_an_agent_answers_on_a_phone_in_the_language_they_choose(as_persona: SignIn, world: World) -> None:
    trial = trial_of(world)
    survey = waves.keep_survey(world.territory.pk, "who5", "Bien-être", scales.who5(), TEST)
    waves.open_wave(trial, survey, "before", TUESDAY, END, TEST)
    page = as_persona("agent@metz.example")
    page.goto("/enquetes/")
    assert faults_of(page, "what is asked") == []
    page.get_by_role("link", name="Répondre : Bien-être").click()
    assert faults_of(page, "the questionnaire") == []
    for one in page.get_by_label("La plupart du temps").all():
        one.check()
    page.get_by_role("button", name="English").click()
    expect(page.locator("section[lang=en]")).to_contain_text("cheerful")
    expect(page.get_by_label("Most of the time").first).to_be_checked()
    assert faults_of(page, "the questionnaire in English") == []
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("main")).to_contain_text("Merci")
    assert Response.objects.get().answers == {f"who5_{n}": 4 for n in range(1, 6)}
    assert Response.objects.get().language == "en"
    page.goto("/enquetes/mes-reponses/")
    assert faults_of(page, "my answers") == []


def test_a_usual_day_of_the_diary_takes_two_taps(as_persona: SignIn, world: World) -> None:
    """From what is asked to a day that is kept: `Remplir`, `Comme la veille`."""
    survey = waves.keep_survey(world.territory.pk, "carnet", "Carnet", {}, TEST, kind=Survey.Kind.DIARY)
    wave = waves.open_wave(trial_of(world), survey, "before", TUESDAY - dt.timedelta(days=3), END, TEST)
    page = as_persona("agent@metz.example")
    page.goto(f"/enquetes/carnet/{wave.pk}/{TUESDAY - dt.timedelta(days=1)}/")
    assert page.viewport_size == {"width": 390, "height": 844}
    assert page.locator("input[type=radio]:checked").count() == 0, "nothing is guessed"
    assert faults_of(page, "the diary, nothing known") == []
    # The first day: a mode, how far, there and back.
    page.get_by_role("radio", name="Vélo", exact=True).first.check()
    page.get_by_label("Kilomètres").first.fill("5,2")
    page.get_by_role("button", name="Enregistrer ce jour").click()
    expect(page.get_by_role("main")).to_contain_text("enregistré")
    assert [t["mode"] for t in DiaryDay.objects.get().trips] == ["bike", "bike"]
    # The next one: two taps, both large and on the first screen.
    page.goto("/enquetes/")
    for name in ("Remplir le carnet", "Comme la veille"):
        target = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 844
        target.click()
    expect(page.get_by_role("main")).to_contain_text("enregistré")
    first, second = DiaryDay.objects.order_by("day")
    assert (second.day, second.trips) == (TUESDAY, first.trips)
    expect(page.get_by_role("main")).to_contain_text("2 jours remplis sur 4")
    assert faults_of(page, "the diary, a week at a glance") == []
    page.get_by_role("button", name="Pas de trajet").click()
    assert DiaryDay.objects.filter(trips=[]).count() == 1


def test_the_lab_writes_tries_and_plans_a_questionnaire_and_reads_it_when_it_is_safe(
    as_persona: SignIn, world: World, morning: time_machine.Coordinates
) -> None:
    trial = trial_of(world)
    lab = as_persona("lab@metz.example")
    lab.goto("/labo/")
    lab.get_by_role("link", name="Questionnaires").click()
    lab.get_by_role("link", name="Écrire un questionnaire").click()
    lab.get_by_label("Titre").fill("Vos trajets")
    lab.get_by_role("button", name="Créer").click()
    lab.get_by_role("link", name="Une seule réponse").click()
    lab.get_by_label("Question", exact=True).fill("Comment venez-vous ?")
    lab.get_by_label("Réponse 1").fill("En voiture")
    lab.get_by_role("button", name="Enregistrer la question").click()
    expect(lab.get_by_role("main")).to_contain_text("au moins deux réponses")
    expect(lab.get_by_label("Réponse 1")).to_have_value("En voiture")
    assert faults_of(lab, "a question with a fault") == []
    lab.get_by_label("Réponse 2").fill("Autrement")
    lab.get_by_role("button", name="Enregistrer la question").click()
    lab.get_by_role("link", name="Échelle").click()
    lab.get_by_label("Question", exact=True).fill("La route vous fatigue-t-elle ?")
    lab.get_by_label("Ce que veut dire la plus petite").fill("pas du tout")
    lab.get_by_label("… et la plus grande").fill("beaucoup")
    lab.get_by_role("button", name="Enregistrer la question").click()
    lab.get_by_role("link", name="Condition").click()
    lab.get_by_role("button", name="Choisir cette question").click()
    lab.get_by_label("En voiture").check()
    assert faults_of(lab, "a condition") == []
    lab.get_by_role("button", name="Enregistrer la condition").click()
    expect(lab.get_by_role("main")).to_contain_text("Posée seulement si « Comment venez-vous ? » : En voiture")
    assert faults_of(lab, "the questionnaire") == []

    # Tried as an agent will see it; then put, after which it does not change any more.
    lab.get_by_role("link", name="Voir comme un agent").click()
    expect(lab.get_by_role("main")).not_to_contain_text("fatigue")
    lab.get_by_role("radio", name="En voiture").check()
    lab.get_by_role("button", name="Enregistrer").click()
    expect(lab.get_by_role("main")).to_contain_text("La route vous fatigue-t-elle ?")
    assert faults_of(lab, "the preview") == []
    lab.goto("/labo/essais/essai/questionnaires/")
    lab.get_by_label("Questionnaire").select_option(label="Vos trajets (v1)")
    lab.get_by_label("Au (compris)").fill(END.isoformat())
    lab.get_by_role("button", name="Ouvrir la vague").click()
    expect(lab.get_by_role("main")).to_contain_text("La vague est prête")
    wave = Wave.objects.get()
    lab.goto(f"/labo/questionnaires/{wave.survey.code}/")
    expect(lab.get_by_role("main")).to_contain_text("elle ne change plus")

    morning.move_to(at(wave.first_day, "9"))
    phone = as_persona("agent@metz.example")
    phone.goto("/enquetes/")
    phone.get_by_role("link", name="Répondre").click()
    phone.get_by_role("radio", name="En voiture").check()
    phone.get_by_role("button", name="Enregistrer").click()
    expect(phone.get_by_role("main")).to_contain_text("une question de plus")
    phone.get_by_role("group", name="La route vous fatigue").get_by_role("radio", name="4").check()
    phone.get_by_role("button", name="Enregistrer").click()
    expect(phone.get_by_role("main")).to_contain_text("Merci")
    assert Response.objects.get().answers == {"q1": "r1", "q2": 4}

    lab.context.clear_cookies()
    lab = as_persona("lab@metz.example")
    # Before the close nothing, after it only what five people said.
    others = [m.agent for m in CohortMember.objects.filter(cohort__trial=trial).exclude(agent=world.agent)]
    for agent in others[:5]:
        answering.answer(agent, wave.pk, {"q1": "r1", "q2": "2"}, wave.first_day)
    lab.goto("/labo/essais/essai/questionnaires/")
    expect(lab.get_by_role("main")).to_contain_text("se lisent après la clôture")
    expect(lab.get_by_role("main")).not_to_contain_text("6 réponses")
    morning.move_to(at(END + dt.timedelta(days=1), "9"))
    lab.context.clear_cookies()
    lab = as_persona("lab@metz.example")
    lab.goto("/labo/essais/essai/questionnaires/")
    expect(lab.get_by_role("main")).to_contain_text("6 réponses sur 7 personnes")
    expect(lab.get_by_role("main")).to_contain_text("2 ou 4 : 6")
    assert faults_of(lab, "what was answered") == []
    answering.withdraw(world.agent, trial.pk)
    lab.reload()
    expect(lab.get_by_role("main")).to_contain_text("2 ou 4 : 6")
