"""What two hosts made of one sheet, brought together."""

from __future__ import annotations

from bureaux_volants.hosting.merging import Content, Photo, merge

DOOR, HALL, DESK = Photo(1, "la porte"), Photo(2, "le hall"), Photo(3, "un bureau")


def texts(**said: str) -> Content:
    return Content({"bike": "", "wifi": "", "lunch": "", **said})


def test_what_only_one_of_them_changed_is_in_both() -> None:
    done = merge(texts(wifi="A"), texts(wifi="A", bike="mine"), texts(wifi="A", lunch="theirs"))
    assert done.content == texts(wifi="A", bike="mine", lunch="theirs")
    assert (done.clashes, done.taken) == (frozenset(), frozenset({"lunch"}))


def test_what_both_changed_keeps_one_s_own_words_and_is_named() -> None:
    done = merge(texts(wifi="A"), texts(wifi="mine"), texts(wifi="theirs"))
    assert done.content.texts["wifi"] == "mine"
    assert done.clashes == {"wifi"}


def test_the_same_change_twice_is_no_clash() -> None:
    assert merge(texts(wifi="A"), texts(wifi="B"), texts(wifi="B")).clashes == frozenset()


def test_photos_that_either_added_are_there_and_what_the_other_took_away_is_gone() -> None:
    base = Content({}, (DOOR, HALL))
    done = merge(base, Content({}, (DOOR, HALL, Photo(4, "mine"))), Content({}, (HALL, DESK)))
    assert [p.id for p in done.content.photos] == [2, 4, 3]
    assert done.taken == {"photos"}


def test_a_photo_described_anew_outlives_its_removal_by_the_other() -> None:
    anew = Photo(1, "la porte rouge")
    done = merge(Content({}, (DOOR,)), Content({}, (anew,)), Content({}, ()))
    assert done.content.photos == (anew,)


def test_what_one_took_away_does_not_come_back_and_the_other_s_words_are_taken() -> None:
    renamed = Photo(2, "le grand hall")
    done = merge(Content({}, (DOOR, HALL)), Content({}, (HALL,)), Content({}, (DOOR, renamed)))
    assert done.content.photos == (renamed,)
