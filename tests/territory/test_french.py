"""Dates, times and lists as French people write them."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.territory import french
from tests.factories import PARIS, TUESDAY, at


@pytest.mark.parametrize(
    ("date", "text"),
    [
        (dt.date(2026, 12, 1), "mardi 1er décembre"),
        (dt.date(2026, 11, 24), "mardi 24 novembre"),
        (dt.date(2027, 8, 1), "dimanche 1er août"),
        (dt.date(2028, 2, 29), "mardi 29 février"),
    ],
)
def test_a_day(date: dt.date, text: str) -> None:
    assert french.day(date) == text
    assert french.day(date, year=True) == f"{text} {date.year}"


@pytest.mark.parametrize(
    ("time", "text"), [((9, 0), "9 h"), ((13, 30), "13 h 30"), ((8, 5), "8 h 05"), ((0, 0), "0 h")]
)
def test_a_time_with_spaces_that_never_break(time: tuple[int, int], text: str) -> None:
    assert french.clock(dt.time(*time)) == text.replace(" ", "\u00a0")


def test_an_instant_is_told_on_the_clock_of_the_place() -> None:
    assert french.at(dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC), PARIS) == "14\u00a0h"


def test_a_span_names_its_second_day_only_when_it_differs() -> None:
    assert (
        french.span(at(TUESDAY, "9"), at(TUESDAY, "12:30"), PARIS)
        == "mardi 1er décembre, de 9\u00a0h à 12\u00a0h\u00a030"
    )
    wednesday = TUESDAY + dt.timedelta(days=1)
    assert (
        french.span(at(TUESDAY, "9"), at(wednesday, "12"), PARIS)
        == "du mardi 1er décembre à 9\u00a0h au mercredi 2 décembre à 12\u00a0h"
    )


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 minute"),
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 h"),
        (90, "1 h 30"),
        (605, "10 h 05"),
        (1440, "1 jour"),
        (2880, "2 jours"),
        (1500, "25 h"),
    ],
)
def test_a_duration_in_the_largest_unit_that_stays_exact(minutes: int, text: str) -> None:
    assert french.duration(minutes).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a et b"), (["a", "b", "c"], "a, b et c")]
)
def test_a_list(words: list[str], text: str) -> None:
    assert french.listing(words) == text


def test_a_choice() -> None:
    assert french.listing(["a", "b"], "ou") == "a ou b"
