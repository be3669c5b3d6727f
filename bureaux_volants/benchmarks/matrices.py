"""How long the planner's arrays take: every way between seventy places, both directions, as for one person's day."""

from __future__ import annotations

import statistics
import time

import numpy as np

from bureaux_volants.travel.journeys import Place, PoolUnit, Traveller, Way
from bureaux_volants.travel.matrix import Option, matrix
from bureaux_volants.travel.modes import Point

from .report import Figure

SEED, PLACES, TIMES = 1, 70, 200
GOAL_MS = 12.0


def measure() -> list[Figure]:
    """The median of TIMES, once warm."""
    drawn = np.random.default_rng(SEED).uniform((49.05, 6.0), (49.2, 6.4), (PLACES, 2))
    places = [Place("", Point(lat, lon), "" if n else "home") for n, (lat, lon) in enumerate(drawn)]
    everything = Traveller(has_bike=True, has_car=True, has_licence=True)
    bike, car = PoolUnit("bike", "assisted"), PoolUnit("car", "electric")
    ways = [Option(Way.WALK), Option(Way.OWN_BIKE), Option(Way.OWN_CAR), Option(Way.TRANSIT)]
    ways += [Option(Way.POOL_BIKE, bike), Option(Way.POOL_CAR, car)]
    matrix(places, everything, ways)
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        matrix(places, everything, ways)
        took.append((time.perf_counter() - began) * 1000)
    median = statistics.median(took)
    name = f"every pair of {PLACES} places by {len(ways)} ways, p50"
    return [Figure(name, median, "ms", f"< {GOAL_MS:.0f}", median < GOAL_MS)]
