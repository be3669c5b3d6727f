"""Generalisation until nobody is alone: by hand, and whatever the people."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.publishing.anonymity import CannotAnonymise, Person, generalise


def person(distance: str, employer: str, sensitive: str) -> Person:
    far = {"a": "near", "b": "near", "c": "far", "d": "far"}[distance]
    return Person(((distance, far, "*"), (employer, "*")), sensitive)


def test_what_is_fine_enough_is_not_made_coarser() -> None:
    people = [person(d, e, s) for d in "ac" for e in "xy" for s in ("up", "up", "up", "down", "down")]
    found = generalise(people)
    assert found.rungs == (0, 0)
    assert [c.words for c in found.classes] == [("a", "x"), ("a", "y"), ("c", "x"), ("c", "y")]
    assert found.left_out == ()


def test_the_lowest_rungs_win() -> None:
    # By distance 3, 3, 5, 5: a and b are too few apart, and one rung of one trait is enough.
    people = [
        *(person("a", "x", s) for s in ("up", "down", "up")),
        *(person("b", "x", s) for s in ("up", "down", "up")),
        *(person("c", "x", s) for s in ("up", "down", "up", "up", "up")),
        *(person("d", "x", s) for s in ("up", "down", "up", "up", "up")),
    ]
    found = generalise(people)
    assert found.rungs == (1, 0)
    assert [len(c.members) for c in found.classes] == [10, 6]


def test_a_class_where_all_went_the_same_way_is_made_coarser_too() -> None:
    people = [*(person("a", "x", "up") for _ in range(6)), *(person("b", "x", s) for s in ("up", "down") * 3)]
    found = generalise(people)
    assert found.rungs == (1, 0)


def test_few_are_left_out_only_by_five_at_least() -> None:
    # 100 of one employer, 3 of the other: those three may not be left out, for the total would give them away.
    people = [*(person("a", "x", s) for s in ("up", "down") * 50), *(person("a", "y", "up") for _ in range(3))]
    assert generalise(people).rungs == (0, 1)
    # Five all alike may: they are a twentieth.
    people = [*(person("a", "x", s) for s in ("up", "down") * 50), *(person("a", "y", "up") for _ in range(5))]
    found = generalise(people)
    assert found.rungs == (0, 0)
    assert len(found.left_out) == 5


@pytest.mark.parametrize(
    "people", [[], [person("a", "x", "up")] * 4, [person("a", "x", "up")] * 40], ids=["nobody", "four", "all alike"]
)
def test_what_cannot_be_is_refused_in_a_sentence(people: list[Person]) -> None:
    with pytest.raises(CannotAnonymise, match=r"^[A-ZÀ-É].*\.$"):
        generalise(people)


_PEOPLE = st.lists(
    st.builds(person, st.sampled_from("abcd"), st.sampled_from("xy"), st.sampled_from(["up", "down", "same"])),
    max_size=80,
)


@settings(max_examples=150, deadline=None)
@given(_PEOPLE)
def test_every_class_has_five_people_who_differ_and_nobody_is_twice_there(people: list[Person]) -> None:
    try:
        found = generalise(people)
    except CannotAnonymise:
        return
    seen = sorted([n for c in found.classes for n in c.members] + list(found.left_out))
    assert seen == list(range(len(people)))
    assert len(found.left_out) == 0 or 5 <= len(found.left_out) <= len(people) / 10
    assert len({c.words for c in found.classes}) == len(found.classes)
    for one in found.classes:
        assert len(one.members) >= 5
        assert len({people[n].sensitive for n in one.members}) >= 2
        for n in one.members:
            assert one.words == tuple(ladder[r] for ladder, r in zip(people[n].traits, found.rungs, strict=True))


@settings(max_examples=80, deadline=None)
@given(_PEOPLE)
def test_no_finer_table_would_do(people: list[Person]) -> None:
    """By trying every lower node of the lattice, without leaving anybody out, in other words than the algorithm's."""
    try:
        found = generalise(people, most_left_out=0.0)
    except CannotAnonymise:
        return
    for rungs in product(range(3), range(2)):
        if sum(rungs) >= sum(found.rungs):
            continue
        groups: dict[tuple[str, ...], list[Person]] = {}
        for one in people:
            groups.setdefault(tuple(one.traits[t][r] for t, r in enumerate(rungs)), []).append(one)
        assert any(len(g) < 5 or len({p.sensitive for p in g}) < 2 for g in groups.values())
