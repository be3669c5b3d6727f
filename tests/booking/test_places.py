"""Naming a place."""

from __future__ import annotations

import pytest

from bureaux_volants.booking.places import Place, find_place, plain

PLACES = [
    Place("Metz", 49.12, 6.18),
    Place("Montigny-lès-Metz", 49.1, 6.15),
    Place("Marly", 49.06, 6.15),
    Place("Mairie de Marly", 49.06, 6.15, "8 rue des Écoles, 57155 Marly"),
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Metz", "Metz"),
        ("metz", "Metz"),
        ("  MONTIGNY lès metz ", "Montigny-lès-Metz"),
        ("montigny", "Montigny-lès-Metz"),
        ("marly", "Marly"),
        ("rue des ecoles", "Mairie de Marly"),
        ("12 avenue Foch, 57000 Metz", "Metz"),
    ],
)
def test_a_place_is_found_however_it_is_written(text: str, name: str) -> None:
    found = find_place(text, PLACES)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "   ", "Tombouctou", "—"])
def test_what_is_not_known_is_not_guessed(text: str) -> None:
    assert find_place(text, PLACES) is None


def test_letters_are_compared_without_their_dress() -> None:
    assert plain("Saint-Julien-lès-Metz, Cœur d'Île") == "saint julien les metz coeur d ile"
