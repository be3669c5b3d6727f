"""Questionnaires through the pages: answered, corrected, taken back; the lab sees groups alone."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from bureaux_volants.territory.models import Grant
from bureaux_volants.trials.models import Cohort, CohortMember, DiaryDay, Response, Survey, Trial, Wave
from bureaux_volants.trials.surveys import answering, scales, waves
from bureaux_volants.trials.surveys.questions import questions_of
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
    commune = factories.commune(world.territory)
    for agent in people:
        CohortMember.objects.create(cohort=cohort, agent=agent, commune=commune, joined_on=MONDAY)
    return made


def wave_of(trial: Trial, kind: str = Survey.Kind.QUESTIONNAIRE, *, weeks_ago: int = 0) -> Wave:
    definition = scales.who5() if kind == Survey.Kind.QUESTIONNAIRE else {}
    survey = waves.keep_survey(trial.territory_id, kind, f"Mon {kind}", definition, TEST, kind=kind)
    since = MONDAY - dt.timedelta(weeks=weeks_ago)
    return waves.open_wave(trial, survey, "before", since, MONDAY + dt.timedelta(days=6), TEST)


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
    assert "Effacer mes réponses" in world.client.get("/enquetes/mes-reponses/").content.decode()
    world.client.post(f"/enquetes/mes-reponses/{trial.pk}/retirer/")
    assert not Response.objects.exists()
    mine = world.client.get("/enquetes/mes-reponses/").content.decode()
    assert "Effacer mes réponses" not in mine
    assert "Vos réponses à cet essai sont effacées" in mine


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


def test_a_day_of_the_diary_is_the_way_to_the_usual_site_by_no_mode_that_one_did_not_say(
    world: World, trial: Trial
) -> None:
    address = f"/enquetes/carnet/{wave_of(trial, Survey.Kind.DIARY).pk}/"
    page = world.client.get(address).content.decode()
    assert 'name="km-1"' in page
    assert " checked>" not in page.replace('name="both-1" value="1" checked>', "")
    unsaid = world.client.post(f"{address}{MONDAY}/", {"mode-1": "", "purpose-1": "commute", "km-1": "4"})
    assert unsaid.status_code == 422
    assert "choisissez un mode" in unsaid.content.decode()
    one = {
        "mode-1": "bike",
        "purpose-1": "commute",
        "km-1": "12,5",
        "minutes-1": "",
        "both-1": "1",
        "purpose-2": "private",
    }
    world.client.post(f"{address}{MONDAY}/", one)
    trip = {"mode": "bike", "purpose": "commute", "km": 12.5, "minutes": None}
    assert DiaryDay.objects.get().trips == [trip, trip]
    bad = world.client.post(f"{address}{MONDAY}/", {**one, "km-1": "beaucoup"})
    assert bad.status_code == 422
    assert "beaucoup" in bad.content.decode()
    world.client.post(f"{address}{MONDAY}/", {"none": "1"})
    assert DiaryDay.objects.get().trips == []


def test_as_the_day_before_is_one_tap_and_the_mode_is_the_one_said_last(world: World, trial: Trial) -> None:
    sunday = MONDAY - dt.timedelta(days=1)
    survey = waves.keep_survey(trial.territory_id, "carnet", "Carnet", {}, TEST, kind=Survey.Kind.DIARY)
    wave = waves.open_wave(trial, survey, "before", sunday, TUESDAY, TEST)
    address = f"/enquetes/carnet/{wave.pk}/"
    assert "Comme la veille" not in world.client.get(address).content.decode()
    world.client.post(f"{address}{sunday}/", {"mode-1": "bike", "purpose-1": "commute", "km-1": "5", "both-1": "1"})
    page = world.client.get(address).content.decode()
    assert "Comme la veille, dimanche" in page
    assert 'value="bike" checked' in page
    assert "1 jour rempli sur 2" in page
    world.client.post(f"{address}{MONDAY}/", {"like": "1"})
    first, second = DiaryDay.objects.order_by("day")
    assert first.trips == second.trips
    assert "2 jours remplis sur 2" in world.client.get(address).content.decode()


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
        assert "moins de cinq réponses" in page
        assert "60,0" not in page
    five = wave_of(trial, weeks_ago=1)
    for agent in people[:5]:
        answering.answer(agent, five.pk, ANSWERS, MONDAY)
    with time_machine.travel(at(MONDAY + dt.timedelta(days=7), "9"), tick=False):
        page = world.signed_in(lab).get(address).content.decode()
        assert "60,0 ± 0,0" in page
        assert "5 réponses sur 10" in page
        assert not any(a.email in page for a in people)


def test_the_language_chosen_is_kept_for_the_next_questionnaire_and_what_is_filled_in_stays(
    world: World, trial: Trial
) -> None:
    wave, other = wave_of(trial), wave_of(trial, weeks_ago=1)
    page = world.client.post(f"/enquetes/{wave.pk}/", {**ANSWERS, **PUT, "to": "de"}).content.decode()
    assert 'lang="de"' in page
    assert page.count(" checked") == 5
    assert not Response.objects.exists()
    assert "guter Laune" in world.client.get(f"/enquetes/{other.pk}/").content.decode()
    world.client.post(f"/enquetes/{wave.pk}/", {**ANSWERS, **PUT, "lang": "de"})
    assert Response.objects.get().language == "de"


def test_the_lab_closes_and_cancels_waves_and_destroys_the_key_once_all_is_over(world: World, trial: Trial) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    client, address = world.signed_in(lab), "/labo/essais/phase-2/questionnaires/"
    wave = wave_of(trial)
    later = waves.open_wave(
        trial, wave.survey, "after", TUESDAY + dt.timedelta(days=9), TUESDAY + dt.timedelta(days=9), TEST
    )
    client.post(f"{address}{later.number}/annuler/")
    assert not Wave.objects.filter(pk=later.pk).exists()
    with time_machine.travel(at(TUESDAY, "9"), tick=False):
        client = world.signed_in(lab)
        client.post(f"{address}{wave.number}/annuler/")
        client.post(f"{address}{wave.number}/clore/")
        wave.refresh_from_db()
        assert wave.last_day == MONDAY
        assert "terminé" in client.get(f"{address}cle/").content.decode()
        sent = {"is_understood": "on"}
        assert client.post(f"{address}cle/", sent).status_code == 422
        Trial.objects.filter(pk=trial.pk).update(
            state=Trial.State.ENDED, frozen_at=NOW, frozen="{}", frozen_digest="0" * 64
        )
        assert "Cochez" in client.post(f"{address}cle/", {}).content.decode()
        assert client.post(f"{address}cle/", sent).status_code == 302
        page = client.get(address).content.decode()
        assert "Détruite le" in page
        assert "Ouvrir la vague" not in page


def test_a_questionnaire_is_written_and_what_is_wrong_is_said_beside_the_field_with_all_that_was_typed(
    world: World, trial: Trial
) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    client = world.signed_in(lab)
    assert "Donnez un titre" in client.post("/labo/questionnaires/nouveau/", {"intro": "Bonjour"}).content.decode()
    client.post("/labo/questionnaires/nouveau/", {"title": "Vos trajets", "intro": "Deux minutes."})
    survey = Survey.objects.get()
    base = f"/labo/questionnaires/{survey.code}/"
    assert client.get(f"{base}parties/0/nimporte/").status_code == 404
    one = {"text_fr": "Venez-vous en voiture ?", "rows": "4", "answer_0_fr": "Oui"}
    bad = client.post(f"{base}parties/0/single/", one)
    assert bad.status_code == 422
    page = bad.content.decode()
    assert "au moins deux réponses" in page
    assert "Venez-vous en voiture ?" in page
    assert 'value="Oui"' in page
    more = client.post(f"{base}parties/0/single/", {**one, "more": "1"}).content.decode()
    assert 'name="answer_6_fr"' in more
    assert 'value="Oui"' in more
    up = client.post(f"{base}parties/0/single/", {**one, "answer_1_fr": "Non", "raise": "1"}).content.decode()
    assert up.index('value="Non"') < up.index('value="Oui"')
    client.post(f"{base}parties/0/single/", {**one, "answer_1_fr": "Non"})
    scale = {"text_fr": "À quel point ?", "min": "1", "max": "5", "low_fr": "peu", "high_fr": "très"}
    words = client.post(f"{base}parties/0/scale/", {**scale, "words_fr": "un\ndeux"})
    assert "il en faut 5" in words.content.decode()
    assert "doit dépasser" in client.post(f"{base}parties/0/number/", {**scale, "min": "9"}).content.decode()
    client.post(f"{base}parties/0/scale/", scale)
    client.post(f"{base}parties/0/text/", {"text_fr": "Autre chose ?"})
    first, second, _third = [q["id"] for q in questions_of(Survey.objects.get().questions)]
    assert "Cochez au moins" in client.post(f"{base}questions/{second}/condition/", {"on": first}).content.decode()
    client.post(f"{base}questions/{second}/condition/", {"on": first, "wanted": "r1"})
    page = client.get(base).content.decode()
    assert "Posée seulement si «\u00a0Venez-vous en voiture\u00a0?\u00a0»\u00a0: Oui" in page
    client.post(f"{base}questions/{second}/monter/")
    assert "ne vient pas avant" in client.get(base).content.decode()
    client.post(f"{base}en-tete/", {"title_fr": "Vos trajets", "languages": "en"})
    page = client.get(base).content.decode()
    assert "il manque" in page
    preview = client.get(f"{base}apercu/").content.decode()
    assert "À quel point" not in preview
    shown = client.post(f"{base}apercu/", {first: "r1", "put": [first]}).content.decode()
    assert "À quel point" in shown
    assert "English" not in shown
    assert not Response.objects.exists()
    stranger = factories.agent(factories.territory())
    factories.grant(stranger, Grant.Role.LAB)
    for address in (base, f"{base}apercu/", f"{base}questions/{first}/"):
        assert world.signed_in(stranger).get(address).status_code == 404
    assert world.signed_in(stranger).post(f"{base}questions/{first}/dupliquer/").status_code == 404


def test_the_lab_plans_a_wave_of_its_own_questionnaire_and_changing_it_makes_a_second_version(
    world: World, trial: Trial
) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    client, address = world.signed_in(lab), "/labo/essais/phase-2/questionnaires/"
    client.post("/labo/questionnaires/nouveau/", {"title": "Vos trajets"})
    code = Survey.objects.get().code
    tomorrow = MONDAY + dt.timedelta(days=1)
    wave = {"survey": code, "moment": "before", "first_day": str(tomorrow), "last_day": str(tomorrow)}
    assert client.post(address, wave).status_code == 422  # without a question it is not in the list
    client.post(f"/labo/questionnaires/{code}/parties/0/text/", {"text_fr": "Qu'en dites-vous ?"})
    # Begun today it could not be called back.
    assert "demain au plus tôt" in client.post(address, {**wave, "first_day": str(MONDAY)}).content.decode()
    assert not Wave.objects.exists()
    assert client.post(address, wave).status_code == 302
    assert Wave.objects.get().survey.code == code
    page = client.get(f"/labo/questionnaires/{code}/").content.decode()
    assert "fait une version 2" in page
    client.post(f"/labo/questionnaires/{code}/questions/q1/", {"text_fr": "Et maintenant ?"})
    assert [s.version for s in Survey.objects.order_by("version")] == [1, 2]
    assert "0 question commune" in client.get(f"/labo/questionnaires/{code}/").content.decode()
    client.post(f"/labo/questionnaires/{code}/supprimer/")
    assert Survey.objects.get().version == 1


@pytest.mark.parametrize(("kind", "most"), [("number", "1e300"), ("number", "1000000001"), ("scale", str(10**400))])
def test_a_value_beyond_a_billion_is_refused_beside_its_field(world: World, trial: Trial, kind: str, most: str) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    client = world.signed_in(lab)
    client.post("/labo/questionnaires/nouveau/", {"title": "Vos trajets"})
    sent = {"text_fr": "Combien ?", "min": "0", "max": most}
    said = client.post(f"/labo/questionnaires/{Survey.objects.get().code}/parties/0/{kind}/", sent)
    assert said.status_code == 422
    assert "entre moins un milliard et un milliard" in said.content.decode()
    assert not list(questions_of(Survey.objects.get().questions))


def test_a_giant_answer_to_a_question_of_before_the_bounds_closes_no_page(world: World, trial: Trial) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    asked = {"id": "q1", "type": "number", "text": {"fr": "?"}, "min": 0, "max": int(1e300)}
    survey = Survey.objects.create(
        territory=world.territory,
        code="libre",
        version=1,
        title="Libre",
        questions={"languages": ["fr"], "sections": [{"questions": [asked]}]},
        created_at=NOW,
    )
    wave = waves.open_wave(trial, survey, "before", MONDAY, MONDAY, TEST)
    for n, member in enumerate(CohortMember.objects.select_related("agent")):
        answering.answer(member.agent, wave.pk, {"q1": "2" if n else "1e300"}, MONDAY)
    with time_machine.travel(at(TUESDAY, "9"), tick=False):
        assert world.signed_in(lab).get("/labo/essais/phase-2/questionnaires/").status_code == 200


@pytest.mark.parametrize(
    ("survey", "first", "last"), [("profil", "9999-12-31", "9999-12-31"), ("carnet", "2026-12-01", "9999-12-31")]
)
def test_a_wave_of_another_age_is_refused_beside_its_days(
    world: World, trial: Trial, survey: str, first: str, last: str
) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    sent = {"survey": survey, "moment": "before", "first_day": first, "last_day": last}
    answer = world.signed_in(lab).post("/labo/essais/phase-2/questionnaires/", sent)
    assert answer.status_code == 422
    assert 'id="id_last_day_error"' in answer.content.decode()
    assert not Wave.objects.exists()


def test_the_same_wave_sent_twice_is_opened_once(world: World, trial: Trial) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    client, address = world.signed_in(lab), "/labo/essais/phase-2/questionnaires/"
    sent = {"survey": "profil", "moment": "before", "first_day": "2026-12-01", "last_day": "2026-12-08"}
    assert client.post(address, sent).status_code == 302
    again = client.post(address, sent)
    assert again.status_code == 422
    assert "à partir de ce jour (vague 1)" in again.content.decode()
    assert Wave.objects.count() == 1


@pytest.mark.parametrize("text", ["\x00", "un\x00deux"])
def test_a_text_that_the_database_cannot_keep_is_one_sentence(world: World, trial: Trial, text: str) -> None:
    definition = {"languages": ["fr"], "sections": [{"questions": [{"id": "q1", "type": "text", "text": {"fr": "?"}}]}]}
    survey = waves.keep_survey(trial.territory_id, "libre", "Libre", definition, TEST)
    wave = waves.open_wave(trial, survey, "before", MONDAY, TUESDAY, TEST)
    sent = world.client.post(f"/enquetes/{wave.pk}/", {"q1": text, "put": ["q1"]})
    assert sent.status_code == 422
    assert "un caractère qui ne se garde pas" in sent.content.decode()
    assert not Response.objects.exists()


@pytest.mark.parametrize("km", ["nan", "inf", "1e308", "-1", "0,04", "1e-3", "\x00"])
def test_a_distance_that_is_none_is_one_sentence(world: World, trial: Trial, km: str) -> None:
    address = f"/enquetes/carnet/{wave_of(trial, Survey.Kind.DIARY).pk}/{MONDAY}/"
    sent = world.client.post(address, {"mode-1": "bike", "purpose-1": "commute", "km-1": km})
    assert sent.status_code == 422
    assert "donnez une distance" in sent.content.decode()
    assert not DiaryDay.objects.exists()
