"""Questionnaires: what is wrong with one, what is kept of an answer, what the scales make of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.trials.surveys import aggregates, diary, scales
from bureaux_volants.trials.surveys.diary import Row
from bureaux_volants.trials.surveys.questions import BadDefinition, checked, is_shown, questions_of, read, unchanged


def question(code: str, kind: str = "scale", **more: Any) -> dict[str, Any]:
    bounds = {"min": 0, "max": 5} if kind in ("scale", "number") else {}
    return {"id": code, "type": kind, "text": {"fr": f"{code} ?"}, **bounds, **more}


def definition(*asked: dict[str, Any]) -> dict[str, Any]:
    return {"languages": ["fr"], "sections": [{"questions": list(asked)}]}


CAR = {"options": [{"code": "yes", "text": {"fr": "Oui"}}, {"code": "no", "text": {"fr": "Non"}}]}
CHAIN = definition(
    question("car", "single", **CAR),
    question("days", "number", **{"if": {"question": "car", "is": ["yes"]}}),
    question("why", "text", **{"if": {"question": "days", "at_least": 3}}),
)


def test_the_scales_are_sound_questionnaires() -> None:
    for ready in (scales.who5(), scales.sts()):
        assert checked(ready) is ready


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "au moins une question"),
        ((question("a"), question("a")), "déjà pris"),
        ((question("a", text={"en": "a?"}),), "en français"),
        ((question("a", "single", options=[{"code": "1", "text": {"fr": "Oui"}}]),), "au moins deux réponses"),
        ((question("a", min=5, max=0),), "inférieure"),
        ((question("a", "number", max=1e300),), "un milliard"),
        ((question("a", "number", min=-(10**400)),), "un milliard"),
        ((question("a", min=10**400, max=10**400 + 3),), "un milliard"),
        ((question("a", "number", max=float("inf")),), "inférieure"),
        ((question("a", **{"if": {"question": "b", "at_least": 1}}), question("b")), "ne vient pas avant"),
        ((question("a", "text"), question("b", **{"if": {"question": "a", "is": ["x"]}})), "texte libre"),
    ],
)
def test_what_is_wrong_with_a_questionnaire_is_said_in_french(asked: tuple[dict[str, Any], ...], said: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        checked(definition(*asked))
    assert any(said in problem for problem in caught.value.problems)


def test_a_mean_that_is_no_number_is_not_told() -> None:
    assert aggregates.mean_of("a", [1e300, 2, 3, 4, 5]) is None
    assert aggregates.mean_of("a", [1e9, 2, 3, 4, 5]) is not None


def test_an_answer_to_a_question_that_is_hidden_is_dropped_and_so_is_what_hangs_on_it() -> None:
    assert read(CHAIN, {"car": "no", "days": "4", "why": "loin"}) == ({"car": "no"}, {})
    assert read(CHAIN, {"car": "yes", "days": "4", "why": "loin"})[0] == {"car": "yes", "days": 4, "why": "loin"}
    assert read(CHAIN, {"car": "yes", "days": "2", "why": "loin"})[0] == {"car": "yes", "days": 2}


@given(st.fixed_dictionaries({}, optional={"car": st.text(), "days": st.text(), "why": st.text()}))
def test_whatever_is_sent_what_is_kept_was_shown_and_reads_the_same_again(sent: dict[str, str]) -> None:
    kept, _wrong = read(CHAIN, sent)
    asked = {q["id"]: q for q in questions_of(CHAIN)}
    assert all(is_shown(asked[code], kept) for code in kept)
    assert read(CHAIN, {code: str(value) for code, value in kept.items()}) == (kept, {})


def test_only_questions_that_did_not_change_compare() -> None:
    later = copy.deepcopy(CHAIN)
    later["sections"][0]["questions"][1]["max"] = 7
    assert unchanged(CHAIN, later) == {"car", "why"}


def test_who5_is_four_times_the_sum_and_nothing_with_an_item_missing() -> None:
    answers: dict[str, int] = {"who5_1": 3, "who5_2": 2, "who5_3": 4, "who5_4": 1, "who5_5": 2}
    assert scales.score("who5", answers) == 48
    assert scales.is_poor(48)
    assert not scales.is_poor(52)
    del answers["who5_4"]
    assert scales.score("who5", answers) is None


def test_sts_bears_one_item_missing_of_three_and_no_more() -> None:
    answers = {"sts_1": 2, "sts_2": 4, "sts_4": -1, "sts_5": 0, "sts_6": 1, "sts_7": 3, "sts_8": 2, "sts_9": 4}
    assert scales.score("sts_calm", answers) == 3
    assert scales.score("sts_energy", answers) == 0
    assert scales.score("sts_quality", answers) == 3
    assert scales.score("sts", answers) == 2
    del answers["sts_1"]
    assert scales.score("sts_calm", answers) is None
    assert scales.score("sts", answers) is None


def test_a_row_left_empty_is_no_trip_and_a_strange_one_is_said() -> None:
    rows = [Row("car", "commute", "12,5", "20"), Row(purpose="private"), Row("car", "commute", "abc"), Row("", km="4")]
    trips, wrong = diary.read_trips(rows)
    assert trips == [{"mode": "car", "purpose": "commute", "km": 12.5, "minutes": 20}]
    assert [one[:8] for one in wrong] == ["Trajet 3", "Trajet 4"]


def test_there_and_back_is_two_trips_and_reads_as_one_line_again() -> None:
    trips, _wrong = diary.read_trips([Row("bike", "commute", "5,2", "18", both=True), Row("walk", "private", "1")])
    assert [t["mode"] for t in trips] == ["bike", "bike", "walk"]
    assert diary.rows_of(trips) == [Row("bike", "commute", "5,2", "18", both=True), Row("walk", "private", "1")]
    assert diary.summary(trips) == "vélo 5,2\u00a0km, aller et retour ; marche 1\u00a0km"
    assert diary.read_trips([Row("bike", "commute", "1", both=True)] * 7)[1]


def test_a_standardised_difference_worked_by_hand() -> None:
    answered = [True] * 20 + [False] * 20
    has = [True] * 10 + [False] * 10 + [True] * 5 + [False] * 15
    (found,) = aggregates.differences({"x": has}, answered)
    assert found.standardised == pytest.approx(0.25 / ((0.25 + 0.1875) / 2) ** 0.5)
