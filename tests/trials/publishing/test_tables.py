"""What the tables of one publication tell together: no group under five, nor by any subtraction."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.trials.estimating.results import NEVER, Panel
from bureaux_volants.trials.indicators.ledger import Revealed
from bureaux_volants.trials.publishing import tables
from bureaux_volants.trials.publishing.anonymity import CannotAnonymise
from bureaux_volants.trials.publishing.gathering import TRAITS, band
from bureaux_volants.trials.publishing.tables import CLOSED, COMMUNE, OPEN, STEP, WHOLE, Place

MONDAY = dt.date(2026, 3, 2)


def places(count: int) -> dict[int, Place]:
    return {n: Place(f"5700{n}", f"Commune {n}", n // 2 + 1) for n in range(count)}


def panel(rows: list[tuple[int, int, int, float, int]]) -> Panel:
    """(unit, commune, period, outcome, opened)."""
    unit, cluster, period, outcome, opened = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Panel(
        np.array(unit, np.int64),
        np.array(cluster, np.int64),
        np.array(period, np.int64),
        np.array(outcome, np.float64),
        np.array(opened, np.int64),
    )


def weekly(rows: list[tuple[int, int, int, float, int]], communes: int) -> list[tuple[object, ...]]:
    table = tables.weeks(panel(rows), MONDAY, places(communes), outcome="km", unit="km")
    table.written()
    return list(table.rows)


def test_weeks_are_told_by_commune_when_each_has_enough_people() -> None:
    rows = [(10 * c + n, c, 1, 50.0 + c + n, NEVER) for c in range(2) for n in range(6)]
    told = weekly(rows, 2)
    assert [row[2:7] for row in told] == [
        (WHOLE, "Ensemble", 12, 53.0, False),
        (COMMUNE, "Commune 0", 6, 52.5, False),
        (COMMUNE, "Commune 1", 6, 53.5, False),
    ]
    assert told[1][7] == "57000"


def test_where_communes_are_too_small_their_steps_are_told() -> None:
    # Communes 0 and 1 open together, 2 and 3 too: three people each, six by step.
    rows = [(10 * c + n, c, 1, 50.0 + c + n, 1) for c in range(4) for n in range(3)]
    told = weekly(rows, 4)
    assert [(row[1], row[2], row[3], row[4]) for row in told] == [
        (OPEN, WHOLE, "Ensemble", 12),
        (OPEN, STEP, "étape 1", 6),
        (OPEN, STEP, "étape 2", 6),
    ]


def test_where_nothing_else_can_be_told_all_are_told_together() -> None:
    rows = [(10 * c + n, c, 1, 50.0 + n, NEVER) for c in range(2) for n in range(3)]
    assert [row[2] for row in weekly(rows, 2)] == [WHOLE]


def test_under_five_a_week_is_marked_as_hidden() -> None:
    assert weekly([(n, 0, 1, float(n), NEVER) for n in range(4)], 1) == [
        (MONDAY, CLOSED, WHOLE, "Ensemble", None, None, True, None)
    ]


def test_a_mean_of_people_who_all_gave_the_same_value_is_not_told() -> None:
    assert weekly([(n, 0, 1, 0.0, NEVER) for n in range(9)], 1)[0][4:7] == (None, None, True)
    # In one commune alone: the split is not told, the whole is.
    rows = [(10 * c + n, c, 1, float(c * n), NEVER) for c in range(2) for n in range(6)]
    assert [row[2] for row in weekly(rows, 2)] == [WHOLE]


def test_a_count_that_would_show_two_silent_people_is_left_empty_and_the_mean_stays() -> None:
    def measure(asked: int, people: int) -> tables.Measure:
        return tables.Measure(1, "who5", 1, "avant", MONDAY, MONDAY, "who5", "OMS-5", asked, people, 60.0, 4.0)

    asked, people, mean = tables.waves([measure(30, 28)]).rows[0][8:11]
    assert (asked, people, mean) == (30, None, 60.0)
    assert tables.waves([measure(30, 20)]).rows[0][8:11] == (30, 20, 60.0)


def test_change_by_profile_is_told_for_those_measured_on_both_sides() -> None:
    rows = [(n, 0, p, 80.0 - (n % 3) * 20 * (p >= 2), 2) for n in range(20) for p in (1, 2)]
    ladders = {n: (band(3.0 if n < 10 else 15.0), ("commune", "tous"), ("oui", "tous")) for n in range(20)}
    found = tables.changes(panel(rows), ladders)
    table, classes = tables.profiles(panel(rows), found, TRAITS, 10.0, outcome="km", unit="km")
    table.written()
    assert classes.rungs == (0, 0, 0)
    assert [row[:4] for row in table.rows] == [
        ("10 à 20 km", "commune", "oui", 10),
        ("moins de 5 km", "commune", "oui", 10),
    ]


def test_weekly_means_less_profiles_must_not_be_about_three_people() -> None:
    # Fourteen before, eleven of them also after: their profiles taken off the first week would leave the sum of three.
    rows = [(n, 0, 1, 80.0 + n, 2) for n in range(14)] + [(n, 0, 2, 80.0 - 3 * n, 2) for n in range(11)]
    rows += [(100 + n, 1, week, 60.0 + n, NEVER) for n in range(8) for week in (1, 2)]
    ladders = {n: (band(3.0), ("commune", "tous"), ("oui", "tous")) for n in range(14)}
    found = tables.changes(panel(rows), ladders)
    assert tables.irregular(panel(rows), {c.unit for c in found}) == (3, 0)
    with pytest.raises(Revealed):
        tables.profiles(panel(rows), found, TRAITS, 10.0, outcome="km", unit="km")
    # Five who were measured before alone may be told apart from the rest.
    more = [*rows, *((n, 0, 1, 70.0, 2) for n in (14, 15))]
    tables.profiles(panel(more), found, TRAITS, 10.0, outcome="km", unit="km")


def test_a_control_is_in_no_profile() -> None:
    rows = [(n, 0, p, 80.0, NEVER) for n in range(9) for p in (1, 2)]
    assert tables.changes(panel(rows), dict.fromkeys(range(9), ())) == []


people = st.lists(
    st.tuples(
        st.integers(0, 4),  # commune
        st.integers(0, 3),  # opened in
        st.floats(0, 40),  # km to the usual site
        st.booleans(),  # employer
        st.booleans(),  # telework
        st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True),  # weeks measured
        st.integers(0, 3),  # outcome, tens of km
    ),
    min_size=0,
    max_size=60,
)


@settings(max_examples=120, deadline=None)
@given(people)
def test_no_group_under_five_is_told_nor_found_by_subtracting(
    drawn: list[tuple[int, int, float, bool, bool, list[int], int]],
) -> None:
    rows = [
        (n, commune, week, 10.0 * kind + week * (n % 4), opened)
        for n, (commune, opened, _km, _e, _t, weeks, kind) in enumerate(drawn)
        for week in weeks
    ]
    made = panel(rows)
    told = weekly(rows, 5)
    people_of = {
        (MONDAY + dt.timedelta(days=7 * (week - 1)), OPEN if opened != NEVER and week >= opened else CLOSED): 0
        for _n, _c, week, _y, opened in rows
    }
    for _n, _c, week, _y, opened in rows:
        people_of[MONDAY + dt.timedelta(days=7 * (week - 1)), OPEN if opened and week >= opened else CLOSED] += 1
    shown: dict[tuple[object, object], int] = defaultdict(int)
    whole: dict[tuple[object, object], int | None] = {}
    hidden: dict[tuple[object, object], int] = defaultdict(int)
    for monday, status, level, _group, count, mean, is_hidden, _code in told:
        assert count is None or count >= 5
        assert (count is None) == (mean is None) == is_hidden
        if level == WHOLE:
            whole[monday, status] = count  # type: ignore[assignment]
        else:
            shown[monday, status] += int(count or 0)  # type: ignore[call-overload]
            hidden[monday, status] += is_hidden  # type: ignore[operator]
    for key, count in people_of.items():
        if whole[key] is None:
            values = [y for n, c, w, y, o in rows if _is(key, w, o)]
            assert count < 5 or len({*values}) == 1 or 0 < sum(y != 0 for y in values) < 5
            assert shown[key] == 0
        elif shown[key]:
            assert sum(y != 0 for n, c, w, y, o in rows if _is(key, w, o)) not in range(1, 5)
            # What is left beside the groups told is nobody, or five people at least in two groups or more.
            left = count - shown[key]
            assert left == 0 or (left >= 5 and hidden[key] >= 2)

    ladders = {
        n: (band(km), ("commune" if e else "intercommunalité", "tous"), ("oui" if t else "non", "tous"))
        for n, (_c, _o, km, e, t, _w, _k) in enumerate(drawn)
    }
    moved = tables.changes(made, ladders)
    try:
        table, found = tables.profiles(made, moved, TRAITS, 5.0, outcome="km", unit="km")
    except (CannotAnonymise, Revealed):
        return
    table.written()
    assert all(len(c.members) >= 5 for c in found.classes)
    for side, is_after in ((0, False), (1, True)):
        told_of = {
            moved[n].unit
            for c, row in zip(found.classes, table.rows, strict=True)
            if row[3] is not None
            for n in c.members
        }
        count = tables.irregular(made, told_of)[side]
        assert count == 0 or count >= 5, is_after
    counts = [row[3] for row in table.rows]
    assert all(c is None or (isinstance(c, int) and c >= 5) for c in counts)
    # Beside everybody measured, whom the page tells: those hidden, left out or seen on one side only are nobody or five.
    left = len(drawn) - sum(int(c or 0) for c in counts)  # type: ignore[call-overload]
    assert left == 0 or left >= 5


def _is(key: tuple[object, object], week: int, opened: int) -> bool:
    status = OPEN if opened and week >= opened else CLOSED
    return key == (MONDAY + dt.timedelta(days=7 * (week - 1)), status)


def test_an_order_drawn_within_strata_says_the_stratum_of_each_commune() -> None:
    there = [Place("57463", "Metz", 2, ticket="b" * 64, stratum="peuplée"), Place("57039", "Augny", 1, ticket="a" * 64)]
    table = tables.openings(there)
    names = [f.name for f in table.fields]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    assert [(r["commune"], r["strate"], r["ticket"][:1]) for r in rows] == [
        ("Augny", None, "a"),
        ("Metz", "peuplée", "b"),
    ]
