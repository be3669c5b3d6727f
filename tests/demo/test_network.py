"""The demonstration's public transport is a feed without a fault, says that it is invented, and is as uneven as the real ones."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

from bureaux_volants.demo.network import AGENCY, lines, write_network
from bureaux_volants.demo.sites import MAIRIES, METROPOLE_SITES
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.travel.gtfs.layout import lay_out
from bureaux_volants.travel.gtfs.problems import Problems, Severity
from bureaux_volants.travel.gtfs.reading import Feed, read
from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.modes import Mode, Point

TODAY = dt.date(2026, 11, 24)


def feed(folder: Path) -> tuple[Feed, Problems]:
    problems = Problems()
    return read(write_network(folder / "network.zip", TODAY), problems), problems


def test_the_feed_has_no_fault_and_says_that_it_is_invented(tmp_path: Path) -> None:
    found, problems = feed(tmp_path)
    assert all(problems.count(severity) == 0 for severity in Severity)
    assert 150 <= len(found.stops) <= 400
    assert "inventé" in AGENCY
    assert all("inventée" in line.name for line in found.lines.values())


def test_the_same_day_gives_the_same_file(tmp_path: Path) -> None:
    one, two = (write_network(tmp_path / name, TODAY) for name in ("one.zip", "two.zip"))
    assert read(one, Problems()).trips == read(two, Problems()).trips


def test_the_rapid_line_runs_often_and_no_bus_jumps_over_the_country(tmp_path: Path) -> None:
    for line in lines():
        for a, b in pairwise(line.stops):
            assert distance_km(a.lat, a.lon, b.lat, b.lon) < 1.3
    timetable = Timetable(lay_out([feed(tmp_path)[0]]))
    midnight = dt.datetime(2026, 11, 24, tzinfo=timetable.zone)
    station, mercy = Point(49.1105, 6.1766), Point(49.0858, 6.2437)
    (pairs,) = timetable.leaving(
        station, [mercy], midnight, midnight + dt.timedelta(hours=7), midnight + dt.timedelta(hours=9)
    )
    assert len(pairs) >= 10
    ways = timetable.depart(station, [mercy], midnight + dt.timedelta(hours=8)).ways(0)
    assert ways[0].rides[0].mode is Mode.RAPID_BUS


def test_some_sites_are_well_served_and_some_are_not(tmp_path: Path) -> None:
    timetable = Timetable(lay_out([feed(tmp_path)[0]]))
    midnight = dt.datetime(2026, 11, 24, tzinfo=timetable.zone)
    places = [Point(s.lat, s.lon) for s in METROPOLE_SITES + MAIRIES]
    found = timetable.leaving(
        Point(49.1149, 6.1729), places, midnight, midnight + dt.timedelta(hours=7), midnight + dt.timedelta(hours=10)
    )
    departures = [int((pairs[:, 0] < 1440).sum()) for pairs in found]
    assert max(departures) >= 12
    assert min(departures) <= 4
    assert sum(n > 0 for n in departures) >= len(places) * 0.8


def test_nothing_but_sunday_runs_on_a_holiday(tmp_path: Path) -> None:
    found, _problems = feed(tmp_path)
    christmas = dt.date(2026, 12, 25)
    assert [name for name, service in found.services.items() if service.runs(christmas)] == ["dimanche"]
