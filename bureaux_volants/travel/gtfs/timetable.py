"""A timetable as the planner sees it: from points to points, at aware times, many targets in one search. Pure.

`depart` and `arrive` search once and answer for all targets or sources; rides are traced for those that are asked for.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bureaux_volants.travel.modes import Mode, Point

from .layout import Ints, Layout
from .network import Network, network
from .raptor import NEVER, Labels, one_to_all, useful_moments
from .raptor import profile as search_profile
from .raptor import profiles as search_profiles
from .tracing import Ride, rides_to
from .walks import Ground, Walks, metres, walks

#: Departures and arrivals [n, 2].
Pairs = NDArray[np.int64]

#: Nobody who asks for a journey waits longer for its end.
LONGEST_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class Foot:
    """How one walks: metres to or from a stop, metres between two stops, metres a second, seconds to change."""

    radius_m: float = 800
    between_m: float = 300
    speed: float = 1.2
    change_s: int = 60


@dataclass(frozen=True, slots=True)
class Call:
    """A stop of a ride: index of the layout, name and place."""

    stop: int
    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Ridden:
    """A ride: `calls` are its stops, both ends included; `km` straight from stop to stop."""

    line: str
    headsign: str
    mode: Mode
    calls: tuple[Call, ...]
    start: dt.datetime
    end: dt.datetime
    km: float


@dataclass(frozen=True, slots=True)
class Way:
    """Rides in order, from leaving the origin on foot (`start`) to being at the destination (`end`). Walks are between them."""

    rides: tuple[Ridden, ...]
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class _Day:
    """The networks around a day, whose second 0 is `base`."""

    base: dt.datetime
    onward: Network
    backward: Network

    def at(self, seconds: int) -> dt.datetime:
        return self.base + dt.timedelta(seconds=seconds)


class Timetable:
    """Feeds ready to be asked. Several threads may ask at once."""

    def __init__(self, layout: Layout, foot: Foot | None = None) -> None:
        self.layout, self.foot = layout, foot or Foot()
        self.zone = ZoneInfo(layout.zone)
        self._ground = Ground(layout.lat, layout.lon)
        self._walks = walks(layout, self._ground, self.foot.between_m, self.foot.speed, self.foot.change_s)
        self._back = self._walks.reversed()
        self._day = lru_cache(maxsize=8)(self._make_day)
        self._strong = _strong(layout)
        # The sites of a territory are asked about at every search.
        self._near = lru_cache(maxsize=4096)(self._find_near)

    def covers(self, day: dt.date) -> bool:
        """Whether the feed knows that day at all: it lies between the first and the last day of its services."""
        period = self.layout.period()
        return period is not None and period[0] <= day <= period[1]

    def change_here(self, point: Point, within_km: float, but: float = 0.5) -> list[tuple[str, Point]]:
        """Stops of trams, metros, trains and rapid buses between `but` and `within_km` of the crow from a point, the nearest first.

        Where one leaves a bike to ride on. One stop of each name.
        """
        km = metres(point.lat, point.lon, self.layout.lat[self._strong], self.layout.lon[self._strong]) / 1000
        found: dict[str, Point] = {}
        for n in np.argsort(km, kind="stable"):
            if but <= km[n] <= within_km:
                stop = int(self._strong[n])
                at = Point(float(self.layout.lat[stop]), float(self.layout.lon[stop]))
                found.setdefault(self.layout.stop_names[stop], at)
        return list(found.items())

    def depart(self, origin: Point, targets: Sequence[Point], when: dt.datetime) -> Answers:
        """Earliest arrivals at every target, leaving at `when` (aware) or later, by at least one ride."""
        day = self._day(when.astimezone(self.zone).date())
        seconds = math.ceil((when - day.base).total_seconds())
        stops, times = self._near(origin)
        start = np.asarray(times + seconds, np.int32)
        labels = one_to_all(day.onward, self._walks, stops, start, seconds + LONGEST_S)
        return Answers(self, day, labels, (stops, times), [self._near(target) for target in targets], backward=False)

    def arrive(self, sources: Sequence[Point], destination: Point, by: dt.datetime) -> Answers:
        """Latest departures from every source, being at the destination at `by` (aware) or earlier, by at least one ride."""
        day = self._day(by.astimezone(self.zone).date())
        seconds = math.floor((by - day.base).total_seconds())
        stops, times = self._near(destination)
        start = np.asarray(times - seconds, np.int32)
        labels = one_to_all(day.backward, self._back, stops, start, LONGEST_S - seconds)
        return Answers(self, day, labels, (stops, times), [self._near(source) for source in sources], backward=True)

    def profile(
        self, origin: Point, destination: Point, first: dt.datetime, last: dt.datetime
    ) -> list[tuple[dt.datetime, dt.datetime, int]]:
        """Every journey worth it that leaves between `first` and `last`: (departure, arrival, rides)."""
        day = self._day(first.astimezone(self.zone).date())
        access, egress = self._near(origin), self._near(destination)
        span = (math.ceil((first - day.base).total_seconds()), math.floor((last - day.base).total_seconds()))
        moments = useful_moments(day.onward, access, *span)
        found = search_profile(day.onward, self._walks, access, egress, moments, by_ride=True)
        return [(day.at(leave), day.at(arrive), rides) for leave, arrive, rides in found]

    def leaving(
        self,
        origin: Point,
        targets: Sequence[Point],
        since: dt.datetime,
        first: dt.datetime,
        last: dt.datetime | None = None,
    ) -> list[Pairs]:
        """For each target, the pairs (departure, arrival) worth it of who leaves from `first` to `last`, by at least one ride.

        [n, 2], by departure, whole minutes after `since`: departures rounded down, arrivals up. Without `last`, who leaves at
        `first`: at most one pair, whose departure that is.
        """
        day = self._day(first.astimezone(self.zone).date())
        begin = math.ceil((first - day.base).total_seconds())
        access = self._near(origin)
        moments = np.array([begin], np.int32)
        if last is not None:
            moments = useful_moments(day.onward, access, begin, math.floor((last - day.base).total_seconds()))
        limit = (int(moments.max()) if len(moments) else begin) + LONGEST_S
        near = [self._near(target) for target in targets]
        found = search_profiles(day.onward, self._walks, access, near, moments, limit)
        return [_in_minutes(pairs, day, since) for pairs in found]

    def arriving(
        self,
        sources: Sequence[Point],
        destination: Point,
        since: dt.datetime,
        last: dt.datetime,
        first: dt.datetime | None = None,
    ) -> list[Pairs]:
        """As `leaving`, from each source to one destination, for who arrives from `first` to `last`; without `first`, by `last`."""
        day = self._day(last.astimezone(self.zone).date())
        end = math.floor((last - day.base).total_seconds())
        egress = self._near(destination)
        moments = np.array([-end], np.int32)
        if first is not None:
            moments = useful_moments(day.backward, egress, -end, -math.ceil((first - day.base).total_seconds()))
        limit = (int(moments.max()) if len(moments) else -end) + LONGEST_S
        near = [self._near(source) for source in sources]
        found = search_profiles(day.backward, self._back, egress, near, moments, limit)
        return [_in_minutes(-pairs[::-1, ::-1], day, since) for pairs in found]

    def _find_near(self, point: Point) -> tuple[Ints, Ints]:
        return self._ground.near(point.lat, point.lon, self.foot.radius_m, self.foot.speed)

    def _make_day(self, date: dt.date) -> _Day:
        days = [date + dt.timedelta(days=shift) for shift in (-1, 0, 1)]
        # GTFS counts from noon minus 12 h, which is not midnight on the days when the clocks change.
        bases = [
            dt.datetime.combine(day, dt.time(12), self.zone).astimezone(dt.UTC) - dt.timedelta(hours=12) for day in days
        ]
        shifts = {day: int((base - bases[1]).total_seconds()) for day, base in zip(days, bases, strict=True)}
        onward = network(self.layout, shifts, (-LONGEST_S, 26 * 3600 + LONGEST_S))
        return _Day(bases[1], onward, onward.reversed())

    def ridden(self, day: _Day, ride: Ride) -> Ridden:
        """A ride of the onward network in words."""
        net, layout = day.onward, self.layout
        base, count = int(net.stop_start[ride.route]), int(net.runs[ride.route])
        stops = net.route_stops[base + ride.board : base + ride.alight + 1]
        first = int(net.time_start[ride.route]) + ride.run
        trip = int(net.run_trip[int(net.run_start[ride.route]) + ride.run])
        line = int(layout.trip_line[trip])
        lat, lon = layout.lat[stops], layout.lon[stops]
        return Ridden(
            layout.line_names[line],
            layout.headsigns[int(layout.trip_headsign[trip])],
            mode_of(int(layout.line_kinds[line])),
            tuple(Call(int(s), layout.stop_names[s], Point(float(layout.lat[s]), float(layout.lon[s]))) for s in stops),
            day.at(int(net.departures[first + ride.board * count])),
            day.at(int(net.arrivals[first + ride.alight * count])),
            float(metres(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum()) / 1000,
        )

    @property
    def walks_back(self) -> Walks:
        return self._back

    @property
    def walks_onward(self) -> Walks:
        return self._walks


class Answers:
    """What a search found for each of the points asked about, in their order."""

    def __init__(
        self,
        timetable: Timetable,
        day: _Day,
        labels: Labels,
        near_one: tuple[Ints, Ints],
        near_many: list[tuple[Ints, Ints]],
        *,
        backward: bool,
    ) -> None:
        self._timetable, self._day, self._labels, self._backward = timetable, day, labels, backward
        self._one = dict(zip(near_one[0].tolist(), near_one[1].tolist(), strict=True))
        self._many = near_many

    def times(self) -> list[dt.datetime | None]:
        """When one arrives at each target (or leaves each source); None where no ride leads there."""
        found = [self._best(n, self._labels.rounds) for n in range(len(self._many))]
        return [None if best is None else self._at(best[0]) for best in found]

    def ways(self, n: int) -> list[Way]:
        """The Pareto set for point n, fewest rides first: each one more ride arrives earlier (or leaves later)."""
        ways, earlier = [], NEVER
        for k in range(1, self._labels.rounds + 1):
            best = self._best(n, k)
            if best is not None and best[0] < earlier:
                earlier = best[0]
                ways.append(self._way(k, *best[1:]))
        return ways

    def _best(self, n: int, k: int) -> tuple[int, int, int] | None:
        """Time, last stop and seconds from there, with at most k rides."""
        stops, seconds = self._many[n]
        if not len(stops):
            return None
        times = self._labels.arrived[k, stops].astype(np.int64) + seconds
        i = int(times.argmin())
        return (int(times[i]), int(stops[i]), int(seconds[i])) if times[i] < NEVER else None

    def _at(self, seconds: int) -> dt.datetime:
        return self._day.at(-seconds if self._backward else seconds)

    def _way(self, k: int, stop: int, seconds: int) -> Way:
        day, timetable = self._day, self._timetable
        net = day.backward if self._backward else day.onward
        back = timetable.walks_onward if self._backward else timetable.walks_back
        rides = rides_to(net, back, self._labels, stop, k)
        if self._backward:
            rides = [ride.mirrored(net) for ride in reversed(rides)]
        ridden = tuple(timetable.ridden(day, ride) for ride in rides)
        if self._backward:
            access, egress = seconds, self._one[ridden[-1].calls[-1].stop]
        else:
            access, egress = self._one[ridden[0].calls[0].stop], seconds
        return Way(
            ridden, ridden[0].start - dt.timedelta(seconds=access), ridden[-1].end + dt.timedelta(seconds=egress)
        )


def _in_minutes(pairs: Ints, day: _Day, since: dt.datetime) -> Pairs:
    """Seconds of the day in whole minutes after an instant: departures rounded down, arrivals up."""
    shift = int((day.base - since).total_seconds())
    departures, arrivals = pairs[:, 0].astype(np.int64) + shift, pairs[:, 1].astype(np.int64) + shift
    return np.stack([departures // 60, -(-arrivals // 60)], axis=1)


def _strong(layout: Layout) -> Ints:
    """The stops that lines with tracks or lanes of their own serve."""
    served = [
        layout.pattern_stops[layout.stop_start[p] : layout.stop_start[p + 1]]
        for p in range(layout.patterns)
        if any(
            mode_of(int(kind)) is not Mode.BUS
            for kind in set(
                layout.line_kinds[layout.trip_line[layout.run_trip[layout.run_start[p] : layout.run_start[p + 1]]]]
            )
        )
    ]
    stops = np.unique(np.concatenate([np.zeros(0, np.int32), *served]))
    placed: Ints = stops[~np.isnan(layout.lat[stops])]
    return placed


def mode_of(kind: int) -> Mode:
    """GTFS's route_type, extended ones included; 702 (express bus) stands for a line with lanes of its own."""
    if kind in (0, 5) or 900 <= kind < 1000:
        return Mode.TRAM
    if kind in (1, 12) or 400 <= kind < 500:
        return Mode.METRO
    if kind == 2 or 100 <= kind < 200:
        return Mode.TRAIN
    if 200 <= kind < 300:
        return Mode.COACH
    return Mode.RAPID_BUS if kind == 702 else Mode.BUS
