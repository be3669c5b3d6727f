"""Feeds laid out as flat arrays: patterns of stops, the runs of each, services, names. Pure; saved without pickle.

A pattern is a sequence of stops with its pick-up and drop-off rules. Frequencies are expanded here, whatever the day.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .reading import Feed, Transfer, Trip

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

#: Changes when what is saved no longer reads the same.
VERSION = 1


@dataclass(frozen=True)
class Layout:
    """Compiled feeds. Of P patterns, pattern p has the stops `pattern_stops[stop_start[p]:stop_start[p+1]]` and the runs
    `run_start[p]..run_start[p+1]`; its times (seconds after noon minus 12 h of the service day) are the rows of a matrix
    (runs, stops) from `time_start[p]`. `run_trip` and `run_service` index the names and the calendars.

    `rules` are pairs of stops of transfers.txt: origin, destination, seconds (-1: forbidden; -2: as one walks).
    """

    zone: str
    stop_ids: list[str]
    stop_names: list[str]
    lat: Floats
    lon: Floats
    line_names: list[str]
    line_kinds: Ints
    headsigns: list[str]
    trip_line: Ints
    trip_headsign: Ints
    stop_start: Ints
    pattern_stops: Ints
    boards: Bools
    alights: Bools
    run_start: Ints
    run_trip: Ints
    run_service: Ints
    time_start: NDArray[np.int64]
    arrivals: Ints
    departures: Ints
    calendars: list[list[Any]]
    rules: Ints

    @property
    def patterns(self) -> int:
        return len(self.stop_start) - 1

    def running(self, day: dt.date) -> Bools:
        """Which services run on that day."""
        text, bit = day.isoformat(), 1 << day.weekday()
        return np.array(
            [
                text not in removed and (text in added or (first <= text <= last and bool(weekdays & bit)))
                for weekdays, first, last, added, removed in self.calendars
            ],
            dtype=np.bool_,
        )

    def period(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day of any service; None where none ever runs."""
        firsts, lasts = [], []
        for weekdays, first, last, added, _ in self.calendars:
            if weekdays and first <= last:
                firsts.append(first)
                lasts.append(last)
            firsts += added
            lasts += added
        return (dt.date.fromisoformat(min(firsts)), dt.date.fromisoformat(max(lasts))) if firsts else None

    def to_bytes(self) -> bytes:
        """A compressed npz; what is not an array is JSON in it."""
        arrays: dict[str, NDArray[Any]] = {}
        rest: dict[str, Any] = {"version": VERSION}
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                arrays[column.name] = value
            else:
                rest[column.name] = value
        arrays["rest"] = np.frombuffer(json.dumps(rest, ensure_ascii=False).encode(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Layout:
        """Raises ValueError for what another version saved."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            rest = json.loads(file["rest"].tobytes())
            if rest.pop("version") != VERSION:
                raise ValueError("saved by another version: load the feed again")
            return cls(**rest, **{name: file[name] for name in file.files if name != "rest"})


def lay_out(feeds: Sequence[Feed]) -> Layout:
    """Compile feeds together: one network, where stops are named `stop_id`, or `feed:stop_id` when there are several."""
    several = len(feeds) > 1
    stop_ids: list[str] = []
    names: list[str] = []
    places: list[tuple[float, float]] = []
    line_names: list[str] = []
    line_kinds: list[int] = []
    headsigns: dict[str, int] = {}
    calendars: list[list[Any]] = []
    trip_line: list[int] = []
    trip_headsign: list[int] = []
    patterns: dict[bytes, _Pattern] = {}
    rules: list[tuple[int, int, int]] = []
    for feed in feeds:
        base = len(stop_ids)
        stop_ids += [f"{feed.name}:{stop.id}" if several else stop.id for stop in feed.stops]
        names += [stop.name for stop in feed.stops]
        places += [(stop.lat, stop.lon) for stop in feed.stops]
        lines = {key: len(line_names) + i for i, key in enumerate(feed.lines)}
        line_names += [line.name for line in feed.lines.values()]
        line_kinds += [line.kind for line in feed.lines.values()]
        services = {key: len(calendars) + i for i, key in enumerate(feed.services)}
        for service in feed.services.values():
            added, removed = (sorted(day.isoformat() for day in days) for days in (service.added, service.removed))
            first, last = service.first.isoformat(), service.last.isoformat()
            calendars.append([service.weekdays, first, last, added, removed])
        for trip in feed.trips:
            stops = np.array(trip.stops, dtype=np.int32) + base
            flags = np.array([trip.boards, trip.alights], dtype=np.bool_)
            pattern = patterns.setdefault(stops.tobytes() + flags.tobytes(), _Pattern(stops, flags))
            pattern.add(trip, len(trip_line), services[trip.service])
            trip_line.append(lines[trip.line])
            trip_headsign.append(headsigns.setdefault(trip.headsign, len(headsigns)))
        rules += _rules(feed, base)
    laid = [pattern for pattern in patterns.values() if pattern.arrivals]
    widths = [len(pattern.stops) for pattern in laid]
    runs = [len(pattern.trips) for pattern in laid]
    return Layout(
        zone=feeds[0].zone if feeds else "Europe/Paris",
        stop_ids=stop_ids,
        stop_names=names,
        lat=np.array([lat for lat, _ in places], dtype=np.float64),
        lon=np.array([lon for _, lon in places], dtype=np.float64),
        line_names=line_names,
        line_kinds=np.array(line_kinds, dtype=np.int32),
        headsigns=list(headsigns),
        trip_line=np.array(trip_line, dtype=np.int32),
        trip_headsign=np.array(trip_headsign, dtype=np.int32),
        stop_start=_starts(widths).astype(np.int32),
        pattern_stops=_joined([pattern.stops for pattern in laid], np.int32),
        boards=_joined([pattern.flags[0] for pattern in laid], np.bool_),
        alights=_joined([pattern.flags[1] for pattern in laid], np.bool_),
        run_start=_starts(runs).astype(np.int32),
        run_trip=_joined([np.array(pattern.trips) for pattern in laid], np.int32),
        run_service=_joined([np.array(pattern.services) for pattern in laid], np.int32),
        time_start=_starts([width * count for width, count in zip(widths, runs, strict=True)]),
        arrivals=_joined([times for pattern in laid for times in pattern.arrivals], np.int32),
        departures=_joined([times for pattern in laid for times in pattern.departures], np.int32),
        calendars=calendars,
        rules=np.array(rules, dtype=np.int32).reshape(-1, 3),
    )


class _Pattern:
    """Runs along the same stops by the same rules, while they are gathered."""

    def __init__(self, stops: Ints, flags: Bools) -> None:
        self.stops, self.flags = stops, flags
        self.trips: list[int] = []
        self.services: list[int] = []
        self.arrivals: list[Ints] = []
        self.departures: list[Ints] = []

    def add(self, trip: Trip, index: int, service: int) -> None:
        arrivals, departures = np.array(trip.arrivals, dtype=np.int32), np.array(trip.departures, dtype=np.int32)
        first = trip.departures[0]
        for shift in [0] if trip.starts is None else [start - first for start in trip.starts]:
            self.trips.append(index)
            self.services.append(service)
            self.arrivals.append(arrivals + np.int32(shift))
            self.departures.append(departures + np.int32(shift))


def _rules(feed: Feed, base: int) -> list[tuple[int, int, int]]:
    """Rules between stops; one that names a station holds for all its platforms, unless they have a rule of their own."""
    index = {stop.id: base + i for i, stop in enumerate(feed.stops)}
    platforms: dict[str, list[str]] = defaultdict(list)
    for stop in feed.stops:
        if stop.parent:
            platforms[stop.parent].append(stop.id)

    def precision(rule: Transfer) -> int:
        return (rule.origin not in platforms) + (rule.destination not in platforms)

    found: dict[tuple[int, int], int] = {}
    for rule in sorted(feed.transfers, key=precision):
        seconds = -1 if rule.forbidden else -2 if rule.seconds is None else rule.seconds
        for origin in (rule.origin, *platforms[rule.origin]):
            for destination in (rule.destination, *platforms[rule.destination]):
                found[index[origin], index[destination]] = seconds
    return [(origin, destination, seconds) for (origin, destination), seconds in found.items()]


def _starts(counts: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.array(counts, dtype=np.int64))]).astype(np.int64)


def _joined(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)
