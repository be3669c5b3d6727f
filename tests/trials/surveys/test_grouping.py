"""Who answered, by group: what two tables told together give away, and what tallies do."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.surveys import aggregates, scales
from bureaux_volants.trials.surveys.grouping import Group, breakdowns, is_safe, merged

from .test_questions import definition, question

#: (commune, whether they answered); the arm is the commune's, as in a trial that opens whole communes.
ARMS = {"a": "opened", "b": "opened", "c": "opened", "d": "control", "e": "control"}
people = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(0, 12), st.integers(0, 12)), max_size=5, unique_by=lambda p: p[0]
)


def spread(cells: list[tuple[str, int, int]]) -> list[tuple[str, str, bool]]:
    return [(ARMS[c], c, yes) for c, said, silent in cells for yes in [True] * said + [False] * silent]


def test_small_communes_are_told_together_and_the_total_stays() -> None:
    cells = {"Ars": (2, 1), "Le Ban": (3, 7), "Marly": (12, 6), "Woippy": (9, 9)}
    assert merged(cells) == [
        Group(("Marly",), 12, 6),
        Group(("Woippy",), 9, 9),
        Group(("Ars", "Le Ban"), 5, 8),
    ]


def test_one_small_commune_takes_the_smallest_other_with_it() -> None:
    told = merged({"Ars": (2, 6), "Marly": (12, 6), "Woippy": (9, 12)})
    assert told == [Group(("Woippy",), 9, 12), Group(("Ars", "Marly"), 14, 12)]


def test_nothing_by_group_where_every_table_would_name_somebody() -> None:
    assert merged({"Ars": (20, 1), "Marly": (12, 1)}) == []


@settings(max_examples=150, deadline=None)
@given(people)
def test_whatever_is_told_is_of_nobody_or_five_and_adds_up_to_the_whole(cells: list[tuple[str, int, int]]) -> None:
    rows = spread(cells)
    for table in breakdowns(rows):
        assert len(table) != 1
        assert all(is_safe(g.answered, g.silent) for g in table)
        if table:
            assert sum(g.answered for g in table) == sum(yes for _a, _c, yes in rows)
            assert sum(g.asked for g in table) == len(rows)


@settings(max_examples=150, deadline=None)
@given(people)
def test_no_difference_between_the_two_tables_finds_one_to_four_people(cells: list[tuple[str, int, int]]) -> None:
    """By hand, without the audit: what is left of an arm once some of the told groups of communes are taken from it."""
    rows = spread(cells)
    by_arm, by_commune = breakdowns(rows)
    for arm in by_arm:
        of_it = {c for c, a in ARMS.items() if a in arm.names}
        inside = [g for g in by_commune if set(g.names) <= of_it]
        for size in range(1, len(inside) + 1):
            for some in combinations(inside, size):
                assert is_safe(arm.answered - sum(g.answered for g in some))
                assert is_safe(arm.silent - sum(g.silent for g in some))


def test_an_arm_less_its_told_commune_would_be_a_small_one_so_the_communes_are_told_more_coarsely() -> None:
    cells = [("a", 10, 10), ("b", 3, 10), ("d", 20, 20), ("e", 3, 10)]
    by_arm, by_commune = breakdowns(spread(cells))
    assert {g.names for g in by_arm} == {("opened",), ("control",)}
    assert not any(g.names == ("a",) for g in by_commune)  # 13 − 10 = 3


# -- question by question -----------------------------------------------------------------------------------------------

CAR = {"options": [{"code": c, "text": {"fr": c}} for c in ("oui", "parfois", "non")]}


def tallied(asked: dict[str, Any], *answers: tuple[dict[str, Any], int]) -> list[aggregates.Tally]:
    return aggregates.tallies(asked, [a for a, times in answers for _ in range(times)])


@given(st.lists(st.integers(0, 12), min_size=3, max_size=3))
def test_answers_of_few_are_counted_together_and_the_counts_add_up(counts: list[int]) -> None:
    said = [code for code, n in zip(("oui", "parfois", "non"), counts, strict=True) for _ in range(n)]
    told = aggregates.tally(question("car", "single", **CAR), said)
    if told.n is None:
        assert len(said) < 5
        return
    figures = [n for _label, n in told.rows if n is not None]
    assert sum(figures) == len(said)
    assert is_safe(*figures)


def test_how_many_answered_a_question_with_a_condition_does_not_give_a_small_answer_away() -> None:
    asked = definition(
        question("car", "single", **CAR),
        question("days", "number", **{"if": {"question": "car", "is": ["oui", "non"]}}),
    )
    # Of 20: 12 yes; 4 sometimes and 4 no are told together, and 12 + 4 who gave days would tell them apart.
    told = tallied(asked, ({"car": "oui", "days": 2}, 12), ({"car": "non", "days": 1}, 4), ({"car": "parfois"}, 4))
    assert [n for _label, n in told[0].rows] == [12, 8]
    assert told[1].n is None
    told = tallied(asked, ({"car": "oui", "days": 2}, 12), ({"car": "non", "days": 1}, 6), ({"car": "parfois"}, 6))
    assert told[1].n == 18


def test_items_of_a_scale_are_not_shown_beside_its_score_and_sub_scores_are_of_the_same_people() -> None:
    full = {f"sts_{n}": 2 for n in range(1, 10)}
    partial = {f"sts_{n}": -4 for n in range(1, 4)}
    responses = [full] * 9 + [partial]
    assert aggregates.tallies(scales.sts(), responses) == []
    means = aggregates._means(scales.sts(), responses)
    assert [(m.n, m.mean) for m in means] == [
        (9, 2.0)
    ] * 4  # ten gave the first sub-scale: 10 × m − 9 × m would be theirs
