"""What the pool is used for, against examples worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureaux_volants.fleet import usage
from bureaux_volants.fleet.usage import Loan, Share, Unit
from bureaux_volants.territory.calendar import Interval

MONDAY = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
NOW = MONDAY + dt.timedelta(days=7)
#: Five days from 8 to 18: fifty hours a unit.
DAYS = [Interval(MONDAY + dt.timedelta(days=n, hours=8), MONDAY + dt.timedelta(days=n, hours=18)) for n in range(5)]
ZOE = Unit(1, "Zoé", "car", "Siège", "electric")
CLIO = Unit(2, "Clio", "car", "Arsenal", "petrol")
BIKE = Unit(3, "Vélo", "bike", "Siège", "human")


def at(day: int, hour: float) -> dt.datetime:
    return MONDAY + dt.timedelta(days=day, hours=hour)


def loan(unit: Unit, day: int, start: float, end: float, person: int = 1, **said: Any) -> Loan:
    """Taken and brought back on time unless said."""
    values: dict[str, Any] = {"taken_at": at(day, start), "back_at": at(day, end), **said}
    return Loan(unit.id, person, at(day, start), at(day, end), **values)


def missed(unit: Unit, day: int, person: int = 1) -> Loan:
    return loan(unit, day, 9, 12, person, taken_at=None, back_at=None, was_missed=True)


# -- occupation -------------------------------------------------------------------------------------------------------


def test_occupation_is_hours_out_over_hours_of_the_units() -> None:
    loans = [loan(ZOE, 0, 9, 14), loan(ZOE, 2, 8, 18), loan(CLIO, 0, 10, 12)]
    found = usage.occupation([ZOE, CLIO], loans, DAYS, lambda u: u.name, now=NOW)
    assert found.whole is not None
    # 5 + 10 + 2 hours of 2 × 50.
    assert (found.whole.part, found.whole.whole, found.whole.size) == (17, 100, 3)
    assert [(line.keys, line.share.value) for line in found.lines] == [(("Zoé",), 0.3), (("Clio",), 0.04)]


def test_only_service_hours_of_working_days_count_on_both_sides() -> None:
    overnight = Loan(1, 1, at(0, 16), at(1, 10), taken_at=at(0, 16), back_at=at(1, 10))
    weekend = loan(ZOE, 5, 9, 17)
    found = usage.occupation([ZOE], [overnight, weekend], DAYS, lambda u: u.kind, now=NOW)
    assert found.whole is not None
    # Two hours on Monday evening, two on Tuesday morning; the Saturday is no working day.
    assert (found.whole.part, found.whole.whole, found.whole.size) == (4, 50, 1)


def test_what_is_still_out_counts_until_now_and_what_was_never_taken_not_at_all() -> None:
    out = loan(ZOE, 1, 9, 12, back_at=None)
    found = usage.occupation([ZOE], [out, missed(ZOE, 2)], DAYS, lambda u: u.kind, now=at(1, 11))
    assert found.whole is not None
    assert found.whole.part == 2


def test_a_unit_that_never_moved_is_in_the_table_with_nothing() -> None:
    found = usage.occupation([ZOE, BIKE], [loan(ZOE, 0, 8, 13)], DAYS, lambda u: u.kind, now=NOW)
    assert [(line.keys, line.share.value) for line in found.lines] == [(("car",), 0.1), (("bike",), 0.0)]


def test_the_interval_of_an_occupation_is_that_of_its_days() -> None:
    # Rates of the five days: 0.5, 0, 0.5, 0, 0.5: mean 0.3, standard deviation 0.2739, error 0.1225.
    loans = [loan(ZOE, day, 8, 13) for day in (0, 2, 4)]
    whole = usage.occupation([ZOE], loans, DAYS, lambda u: u.kind, now=NOW).whole
    assert whole is not None
    assert (whole.low, whole.high) == (pytest.approx(0.3 - 0.2401, abs=1e-3), pytest.approx(0.3 + 0.2401, abs=1e-3))
    few = usage.occupation([ZOE], loans, DAYS[:4], lambda u: u.kind, now=NOW).whole
    assert few is not None
    assert few.low is None


def test_the_hour_of_the_day_says_when_things_are_out() -> None:
    hours = {
        h: [Interval(d.start + dt.timedelta(hours=h - 8), d.start + dt.timedelta(hours=h - 7)) for d in DAYS]
        for h in (8, 9, 10)
    }
    lines = usage.occupation_by_hour([ZOE, CLIO], [loan(ZOE, 0, 9, 10.5), loan(CLIO, 3, 9.5, 10)], hours, now=NOW)
    # Of the ten unit-hours of each hour: none, 1 + ½, and ½.
    assert [(line.keys[0], line.share.value) for line in lines] == [(8, 0.0), (9, 0.15), (10, 0.05)]


# -- what people do ---------------------------------------------------------------------------------------------------


def test_short_trips_are_those_of_less_than_three_kilometres_one_way_by_car() -> None:
    loans = [loan(ZOE, n % 5, 9, 10, person=n, km_way=km) for n, km in enumerate((1.2, 2.9, 3.0, 8.0, 40.0))]
    unknown = loan(ZOE, 1, 14, 15, person=9)
    by_bike = loan(BIKE, 1, 14, 15, person=9, km_way=1.0)
    whole = usage.short_by_car([ZOE, BIKE], [*loans, unknown, by_bike]).whole
    assert whole is not None
    assert (whole.part, whole.whole, whole.people) == (2, 5, 5)


def test_a_trip_that_did_not_take_place_is_neither_short_nor_long() -> None:
    loans = [loan(ZOE, n, 9, 10, person=n, km_way=5) for n in range(5)]
    gone = loan(ZOE, 1, 14, 15, person=7, km_way=1, taken_at=None, back_at=None, was_missed=True)
    whole = usage.short_by_car([ZOE], [*loans, gone]).whole
    assert whole is not None
    assert (whole.part, whole.whole) == (0, 5)


def test_not_used_is_of_what_came_to_its_time() -> None:
    still_to_come = Loan(1, 8, at(4, 9), at(4, 10))
    loans = [missed(ZOE, 0, 1), missed(ZOE, 1, 2), *(loan(ZOE, n, 9, 10, person=n) for n in range(2, 8)), still_to_come]
    whole = usage.not_used([ZOE], loans).whole
    assert whole is not None
    assert (whole.part, whole.whole) == (2, 8)


@pytest.mark.parametrize(
    ("back", "minutes"),
    [(11.9, 0), (12.0, 0), (12 + 10 / 60, 0), (12.25, 15), (None, 120)],
    ids=["early", "on the hour", "within ten minutes", "a quarter", "not back yet"],
)
def test_late_is_more_than_ten_minutes_after_the_hour_said(back: float | None, minutes: int) -> None:
    one = loan(ZOE, 0, 9, 12, back_at=None if back is None else at(0, back))
    assert usage.lateness(one, at(0, 14)) == dt.timedelta(minutes=minutes)


def test_what_is_out_within_its_time_is_not_counted_among_the_punctual() -> None:
    done = [loan(ZOE, 0, 9, 10, person=n, back_at=at(0, 11 if n < 2 else 10)) for n in range(5)]
    out = loan(ZOE, 0, 13, 17, person=9, back_at=None)
    whole = usage.late([ZOE], [*done, out], now=at(0, 15)).whole
    assert whole is not None
    assert (whole.part, whole.whole) == (2, 5)
    assert usage.median_lateness(done, now=at(0, 15)) is None  # of two people: nobody is to be recognised


def test_the_median_lateness_of_enough_people_is_told() -> None:
    delays = (15, 20, 45, 60, 90)
    loans = [loan(ZOE, 0, 9, 10, person=n, back_at=at(0, 10 + m / 60)) for n, m in enumerate(delays)]
    assert usage.median_lateness(loans, now=NOW) == dt.timedelta(minutes=45)


def test_the_interval_of_a_share_is_wilson_s() -> None:
    # Worked by hand for 2 of 10: (0.2 + 0.19207) / 1.38415 ± 1.96 × 0.158896 / 1.38415.
    low, high = usage.wilson(2, 10) or (0, 0)
    assert (low, high) == (pytest.approx(0.0567, abs=1e-4), pytest.approx(0.5098, abs=1e-4))
    assert usage.wilson(0, 0) is None


# -- nobody is recognised ---------------------------------------------------------------------------------------------


def test_four_people_are_too_few_to_be_told_of() -> None:
    loans = [loan(ZOE, day, 9, 10, person=day % 4, km_way=1) for day in range(5)]
    assert usage.short_by_car([ZOE], loans) == usage.Breakdown(None, ())
    assert usage.distances([ZOE], loans) == ()


def test_a_site_of_few_people_is_put_together_with_the_smallest_other() -> None:
    units = [Unit(n, f"U{n}", "car", site) for n, site in enumerate(("Nord", "Sud", "Est"))]
    people = {"Nord": range(2), "Sud": range(10, 16), "Est": range(20, 29)}
    loans = [
        loan(u, p % 5, 9, 10, person=p, km_way=1 if u.site == "Nord" else 9) for u in units for p in people[u.site]
    ]
    found = usage.short_by_car(units, loans)
    # Alone, "Nord" would be what the total has more than the others: it is told with "Sud".
    assert [(line.keys, line.share.part, line.share.whole) for line in found.lines] == [
        (("Est",), 0, 9),
        (("Nord", "Sud"), 2, 8),
    ]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the machine may pause: a draw is not slow
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=40))
def test_no_group_that_is_told_has_fewer_than_five_people_and_none_is_lost(who: list[tuple[int, int]]) -> None:
    units = [Unit(n, f"U{n}", "car", f"S{n}") for n in range(7)]
    loans = [loan(units[unit], 0, 9, 10, person=person, km_way=2) for unit, person in who]
    found = usage.short_by_car(units, loans)
    if len({person for _, person in who}) < usage.FEWEST_PEOPLE:
        assert found == usage.Breakdown(None, ())
        return
    assert found.whole is not None
    assert all(line.share.people >= usage.FEWEST_PEOPLE for line in found.lines)
    assert sum(line.share.whole for line in found.lines) == found.whole.whole == len(loans)


# -- what stands still, how far things go -----------------------------------------------------------------------------


def test_idle_is_what_nobody_has_had_for_thirty_days_the_longest_first() -> None:
    last = {ZOE.id: NOW - dt.timedelta(days=30), CLIO.id: NOW - dt.timedelta(days=29, hours=23)}
    found = usage.idle([ZOE, CLIO, BIKE], last, now=NOW)
    assert [(still.unit.name, still.since) for still in found] == [("Vélo", None), ("Zoé", last[1])]


def test_kilometres_are_those_of_the_odometer_else_twice_the_way_said() -> None:
    read = [loan(ZOE, 0, 9, 10, person=n, km_way=5, km_read=12) for n in range(3)]
    said = [loan(ZOE, 1, 9, 10, person=n, km_way=5) for n in range(3, 6)]
    nothing = loan(ZOE, 2, 9, 10, person=7)
    (electric,) = usage.distances([ZOE, Unit(9, "Carte", "transport_card", "Siège")], [*read, *said, nothing])
    assert (electric.keys, electric.km, electric.read, electric.trips) == (("electric",), 66, 36, 6)


def test_a_share_of_nothing_has_no_value() -> None:
    assert Share(0, 0, 0, 0).value is None
