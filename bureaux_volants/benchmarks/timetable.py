"""The RAPTOR part of `bv bench planner`: one-to-all and a day's profile on a made-up network the size of a métropole's.

1,600 stops on 80 lines of 40 (20 each way), about 70,000 stop events on a weekday, walks of 300 m.
"""

from __future__ import annotations

import datetime as dt
import resource
import time
from collections.abc import Callable
from random import Random

import numpy as np

from bureaux_volants.travel.gtfs.answer import DAY, from_stop, percentile
from bureaux_volants.travel.gtfs.layout import Layout, lay_out
from bureaux_volants.travel.gtfs.network import Network, network
from bureaux_volants.travel.gtfs.raptor import one_to_all, profile, useful_moments, warm
from bureaux_volants.travel.gtfs.reading import Feed, Line, Service, Stop, Trip
from bureaux_volants.travel.gtfs.walks import Ground, Walks, walks

from .report import Figure

STOPS, LINES, LENGTH = 1600, 80, 20
#: Departures of a line and direction on a day: 2 × 80 × 20 × 22 is 70,400 stop events.
DEPARTURES = 22
MONDAY_OF = "2026-03-09"


def made_up(seed: int = 1) -> Feed:
    """Lines that go straight through a town, past stops that several share."""
    rng = Random(seed)
    stops = [
        Stop(str(n), f"Arrêt {n}", 49.05 + 0.1 * rng.random(), 6.1 + 0.15 * rng.random(), 0, "") for n in range(STOPS)
    ]
    lat, lon = np.array([stop.lat for stop in stops]), np.array([stop.lon for stop in stops])
    trips = []
    for number in range(LINES):
        angle = rng.random() * np.pi
        # Across the town by a street at some distance of its middle, served by the stops nearest to it.
        along = (lon - 6.175) * np.cos(angle) * 0.65 + (lat - 49.1) * np.sin(angle)
        aside = (lon - 6.175) * -np.sin(angle) * 0.65 + (lat - 49.1) * np.cos(angle)
        near = np.argsort(np.abs(aside - rng.uniform(-0.035, 0.035)))[: LENGTH * 2]
        way = [int(n) for n in near[np.argsort(along[near])]][::2]
        for direction in (way, way[::-1]):
            offset = rng.randint(0, 2400)
            for run in range(DEPARTURES):
                start = 5 * 3600 + offset + run * 2700
                times = [start + 110 * n for n in range(len(direction))]
                every = [True] * len(direction)
                trips.append(
                    Trip(
                        f"{number}/{direction[0]}/{run}", str(number), "s", "", direction, times, times[:], every, every
                    )
                )
    service = Service(31, dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    lines = {str(n): Line(str(n), 3) for n in range(LINES)}
    return Feed("made-up", "Europe/Paris", stops, lines, {"s": service}, trips, [])


def laid_out() -> Layout:
    """The made-up feed, compiled."""
    return lay_out([made_up()])


def ready() -> tuple[Layout, Network, Walks]:
    """The made-up network on a Tuesday, with its walks."""
    layout = laid_out()
    day = dt.date.fromisoformat(MONDAY_OF) + dt.timedelta(days=1)
    net = network(layout, {day + dt.timedelta(days=n): n * DAY for n in (-1, 0, 1)}, (0, 30 * 3600))
    return layout, net, walks(layout, Ground(layout.lat, layout.lon), 300, 1.2, 0)


def measure(times: int = 400) -> list[Figure]:
    """Figures of searches from drawn stops in daytime, warm, in this process."""
    warm()
    layout, net, on_foot = ready()
    rng = Random(2)

    def one() -> None:
        stops, moments = from_stop(on_foot, rng.randrange(STOPS), rng.randint(6 * 3600, 19 * 3600))
        one_to_all(net, on_foot, stops, moments)

    def day() -> None:
        origin, there = rng.sample(range(STOPS), 2)
        access = from_stop(on_foot, origin, 0)
        egress = (np.array([there], np.int32), np.zeros(1, np.int32))
        profile(net, on_foot, access, egress, useful_moments(net, access, 0, DAY), by_ride=False)

    search, whole = _timed(one, times), _timed(day, max(20, times // 10))
    events = int((layout.stop_start[1:] - layout.stop_start[:-1]) @ (layout.run_start[1:] - layout.run_start[:-1]))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("weekday stop events of the network", events, "events"),
        Figure("RAPTOR one-to-all, median", search[0], "ms", "< 0.8 ms", search[0] < 0.8),
        Figure("RAPTOR one-to-all, p95", search[1], "ms"),
        Figure("profile of a whole day, median", whole[0], "ms", "< 60 ms", whole[0] < 60),
        Figure("profile of a whole day, p95", whole[1], "ms"),
        Figure("memory of the process at most", memory, "MB", "< 300 MB", memory < 300),
    ]


def _timed(work: Callable[[], None], times: int) -> tuple[float, float]:
    """Median and p95, ms."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return percentile(took, 0.5), percentile(took, 0.95)
