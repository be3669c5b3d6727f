"""A month tells nobody; a period is a sum of months; two periods subtracted are months again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.indicators.rows import (
    KINDS,
    MODES,
    PURPOSES,
    Costs,
    DiaryDays,
    Lent,
    Meetings,
    Outings,
    People,
    Rates,
    Rides,
    Rows,
    Scores,
    Stays,
    Trips,
    Waits,
    ordinal,
)
from bureaux_volants.trials.mobility_plan import months
from bureaux_volants.trials.mobility_plan.months import (
    OTHERS,
    Month,
    allowances,
    answers_of,
    distances,
    month_of,
    occupancy,
    travel_of,
)

MAY = dt.date(2026, 5, 1)


def test_of_a_month_whose_diaries_were_never_told_nothing_is() -> None:
    made = month_of(rows([(n, "car", "commute", 10.0) for n in range(1, 9)]), MAY)
    assert (made.travel, made.bike_days) == ({}, None)
    assert made.hidden >= {"commute", "business", "bike_days"}


def told_of(found: Rows, first: dt.date) -> Month:
    return month_of(found, first, answers_of(found))


def rows(
    trips: list[tuple[int, str, str, float]],
    outings: Sequence[tuple[int, str, float]] = (),
    rides: Sequence[tuple[int, int]] = (),
) -> Rows:
    """(who, mode, purpose, km); (agent, kind, km read); (driver, passenger): all of one day."""
    day = ordinal(MAY)
    base = np.array([float(n) for n in range(len(MODES))])

    def days(count: int) -> np.ndarray:
        return np.full(count, day, np.int32)

    return Rows(
        stays=Stays.none(),
        waits=Waits.none(),
        lent=Lent.none(),
        outings=Outings(
            days(len(outings)),
            np.array([o[0] for o in outings], np.int32),
            np.array([KINDS.index(o[1]) for o in outings], np.uint8),
            np.array([o[2] for o in outings], np.float64),
            np.full(len(outings), np.nan),
        ),
        diary=DiaryDays.none(),
        trips=Trips(
            days(len(trips)),
            np.array([t[0] for t in trips], np.int64),
            np.ones(len(trips), np.int32),
            np.ones(len(trips), np.int32),
            np.array([MODES.index(t[1]) for t in trips], np.uint8),
            np.array([PURPOSES.index(t[2]) for t in trips], np.uint8),
            np.array([t[3] for t in trips], np.float64),
            np.zeros(len(trips), np.int32),
        ),
        scores=Scores.none(),
        meetings=Meetings.none(),
        rides=Rides(days(len(rides)), *(np.array([r[n] for r in rides], np.int32) for n in (0, 1))),
        costs=Costs.none(),
        people=People(
            *(np.empty(0, t) for t in (np.int32, np.int32, np.int32, np.int32, np.uint8, np.bool_, np.float64))
        ),
        rates=Rates(np.array([0], np.int32), base[None, :], np.array([0.32]), ("f",), ("a",)),
    )


def test_a_month_by_hand() -> None:
    made = told_of(
        rows([(n, "car", "commute", 10.0) for n in range(1, 7)] + [(n, "bike", "commute", 5.0) for n in range(1, 6)]),
        MAY,
    )
    found = travel_of([made], "commute")
    assert [(s.mode, s.trips, s.km, s.people) for s in found.shares] == [("car", 6, 60.0, 6), ("bike", 5, 25.0, 5)]
    assert found.shares[0].grams == 60.0 * MODES.index("car")
    assert found.shares[0].euros == pytest.approx(19.2)
    low, high = found.shares[0].low, found.shares[0].high
    assert low is not None
    assert high is not None
    assert low < 60 / 85 < high
    assert made.bike_days == months.Count(5, 5)
    assert made.hidden == frozenset()


def test_a_mode_of_few_people_takes_the_smallest_other_with_it() -> None:
    trips = [(n, "car", "commute", 10.0) for n in range(1, 9)] + [(n, "bus", "commute", 5.0) for n in range(1, 6)]
    made = told_of(rows([*trips, (1, "tram", "commute", 4.0)]), MAY)
    assert set(made.travel["commute"]) == {"car", OTHERS}
    assert made.travel["commute"][OTHERS].km == 29.0


def test_a_month_of_few_people_is_not_counted_and_it_is_said() -> None:
    few = told_of(rows([(n, "car", "business", 10.0) for n in range(1, 5)]), MAY)
    many = told_of(rows([(n, "car", "business", 10.0) for n in range(1, 6)]), MAY)
    found = travel_of([few, many], "business")
    assert (found.km, found.months, found.hidden) == (50.0, 1, 1)
    assert travel_of([told_of(rows([]), MAY)], "business").hidden == 0


def test_the_interval_of_several_months_is_the_weighted_mean_of_theirs() -> None:
    made = [
        told_of(
            rows(
                [
                    (n, mode, "commute", km * (1 + n % m))
                    for n in range(1, 8)
                    for mode, km, m in (("car", a, 9), ("bus", b, 4))
                ]
            ),
            MAY,
        )
        for a, b in ((3.0, 1.0), (2.0, 5.0))
    ]
    found = travel_of(made, "commute")
    bus = next(s for s in found.shares if s.mode == "bus")
    weights = [sum(a.km for a in m.travel["commute"].values()) for m in made]
    lows = [m.travel["commute"]["bus"].low or 0.0 for m in made]
    assert bus.low == pytest.approx(sum(w * x for w, x in zip(weights, lows, strict=True)) / sum(weights))


def test_pool_and_rides_of_few_people_are_not_counted() -> None:
    made = told_of(rows([], [(n, "car", 12.0) for n in range(1, 5)], [(1, 2), (3, 4)]), MAY)
    assert made.pool == {}
    assert made.seats is None
    assert {"pool", "seats"} <= made.hidden
    made = told_of(rows([], [(n, "car", 12.0) for n in range(1, 6)], [(1, 2), (3, 4), (5, 1)]), MAY)
    assert made.pool["car"] == months.Outing(5, 60.0, 5)
    assert made.seats == months.Count(3, 5)


def test_whose_name_has_left_cannot_make_a_group_of_five() -> None:
    made = told_of(rows([], [(0, "car", 12.0) for _ in range(9)]), MAY)
    assert made.pool == {}
    assert "pool" in made.hidden


def test_people_aboard_by_hand() -> None:
    found = occupancy([[(n, 2) for n in range(1, 6)] + [(1, 1)], [(n, 4) for n in range(1, 4)], []])
    assert found.mean == pytest.approx(11 / 6)
    assert (found.outings, found.people, found.hidden) == (6, 5, 1)


def test_directory_counts_are_told_to_five_people() -> None:
    found = dict(distances(np.array([1.0] * 7 + [3.0] * 12 + [60.0] * 2 + [np.nan] * 8)))
    assert found[2.0] == 5
    assert found[5.0] == 10
    assert found[float("inf")] == 0
    assert found[None] == 10


def test_the_allowance_is_due_from_thirty_days_on() -> None:
    days = dict(enumerate([29] * 9 + [30] * 5 + [59] * 5 + [60] * 3 + [100] * 6))
    assert [(a.days, a.euros, a.people) for a in allowances(days)] == [(30, 100, 10), (60, 200, None), (100, 300, 6)]


TRIPS = st.lists(
    st.tuples(
        st.integers(1, 12), st.sampled_from(["car", "bus", "bike", "tram"]), st.just("commute"), st.floats(0.5, 40)
    ),
    max_size=40,
)


@settings(max_examples=120, deadline=None)
@given(TRIPS)
def test_every_group_of_a_month_is_five_people_and_all_are_counted(trips: list[tuple[int, str, str, float]]) -> None:
    made = told_of(rows(trips), MAY)
    if "commute" in made.hidden:
        assert 0 < len({t[0] for t in trips}) < 5
        assert "commute" not in made.travel
        return
    told = made.travel["commute"]
    assert all(a.people >= 5 for a in told.values())
    # Nothing is left beside what is told: no subtraction finds anybody.
    assert sum(a.trips for a in told.values()) == len(trips)
    assert sum(a.km for a in told.values()) == pytest.approx(sum(t[3] for t in trips))
