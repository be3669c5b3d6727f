"""Walking between stops: straight lines within a radius, overridden pair by pair by transfers.txt. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .layout import Floats, Ints, Layout

EARTH_RADIUS_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Walks:
    """From stop s one walks to `to[start[s]:start[s+1]]` in `seconds`; to board there takes `boarding`, the change included.

    `change[s]`: seconds between two rides at the stop s itself; -1 where transfers.txt forbids to change there.
    """

    start: Ints
    to: Ints
    seconds: Ints
    boarding: Ints
    change: Ints

    def reversed(self) -> Walks:
        """The same walks, the other way round."""
        stops = len(self.start) - 1
        origin = np.repeat(np.arange(stops, dtype=np.int32), np.diff(self.start))
        order = np.lexsort((origin, self.to))
        start = np.searchsorted(self.to[order], np.arange(stops + 1)).astype(np.int32)
        return Walks(start, origin[order], self.seconds[order], self.boarding[order], self.change)


def metres(lat_a: Floats | float, lon_a: Floats | float, lat_b: Floats | float, lon_b: Floats | float) -> Floats:
    """Great-circle distance (haversine, radius 6,371,000 m); degrees in."""
    p, q = np.radians(lat_a), np.radians(lat_b)
    across = np.radians(np.asarray(lon_b) - np.asarray(lon_a))
    h = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(across / 2) ** 2
    distance: Floats = np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(h))), dtype=np.float64)
    return distance


class Ground:
    """Where the stops are, to find those near a point."""

    def __init__(self, lat: Floats, lon: Floats) -> None:
        self.lat, self.lon = lat, lon
        self._placed = np.flatnonzero(~np.isnan(lat)).astype(np.int32)
        self._tree = cKDTree(_on_sphere(lat[self._placed], lon[self._placed])) if len(self._placed) else None

    def near(self, lat: float, lon: float, radius_m: float, speed: float) -> tuple[Ints, Ints]:
        """Stops within the radius of a point, and the whole seconds to walk there, rounded up, at `speed` metres a second."""
        if self._tree is None:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        point = _on_sphere(np.array([lat]), np.array([lon]))[0]
        found = self._placed[np.array(sorted(self._tree.query_ball_point(point, _chord(radius_m))), dtype=np.int64)]
        distance = metres(lat, lon, self.lat[found], self.lon[found])
        inside = distance <= radius_m
        return found[inside], np.ceil(distance[inside] / speed).astype(np.int32)

    def pairs(self, radius_m: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Ordered pairs of different stops within the radius, and their metres."""
        nothing = np.zeros(0, np.int64)
        if self._tree is None:
            return nothing, nothing, np.zeros(0)
        one_way = self._placed[self._tree.query_pairs(_chord(radius_m), output_type="ndarray")].astype(np.int64)
        origin = np.concatenate([one_way[:, 0], one_way[:, 1]])
        to = np.concatenate([one_way[:, 1], one_way[:, 0]])
        distance = metres(self.lat[origin], self.lon[origin], self.lat[to], self.lon[to])
        inside = distance <= radius_m
        return origin[inside], to[inside], distance[inside]


def walks(layout: Layout, ground: Ground, radius_m: float, speed: float, change_s: int) -> Walks:
    """All walks between stops, by the rules.

    `change_s` is what it takes between two rides, at the same stop or after a walk. Where transfers.txt gives the seconds of a
    pair, they stand alone, also for a walk from the origin or to the destination; where it gives none, the straight line
    counts, beyond the radius too; where it forbids a pair, nobody walks it.
    """
    stops = len(layout.stop_ids)
    origin, to, distance = ground.pairs(radius_m)
    seconds = np.ceil(distance / speed).astype(np.int64)
    boarding = seconds + change_s
    change = np.full(stops, change_s, dtype=np.int32)
    rules = layout.rules.astype(np.int64)
    at_one = rules[:, 0] == rules[:, 1]
    for stop, _, least in rules[at_one]:
        change[stop] = least if least > -2 else change_s
    rules = rules[~at_one]
    if len(rules):
        ruled = rules[:, 0] * stops + rules[:, 1]
        free = ~np.isin(origin * stops + to, ruled)
        asked = rules[rules[:, 2] != -1]
        straight = np.ceil(
            metres(layout.lat[asked[:, 0]], layout.lon[asked[:, 0]], layout.lat[asked[:, 1]], layout.lon[asked[:, 1]])
            / speed
        )
        known = (asked[:, 2] >= 0) | ~np.isnan(straight)
        asked, straight = asked[known], straight[known]
        as_walked = asked[:, 2] == -2
        least = np.where(as_walked, np.nan_to_num(straight), asked[:, 2]).astype(np.int64)
        origin, to = np.concatenate([origin[free], asked[:, 0]]), np.concatenate([to[free], asked[:, 1]])
        seconds = np.concatenate([seconds[free], least])
        boarding = np.concatenate([boarding[free], least + np.where(as_walked, change_s, 0)])
    order = np.lexsort((to, origin))
    start = np.searchsorted(origin[order], np.arange(stops + 1)).astype(np.int32)
    return Walks(
        start, to[order].astype(np.int32), seconds[order].astype(np.int32), boarding[order].astype(np.int32), change
    )


def _on_sphere(lat: Floats, lon: Floats) -> Floats:
    """Unit vectors, (n, 3)."""
    p, q = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(p) * np.cos(q), np.cos(p) * np.sin(q), np.sin(p)], axis=1)


def _chord(radius_m: float) -> float:
    """Of the unit sphere, a metre too long: the exact distance decides afterwards."""
    return float(2 * np.sin(min((radius_m + 1) / EARTH_RADIUS_M, np.pi) / 2))
