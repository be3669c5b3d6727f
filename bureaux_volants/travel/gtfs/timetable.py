"""A timetable as the planner sees it: from points to points, at aware times, many targets in one search. Pure.

`depart` and `arrive` search once and answer for all targets or sources; rides are traced for those that are asked for.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
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

Minutes = NDArray[np.int64]
#: No minute of any day.
NOT_REACHED = 1 << 40

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
        self._whole_day = lru_cache(maxsize=64)(self._make_whole_day)
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
        limit = seconds + LONGEST_S
        labels = one_to_all(day.onward, self._walks, stops, start, limit)
        near = [self._near(target) for target in targets]
        return Answers(self, day, labels, limit, (stops, times), near, backward=False)

    def arrive(self, sources: Sequence[Point], destination: Point, by: dt.datetime) -> Answers:
        """Latest departures from every source, being at the destination at `by` (aware) or earlier, by at least one ride."""
        day = self._day(by.astimezone(self.zone).date())
        seconds = math.floor((by - day.base).total_seconds())
        stops, times = self._near(destination)
        start = np.asarray(times - seconds, np.int32)
        limit = LONGEST_S - seconds
        labels = one_to_all(day.backward, self._back, stops, start, limit)
        near = [self._near(source) for source in sources]
        return Answers(self, day, labels, limit, (stops, times), near, backward=True)

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

    def earliest(self, origin: Point, targets: Sequence[Point], midnight: dt.datetime, at: dt.datetime) -> Minutes:
        """When one is at each target who leaves at `at`, by at least one ride: whole minutes after `midnight`, rounded up."""
        day, seconds = self._seconds(at, math.ceil)
        found = self._search_all(day, day.onward, origin, targets, np.array([seconds], np.int32), seconds + LONGEST_S)
        return _first(*found, len(targets), day, midnight)[:, 1]

    def latest(self, sources: Sequence[Point], destination: Point, midnight: dt.datetime, by: dt.datetime) -> Minutes:
        """When one leaves each source who is at the destination by `by`: minutes rounded down; -NOT_REACHED where nothing leads."""
        day, seconds = self._seconds(by, math.floor)
        moments = np.array([-seconds], np.int32)
        which, pairs = self._search_all(day, day.backward, destination, sources, moments, LONGEST_S - seconds)
        found = _first(which, -pairs[:, ::-1], len(sources), day, midnight)[:, 0]
        return np.where(found == NOT_REACHED, -NOT_REACHED, found)

    def leaving(
        self,
        origin: Point,
        targets: Sequence[Point],
        midnight: dt.datetime,
        first: dt.datetime,
        last: dt.datetime,
        by: dt.datetime | None = None,
    ) -> Minutes:
        """For each target, the pairs (departure, arrival) worth it between `first` and `last`, by at least one ride.

        [targets, n, 2], by departure, whole minutes after `midnight`: departures rounded down, arrivals up. Filled up with NOT_REACHED.
        With `by`, nobody asks for more once every target has a pair that arrives by then.
        """
        day, begin = self._seconds(first, math.ceil)
        end = math.floor((last - day.base).total_seconds())
        moments = useful_moments(day.onward, self._near(origin), begin, end)
        enough = -NEVER if by is None else math.floor((by - day.base).total_seconds())
        found = self._search_all(day, day.onward, origin, targets, moments, end, enough)
        return _dense(*found, len(targets), day, midnight)

    def arriving(
        self,
        sources: Sequence[Point],
        destination: Point,
        midnight: dt.datetime,
        first: dt.datetime,
        last: dt.datetime,
        since: dt.datetime | None = None,
    ) -> Minutes:
        """As `leaving`, from each source to one destination. With `since`, one that leaves from then on is enough of each source."""
        day, begin = self._seconds(first, math.ceil)
        end = math.floor((last - day.base).total_seconds())
        moments = useful_moments(day.backward, self._near(destination), -end, -begin)
        enough = -NEVER if since is None else -math.ceil((since - day.base).total_seconds())
        which, pairs = self._search_all(day, day.backward, destination, sources, moments, -begin, enough)
        # Backwards, the rows of each source come by descending departure.
        return _dense(which[::-1], -pairs[::-1, ::-1], len(sources), day, midnight)

    def whole_day(self, gate: Point, others: tuple[Point, ...], midnight: dt.datetime) -> tuple[Minutes, Minutes]:
        """What `leaving` and `arriving` answer for a whole day from and to a place that many people pass: kept."""
        return self._whole_day(gate, others, midnight)

    def _make_whole_day(self, gate: Point, others: tuple[Point, ...], midnight: dt.datetime) -> tuple[Minutes, Minutes]:
        last = midnight + dt.timedelta(days=1)
        there, back = (
            self.leaving(gate, others, midnight, midnight, last),
            self.arriving(others, gate, midnight, midnight, last),
        )
        there.setflags(write=False)
        back.setflags(write=False)
        return there, back

    def _search_all(
        self,
        day: _Day,
        net: Network,
        one: Point,
        many: Sequence[Point],
        moments: Ints,
        limit: int,
        enough: int = -NEVER,
    ) -> tuple[Minutes, Minutes]:
        on_foot = self._walks if net is day.onward else self._back
        return search_profiles(net, on_foot, self._near(one), [self._near(p) for p in many], moments, limit, enough)

    def _seconds(self, at: dt.datetime, whole: Callable[[float], int]) -> tuple[_Day, int]:
        day = self._day(at.astimezone(self.zone).date())
        return day, whole((at - day.base).total_seconds())

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
        limit: int,
        near_one: tuple[Ints, Ints],
        near_many: list[tuple[Ints, Ints]],
        *,
        backward: bool,
    ) -> None:
        self._timetable, self._day, self._labels, self._backward = timetable, day, labels, backward
        self._one = dict(zip(near_one[0].tolist(), near_one[1].tolist(), strict=True))
        self._many = near_many
        #: The last walk included, nobody is longer on the way.
        self._limit = limit

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
        return (int(times[i]), int(stops[i]), int(seconds[i])) if times[i] <= self._limit else None

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


def _in_minutes(pairs: Minutes, day: _Day, midnight: dt.datetime) -> Minutes:
    """Seconds of the day in whole minutes after an instant: departures rounded down, arrivals up."""
    shift = int((day.base - midnight).total_seconds())
    return np.stack([(pairs[:, 0] + shift) // 60, -(-(pairs[:, 1] + shift) // 60)], axis=1)


def _first(which: Minutes, pairs: Minutes, count: int, day: _Day, midnight: dt.datetime) -> Minutes:
    found = np.full((count, 2), NOT_REACHED)
    found[which] = _in_minutes(pairs, day, midnight)
    return found


def _dense(which: Minutes, pairs: Minutes, count: int, day: _Day, midnight: dt.datetime) -> Minutes:
    """Rows by target as one array [targets, n, 2]; `which` is in order, of either direction."""
    numbers = np.bincount(which, minlength=count)
    order = np.argsort(which, kind="stable")
    place = np.arange(len(which)) - (np.cumsum(numbers) - numbers)[which[order]]
    found = np.full((count, max(1, int(numbers.max(initial=0))), 2), NOT_REACHED)
    found[which[order], place] = _in_minutes(pairs[order], day, midnight)
    return found


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
