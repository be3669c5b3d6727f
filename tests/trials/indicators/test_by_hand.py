"""Every indicator against figures worked out with a pencil.

October 2026 begins on a Thursday; its Sundays are the 4th, 11th, 18th and 25th. Site 1 has desks 11 and 12, site 2 has desk 21.

    lent      site 1: two desks on the 5th, 6th, 7th, 8th; site 2: one on the 5th and 6th          10 desk-days
    people    1, 2, 3, 4 live in commune 100, 5, 6, 7 in commune 200; -1 is a visitor without an account

    day  who  desk  hours   state      otherwise    told   own site
      5    1    11   9-12   completed  home         yes
      5    2    11  13-17   completed  usual site   yes                 the same desk in turn: one desk-day
      5    3    12   9-17   completed  home         no                  presumed
      5    4    21   9-17   no_show
      6    1    11   9-12   completed  -            yes
      6    1    12  13-17   completed  unknown      yes                 twice on one day: one day
      6    5    21   9-17   in_use     usual site   yes
      7    6    11   9-17   completed  elsewhere    yes
      7    2    12   9-17   completed  home         yes    yes          not a flying desk
      8   -1    11   9-10   completed               yes                 a visit
      8    5    11  13-17   completed  usual site   no
      8    3    12   9-17   cancelled
      8    4    12   9-17   refused

    queue     2 on the 6th expired, 6 on the 7th served, 7 on the 8th gave up
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from bureaux_volants.trials.indicators.figures import Figure
from bureaux_volants.trials.indicators.measures import safe_groups
from bureaux_volants.trials.indicators.registry import INDICATORS
from bureaux_volants.trials.indicators.rows import NAMELESS, VISITOR, Rows, local_days, minutes_of, ordinal

from . import words
from .words import METZ, NAN, october

#: Student's t that 97.5 % stays under, with 1, 2, 6 degrees: from a table.
T1, T2, T6 = 12.7062, 4.30265, 2.44691


def world() -> Rows:
    """The month of the table above, with diaries, outings, meetings, rides, answers and one expense."""
    return words.rows(
        stays=words.stays(
            (5, 1, 1, 11, 9, 12, "completed", "home", True),
            (5, 2, 1, 11, 13, 17, "completed", "usual_site", True),
            (5, 3, 1, 12, 9, 17, "completed", "home"),
            (5, 4, 2, 21, 9, 17, "no_show"),
            (6, 1, 1, 11, 9, 12, "completed", "", True),
            (6, 1, 1, 12, 13, 17, "completed", "unknown", True),
            (6, 5, 2, 21, 9, 17, "in_use", "usual_site", True),
            (7, 6, 1, 11, 9, 17, "completed", "other_site", True),
            (7, 2, 1, 12, 9, 17, "completed", "home", True, True),
            (8, VISITOR, 1, 11, 9, 10, "completed", "", True),
            (8, 5, 1, 11, 13, 17, "completed", "usual_site"),
            (8, 3, 1, 12, 9, 17, "cancelled"),
            (8, 4, 1, 12, 9, 17, "refused"),
        ),
        waits=words.waits((6, 2, 1, "expired"), (7, 6, 1, "served"), (8, 7, 2, "left")),
        lent=words.lent((5, 1, 2), (6, 1, 2), (7, 1, 2), (8, 1, 2), (5, 2, 1), (6, 2, 1)),
        people=words.people(
            *((n, 100, "intercommunal", True, 2.0) for n in (1, 2, 3, 4)),
            *((n, 200, "commune", False, 20.0) for n in (5, 6, 7)),
        ),
        said=words.diary(
            # A filled week: 35 km by car for work, 40 private; 70 minutes said.
            (5, 100, [("car", "commute", 10, 20), ("car", "commute", 10, 20)]),
            (6, 100, [("car", "business", 15, 30), ("car", "private", 40, 0)]),
            *((day, 100, []) for day in (7, 8, 9)),
            # Another, once a kilometre emits half as much and costs a third more.
            (19, 100, [("car", "commute", 10, 20), ("car", "commute", 10, 20)]),
            *((day, 100, []) for day in (20, 21, 22, 23)),
            (5, 200, [("bus", "commute", 8, 25), ("bus", "commute", 8, 25)]),
            *((day, 200, []) for day in (6, 7, 8, 9)),
            # Three days are no week.
            (5, 300, [("car", "commute", 50, 60)]),
            *((day, 300, []) for day in (6, 7)),
        ),
        outings=words.outings(
            (5, 1, "car", 30, NAN), (6, 2, "bike", NAN, 4), (7, 3, "car", NAN, NAN),
            (7, 4, "car", 12, 50), (8, 5, "car", 10, 5), (8, 6, "car", 5, 2),
        ),
        meetings=words.meetings((5, 1, 1, 50), (6, 1, 2, 50), (7, 2, 3, 51)),
        rides=words.rides((5, 1, 2), (6, 1, 3)),
        scores=words.scores((31, 100, "who5", 60), (31, 200, "who5", 80), (31, 300, "who5", 40), (31, 100, "sts", 1.5)),
        costs=words.costs((3, 240.0)),
    )  # fmt: skip


#: Value, numerator, denominator, people; in the unit of the indicator.
BY_HAND = {
    "bookings": (12, 12, None, 6),
    "stays": (8, 8, None, 5),
    "agents": (5, 5, None, 5),
    "desk_occupancy": (80.0, 8, 10, 6),
    "no_show": (10.0, 1, 10, 6),
    "refusals": (100 * 3 / 14, 3, 14, 7),
    "instead_of_home": (100 * 2 / 6, 2, 6, 5),
    "instead_of_home answer:unknown": (12.5, 1, 8, 5),
    "instead_of_home answer:none": (12.5, 1, 8, 5),
    "answers_known": (75.0, 6, 8, 5),
    "arrivals_told": (100 * 7 / 9, 7, 9, 5),
    "cost_per_stay": (30.0, 240, 8, 5),
    "flying_days": (0.25, 7, 28, 7),
    "participation": (100 * 5 / 7, 5, 7, 7),
    "equity": (100 * 5 / 7, 5, 7, 7),
    "car_km": (55 / 3, 55, 3, 2),
    "travel_minutes": (160 / 3, 160, 3, 2),
    "gco2e": (10_600 / 3, 35 * 200 + 20 * 100 + 16 * 100, 3, 2),
    "cost_eur": (18.5 / 3, 35 * 0.3 + 20 * 0.4, 3, 2),
    "diary_filled": (75.0, 3, 4, 3),
    "modes mode:bus+car": (100.0, 121, 121, 3),
    "meetings": (3, 3, None, 5),
    "shared_rides": (2, 2, None, 3),
    "pool_km": (65, 65, None, 5),
    "pool_km kind:bike+car": (65, 65, None, 5),
    "who5": (60, 180, 3, 3),
    "sts": (1.5, 1.5, 1, 1),
}


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_figure_is_what_the_pencil_says(name: str) -> None:
    found = october(world())[name]
    value, numerator, denominator, people = BY_HAND[name]
    assert found.value == pytest.approx(value)
    assert found.numerator == pytest.approx(numerator)
    assert found.denominator == (None if denominator is None else pytest.approx(denominator))
    assert found.people == people


def test_every_indicator_has_an_example_worked_by_hand() -> None:
    assert {name.split()[0] for name in BY_HAND} == set(INDICATORS)
    # Nothing else comes out but the groups of communes and of equity, worked by hand below.
    assert {n for n in october(world()) if not n.startswith(("participation ", "equity "))} == set(BY_HAND)


def test_what_is_of_fewer_than_five_people_is_hidden() -> None:
    hidden = {name for name, figure in october(world()).items() if figure.is_hidden}
    assert {"car_km", "modes mode:bus+car", "shared_rides", "who5", "sts", "diary_filled"} <= hidden
    # Two people said "home"; two people never came: they would be recognised.
    assert {"instead_of_home", "participation", "equity"} <= hidden
    assert hidden.isdisjoint(
        {"bookings", "stays", "agents", "desk_occupancy", "no_show", "refusals", "meetings", "pool_km"}
    )


def interval(figure: Figure) -> tuple[float, float]:
    assert figure.low is not None
    assert figure.high is not None
    return figure.low, figure.high


def test_the_interval_of_a_mean_is_clustered_by_person() -> None:
    found = october(world())
    # By person, less what the mean would give in four weeks: 1, 0, 0, -1, 1, 0, -1.
    half = T6 * (7 / 6 * 4) ** 0.5 / 28
    assert interval(found["flying_days"]) == pytest.approx((0.25 - half, 0.25 + half), rel=1e-4)
    # Persons 100 (55 km in two weeks) and 200 (none in one): each a third of 55 away.
    half = T1 * (2 * 2 * (55 / 3) ** 2) ** 0.5 / 3
    assert interval(found["car_km"]) == pytest.approx((55 / 3 - half, 55 / 3 + half), rel=1e-4)
    half = T2 * (3 / 2 * 800) ** 0.5 / 3
    assert interval(found["who5"]) == pytest.approx((60 - half, 60 + half), rel=1e-4)


def test_the_interval_of_a_share_counts_cases_for_what_they_are_worth() -> None:
    # One of ten missed; residuals by person -.3 -.2 -.1 .9 -.2 -.1, squares 1.00: variance 6/5 / 100 = .012 against .009: ten cases
    # are worth 7.5, and Wilson's interval of 0.75 in 7.5 is 1.45 % to 45.65 %.
    assert interval(october(world())["no_show"]) == pytest.approx((1.4486, 45.6488), abs=1e-3)


def test_emissions_and_costs_name_the_tables_of_their_days() -> None:
    found = october(world())
    assert (found["gco2e"].tables, found["cost_eur"].tables, found["car_km"].tables) == ("f1, f2", "a1, a2", "")


def test_a_week_counts_where_it_ends() -> None:
    # Monday 28 September to Sunday 4 October is October's; Monday 26 October to Sunday 1 November is not.
    early = words.diary(*((day, 100, [("car", "commute", 4, 5)]) for day in range(-2, 3)))
    late = words.diary(*((day, 100, [("car", "commute", 4, 5)]) for day in range(26, 31)))
    assert october(words.rows(said=early))["car_km"].numerator == 20
    assert "car_km" not in october(words.rows(said=late))


def test_a_day_said_in_two_waves_counts_as_the_later_one_says() -> None:
    first = words.diary(*((day, 100, [("car", "commute", 4, 5)]) for day in range(5, 10)))
    again = words.diary((5, 100, [("bus", "commute", 9, 5)]), wave=2)
    both = tuple(type(a)(*(np.concatenate([x, y]) for x, y in zip(a.columns(), b.columns(), strict=True))).in_order()
                 for a, b in zip(first, again, strict=True))  # fmt: skip
    found = october(words.rows(said=both))
    assert (found["car_km"].numerator, found["car_km"].denominator) == (16, 1)


def _crowd(
    came: int, stayed: int, commune: int, first: int
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    everybody = range(first, first + came + stayed)
    sitting = [(5, n, 1, n, 9, 12, "completed", "home", True) for n in list(everybody)[:came]]
    return sitting, [(n, commune, "commune", n % 2 == 0, 2.0) for n in everybody]


def test_participation_by_commune_puts_small_groups_together() -> None:
    sitting, living = [], []
    # Came, did not: commune 1: 10, 10; 2: 2, 6 and 3: 4, 5 are too small alone, together 6 and 11; 4: nobody came.
    for came, stayed, commune, first in ((10, 10, 1, 100), (2, 6, 2, 200), (4, 5, 3, 300), (0, 9, 4, 400)):
        stays, people = _crowd(came, stayed, commune, first)
        sitting += stays
        living += people
    found = october(words.rows(stays=words.stays(*sitting), people=words.people(*living)))  # type: ignore[arg-type]
    told = {
        name: (f.numerator, f.denominator, f.is_hidden) for name, f in found.items() if name.startswith("participation")
    }
    assert told == {
        "participation": (16, 46, False),
        "participation commune:1": (10, 20, False),
        "participation commune:4": (0, 9, False),
        "participation commune:other": (6, 17, False),
    }
    assert found["equity telework:yes"].numerator + found["equity telework:no"].numerator == 16  # type: ignore[operator]


def test_no_group_that_is_told_is_small_nor_found_by_subtraction() -> None:
    generator = np.random.default_rng(3)
    for _case in range(300):
        sizes = generator.integers(0, 30, 8)
        groups = {str(n): (int(generator.integers(0, size + 1)), int(size)) for n, size in enumerate(sizes)}
        told = safe_groups(groups)
        assert sum(part for part, _ in told.values()) == sum(part for part, _ in groups.values())
        assert sum(whole for _, whole in told.values()) == sum(whole for _, whole in groups.values())
        unsafe = [k for k, (part, whole) in told.items() if 0 < part < 5 or 0 < whole - part < 5]
        # Only where all together are too few does one stay, alone, and is hidden.
        assert not unsafe or (unsafe == ["other"] and len(told) == 1)


def test_once_names_have_left_nothing_is_said_of_how_many_people() -> None:
    of = world()
    gone = replace(of, stays=replace(of.stays, agent=np.where(of.stays.agent > 0, NAMELESS, of.stays.agent)))
    before, after = october(of), october(gone)
    assert {name for name in before if name not in after} == {
        name for name in before if INDICATORS[name.split()[0]].needs_names
    } | {"pool_km kind:bike+car"}
    for name in ("bookings", "desk_occupancy", "no_show", "arrivals_told", "meetings", "car_km"):
        assert after[name].value == pytest.approx(before[name].value)
    # At most two people sat at once, and a visitor came: nobody counts as one person only because their name is gone.
    assert after["desk_occupancy"].people == 2 + 1
    assert after["desk_occupancy"].is_hidden


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (dt.datetime(2026, 10, 5, 23, 30, tzinfo=METZ), dt.date(2026, 10, 5)),
        (dt.datetime(2026, 10, 6, 0, 0, tzinfo=METZ), dt.date(2026, 10, 6)),
        # The twenty-five hours of the last Sunday of October, and the twenty-three of the last of March.
        (dt.datetime(2026, 10, 25, 0, 0, tzinfo=METZ), dt.date(2026, 10, 25)),
        (dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=METZ), dt.date(2026, 10, 25)),
        (dt.datetime(2026, 10, 25, 23, 59, tzinfo=METZ), dt.date(2026, 10, 25)),
        (dt.datetime(2026, 3, 29, 23, 30, tzinfo=METZ), dt.date(2026, 3, 29)),
        (dt.datetime(2026, 3, 30, 0, 0, tzinfo=METZ), dt.date(2026, 3, 30)),
    ],
)
def test_a_local_day_is_the_one_on_the_wall(instant: dt.datetime, day: dt.date) -> None:
    others = minutes_of([instant, dt.datetime(2026, 1, 1, tzinfo=METZ), dt.datetime(2026, 12, 31, tzinfo=METZ)])
    assert local_days(others, METZ)[0] == ordinal(day)
