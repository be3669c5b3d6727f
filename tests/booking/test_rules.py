"""Each rule at its exact bound: what is refused, what is accepted, and a sentence that says what would be accepted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bureaux_volants.booking import rules
from bureaux_volants.booking.directory import (
    Directory,
    PhaseEntry,
    RuleValues,
    SiteEntry,
    TeleworkPolicy,
    UnitEntry,
)
from bureaux_volants.booking.rules import OwnBooking, Person, Question, failing
from bureaux_volants.territory.calendar import Hours, Interval, Shut
from tests.factories import NOW, PARIS, TUESDAY, at

MONDAY = TUESDAY - dt.timedelta(days=1)
NO_TELEWORK = TeleworkPolicy(False, 3, 2, "week")
DECREE = TeleworkPolicy(True, 3, 2, "week")
BY_MONTH = TeleworkPolicy(True, 3, 2, "month")
USUAL, FLYING = 1, 2


def site(number: int = FLYING, *, values: dict[str, Any] | None = None, **fields: Any) -> SiteEntry:
    """A mairie of Moselle open from 8 to 12 and 13 to 18, Monday to Friday, with one plain desk and one quiet one."""
    hours = [
        Hours(day, dt.time(opens), dt.time(closes)) for day in range(1, 6) for opens, closes in ((8, 12), (13, 18))
    ]
    given: dict[str, Any] = {
        "id": number,
        "slug": f"mairie-{number}",
        "name": f"Mairie {number}",
        "kind": "mairie",
        "address": "",
        "lat": 49.1,
        "lon": 6.2,
        "is_active": True,
        "organisation_id": 1,
        "organisation_name": "",
        "commune_code": "57463",
        "commune_name": "",
        "departement": "57",
        "open_to": frozenset(),
        "phase": None,
        "units": (
            UnitEntry(1, frozenset(), None, "desk", "Bureau 1"),
            UnitEntry(2, frozenset({"quiet"}), None, "desk", "Bureau 2"),
            UnitEntry(3, frozenset({"quiet", "dock"}), None, "desk", "Bureau 3", is_active=False),
        ),
        "hours": tuple(hours),
        "seasons": (),
        "closures": (),
        "zone": PARIS,
        "half_day_at": dt.time(12, 30),
        "rules": {"desk": RuleValues(**{"weekly_limit": 7, **(values or {})})},
    }
    return SiteEntry(**{**given, **fields})


def question(
    where: SiteEntry | None = None,
    *,
    day: dt.date = TUESDAY,
    start: str = "9",
    end: str = "12",
    telework: TeleworkPolicy = NO_TELEWORK,
    home: set[int] | None = None,
    organisation: int | None = 1,
    own: list[OwnBooking] | None = None,
    features: set[str] | None = None,
    **fields: Any,
) -> Question:
    where = where or site()
    directory = Directory(1, 1, "metz", "Metz", ZoneInfo("Europe/Paris"), dt.time(12, 30), False, telework, (where,))
    given: dict[str, Any] = {
        "kind": "desk",
        "asked": Interval(at(day, start), at(day, end)),
        "features": frozenset(features or ()),
        "person": Person(1, organisation, USUAL, frozenset(home or ())),
        "own": own or [],
        "now": NOW,
    }
    return Question(directory, where, **{**given, **fields})


def flying(day: dt.date, start: str = "9", end: str = "12", *, where: int = FLYING, **fields: Any) -> OwnBooking:
    one = OwnBooking(7, "desk", where, f"Mairie {where}", at(day, start), at(day, end), True)
    return replace(one, **fields)


def codes(q: Question) -> list[str]:
    return [r.code for r in failing(q)]


def says(q: Question, code: str) -> str:
    return next(r.message for r in failing(q) if r.code == code)


def test_the_ordinary_stay_is_accepted() -> None:
    assert failing(question()) == []


def test_every_code_is_written_once() -> None:
    assert len(set(rules.codes())) == len(rules.codes()) == 15


CLOSED_FROM_11 = Shut(at(TUESDAY, "11"), at(TUESDAY, "23"), "conseil municipal")
CLOSED_BOTH_ENDS = Shut(at(TUESDAY, "8"), at(TUESDAY, "9"), "ménage")
NOTICE = {"notice_minutes": 24 * 60}
FAR = {"horizon_days": 400}
FIRST_PHASE = PhaseEntry(1, "phase 1", TUESDAY, TUESDAY)
OF_A_COHORT = PhaseEntry(2, "phase 2", MONDAY, None, frozenset({1}))
OF_OTHERS = PhaseEntry(2, "phase 2", MONDAY, None, frozenset())


@pytest.mark.parametrize(
    ("accepted", "refused", "code", "hint"),
    [
        pytest.param(
            question(site(is_active=True)),
            question(site(is_active=False)),
            "site-inactive",
            "plus en service",
            id="service",
        ),
        pytest.param(
            question(site(open_to=frozenset({1, 5})), organisation=5),
            question(site(open_to=frozenset({1, 5})), organisation=6),
            "not-open-to-organisation",
            "pas ouvert à votre organisation",
            id="organisation",
        ),
        pytest.param(
            question(site(open_to=frozenset())),
            question(site(open_to=frozenset({1})), organisation=None),
            "not-open-to-organisation",
            "pas ouvert à votre organisation",
            id="no organisation",
        ),
        pytest.param(
            question(site(phase=FIRST_PHASE)),
            question(site(phase=FIRST_PHASE), day=MONDAY, start="10"),
            "not-open-yet",
            "mardi 1er décembre 2026",
            id="phase opens",
        ),
        pytest.param(
            question(site(phase=FIRST_PHASE)),
            question(site(phase=FIRST_PHASE), day=TUESDAY + dt.timedelta(days=1)),
            "not-open-yet",
            "mardi 1er décembre 2026",
            id="phase closes",
        ),
        pytest.param(
            question(site(phase=OF_A_COHORT)),
            question(site(phase=OF_OTHERS)),
            "not-in-cohort",
            "participants de l'essai en cours (phase 2)",
            id="takes part",
        ),
        pytest.param(
            question(start="8"),
            question(start="7:59"),
            "opening-hours",
            "de 8\u00a0h à 12\u00a0h et de",
            id="too early",
        ),
        pytest.param(
            question(end="18"), question(end="18:01"), "opening-hours", "à 18\u00a0h", id="across lunch, then too late"
        ),
        pytest.param(
            question(start="11:30", end="13:30"),
            question(start="12", end="13"),
            "opening-hours",
            "ouvre",
            id="lunch break alone",
        ),
        pytest.param(
            question(day=TUESDAY + dt.timedelta(days=3)),
            question(day=TUESDAY + dt.timedelta(days=4)),
            "opening-hours",
            "samedi",
            id="week-end",
        ),
        pytest.param(
            question(site(closures=(CLOSED_FROM_11,)), end="11"),
            question(site(closures=(CLOSED_FROM_11,)), end="11:01"),
            "closed",
            "conseil municipal. Ouvert de 8\u00a0h à 11\u00a0h",
            id="closed from eleven",
        ),
        pytest.param(
            question(site(closures=(CLOSED_BOTH_ENDS,)), start="9"),
            question(site(closures=(CLOSED_BOTH_ENDS,)), start="8:59"),
            "closed",
            "ménage",
            id="closed until nine",
        ),
        pytest.param(
            question(day=dt.date(2026, 12, 24)),
            question(day=dt.date(2026, 12, 25)),
            "closed",
            "vendredi 25 décembre",
            id="holiday",
        ),
        pytest.param(
            question(site(departement="54", values=FAR), day=dt.date(2027, 3, 26)),
            question(site(departement="57", values=FAR), day=dt.date(2027, 3, 26)),
            "closed",
            "vendredi 26 mars",
            id="Good Friday of Moselle",
        ),
        pytest.param(
            question(site(values=NOTICE), now=at(MONDAY, "9")),
            question(site(values=NOTICE), now=at(MONDAY, "9:01")),
            "notice",
            "mardi 1er décembre à 9\u00a0h\u00a001",
            id="notice",
        ),
        pytest.param(question(now=at(TUESDAY, "11:59")), question(now=at(TUESDAY, "12")), "notice", "passé", id="past"),
        pytest.param(
            question(site(values={"horizon_days": 1})),
            question(site(values={"horizon_days": 0})),
            "horizon",
            "lundi 30 novembre 2026",
            id="horizon",
        ),
        pytest.param(question(end="10"), question(end="9:59"), "too-short", "1\u00a0h", id="shortest"),
        pytest.param(
            question(site(values={"longest_minutes": 180})),
            question(site(values={"longest_minutes": 179})),
            "too-long",
            "2\u00a0h\u00a059",
            id="longest",
        ),
        pytest.param(
            question(own=[flying(TUESDAY, "8", "9"), flying(TUESDAY, "12", "13")]),
            question(own=[flying(TUESDAY, "8", "9:01")]),
            "one-desk-at-a-time",
            "Mairie 2, mardi 1er décembre, de 8\u00a0h à 9\u00a0h\u00a001",
            id="one desk at a time",
        ),
        pytest.param(
            question(own=[flying(TUESDAY, is_holding=False)]),
            question(own=[flying(TUESDAY, where=USUAL)]),
            "one-desk-at-a-time",
            "Mairie 1",
            id="a desk given back is none",
        ),
        pytest.param(
            question(own=[flying(TUESDAY, kind="car")]),
            question(own=[flying(TUESDAY)]),
            "one-desk-at-a-time",
            "Mairie 2",
            id="a car is no desk",
        ),
        pytest.param(
            question(features={"quiet"}),
            question(features={"quiet", "dock"}),
            "features-unavailable",
            "retirez un critère",
            id="features, of units in service",
        ),
        pytest.param(
            question(unit_id=2, features={"quiet"}),
            question(unit_id=1, features={"quiet"}),
            "features-unavailable",
            "« Bureau 1 »",
            id="chosen unit without the feature",
        ),
        pytest.param(
            question(unit_id=1), question(unit_id=3), "features-unavailable", "en service", id="chosen unit withdrawn"
        ),
        pytest.param(
            question(unit_id=2), question(unit_id=99), "features-unavailable", "en service", id="chosen unit elsewhere"
        ),
    ],
)
def test_a_rule_refuses_just_beyond_its_bound_and_says_what_would_do(
    accepted: Question, refused: Question, code: str, hint: str
) -> None:
    assert codes(accepted) == []
    assert codes(refused) == [code]
    assert hint in says(refused, code)


def test_a_site_without_units_of_the_kind_says_so() -> None:
    q = question(kind="car")
    assert "features-unavailable" in codes(q)
    assert "rien à réserver" in says(q, "features-unavailable")


def test_a_night_is_no_desk_booking() -> None:
    late = question(asked=Interval(at(TUESDAY, "17"), at(TUESDAY + dt.timedelta(days=1), "1")))
    assert "une seule journée" in says(late, "too-long")


def test_midnight_belongs_to_the_day_that_ends() -> None:
    night = (Hours(2, dt.time(18), dt.time(23, 59)),)
    until_midnight = Interval(at(TUESDAY, "20"), at(TUESDAY + dt.timedelta(days=1), "0"))
    assert "too-long" not in codes(question(site(hours=night), asked=until_midnight))


def test_a_refusal_lists_every_failing_rule() -> None:
    q = question(site(is_active=False, values={"notice_minutes": 1 << 20}), start="6", end="6:30", features={"dock"})
    assert set(codes(q)) >= {"site-inactive", "opening-hours", "notice", "too-short", "features-unavailable"}


# The weekly limit


def week(*offsets: int, **fields: Any) -> list[OwnBooking]:
    """Bookings on these days after the Monday."""
    return [flying(MONDAY + dt.timedelta(days=n), **fields) for n in offsets]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param(week(0), [], id="one day used of two"),
        pytest.param(week(0, 2), ["weekly-limit"], id="both used"),
        pytest.param(week(0, 0, 1), [], id="the day asked is used already: another half costs nothing"),
        pytest.param(week(0, 2, where=USUAL), [], id="the usual site is not flying"),
        pytest.param(week(-1, -2, 7, 8), [], id="Sunday before and Monday after are other weeks"),
        pytest.param(week(0, 6), ["weekly-limit"], id="Sunday is of the week"),
        pytest.param(week(0, 2, is_holding=False), ["weekly-limit"], id="days already spent count"),
        pytest.param(week(0, 2, kind="car"), [], id="cars do not count"),
    ],
)
def test_flying_days_are_counted_from_monday_to_sunday(own: list[OwnBooking], expected: list[str]) -> None:
    own = [
        o if o.start != at(TUESDAY, "9") else replace(o, start=at(TUESDAY, "13"), end=at(TUESDAY, "18")) for o in own
    ]
    assert codes(question(site(values={"weekly_limit": 2}), own=own)) == expected


def test_the_weekly_limit_says_the_right_and_the_days_taken() -> None:
    message = says(question(site(values={"weekly_limit": 2}), own=week(0, 2)), "weekly-limit")
    assert "2 jours" in message
    assert "lundi 30 novembre et mercredi 2 décembre" in message


def test_the_usual_site_has_no_weekly_limit() -> None:
    assert codes(question(site(USUAL, values={"weekly_limit": 0}), own=week(0, 2))) == []


def test_a_site_with_a_limit_of_nothing_sends_elsewhere() -> None:
    assert "choisissez-en un autre" in says(question(site(values={"weekly_limit": 0})), "weekly-limit")


# Décret 2016-151, article 3


@pytest.mark.parametrize(
    ("own", "home", "expected"),
    [
        pytest.param(week(0, 2), set(), [], id="the third flying day is accepted"),
        pytest.param(week(0, 2, 3), set(), ["telework-limit", "presence-minimum"], id="the fourth is not"),
        pytest.param(week(0), {4}, [], id="a home day counts: third"),
        pytest.param(week(0), {4, 5}, ["telework-limit", "presence-minimum"], id="a home day counts: fourth"),
        pytest.param(week(0), {2, 5}, [], id="a flying day on a home day replaces it"),
        pytest.param(week(0, 2, 3, 4), {2}, [], id="on a home day nothing is added, whatever the count"),
        pytest.param(week(0, 2, 3, where=USUAL), set(), [], id="the usual site is presence"),
        pytest.param(week(0, 2, 8, 9), set(), [], id="another week counts apart"),
    ],
)
def test_by_week_three_days_away_and_two_present(own: list[OwnBooking], home: set[int], expected: list[str]) -> None:
    assert codes(question(telework=DECREE, own=own, home=home)) == expected


def test_the_sentences_of_telework_name_the_numbers() -> None:
    q = question(telework=DECREE, own=week(0, 2, 3))
    assert "3 par semaine au plus, et celui-ci serait le 4e" in says(q, "telework-limit")
    assert "2 au moins ; il n'en resterait que 1" in says(q, "presence-minimum")


def test_where_a_flying_day_is_no_telework_nothing_is_counted() -> None:
    assert codes(question(telework=NO_TELEWORK, own=week(0, 2, 3, 4), home={4, 5})) == []


def test_a_second_half_of_a_day_away_adds_no_telework() -> None:
    own = [*week(0, 2, 3), flying(TUESDAY, "13", "18")]
    assert codes(question(telework=DECREE, own=own)) == []


CHRISTMAS_WEEK = dt.date(2026, 12, 21)


def test_a_holiday_is_neither_presence_nor_telework() -> None:
    """Friday 25 is a holiday: three away leave one present of the four days worked."""
    own = [flying(CHRISTMAS_WEEK), flying(CHRISTMAS_WEEK + dt.timedelta(days=1))]
    q = question(telework=DECREE, day=CHRISTMAS_WEEK + dt.timedelta(days=2), own=own)
    assert codes(q) == ["presence-minimum"]
    assert "n'en resterait que 1" in says(q, "presence-minimum")
    assert codes(question(telework=DECREE, day=CHRISTMAS_WEEK + dt.timedelta(days=1), own=own[:1])) == []


def test_a_home_day_that_falls_on_a_holiday_counts_for_nothing() -> None:
    count = rules.telework_count(
        DECREE, day=CHRISTMAS_WEEK, flying=[], home_weekdays=frozenset({4, 5}), departement="57"
    )
    assert (count.telework, count.presence) == (1, 3)


def working_days(year: int, month: int) -> list[dt.date]:
    first = dt.date(year, month, 1)
    days = [first + dt.timedelta(days=n) for n in range(31)]
    return [d for d in days if d.month == month and d.isoweekday() <= 5]


def test_by_month_the_numbers_follow_the_working_days() -> None:
    """December 2026 in Moselle: 22 working days (25 is a holiday, 26 a Saturday): 13 away at most, 9 present at least."""
    count = rules.telework_count(
        BY_MONTH, day=dt.date(2026, 12, 31), flying=[], home_weekdays=frozenset(), departement="57"
    )
    assert (count.most_telework, count.least_presence, count.presence) == (13, 9, 22)


def test_by_month_a_full_week_away_is_accepted_until_the_month_is_used_up() -> None:
    days = [d for d in working_days(2026, 12) if d != dt.date(2026, 12, 25)]
    asked = days[-1]
    enough, too_many = days[:12], days[:13]
    now = at(asked, "8")
    assert codes(question(telework=BY_MONTH, day=asked, own=[flying(d) for d in enough], now=now)) == []
    refused = question(telework=BY_MONTH, day=asked, own=[flying(d) for d in too_many], now=now)
    assert codes(refused) == ["telework-limit", "presence-minimum"]
    assert "13 par mois au plus, et celui-ci serait le 14e" in says(refused, "telework-limit")


def test_by_month_the_days_of_other_months_do_not_count() -> None:
    november = [flying(d) for d in working_days(2026, 11)]
    assert codes(question(telework=BY_MONTH, own=november)) == []
