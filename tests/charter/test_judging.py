"""What the charter says of trips, one by one and all at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureaux_volants.charter.defaults import RULES
from bureaux_volants.charter.judging import AllTrips, TripFacts, in_hours, judge, refused, speak, speaks, tried
from bureaux_volants.charter.rules import Effect, Rule
from bureaux_volants.travel.journeys import Way

from .words import rules, trips

CAR = TripFacts(Way.POOL_CAR, km=8, minutes=20, energy="electric", instead={Way.TRANSIT: 40.0})


def codes(facts: TripFacts) -> list[str]:
    return [said.code for said in judge(RULES, facts)]


def test_the_default_charter_asks_why_for_a_short_drive_and_lets_a_load_or_a_need_pass() -> None:
    short = replace(CAR, km=2.9)
    assert codes(CAR) == []
    assert codes(short) == ["trajet-court"]
    assert codes(replace(short, km=3.0)) == []
    assert codes(replace(short, has_load=True)) == []
    assert codes(replace(short, needs_access=True)) == []
    assert codes(replace(short, way=Way.POOL_BIKE)) == []


def test_the_default_charter_prefers_transit_up_to_one_and_a_half_times_the_car_s_minutes() -> None:
    assert codes(replace(CAR, instead={Way.TRANSIT: 30.0})) == ["transports-d-abord"]
    assert codes(replace(CAR, instead={Way.TRANSIT: 30.1})) == []
    assert codes(replace(CAR, instead={})) == []


def test_the_default_charter_speaks_of_fuel_of_sharing_and_of_grouping() -> None:
    assert codes(replace(CAR, energy="diesel")) == ["electrique-d-abord"]
    assert codes(replace(CAR, others=1)) == ["partager"]
    assert codes(replace(CAR, others=1, people=2)) == []
    assert codes(replace(CAR, again=1)) == ["grouper"]


def test_the_heaviest_is_said_first() -> None:
    assert codes(replace(CAR, km=1, energy="petrol")) == ["trajet-court", "electrique-d-abord"]


@pytest.mark.parametrize(
    ("first", "until", "leaves", "holds"),
    [
        ("09:00", "16:00", "09:00", True),
        ("09:00", "16:00", "16:00", False),
        ("22:00", "06:00", "23:30", True),
        ("22:00", "06:00", "05:59", True),
        ("22:00", "06:00", "06:00", False),
    ],
)
def test_hours_are_half_open_and_may_pass_midnight(first: str, until: str, leaves: str, holds: bool) -> None:
    rule = Rule(
        "nuit", Effect.ADVISE, "x", hour_from=dt.time.fromisoformat(first), hour_until=dt.time.fromisoformat(until)
    )
    assert in_hours(rule, dt.time.fromisoformat(leaves)) is holds
    assert not in_hours(rule, None)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules(), trips())
def test_a_condition_taken_away_never_silences_a_rule(rule: Rule, facts: TripFacts) -> None:
    if speaks(rule, facts):
        for name, nothing in (("ways", ()), ("km_under", None), ("instead", None), ("load", None), ("hour_from", None)):
            assert speaks(replace(rule, **{name: nothing}), facts)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rules(), max_size=4), st.data())
def test_all_trips_at_once_are_judged_as_one_by_one(asked: list[Rule], data: st.DataObject) -> None:
    places = data.draw(st.integers(1, 3))
    ways = data.draw(st.lists(st.sampled_from(Way), min_size=1, max_size=4))
    energies = data.draw(st.lists(st.sampled_from(["", "diesel", "electric"]), min_size=len(ways), max_size=len(ways)))
    people = data.draw(st.lists(st.integers(1, 3), min_size=len(ways), max_size=len(ways)))
    draw = np.random.default_rng(data.draw(st.integers(0, 1000)))
    shape = (len(ways), places, places)
    minutes = np.where(draw.random(shape) < 0.2, np.inf, draw.integers(1, 60, shape)).astype(float)
    km = np.where(np.isfinite(minutes), draw.integers(1, 40, shape) / 4, np.inf)
    others, again = draw.integers(0, 3, places), draw.integers(0, 3, places)
    load, access = data.draw(st.booleans()), data.draw(st.booleans())
    found = speak(asked, AllTrips(ways, energies, people, km, minutes, load, access, others, again))
    for m, a, b in np.ndindex(shape):
        instead: dict[Way, float] = {}
        for k, way in enumerate(ways):
            if np.isfinite(minutes[k, a, b]):
                instead[way] = min(instead.get(way, np.inf), float(minutes[k, a, b]))
        facts = TripFacts(
            ways[m], float(km[m, a, b]), float(minutes[m, a, b]), energies[m], people[m], load, access,
            None, int(others[b]), int(again[b]), instead,
        )  # fmt: skip
        for r, rule in enumerate(asked):
            timeless = replace(rule, hour_from=None, hour_until=None)
            assert found[r, m, a, b] == (bool(np.isfinite(minutes[m, a, b])) and speaks(timeless, facts))
    only = refused(asked, found)
    for m, a, b in np.ndindex(shape):
        assert only[m, a, b] == any(found[r, m, a, b] for r, rule in enumerate(asked) if rule.effect is Effect.REFUSE)


def test_a_charter_is_tried_against_trips_that_were_made() -> None:
    made = [CAR, replace(CAR, km=2), replace(CAR, km=1, way=Way.OWN_CAR), replace(CAR, km=1, way=Way.WALK)]
    counts = {t.rule.code: t.touched for t in tried(RULES, made)}
    assert counts["trajet-court"] == 2
    assert counts["grouper"] == 0
