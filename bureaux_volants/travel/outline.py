"""What an estimated journey is made of, for one pair of places or for all of them at once. Pure, NumPy.

Everything here follows from great-circle kilometres: from the origin to the destination (`direct`) and, where a journey goes by a third
place (a car park, a stop, the base of a pool unit), to it and from it (`first`, `second`). Arrays of any one shape go in; arrays of that shape
come out.

What is assumed of public transport where no timetable is known: a stop 350 m of street from either end, 6 minutes of waiting, a line
that runs as a city bus does, and one change (7 minutes) beyond 4 km. These are orders of magnitude of French city networks, and the
spread says how far they may be off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bureaux_volants.territory.geography import EARTH_RADIUS_KM

from .footprint import people_aboard
from .journeys import Place, PoolUnit, Traveller, Way
from .modes import PACES, TRANSIT_MODES, Mode

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

STOP_KM = 0.35
WAIT_MINUTES = 6.0
CHANGE_MINUTES = 7.0
CHANGE_BEYOND_KM = 4.0
#: The ride that a city bus makes is not worth waiting for when both ends are nearer than this, as the crow flies.
NEAREST_RIDE_KM = 0.6
#: From a park-and-ride or a bicycle rack to its stop.
HUB_WALK_KM = 0.1
#: Fetching a pool unit: the box, the code, a look at the unit; and bringing the key back.
KEY_MINUTES = 5.0
#: Meeting the driver of a shared ride.
MEETING_MINUTES = 3.0
#: How far one walks with things to carry, street kilometres, whatever else one accepts.
LOADED_WALK_KM = 0.8

#: How far the minutes may be off: this share of them, plus these minutes.
SPREAD: dict[Way, tuple[float, float]] = {
    Way.WALK: (0.10, 1),
    Way.OWN_BIKE: (0.15, 2),
    Way.POOL_BIKE: (0.15, 3),
    Way.OWN_CAR: (0.25, 3),
    Way.POOL_CAR: (0.25, 4),
    Way.SHARED_RIDE: (0.25, 5),
    Way.TRANSIT: (0.25, 8),
    Way.PARK_AND_RIDE: (0.25, 8),
    Way.BIKE_AND_RIDE: (0.20, 8),
}

#: Ways that go by a third place: a car park or a stop.
HUB_WAYS = frozenset({Way.PARK_AND_RIDE, Way.BIKE_AND_RIDE})
POOL_WAYS = frozenset({Way.POOL_BIKE, Way.POOL_CAR})


@dataclass(frozen=True, slots=True)
class Part:
    """A part by one mode: `wait` minutes of waiting, then `minutes`; `effort` as of `Journey.effort_minutes`.

    `ends_at_via`: it ends at the third place.
    """

    mode: Mode
    km: Floats
    minutes: Floats
    effort: Floats
    wait: float = 0.0
    ends_at_via: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts in order (`reversed`: from the far end), the changes, and where the way cannot be taken, with the street kilometres."""

    parts: tuple[Part, ...]
    transfers: Floats
    #: Code of a limit, where it is passed, and the kilometres that pass it.
    limits: tuple[tuple[str, Bools, Floats], ...] = ()


def crow_km(a: Sequence[Place], b: Sequence[Place]) -> Floats:
    """Great-circle kilometres [len(a), len(b)]. ValueError for coordinates that are no place on Earth."""
    first, second = (np.radians(_degrees(places)) for places in (a, b))
    lat_a, lon_a = first[:, :1], first[:, 1:]
    lat_b, lon_b = second[:, 0], second[:, 1]
    h = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return km


def _degrees(places: Sequence[Place]) -> Floats:
    found = np.array([(p.point.lat, p.point.lon) for p in places], dtype=np.float64).reshape(-1, 2)
    if not (np.abs(found) <= (90.0, 180.0)).all():
        raise ValueError("a point is no place on Earth")
    return found


def bike_mode(way: Way, traveller: Traveller, unit: PoolUnit | None) -> Mode:
    """The bike of this way: one's own, or the one lent."""
    if way is Way.POOL_BIKE and unit is not None:
        if unit.kind == "cargo_bike":
            return Mode.CARGO_BIKE
        return Mode.EBIKE if unit.energy in {"assisted", "electric"} else Mode.BIKE
    return Mode.EBIKE if traveller.bike_is_assisted else Mode.BIKE


def lacks(way: Way, traveller: Traveller, unit: PoolUnit | None) -> str:
    """The code of what a person has not, or does not accept, whatever the distance; empty when nothing."""
    match way:
        case Way.OWN_BIKE | Way.BIKE_AND_RIDE if not traveller.has_bike:
            return "no-bike"
        case Way.OWN_CAR | Way.PARK_AND_RIDE if not traveller.has_car:
            return "no-car"
        case Way.OWN_CAR | Way.PARK_AND_RIDE | Way.POOL_CAR if not traveller.has_licence:
            return "no-licence"
        case Way.POOL_BIKE if unit is None or unit.kind == "car":
            return "no-pool-bike"
        case Way.POOL_CAR if unit is None or unit.kind != "car":
            return "no-pool-car"
        case Way.OWN_BIKE | Way.BIKE_AND_RIDE if traveller.carries_things:
            return "carries-things"
        case Way.POOL_BIKE if traveller.carries_things and bike_mode(way, traveller, unit) is not Mode.CARGO_BIKE:
            return "carries-things"
        case Way.POOL_BIKE if people_aboard(way, unit) > 1:
            return "bike-carries-one"
    return ""


def _part(mode: Mode, crow: Floats, fixed: float | None = None) -> Part:
    """A part over a crow's distance at the pace of the mode; `fixed` minutes instead of the mode's own."""
    pace = PACES[mode]
    km = crow * pace.detour
    town = np.minimum(km, pace.town_km)
    moving = (town / pace.town_kmh + (km - town) / pace.road_kmh) * 60
    share = {Mode.WALK: 1.0, Mode.BIKE: 1.0, Mode.EBIKE: 0.5, Mode.CARGO_BIKE: 0.5}.get(mode, 0.0)
    return Part(mode, km, moving + (pace.fixed_minutes if fixed is None else fixed), moving * share)


def _walk(km: float, like: Floats) -> Part:
    return _part(Mode.WALK, np.full_like(like, km / PACES[Mode.WALK].detour))


def _ends(part: Part) -> Part:
    return Part(part.mode, part.km, part.minutes, part.effort, part.wait, True)


def _ride(crow: Floats, access_km: float) -> tuple[tuple[Part, Part, Part], Floats]:
    """Walk to the stop, wait and ride, walk from the stop; and the changes."""
    ride = _part(Mode.BUS, crow)
    changes = (ride.km > CHANGE_BEYOND_KM).astype(np.float64)
    ride = Part(Mode.BUS, ride.km, ride.minutes + changes * CHANGE_MINUTES, ride.effort, WAIT_MINUTES)
    return (_walk(access_km, crow), ride, _walk(STOP_KM, crow)), changes


def outline(
    way: Way, traveller: Traveller, unit: PoolUnit | None, direct: Floats, first: Floats, second: Floats
) -> Outline:
    """What a way is made of. For a hub way, `first` is what is driven or cycled; for a pool way, what is walked to the base."""
    still = np.zeros_like(direct)
    parts: tuple[Part, ...]
    match way:
        case Way.WALK:
            parts = (_part(Mode.WALK, direct),)
        case Way.OWN_BIKE:
            parts = (_part(bike_mode(way, traveller, unit), direct),)
        case Way.OWN_CAR:
            parts = (_part(Mode.CAR, direct),)
        case Way.SHARED_RIDE:
            parts = (_part(Mode.CAR, direct, PACES[Mode.CAR].fixed_minutes + MEETING_MINUTES),)
        case Way.POOL_BIKE | Way.POOL_CAR:
            mode = Mode.CAR if way is Way.POOL_CAR else bike_mode(way, traveller, unit)
            ride = _part(mode, second, PACES[mode].fixed_minutes + KEY_MINUTES)
            parts = (_ends(_part(Mode.WALK, first)), ride)
        case Way.TRANSIT:
            parts, still = _ride(direct, STOP_KM)
        case Way.PARK_AND_RIDE | Way.BIKE_AND_RIDE:
            mode = Mode.CAR if way is Way.PARK_AND_RIDE else bike_mode(way, traveller, unit)
            ridden, still = _ride(second, HUB_WALK_KM)
            parts = (_ends(_part(mode, first)), *ridden)
    return Outline(parts, still, _limits(way, traveller, parts, direct, second))


def _limits(
    way: Way, traveller: Traveller, parts: tuple[Part, ...], direct: Floats, second: Floats
) -> tuple[tuple[str, Bools, Floats], ...]:
    found: list[tuple[str, Bools, Floats]] = []
    walked = sum((p.km for p in parts if p.mode is Mode.WALK), np.zeros_like(direct))
    if traveller.walk_km is not None:
        found.append(("too-far-on-foot", walked > traveller.walk_km, walked))
    if traveller.carries_things and way is Way.WALK:
        found.append(("too-far-loaded", walked > LOADED_WALK_KM, walked))
    if traveller.bike_km is not None:
        for part in parts:
            if part.mode in (Mode.BIKE, Mode.EBIKE, Mode.CARGO_BIKE):
                found.append(("too-far-by-bike", part.km > traveller.bike_km, part.km))
    if any(p.mode in TRANSIT_MODES for p in parts):
        ridden = second if way in HUB_WAYS else direct
        found.append(("too-near-to-ride", ridden < NEAREST_RIDE_KM, ridden))
    if way in HUB_WAYS:
        # A hub that is no nearer than the end itself is no help.
        found.append(("hub-out-of-the-way", second > direct, second))
    return tuple(found)


def spread(way: Way, minutes: Floats) -> Floats:
    """How far the minutes of an estimated journey may be off."""
    share, base = SPREAD[way]
    return minutes * share + base
