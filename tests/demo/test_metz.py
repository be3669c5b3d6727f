"""The facts of the demonstration: real communes and places, consistent with one another."""

from collections import Counter

import pytest
from shapely.geometry import Point, Polygon, shape

from bureaux_volants.demo import metz, people, sites
from bureaux_volants.demo.places import all_sites
from bureaux_volants.territory.mosaic import schematic_contours

OUTLINE = Polygon(metz.OUTLINE)
PHASE_ONE = [s for s in sites.MAIRIES if s.phase == 1]


def test_metropole_has_its_46_communes_and_their_people() -> None:
    assert len({c.code for c in metz.COMMUNES}) == len({c.siren for c in metz.COMMUNES}) == 46
    assert all(c.code.startswith("57") and len(c.siren) == 9 for c in metz.COMMUNES)
    assert sum(c.population for c in metz.COMMUNES) == 232_612


def test_communes_and_sites_are_inside_the_outline() -> None:
    assert OUTLINE.is_valid
    assert 50 <= len(metz.OUTLINE) <= 70
    assert [c.name for c in metz.COMMUNES if not OUTLINE.contains(Point(c.lon, c.lat))] == []
    assert [s.slug for s in all_sites() if not OUTLINE.contains(Point(s.lon, s.lat))] == []


def test_the_mosaic_gives_each_commune_ground_around_its_point() -> None:
    points = {c.code: (c.lat, c.lon) for c in metz.COMMUNES}
    cells = schematic_contours(points, metz.OUTLINE, metz.MORE_POINTS)
    assert len(cells) == 46
    for commune in metz.COMMUNES:
        assert shape(cells[commune.code]).buffer(1e-4).contains(Point(commune.lon, commune.lat)), commune.name
    for site in all_sites():
        assert shape(cells[site.commune]).buffer(1e-4).contains(Point(site.lon, site.lat)), site.name


def test_seven_mairies_lend_two_to_six_desks_each() -> None:
    assert len(PHASE_ONE) == 7
    assert all(2 <= s.desks <= 6 for s in PHASE_ONE)
    assert "mairie-marly" in {s.slug for s in PHASE_ONE}
    assert len({s.commune for s in PHASE_ONE}) == 7


def test_eighteen_sites_of_the_metropole_lend_four_to_twelve() -> None:
    assert len(sites.METROPOLE_SITES) == 18
    assert all(4 <= s.desks <= 12 and s.phase == 0 for s in sites.METROPOLE_SITES)


def test_slugs_are_unique_and_communes_exist() -> None:
    assert max(Counter(s.slug for s in all_sites()).values()) == 1
    assert {s.commune for s in all_sites()} <= {c.code for c in metz.COMMUNES}


@pytest.mark.parametrize(
    ("name", "said"), [("Marly", "de Marly"), ("Augny", "d'Augny"), ("Le Ban-Saint-Martin", "du Ban-Saint-Martin")]
)
def test_a_commune_is_named_as_in_french(name: str, said: str) -> None:
    assert next(c for c in metz.COMMUNES if c.name == name).of_name == said


def test_there_are_enough_names_for_everybody_and_none_twice_in_a_list() -> None:
    assert len(set(people.FIRST_NAMES)) == len(people.FIRST_NAMES)
    assert len(set(people.LAST_NAMES)) == len(people.LAST_NAMES)
    assert len(people.FIRST_NAMES) * len(people.LAST_NAMES) > 10 * people.AGENTS
