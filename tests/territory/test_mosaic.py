"""The schematic map: whatever the points, cells are a partition of the ground and each holds its point."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import Point, Polygon, shape

from bureaux_volants.territory.mosaic import schematic_contours

SQUARE = [(6.0, 49.0), (6.3, 49.0), (6.3, 49.2), (6.0, 49.2)]

# On a grid of about 200 m, so that two points are never nearer than the rounding can tell apart.
grid_points = st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)), min_size=1, max_size=25, unique=True).map(
    lambda cells: {f"{n}": (49.0 + 0.002 * row, 6.0 + 0.003 * column) for n, (row, column) in enumerate(cells)}
)


@given(grid_points)
@settings(max_examples=80, deadline=None)
def test_cells_are_disjoint_cover_the_outline_and_hold_their_point(points: dict[str, tuple[float, float]]) -> None:
    cells = {key: shape(geometry) for key, geometry in schematic_contours(points, SQUARE).items()}
    assert list(cells) == list(points)
    for key, (lat, lon) in points.items():
        assert cells[key].buffer(1e-4).contains(Point(lon, lat))
    square = Polygon(SQUARE)
    for one, other in combinations(cells.values(), 2):
        assert one.intersection(other).area < square.area * 1e-4
    assert square.difference(union_all(list(cells.values()))).area < square.area * 1e-4
    assert all(cell.is_valid and not cell.is_empty for cell in cells.values())


@given(grid_points)
@settings(max_examples=30, deadline=None)
def test_without_an_outline_there_is_ground_around_every_point(points: dict[str, tuple[float, float]]) -> None:
    for key, geometry in schematic_contours(points).items():
        lat, lon = points[key]
        assert shape(geometry).buffer(1e-4).contains(Point(lon, lat))


def test_the_border_runs_half_way_in_metres_not_in_degrees() -> None:
    # At 60° north a degree of longitude is half one of latitude: the nearest point is not the nearest in degrees.
    cells = schematic_contours({"east": (60.0, 6.12), "north": (60.08, 6.0)}, [(5, 59), (7, 59), (7, 61), (5, 61)])
    assert shape(cells["east"]).contains(Point(6.0, 60.0))


def test_a_large_town_may_have_several_points_and_one_contour() -> None:
    cells = schematic_contours({"town": (49.1, 6.05), "village": (49.1, 6.15)}, SQUARE, {"town": [(49.1, 6.25)]})
    assert shape(cells["town"]).contains(Point(6.25, 49.1))
    assert shape(cells["village"]).contains(Point(6.15, 49.1))
    assert cells["town"]["type"] == "MultiPolygon"


def test_a_point_outside_the_outline_gets_ground_of_its_own() -> None:
    cells = schematic_contours({"in": (49.1, 6.1), "out": (49.25, 6.1)}, SQUARE)
    assert shape(cells["out"]).contains(Point(6.1, 49.25))


def test_coordinates_have_four_decimals() -> None:
    geometry = schematic_contours({"a": (49.1, 6.1), "b": (49.15, 6.2)}, SQUARE)["a"]
    assert geometry["type"] == "Polygon"
    assert all(round(value, 4) == value for ring in geometry["coordinates"] for vertex in ring for value in vertex)


def test_two_communes_at_one_point_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        schematic_contours({"a": (49.1, 6.1), "b": (49.1, 6.1)}, SQUARE)


def test_no_point_makes_no_map() -> None:
    assert schematic_contours({}) == {}
