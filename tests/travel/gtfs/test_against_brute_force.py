"""RAPTOR against trying everything, on small random networks."""

import datetime as dt
import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.travel.gtfs.answer import DAY, answer, from_stop
from bureaux_volants.travel.gtfs.layout import Layout, lay_out
from bureaux_volants.travel.gtfs.network import network
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.raptor import NEVER, one_to_all, profile, profiles, useful_moments
from bureaux_volants.travel.gtfs.reading import read
from bureaux_volants.travel.gtfs.walks import Ground, walks

from .brute import INF, Brute
from .feeds import draw

DATE = "2026-03-10"
REAL = Path(__file__).resolve().parents[4] / "shared/data/gtfs/spo.zip"


def rules_of(rng):
    return {
        "walk_radius_m": rng.choice([0, 120, 300]),
        "walk_speed": rng.choice([1.2, 0.9]),
        "change_s": rng.choice([0, 0, 60]),
        "days_before": rng.choice([1, 1, 0]),
        "days_after": rng.choice([1, 1, 0]),
        "max_travel_s": rng.choice([DAY, DAY, 1800]),
    }


def drawn(seed, folder, feeds=1):
    rng = Random(seed)
    paths = [draw(Path(folder) / f"f{n}.zip", rng, first_stop=n * 3) for n in range(feeds)]
    return rng, paths, rules_of(rng)


def searchable(paths, rules):
    # Saved and read again, as a loaded feed is.
    layout = Layout.from_bytes(lay_out([read(path, Problems()) for path in paths]).to_bytes())
    day = dt.date.fromisoformat(DATE)
    days = {day + dt.timedelta(days=n): n * DAY for n in range(-rules["days_before"], rules["days_after"] + 1)}
    on_foot = walks(
        layout, Ground(layout.lat, layout.lon), rules["walk_radius_m"], rules["walk_speed"], rules["change_s"]
    )
    return layout, network(layout, days), on_foot


seeds = st.integers(0, 2**32)


@settings(max_examples=120, deadline=None)
@given(seeds, st.integers(1, 2))
def test_earliest_arrivals_are_those_of_trying_everything(seed, feeds):
    with tempfile.TemporaryDirectory() as folder:
        rng, paths, rules = drawn(seed, folder, feeds)
        brute = Brute(paths, DATE, rules)
        stops = sorted(brute.where)
        departs = [rng.choice([0, 300, 1200, 4800, 36000, 82800, 86000]) + rng.randint(0, 300) for _ in range(4)]
        queries = [
            {"origin_stop": a, "destination_stop": b, "depart_s": t}
            for a, t in zip(rng.choices(stops, k=4), departs, strict=True)
            for b in stops
        ]
        asked = {"feeds": [str(path) for path in paths], "date": DATE, "rules": rules, "queries": queries}
        expected = [brute.earliest(q["origin_stop"], q["destination_stop"], q["depart_s"]) for q in queries]
        assert answer(asked, Path(folder)).arrivals == expected


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_each_number_of_rides_has_its_own_earliest_arrival(seed):
    with tempfile.TemporaryDirectory() as folder:
        rng, paths, rules = drawn(seed, folder)
        layout, net, on_foot = searchable(paths, rules)
        origin, depart = rng.randrange(len(layout.stop_ids)), rng.choice([300, 4800, 36000, 82800])
        labels = one_to_all(net, on_foot, *from_stop(on_foot, origin, depart))
        expected = Brute(paths, DATE, rules).rounds(layout.stop_ids[origin], depart)
        for k in range(max(len(expected), labels.rounds + 1)):
            row, other = labels.reached[min(k, labels.rounds)], expected[min(k, len(expected) - 1)]
            assert [t if t < NEVER else INF for t in row] == [other.get(stop, INF) for stop in layout.stop_ids]


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_the_latest_departure_still_arrives_and_a_second_later_does_not(seed):
    with tempfile.TemporaryDirectory() as folder:
        rng, paths, rules = drawn(seed, folder)
        layout, net, on_foot = searchable(paths, rules)
        brute = Brute(paths, DATE, rules)
        there, by = rng.randrange(len(layout.stop_ids)), rng.choice([1500, 6000, 37500, 84000, 90000])
        back, on_foot_back = net.reversed(), on_foot.reversed()
        labels = one_to_all(back, on_foot_back, *from_stop(on_foot_back, there, -by))
        destination = layout.stop_ids[there]
        for stop, negated in zip(layout.stop_ids, labels.reached[-1], strict=True):
            if negated < NEVER:
                assert brute.rounds(stop, -int(negated))[-1][destination] <= by
                assert brute.rounds(stop, -int(negated) + 1)[-1].get(destination, INF) > by
            else:
                assert brute.rounds(stop, -2 * DAY)[-1].get(destination, INF) > by


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_the_profile_holds_every_journey_that_is_worth_it(seed):
    with tempfile.TemporaryDirectory() as folder:
        rng, paths, rules = drawn(seed, folder)
        layout, net, on_foot = searchable(paths, rules)
        brute = Brute(paths, DATE, rules)
        origin, there = rng.sample(range(len(layout.stop_ids)), 2)
        access = from_stop(on_foot, origin, 0)
        moments = useful_moments(net, access, 0, DAY)
        egress = (np.array([there], np.int32), np.zeros(1, np.int32))
        found = profile(net, on_foot, access, egress, moments, by_ride=False)
        worth, best = [], {}
        for moment in sorted({int(m) for m in moments}, reverse=True):
            rounds = brute.rounds(layout.stop_ids[origin], moment)
            walked = rounds[0].get(layout.stop_ids[there], INF)
            for k, reached in enumerate(rounds[1:], 1):
                time = reached.get(layout.stop_ids[there], INF)
                if time < min([walked, *(best.get(j, INF) for j in range(k + 1))]):
                    worth.append((moment, time, k))
                    best[k] = time
        assert found == sorted(worth)


@settings(max_examples=100, deadline=None)
@given(
    seeds,
    st.sampled_from([NEVER - 1, 2 * DAY, 37500, 6000]),
    st.just(-NEVER) | st.integers(0, 9000),
    st.booleans(),
)
def test_one_sweep_to_many_places_answers_as_a_search_at_every_moment(seed, limit, enough, is_backward):
    with tempfile.TemporaryDirectory() as folder:
        rng, paths, rules = drawn(seed, folder)
        layout, net, on_foot = searchable(paths, rules)
        if is_backward:
            net, on_foot, limit, enough = net.reversed(), on_foot.reversed(), limit - 40000, enough - 40000
        every = range(len(layout.stop_ids))

        def near(least):
            # What lies around a place that is no stop: a few stops at some minutes of walking, or none.
            stops = np.array(rng.sample(every, rng.randint(least, min(3, len(every)))), np.int32)
            return stops, np.array([rng.randint(0, 900) for _ in stops], np.int32)

        access, egresses = near(1), [near(0) for _ in range(rng.choice([1, 1, 2, 5]))]
        moments = useful_moments(net, access, *((-DAY, 0) if is_backward else (0, DAY)))
        # Moments of no use change nothing either.
        moments = np.concatenate([moments, moments[::3] - 7]).astype(np.int32)
        worth, best = [], [NEVER if len(stops) else -NEVER for stops, _ in egresses]
        for moment in sorted({int(m) for m in moments}, reverse=True):
            if max(best) <= enough:
                break
            labels = one_to_all(net, on_foot, access[0], moment + access[1], limit)
            for target, (stops, seconds) in enumerate(egresses):
                there = labels.arrived[-1, stops].astype(np.int64) + seconds
                time = int(there.min(initial=NEVER))
                if time < best[target] and time <= limit:
                    best[target] = time
                    worth.append((target, moment, time))
        which, pairs = profiles(net, on_foot, access, egresses, moments, limit, enough)
        assert [(t, d, a) for t, (d, a) in zip(which.tolist(), pairs.tolist(), strict=True)] == sorted(worth)


@pytest.mark.skipif(not REAL.exists(), reason="the real feed is not beside this clone")
def test_a_real_feed_is_answered_as_by_trying_everything():
    rules = {
        "walk_radius_m": 300,
        "walk_speed": 1.2,
        "change_s": 0,
        "days_before": 1,
        "days_after": 1,
        "max_travel_s": DAY,
    }
    brute = Brute([REAL], "2019-10-02", rules)
    stops = sorted(brute.where)
    origin = stops[100]
    # A window keeps what the trial has to try small.
    brute.runs = [run for run in brute.runs if run[-1][1] >= 30000 and run[0][2] <= 33600]
    reached = brute.rounds(origin, 30000)[-1]
    queries = [{"origin_stop": origin, "destination_stop": stop, "depart_s": 30000} for stop in stops]
    asked = {"feeds": [str(REAL)], "date": "2019-10-02", "rules": rules | {"max_travel_s": 3600}, "queries": queries}
    expected = [reached[stop] if reached.get(stop, INF) <= 33600 else None for stop in stops]
    assert answer(asked, Path()).arrivals == expected
    assert sum(time is not None for time in expected) > 20
