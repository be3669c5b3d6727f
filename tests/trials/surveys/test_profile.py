"""Who came by what they say of themselves: no group under five, nor by subtraction."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.surveys import questions
from bureaux_volants.trials.surveys.profile import CAME, GROUPS, Group, came_by_group, profile

ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        CAME: st.sampled_from(["yes", "no"]),
        "sex": st.sampled_from(["f", "m", "x"]),
        "category": st.sampled_from(["a", "b", "c", "contract"]),
        "telework_job": st.sampled_from(["yes", "no"]),
    },
)


def test_the_questionnaire_is_one_and_its_identifiers_are_those_that_are_read() -> None:
    asked = [q["id"] for q in questions.questions_of(questions.checked(profile()))]
    assert {CAME, *GROUPS} <= set(asked)
    for question in questions.questions_of(profile()):
        for option in question["options"]:
            assert set(option["text"]) == {"fr", "en", "de"}
    # What hinders is asked of those only who did not come.
    kept, wrong = questions.read(profile(), {CAME: "yes", "hindered_by": ["job"], "sex": "f"})
    assert (kept, wrong) == ({CAME: "yes", "sex": "f"}, {})


def test_groups_are_counted_by_hand() -> None:
    said = [{CAME: "yes", "sex": "f"}] * 6 + [{CAME: "no", "sex": "f"}] * 5 + [{CAME: "no", "sex": "m"}] * 7
    found = [g for g in came_by_group([*said, {"sex": "f"}]) if g.question == "sex"]
    assert found == [Group("sex", "f", 6, 11), Group("sex", "m", 0, 7)]
    assert found[0].share == 6 / 11
    low, high = found[0].interval or (0, 0)
    assert 0.27 < low < 0.29
    assert 0.78 < high < 0.79


def test_nobody_answered() -> None:
    assert came_by_group([]) == []


@settings(max_examples=200, deadline=None)
@given(st.lists(ANSWERS, max_size=60))
def test_who_came_and_who_did_not_are_nobody_or_five_in_every_group_and_beside_them(
    answers: list[dict[str, Any]],
) -> None:
    said = [a for a in answers if CAME in a]
    whole = sum(a[CAME] == "yes" for a in said), len(said)
    for question in GROUPS:
        groups = [g for g in came_by_group(answers) if g.question == question]
        told = [g for g in groups if g.people is not None]
        for g in told:
            assert g.came is not None
            assert g.people is not None
            assert all(n == 0 or n >= 5 for n in (g.came, g.people - g.came))
        # What all those told leave of the whole: nobody, or the one group that is hidden, which is then the whole itself.
        left = whole[1] - sum(g.people or 0 for g in told)
        assert left == 0 or not told
