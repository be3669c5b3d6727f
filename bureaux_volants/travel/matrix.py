"""Every pair of places at once, for the ways whose duration does not depend on the hour: what the planner stands on. Pure, NumPy.

Equal to what `estimate.Estimate` answers pair by pair (tests/travel/test_matrix.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .footprint import BUILT_IN, HOME, Tables, euros_per_km, grams_per_km, people_aboard, ticket
from .journeys import Place, PoolUnit, Traveller, Way
from .modes import TRANSIT_MODES, Mode
from .outline import HUB_WAYS, KEY_MINUTES, POOL_WAYS, Floats, Ints, crow_km, lacks, outline, spread


@dataclass(frozen=True, slots=True)
class Option:
    """A way of going, with what it is done with: the pool's unit, the car park or stop that it goes by (hub ways need one).

    `offer`: whose car it is, by the number of the ride that a colleague opened; 0 for any other way.
    """

    way: Way
    unit: PoolUnit | None = None
    hub: Place | None = None
    offer: int = 0


@dataclass(frozen=True, slots=True)
class Matrix:
    """Figures [option, from, to] of one person; infinite where an option cannot be had.

    `minutes` door to door, `spread` how far they may be off, `grams_use` and `grams_total` gCO2e, `employer` and `agent` EUR, `effort`
    minutes, `km` and `car_km`, `transfers`. `key_minutes` [option]: what of the minutes is spent fetching a pool unit; a journey that
    begins with the unit already in hand takes that much less.
    """

    options: tuple[Option, ...]
    minutes: Floats
    spread: Floats
    grams_use: Floats
    grams_total: Floats
    employer: Floats
    agent: Floats
    effort: Floats
    km: Floats
    car_km: Floats
    transfers: Floats
    key_minutes: Floats


#: The layers that are filled, in this order: fields of Matrix.
FIGURES = (
    "minutes",
    "spread",
    "grams_use",
    "grams_total",
    "employer",
    "agent",
    "effort",
    "km",
    "car_km",
    "transfers",
)


def matrix(
    places: Sequence[Place],
    traveller: Traveller,
    options: Sequence[Option],
    tables: Tables = BUILT_IN,
    ends: Sequence[int] | None = None,
) -> Matrix:
    """The figures of each option between all places. The place whose key is `home` is where commuting begins and ends, and the side
    of a hub way on which the own vehicle is. The rows of colleagues' own rides are left infinite, and with `ends`
    all that neither begins nor ends at one of these numbers. ValueError for a hub way without a hub, or a point that is no place on Earth.
    """
    n = len(places)
    pairs = _Pairs(places, *_asked(n, ends))
    layers = np.full((len(FIGURES), len(options), n, n), np.inf)
    for at, option in enumerate(options):
        # A colleague's car goes where it goes: whoever asks for one knows where that is.
        if option.offer:
            continue
        figures = _figures(option, traveller, tables, pairs)
        if figures is not None:
            layers[:, at, pairs.origin, pairs.destination] = figures
    key_minutes = np.array([KEY_MINUTES if o.way in POOL_WAYS else 0.0 for o in options])
    named = dict(zip(FIGURES, layers, strict=True))
    return Matrix(options=tuple(options), key_minutes=key_minutes, **named)


def _asked(n: int, ends: Sequence[int] | None) -> tuple[Ints, Ints]:
    """From where to where: every pair, or those from and to the ends."""
    if ends is None:
        origin, destination = np.indices((n, n))
        return origin, destination
    one, all_of_them = (k.ravel() for k in np.meshgrid(np.unique(ends), np.arange(n), indexing="ij"))
    return np.concatenate([one, all_of_them]), np.concatenate([all_of_them, one])


class _Pairs:
    """Pairs of places by their numbers, in arrays of one shape."""

    def __init__(self, places: Sequence[Place], origin: Ints, destination: Ints) -> None:
        self.places, self.origin, self.destination = places, origin, destination
        self.direct = crow_km(places, places)[origin, destination]
        at_home = np.array([p.key == HOME for p in places], dtype=bool)
        self.commuting = at_home[origin] | at_home[destination]
        # Towards home, and not from it: the vehicle waits at the hub and takes one home.
        self.homeward = at_home[destination] & ~at_home[origin]

    def by(self, via: Place) -> tuple[Floats, Floats]:
        """Great-circle kilometres to a third place, and on from it."""
        there = crow_km(self.places, [via])[:, 0]
        return there[self.origin], there[self.destination]


def _figures(option: Option, traveller: Traveller, tables: Tables, pairs: _Pairs) -> Floats | None:
    """The figures of one option, [figure, pairs…]; None for what the person has not."""
    way, unit = option.way, option.unit
    if way in HUB_WAYS and option.hub is None:
        raise ValueError(f"{way} goes by a hub")
    if lacks(way, traveller, unit):
        return None
    direct, commuting = pairs.direct, pairs.commuting
    via = option.hub if way in HUB_WAYS else unit.base if way in POOL_WAYS and unit is not None else None
    if via is None:
        first, second = np.zeros_like(direct), direct
    else:
        first, second = pairs.by(via)
        if way in HUB_WAYS:
            first, second = np.where(pairs.homeward, second, first), np.where(pairs.homeward, first, second)
    shape = outline(way, traveller, unit, direct, first, second)
    minutes, use, total, employer, agent, effort, km, car_km = np.zeros((8, *direct.shape))
    for part in shape.parts:
        minutes += part.minutes + part.wait
        effort += part.effort
        km += part.km
        of_use, of_all = grams_per_km(way, part.mode, traveller, unit, tables.factors)
        use += part.km * of_use
        total += part.km * of_all
        on_duty = euros_per_km(way, part.mode, traveller, unit, False, tables)
        to_work = euros_per_km(way, part.mode, traveller, unit, True, tables)
        employer += part.km * np.where(commuting, to_work[0], on_duty[0])
        agent += part.km * np.where(commuting, to_work[1], on_duty[1])
        if part.mode is Mode.CAR:
            car_km += part.km / people_aboard(way, unit)
    if any(p.mode in TRANSIT_MODES for p in shape.parts):
        on_duty, to_work = (ticket(traveller, unit, commutes, tables.fares) for commutes in (False, True))
        employer += np.where(commuting, to_work[0], on_duty[0])
        agent += np.where(commuting, to_work[1], on_duty[1])
    # In the order of FIGURES.
    found = np.stack(
        np.broadcast_arrays(
            minutes, spread(way, minutes), use, total, employer, agent, effort, km, car_km, shape.transfers
        )
    )
    for _code, passed, _km in shape.limits:
        found[:, passed] = np.inf
    return found
