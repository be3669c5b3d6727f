"""A schematic map of a territory from one point per commune: Voronoi cells clipped to an outline. Pure.

It needs neither network nor licence, and is labelled as schematic wherever it is drawn. The real contours come with
`bv territory import`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import shapely
from shapely.geometry import MultiPoint, Point, Polygon, mapping
from shapely.geometry.base import BaseGeometry

#: Decimals of the coordinates written out: 0.0001° is 11 m, finer than anything a schematic map can mean.
DECIMALS = 4

#: Half-width of the ground around points that no outline surrounds, degrees of latitude (about 2 km).
MARGIN = 0.018


def schematic_contours(
    points: Mapping[str, tuple[float, float]],
    outline: Sequence[tuple[float, float]] | None = None,
    more: Mapping[str, Sequence[tuple[float, float]]] = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """The cell of each point, as a GeoJSON geometry (longitude first, 4 decimals), by the point's key.

    points: key to (latitude, longitude), degrees. outline: ring of (longitude, latitude); without one, a rounded hull
    of the points. A point outside the outline gets a little ground of its own, joined to it. more: other points of the
    same key, whose cells are joined to the first's.

    Cells do not overlap, together cover the outline, and each holds its point: the ground nearest to it as the crow
    flies (longitudes are shrunk by the cosine of the mean latitude, so that near means near in metres).

    Raises ValueError when two points coincide once rounded.
    """
    if not points:
        return {}
    seeds = [*points.items(), *((key, point) for key in points for point in more.get(key, ()))]
    if len({(round(lat, DECIMALS), round(lon, DECIMALS)) for _, (lat, lon) in seeds}) < len(seeds):
        raise ValueError("two points of the mosaic coincide")
    shrink = math.cos(math.radians(sum(lat for lat, _ in points.values()) / len(points)))
    flat = [Point(lon * shrink, lat) for _, (lat, lon) in seeds]
    ground = _ground(flat, outline, shrink)
    cells: list[BaseGeometry] = [ground]
    if len(flat) > 1:
        cells = list(shapely.voronoi_polygons(MultiPoint(flat), extend_to=ground.buffer(1), ordered=True).geoms)
    of_key: dict[str, list[BaseGeometry]] = {}
    for (key, _), cell in zip(seeds, cells, strict=True):
        of_key.setdefault(key, []).append(cell)
    return {key: _geojson(_areas(shapely.union_all(mine).intersection(ground)), shrink) for key, mine in of_key.items()}


def _ground(flat: Sequence[Point], outline: Sequence[tuple[float, float]] | None, shrink: float) -> BaseGeometry:
    if outline is None:
        return MultiPoint(flat).convex_hull.buffer(MARGIN, quad_segs=4)
    inside = shapely.make_valid(Polygon([(lon * shrink, lat) for lon, lat in outline]))
    strays = [
        # A corridor to the outline keeps the map in one piece.
        shapely.shortest_line(point, inside).buffer(MARGIN / 6, quad_segs=4)
        for point in flat
        if not inside.contains(point)
    ]
    return shapely.union_all([inside, *strays])


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """Without the points and lines that an intersection may leave along an edge."""
    parts = [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon) and part.area > 0]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _geojson(geometry: BaseGeometry, shrink: float) -> dict[str, Any]:
    # Neighbours share their vertices, and equal vertices round alike: no gap opens between them.
    wide = shapely.transform(geometry, lambda xy: (xy / [shrink, 1]).round(DECIMALS))
    return dict(mapping(_areas(shapely.make_valid(wide))))
