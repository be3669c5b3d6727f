"""The counts of one question beside those of another are not an equation for fewer than five people."""

from __future__ import annotations

from typing import Any

import pytest

from bureaux_volants.trials.surveys import profile
from bureaux_volants.trials.surveys.aggregates import tallies


def asked(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"languages": ["fr"], "sections": [{"questions": list(questions)}]}


def scale(low: int, high: int) -> dict[str, Any]:
    return {"id": "q1", "type": "scale", "text": {"fr": "q1"}, "min": low, "max": high, "required": True}


def number(code: str, **condition: Any) -> dict[str, Any]:
    return {
        "id": code,
        "type": "number",
        "text": {"fr": code},
        "min": 0,
        "max": 9,
        "if": {"question": "q1", **condition},
    }


def test_two_follow_ups_of_a_scale_do_not_give_who_is_in_both() -> None:
    definition = asked(scale(1, 3), number("low", at_most=2), number("high", at_least=2))
    said = [1] * 6 + [2] * 2 + [3] * 6
    answers = [{"q1": v, **({"low": 1} if v <= 2 else {}), **({"high": 1} if v >= 2 else {})} for v in said]
    assert {t.text: t.n for t in tallies(definition, answers)} == {"q1": 14, "low": None, "high": None}


def test_a_follow_up_of_several_choices_does_not_give_who_chose_two() -> None:
    options = [{"code": c, "text": {"fr": c}} for c in ("r1", "r2", "r3")]
    several = {"id": "q1", "type": "multiple", "text": {"fr": "q1"}, "options": options, "required": True}
    said = [["r1"]] * 9 + [["r1", "r2"]] + [["r2"]] * 7 + [["r3"]] * 13
    answers = [{"q1": v, **({"more": 1} if {*v} & {"r1", "r2"} else {})} for v in said]
    _first, more = tallies(asked(several, number("more", **{"is": ["r1", "r2"]})), answers)
    assert more.n is None


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ([1] * 2 + [0] * 22, (("0 ou 1", 24),)),
        ([1] * 2 + [2] * 12 + [3] * 10, (("2", 12), ("1 ou 3", 12))),
        ([1] * 6 + [2] * 8 + [3] * 10, (("1", 6), ("2", 8), ("3", 10))),
    ],
)
def test_of_three_values_or_fewer_counts_are_told_and_no_mean(
    said: list[int], rows: tuple[tuple[str, int], ...]
) -> None:
    (told,) = tallies(asked(scale(0, 3)), [{"q1": v} for v in said])
    assert told.mean is None
    assert told.rows == rows


def test_of_four_values_the_mean_is_told() -> None:
    (told,) = tallies(asked(scale(0, 3)), [{"q1": n % 4} for n in range(24)])
    assert told.mean is not None
    assert told.mean.mean == 1.5


def test_who_one_is_is_told_with_who_came_and_nowhere_else() -> None:
    answers = [{"came": "yes" if n < 6 else "no", "sex": "f" if n < 12 else "m" if n < 37 else "x"} for n in range(40)]
    assert {t.text for t in tallies(profile.profile(), answers)}.isdisjoint({"Vous êtes", "Votre catégorie"})
    assert {g.answer for g in profile.came_by_group(answers) if g.question == "sex"} >= {"m"}
