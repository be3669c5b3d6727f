"""How each kind is called in a sentence. Pure."""

from __future__ import annotations

_A_THING = {
    "desk": "un bureau",
    "car": "une voiture",
    "bike": "un vélo",
    "cargo_bike": "un vélo cargo",
    "transport_card": "une carte de transport",
}


def a_thing(kind: str) -> str:
    """`un bureau`, `une voiture`: the kind with its article."""
    return _A_THING[kind]
