"""The timetable from points to points: rides that can really be made, and the times that the search found."""

import datetime as dt
import tempfile
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.travel.gtfs.layout import lay_out
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.reading import read
from bureaux_volants.travel.gtfs.source import TimetableSource
from bureaux_volants.travel.gtfs.timetable import NOT_REACHED, Foot, Timetable
from bureaux_volants.travel.journeys import Basis, Place, Traveller, Way
from bureaux_volants.travel.modes import Mode, Point

from .feeds import draw, write

PARIS = ZoneInfo("Europe/Paris")
SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


def timetable(path, **foot):
    return Timetable(lay_out([read(path, Problems())]), Foot(**foot))


def at(hour, minute=0, day=10):
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


def line(folder, **more):
    """A bus from a to c by b at 8:00 and 8:30, and another from a place 100 m from b to d at 8:20."""
    stops = [
        ("a", "A", 48, 6),
        ("b", "B", 48.02, 6),
        ("b2", "B bis", 48.021, 6),
        ("c", "C", 48.04, 6),
        ("d", "D", 48.02, 6.1),
    ]
    calls = []
    for n, hour in enumerate(("08:00", "08:30")):
        calls += [(f"t{n}", i, s, f"{hour[:3]}{int(hour[3:]) + 10 * i}:00", f"{hour[:3]}{int(hour[3:]) + 10 * i}:00")
                  for i, s in enumerate(("a", "b"))]  # fmt: skip
    calls += [("u", 1, "b2", "08:20:00", "08:20:00"), ("u", 2, "d", "08:35:00", "08:35:00")]
    trips = [("t0", "r", "s", "Centre"), ("t1", "r", "s", "Centre"), ("u", "r", "s", "Gare")]
    return write(Path(folder) / "line.zip", stops=stops, trips=trips, stop_times=calls, **more)


def test_a_journey_walks_rides_changes_and_walks(tmp_path):
    source = TimetableSource(timetable(line(tmp_path)))
    home, work = Place("Chez moi", Point(48.001, 6), "home"), Place("Bureau", Point(48.02, 6.101))
    (found,) = source.journeys(Way.TRANSIT, home, work, Traveller(), depart=at(7, 30))
    assert [section.mode for section in found.sections] == [Mode.WALK, Mode.BUS, Mode.WALK, Mode.BUS, Mode.WALK]
    assert found.basis is Basis.TIMETABLE
    assert found.transfers == 1
    assert [(s.line, s.headsign) for s in found.sections if s.line] == [("L1", "Centre"), ("L1", "Gare")]
    assert found.sections[1].start == at(8)
    assert found.arrive > at(8, 35)
    (back,) = source.journeys(Way.TRANSIT, home, work, Traveller(), arrive=at(9))
    assert back.sections == found.sections


def test_one_search_answers_for_many_targets(tmp_path):
    known = timetable(line(tmp_path))
    times = known.depart(Point(48, 6), [Point(48.02, 6), Point(48.02, 6.1), Point(40, 0)], at(7, 30)).times()
    assert times == [at(8, 10), at(8, 35), None]


def test_a_day_outside_the_feed_is_known_as_such(tmp_path):
    known = timetable(line(tmp_path, calendar=[("s", *"1111111", "20260301", "20260331")]))
    assert known.covers(dt.date(2026, 3, 31))
    assert not known.covers(dt.date(2026, 4, 1))


def test_the_hours_of_a_feed_are_those_of_the_clock_on_the_day_it_changes(tmp_path):
    known = timetable(line(tmp_path))
    assert known.depart(Point(48, 6), [Point(48.02, 6)], at(6, day=29)).times() == [at(8, 10, day=29)]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32))
def test_every_way_told_can_be_made_and_takes_what_the_search_said(seed):
    with tempfile.TemporaryDirectory() as folder:
        rng = Random(seed)
        known = timetable(
            draw(Path(folder) / "f.zip", rng), radius_m=rng.choice([50, 400]), change_s=rng.choice([0, 60])
        )
    points = [Point(lat, lon) for lat, lon in zip(known.layout.lat.tolist(), known.layout.lon.tolist(), strict=True)]
    one, when = rng.choice(points), at(rng.choice([0, 1, 10, 22])) + dt.timedelta(seconds=rng.randint(0, 2000))
    onward, back = known.depart(one, points, when), known.arrive(points, one, when)
    walk = {(a, int(known.walks_onward.to[n])): int(known.walks_onward.boarding[n])
            for a in range(len(points)) for n in range(known.walks_onward.start[a], known.walks_onward.start[a + 1])}  # fmt: skip
    walk |= {(a, a): int(known.walks_onward.change[a]) for a in range(len(points))}
    for n in range(len(points)):
        ahead, behind = onward.ways(n), back.ways(n)
        assert (ahead[-1].end if ahead else None) == onward.times()[n]
        assert (behind[-1].start if behind else None) == back.times()[n]
        assert all(way.start >= when for way in ahead)
        assert all(way.end <= when for way in behind)
        assert [len(way.rides) for way in ahead] == sorted({len(way.rides) for way in ahead})
        for way in ahead + behind:
            for former, ride in zip(way.rides, way.rides[1:], strict=False):
                change = walk[former.calls[-1].stop, ride.calls[0].stop]
                assert change >= 0
                assert ride.start - former.end >= change * SECOND
            assert way.start <= way.rides[0].start <= way.rides[-1].end <= way.end


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_the_pairs_of_a_span_answer_as_a_search_at_each_of_its_minutes_would(seed):
    with tempfile.TemporaryDirectory() as folder:
        rng = Random(seed)
        known = timetable(draw(Path(folder) / "f.zip", rng), radius_m=rng.choice([50, 400]))
    points = [Point(lat, lon) for lat, lon in zip(known.layout.lat.tolist(), known.layout.lon.tolist(), strict=True)]
    one, midnight = rng.choice(points), at(0)
    first = at(rng.choice([0, 1, 10])) + dt.timedelta(minutes=rng.randint(0, 30))
    last = first + dt.timedelta(hours=2)
    ahead = known.leaving(one, points, midnight, first, last)
    back = known.arriving(points, one, midnight, first, last)
    end = minutes_of(last, midnight)
    for minute in rng.sample(range(121), 6):
        when = first + dt.timedelta(minutes=minute)
        t = minutes_of(when, midnight)
        arrivals = [
            None if at is None else -(-(at - midnight) // MINUTE) for at in known.depart(one, points, when).times()
        ]
        departures = [
            None if at is None else (at - midnight) // MINUTE for at in known.arrive(points, one, when).times()
        ]
        assert [
            None if a == NOT_REACHED else a for a in known.earliest(one, points, midnight, when).tolist()
        ] == arrivals
        assert [
            None if d == -NOT_REACHED else d for d in known.latest(points, one, midnight, when).tolist()
        ] == departures
        for n in range(len(points)):
            later = [a for d, a in ahead[n].tolist() if t <= d < NOT_REACHED]
            assert min(later, default=None) == (arrivals[n] if arrivals[n] is not None and arrivals[n] <= end else None)
            sooner = [d for d, a in back[n].tolist() if a <= t]
            in_span = departures[n] is not None and departures[n] >= minutes_of(first, midnight)
            assert max(sooner, default=None) == (departures[n] if in_span else None)
        for pairs in (ahead, back):
            assert (np.diff(pairs, axis=1) >= 0).all()


def minutes_of(at, midnight):
    return (at - midnight) // MINUTE
