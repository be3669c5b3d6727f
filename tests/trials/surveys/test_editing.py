"""Writing a questionnaire, one step at a time: what every step keeps, what it refuses, which languages are whole."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.territory.models import Territory
from bureaux_volants.trials.errors import NotFound
from bureaux_volants.trials.models import Survey
from bureaux_volants.trials.surveys import editing, scales, waves, writing
from bureaux_volants.trials.surveys.editing import CannotEdit
from bureaux_volants.trials.surveys.questions import checked, questions_of
from tests import factories
from tests.factories import TEST

from .test_waves import MONDAY, trial_with

YES_NO = {"options": [{"code": "r1", "text": {"fr": "Oui"}}, {"code": "r2", "text": {"fr": "Non"}}]}


def single(text: str = "Venez-vous en voiture ?") -> dict[str, Any]:
    return {"type": "single", "text": {"fr": text}, **copy.deepcopy(YES_NO)}


def free(text: str = "Pourquoi ?") -> dict[str, Any]:
    return {"type": "text", "text": {"fr": text}}


def written() -> dict[str, Any]:
    made = editing.with_question(editing.begun("Vos trajets"), single())
    made = editing.with_question(made, free())
    return editing.conditioned(made, "q2", {"question": "q1", "is": ["r1"]})


def ids(definition: dict[str, Any]) -> list[str]:
    return [q["id"] for q in questions_of(definition)]


def test_a_question_keeps_its_number_and_condition_when_its_words_change() -> None:
    made = editing.replaced(written(), "q2", free("Pour quelle raison ?"))
    assert ids(made) == ["q1", "q2"]
    assert (
        editing.condition_words(made, editing.question_of(made, "q2") or {}) == "si « Venez-vous en voiture ? » : Oui"
    )


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (lambda d: editing.moved(d, "q2", -1), "ne vient pas avant"),
        (lambda d: editing.removed(d, "q1"), "dépend de cette question"),
        (lambda d: editing.replaced(d, "q1", {**single(), "options": single()["options"][1:]}), "au moins deux"),
        (lambda d: editing.conditioned(d, "q1", {"question": "q2", "is": ["x"]}), "ne vient pas avant"),
        (lambda d: editing.removed(d, "q9"), "n'existe plus"),
        (lambda d: editing.section_removed(d, 0), "au moins une partie"),
    ],
)
def test_what_would_break_a_condition_is_refused_in_one_sentence_and_changes_nothing(step: Any, said: str) -> None:
    made = written()
    before = copy.deepcopy(made)
    with pytest.raises(CannotEdit, match=said):
        step(made)
    assert made == before


STEPS: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "up": lambda made, code: editing.moved(made, code, -1),
    "down": lambda made, code: editing.moved(made, code, 1),
    "twice": editing.duplicated,
    "gone": editing.removed,
    "more": lambda made, _code: editing.with_question(made, single()),
    "part": lambda made, _code: editing.with_section(made, {"fr": "Partie"}),
}


@given(st.lists(st.tuples(st.sampled_from(list(STEPS)), st.integers(1, 6)), max_size=12))
def test_whatever_one_does_the_questionnaire_stays_sound(steps: list[tuple[str, int]]) -> None:
    made = written()
    for step, n in steps:
        try:
            made = STEPS[step](made, f"q{n}")
        except CannotEdit:
            continue
    if ids(made):
        assert checked(made) is made
    assert len(set(ids(made))) == len(ids(made))


def test_a_question_moves_from_one_part_into_the_next_and_back() -> None:
    made = editing.with_section(written(), {"fr": "Ensuite"})
    made = editing.moved(made, "q2", 1)
    assert [[q["id"] for q in s["questions"]] for s in made["sections"]] == [["q1"], ["q2"]]
    assert ids(editing.section_removed(made, 1)) == ["q1", "q2"]
    assert [[q["id"] for q in s["questions"]] for s in editing.moved(made, "q2", -1)["sections"]] == [["q1", "q2"], []]


def test_a_language_is_offered_when_whole_and_not_before() -> None:
    made = editing.headed(written(), title={"fr": "Vos trajets", "en": "Your trips"}, intro={}, languages=["en"])
    assert editing.offered(made) == ["fr"]
    assert editing.missing(made, "en") == ["Venez-vous en voiture ?", "Oui", "Non", "Pourquoi ?"]
    for question in questions_of(made):
        for texts in (question["text"], *(o["text"] for o in question.get("options", ()))):
            texts["en"] = "x"
    assert editing.offered(made) == ["fr", "en"]
    assert editing.offered(editing.headed(made, title=made["title"], intro={}, languages=[])) == ["fr"]
    assert editing.offered(scales.who5()) == editing.offered(scales.sts()) == ["fr", "en", "de"]


@pytest.mark.django_db
def test_what_was_put_to_people_changes_in_a_new_version_on_which_one_goes_on() -> None:
    trial, _agents = trial_with(1)
    here = trial.territory_id
    code = writing.create(here, "Vos trajets", "", TEST).code
    with pytest.raises(waves.CannotAsk, match="aucune question"):
        waves.open_wave(trial, writing.latest(here, code), "before", MONDAY, MONDAY, TEST)
    first = writing.edit(here, code, lambda was: editing.with_question(was, single()), TEST)
    assert (first.version, Survey.objects.count()) == (1, 1)
    waves.open_wave(trial, first, "before", MONDAY, MONDAY, TEST)
    second = writing.edit(here, code, lambda was: editing.with_question(was, free()), TEST)
    third = writing.edit(here, code, lambda was: editing.replaced(was, "q2", free("Et pourquoi ?")), TEST)
    assert (second.version, third.version, third.pk) == (2, 2, second.pk)
    first.refresh_from_db()
    assert ids(first.questions) == ["q1"]
    writing.drop(here, code, TEST)
    with pytest.raises(CannotEdit, match="a été posée"):
        writing.drop(here, code, TEST)
    assert writing.latest(here, code) == first


@pytest.mark.django_db
def test_the_ready_made_ones_and_those_of_another_territory_are_not_edited() -> None:
    here, there = factories.territory(), factories.territory()
    waves.keep_survey(here.pk, "who5", "Bien-être", scales.who5(), TEST)
    code = writing.create(here.pk, "Vos trajets", "", TEST).code
    assert [s.code for s in writing.own(here.pk)] == [code]
    for territory, wanted in ((here, "who5"), (there, code)):
        with pytest.raises(NotFound):
            writing.edit(territory.pk, wanted, lambda was: editing.with_question(was, free()), TEST)
    assert Territory.objects.count() == 2
