"""A row written quickly holds what Python gave it, as `save` would write it."""

from __future__ import annotations

from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.territory.rows import _statement


def filled(model: type[Booking] | type[Event]) -> set[str]:
    return {field.name for field in _statement(model)[1]}


def test_a_default_in_both_places_is_python_s_to_give() -> None:
    assert "awaits_manager" in filled(Booking)
    assert {f.name for f in Booking._meta.local_concrete_fields} - filled(Booking) == {"id"}


def test_what_only_the_database_fills_is_left_to_it() -> None:
    assert {f.name for f in Event._meta.local_concrete_fields} - filled(Event) == {"id", "transaction"}
