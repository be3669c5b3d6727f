"""What the map of a kept day draws: where one goes, in order, and how from each to the next."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bureaux_volants.travel.footprint import HOME
from bureaux_volants.travel.journeys import Way
from bureaux_volants.travel.modes import TRANSIT_MODES, Mode

#: What each way is drawn as where nothing is known of its parts.
_DRAWN = {
    Way.WALK: "walk",
    Way.OWN_BIKE: "bike",
    Way.POOL_BIKE: "bike",
    Way.OWN_CAR: "car",
    Way.POOL_CAR: "car",
    Way.SHARED_RIDE: "car",
    Way.PARK_AND_RIDE: "transit",
    Way.BIKE_AND_RIDE: "transit",
    Way.TRANSIT: "transit",
}


def _drawn(mode: Mode) -> str:
    if mode in TRANSIT_MODES:
        return "transit"
    return {Mode.WALK: "walk", Mode.CAR: "car"}.get(mode, "bike")


def map_of(kept: dict[str, Any]) -> dict[str, Any]:
    """`places`: each where the day stops, numbered in the order of the day; `legs`: lines between points, by what they are drawn as.

    A leg is `told` when a timetable says where it goes; else it is a straight line. Empty when the day stays in one place.
    """
    places: dict[tuple[float, float], dict[str, Any]] = {}
    legs: list[dict[str, Any]] = []

    def stop_at(place: dict[str, Any], what: str) -> None:
        at = place["lat"], place["lon"]
        told = places.setdefault(
            at, {"n": len(places) + 1, "lat": at[0], "lon": at[1], "name": _name(place), "what": []}
        )
        if what and what not in told["what"]:
            told["what"].append(what)

    for step in kept["steps"]:
        if step["what"] != "travel":
            stop_at(step["place"], _what(step))
            continue
        stop_at(step["from"], "")
        told = step["basis"] == "timetable"
        for part in step["sections"]:
            line = [[part[end]["lat"], part[end]["lon"]] for end in ("from", "to")]
            legs.append({"as": _drawn(Mode(part["mode"])), "told": told, "line": line})
        if not step["sections"]:
            line = [[step[end]["lat"], step[end]["lon"]] for end in ("from", "place")]
            legs.append({"as": _DRAWN[Way(step["way"])], "told": False, "line": line})
        stop_at(step["place"], "")
    if not legs:
        return {}
    for one in places.values():
        one["what"] = ", ".join(one["what"])
    return {"places": list(places.values()), "legs": legs, "ways": sorted({leg["as"] for leg in legs})}


def _name(place: dict[str, Any]) -> str:
    return _("Chez vous") if place["key"] == HOME else str(place["name"])


def _what(step: dict[str, Any]) -> str:
    return {"desk": _("bureau"), "meeting": _("rendez-vous"), "remote": ""}[step["what"]]
