"""When the doors are open. Small pictures: one letter an hour, from midnight on."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.territory.calendar import (
    Day,
    Hours,
    Interval,
    Shut,
    YearlySeason,
    covers,
    halves,
    holiday_name,
    local,
    local_day,
    opening_of,
    subtract,
)
from tests.factories import PARIS, TUESDAY, at

HOUR = dt.timedelta(hours=1)
MIDNIGHT = at(TUESDAY, "0")


def spans(picture: str) -> list[Interval]:
    """`..##.#`: the runs of `#`, each character an hour of the Tuesday."""
    found: list[Interval] = []
    start = None
    for n, letter in enumerate([*picture, "."]):
        if letter == "#" and start is None:
            start = n
        if letter != "#" and start is not None:
            found.append(Interval(MIDNIGHT + start * HOUR, MIDNIGHT + n * HOUR))
            start = None
    return found


def picture(intervals: object, length: int) -> str:
    """The other way: what the intervals look like."""
    assert isinstance(intervals, tuple)
    inside = [any(i.start <= MIDNIGHT + n * HOUR < i.end for i in intervals) for n in range(length)]
    return "".join("#" if yes else "." for yes in inside)


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("before, with a gap", "##......", "....###.", False),
        ("right before", "####....", "....###.", False),
        ("over the start", "#####...", "....###.", True),
        ("same start, shorter", "....#...", "....###.", True),
        ("within", ".....#..", "....###.", True),
        ("the same", "....###.", "....###.", True),
        ("around", "...#####", "....###.", True),
        ("same end", "......#.", "....###.", True),
        ("over the end", "......##", "....###.", True),
        ("right after", ".......#", "....###.", False),
    ],
)
def test_half_open_spans_overlap_when_they_share_an_instant(name: str, a: str, b: str, expected: bool) -> None:
    (first,), (second,) = spans(a), spans(b)
    assert first.overlaps(second) is expected
    assert second.overlaps(first) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("..####..", "..####..", True),
        ("..####..", "...##...", True),
        ("..####..", ".#####..", False),
        ("..####..", "..#####.", False),
        ("..####..", "......##", False),
    ],
)
def test_a_span_contains_what_lies_within_its_bounds(a: str, b: str, expected: bool) -> None:
    (outer,), (inner,) = spans(a), spans(b)
    assert outer.contains(inner) is expected


@pytest.mark.parametrize(
    ("opened", "hole", "left"),
    [
        ("..####..", "########", "........"),
        ("..####..", "..####..", "........"),
        ("..####..", "##......", "..####.."),
        ("..####..", "......##", "..####.."),
        ("..####..", "###.....", "...###.."),
        ("..####..", ".....###", "..###..."),
        ("..####..", "...##...", "..#..#.."),
        (".##..##.", "..####..", ".#....#."),
        (".##..##.", "...##...", ".##..##."),
        (".##..##.", ".##..##.", "........"),
    ],
)
def test_what_is_left_once_a_hole_is_taken_away(opened: str, hole: str, left: str) -> None:
    assert picture(subtract(spans(opened), spans(hole)), 8) == left


HOURS = st.text(alphabet=".#", min_size=12, max_size=12)


@given(HOURS, HOURS, HOURS)
@settings(max_examples=200, deadline=None)
def test_an_hour_is_left_exactly_when_it_was_open_and_no_hole_has_it(opened: str, first: str, second: str) -> None:
    left = picture(subtract(spans(opened), [*spans(first), *spans(second)]), 12)
    for was, one, two, now in zip(opened, first, second, left, strict=True):
        assert (now == "#") == (was == "#" and one == "." and two == ".")


@pytest.mark.parametrize(
    ("name", "opened", "morning", "afternoon"),
    [
        ("one long day is cut at noon", [("8", "18")], ("8", "13"), ("13", "18")),
        ("a lunch break parts the halves", [("8", "12"), ("14", "18")], ("8", "12"), ("14", "18")),
        ("a morning alone", [("8", "12")], ("8", "12"), None),
        ("an afternoon alone", [("14", "18")], None, ("14", "18")),
        ("a morning that ends a little late stays whole", [("8", "13:30")], ("8", "13:30"), None),
        ("half an hour is the bound", [("8", "13:31")], ("8", "13"), ("13", "13:31")),
        ("an afternoon that begins a little early stays whole", [("12:30", "18")], None, ("12:30", "18")),
        ("half an hour is the bound there too", [("12:29", "18")], ("12:29", "13"), ("13", "18")),
        ("two mornings are one half", [("8", "10"), ("11", "12")], ("8", "12"), None),
        ("shut", [], None, None),
    ],
)
def test_the_halves_of_a_day(
    name: str,
    opened: list[tuple[str, str]],
    morning: tuple[str, str] | None,
    afternoon: tuple[str, str] | None,
) -> None:
    def interval(pair: tuple[str, str] | None) -> Interval | None:
        return Interval(at(TUESDAY, pair[0]), at(TUESDAY, pair[1])) if pair else None

    opens = [Interval(at(TUESDAY, start), at(TUESDAY, end)) for start, end in opened]
    assert halves(opens, at(TUESDAY, "13")) == (interval(morning), interval(afternoon))


def day_of(
    date: dt.date = TUESDAY,
    *,
    opened: tuple[tuple[int, int], ...] = ((8, 12), (14, 18)),
    closures: tuple[Shut, ...] = (),
    departement: str = "57",
    seasons: tuple[YearlySeason, ...] = (),
    seasonal: tuple[Hours, ...] = (),
) -> Day:
    """A day of a place open every day of the week at these hours."""
    hours = [Hours(w, dt.time(a), dt.time(b)) for w in range(1, 8) for a, b in opened]
    return opening_of(
        date,
        hours=[*hours, *seasonal],
        seasons=seasons,
        closures=closures,
        departement=departement,
        zone=PARIS,
        half_day_at=dt.time(13),
    )


def shut(start: str, end: str, reason: str = "travaux") -> Shut:
    return Shut(at(TUESDAY, start), at(TUESDAY, end), reason)


@pytest.mark.parametrize(
    ("start", "end", "accepted"),
    [
        ("8", "12", True),
        ("8", "18", True),
        ("11", "15", True),
        ("12", "15", True),
        ("7:59", "12", False),
        ("14", "18:01", False),
        ("12", "14", False),
        ("12:30", "13:30", False),
    ],
)
def test_a_stay_may_bridge_the_lunch_break_but_not_lie_in_it(start: str, end: str, accepted: bool) -> None:
    assert covers(day_of(), Interval(at(TUESDAY, start), at(TUESDAY, end))) is accepted


@pytest.mark.parametrize(
    ("closure", "start", "end", "accepted"),
    [
        (("10", "11"), "8", "10", True),
        (("10", "11"), "11", "12", True),
        (("10", "11"), "8", "12", False),
        (("10", "11"), "9", "10:30", False),
        (("12", "14"), "8", "18", True),
        (("11", "15"), "8", "11", True),
        (("11", "15"), "8", "18", False),
        (("8", "12"), "14", "18", True),
        (("8", "12"), "8", "18", False),
        (("0", "23"), "14", "18", False),
    ],
    ids=str,
)
def test_a_stay_never_bridges_a_closure(closure: tuple[str, str], start: str, end: str, accepted: bool) -> None:
    day = day_of(closures=(shut(*closure),))
    assert covers(day, Interval(at(TUESDAY, start), at(TUESDAY, end))) is accepted


def test_a_closure_that_touches_no_opening_is_not_told() -> None:
    assert day_of(closures=(shut("12", "14"),)).closed_because == ""
    assert day_of(closures=(shut("18", "20"),)).closed_because == ""
    assert day_of(closures=(shut("17", "20"),)).closed_because == "travaux"


def test_several_closures_are_all_taken_away_and_the_first_is_named() -> None:
    day = day_of(closures=(shut("8", "9", "ménage"), shut("17", "18", "conseil")))
    assert day.open == (
        Interval(at(TUESDAY, "9"), at(TUESDAY, "12")),
        Interval(at(TUESDAY, "14"), at(TUESDAY, "17")),
    )
    assert day.closed_because == "ménage"
    assert day.usual[0].start == at(TUESDAY, "8")


def test_a_closure_of_the_whole_day_leaves_no_half_and_nothing_to_cover() -> None:
    day = day_of(closures=(shut("0", "23"),))
    assert (day.open, day.morning, day.afternoon, day.whole) == ((), None, None, None)
    assert not covers(day, Interval(at(TUESDAY, "8"), at(TUESDAY, "9")))


def test_the_whole_of_a_day_goes_over_the_lunch_break() -> None:
    assert day_of().whole == Interval(at(TUESDAY, "8"), at(TUESDAY, "18"))


@pytest.mark.parametrize(
    ("date", "departement", "name"),
    [
        (dt.date(2026, 4, 3), "57", "Vendredi saint"),
        (dt.date(2026, 4, 3), "67", "Vendredi saint"),
        (dt.date(2026, 4, 3), "68", "Vendredi saint"),
        (dt.date(2026, 4, 3), "54", ""),
        (dt.date(2027, 3, 26), "57", "Vendredi saint"),
        (dt.date(2026, 12, 26), "57", "Saint Étienne"),
        (dt.date(2026, 12, 26), "55", ""),
        (dt.date(2026, 7, 14), "57", "Fête nationale"),
        (dt.date(2026, 7, 14), "54", "Fête nationale"),
        (dt.date(2026, 5, 22), "972", "Abolition de l'esclavage"),
        (dt.date(2026, 5, 22), "57", ""),
        (dt.date(2026, 12, 24), "57", ""),
    ],
)
def test_the_public_holidays_are_those_of_the_departement(date: dt.date, departement: str, name: str) -> None:
    found = holiday_name(date, departement)
    assert found.lower().replace("-", " ") == name.lower().replace("-", " ")


def test_a_public_holiday_closes_and_is_named() -> None:
    good_friday = dt.date(2026, 4, 3)
    closed, opened = day_of(good_friday), day_of(good_friday, departement="54")
    assert (closed.open, closed.closed_because) == ((), "Vendredi saint")
    assert len(opened.open) == 2


WINTER = YearlySeason(1, "hiver", "11-15", "02-28")
SUMMER = YearlySeason(2, "été", "07-01", "08-31")


@pytest.mark.parametrize(
    ("season", "day", "expected"),
    [
        (SUMMER, (2026, 6, 30), False),
        (SUMMER, (2026, 7, 1), True),
        (SUMMER, (2026, 8, 31), True),
        (SUMMER, (2026, 9, 1), False),
        (WINTER, (2026, 11, 14), False),
        (WINTER, (2026, 11, 15), True),
        (WINTER, (2026, 12, 31), True),
        (WINTER, (2027, 1, 1), True),
        (WINTER, (2027, 2, 28), True),
        (WINTER, (2028, 2, 29), False),
        (WINTER, (2027, 3, 1), False),
    ],
)
def test_a_season_includes_both_its_days_and_may_pass_the_new_year(
    season: YearlySeason, day: tuple[int, int, int], expected: bool
) -> None:
    assert season.covers(dt.date(*day)) is expected


def test_a_season_replaces_the_hours_of_the_rest_of_the_year() -> None:
    mornings = tuple(Hours(weekday, dt.time(9), dt.time(12), season=2) for weekday in range(1, 8))
    monday = dt.date(2026, 8, 31)
    summer = day_of(monday, seasons=(WINTER, SUMMER), seasonal=mornings)
    rest = day_of(monday + dt.timedelta(days=1), seasons=(WINTER, SUMMER), seasonal=mornings)
    assert summer.open == (Interval(at(monday, "9"), at(monday, "12")),)
    assert len(rest.open) == 2


def test_a_season_without_hours_is_shut() -> None:
    assert day_of(dt.date(2026, 8, 4), seasons=(SUMMER,)).open == ()


@pytest.mark.parametrize(
    ("day", "hours"),
    [(dt.date(2027, 3, 28), 23), (dt.date(2027, 3, 27), 24), (dt.date(2027, 10, 31), 25), (dt.date(2027, 11, 1), 24)],
)
def test_a_local_day_has_23_24_or_25_hours(day: dt.date, hours: int) -> None:
    whole = local_day(day, PARIS)
    assert whole.end - whole.start == hours * HOUR
    assert local_day(day + dt.timedelta(days=1), PARIS).start == whole.end


def test_an_opening_over_the_clock_change_lasts_what_it_really_lasts() -> None:
    spring, autumn = dt.date(2027, 3, 28), dt.date(2027, 10, 31)
    for date, hours in ((spring, 9), (autumn, 11)):
        (opened,) = day_of(date, opened=((0, 10),)).open
        assert opened.end - opened.start == hours * HOUR
        assert opened.end.astimezone(PARIS).hour == 10


def test_a_time_that_the_clock_skips_is_an_hour_later() -> None:
    assert local(dt.date(2027, 3, 28), dt.time(2, 30), PARIS) == dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC)


def test_a_territory_overseas_has_its_own_midnight() -> None:
    reunion = ZoneInfo("Indian/Reunion")
    assert local_day(TUESDAY, reunion).start == dt.datetime(2026, 11, 30, 20, tzinfo=dt.UTC)
