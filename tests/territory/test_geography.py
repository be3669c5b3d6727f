"""Distances on the ground."""

from __future__ import annotations

import pytest

from bureaux_volants.territory.geography import distance_km


def test_distances_are_great_circle_kilometres() -> None:
    """Metz to Paris, cathedral to cathedral; half the globe from pole to pole."""
    assert distance_km(49.1203, 6.1757, 48.8530, 2.3499) == pytest.approx(281, abs=1)
    assert distance_km(90, 0, -90, 0) == pytest.approx(20015, abs=1)
    assert distance_km(49, 6, 49, 6) == 0
