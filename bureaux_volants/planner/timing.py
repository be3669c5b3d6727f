"""Whose hours are not the person's own: public transport and colleagues' cars, put into the numbers of the search. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Way
from bureaux_volants.travel.matrix import Matrix, Option

from .clock import Frame, Gate, Rides, rides
from .colleagues import Lifts, timed
from .problem import HOME, NEVER, Ints


def by_the_clock(
    frame: Frame,
    timetable: Timetable | None,
    figures: Matrix,
    into: Ints,
    out: Ints,
    direct: Ints,
    hubs: Mapping[Option, int],
    lifts: Lifts,
) -> tuple[Ints, list[Rides]]:
    """Put the timetable's minutes, and those of colleagues' cars, in place of the estimated ones (arrays of `Problem`, changed here).

    The row of each option, -1 for one without hours, and the rides by row.
    """
    clock = np.full(len(figures.options), -1, np.int64)
    found = [] if timetable is None else _by_timetable(frame, timetable, clock, figures, into, out, direct, hubs)
    for m, option in enumerate(figures.options):
        if option.offer:
            clock[m] = len(found)
            found.append(timed(frame, lifts.by_offer[option.offer]))
    for m in map(int, np.flatnonzero(clock >= 0)):
        one = found[clock[m]]
        _put(into[:, m, :, 0], one.into)
        _put(out[:, m, :, 0], one.out)
        for node in range(len(frame.place) - 1):
            _put(direct[node, node + 1, m, :1], one.direct[node : node + 1])
    return clock, found


def _by_timetable(
    frame: Frame,
    timetable: Timetable,
    clock: Ints,
    figures: Matrix,
    into: Ints,
    out: Ints,
    direct: Ints,
    hubs: Mapping[Option, int],
) -> list[Rides]:
    """The rides of public transport, with their rows in `clock`."""
    gates: list[Gate] = []
    for m, option in enumerate(figures.options):
        if option.way is Way.TRANSIT:
            clock[m] = 0
        elif option.hub is not None:
            lag = _lag(option, figures, hubs)
            if lag < NEVER:
                gates.append(Gate(option.hub, lag))
                clock[m] = len(gates)
            else:
                for minutes in (into[:, m], out[:, m], direct[:, :, m]):
                    minutes[..., 0] = NEVER
    return rides(frame, timetable, gates) if (clock >= 0).any() else []


def _put(minutes: Ints, told: Ints) -> None:
    """Where the way can be taken at all, it takes what the timetable says."""
    minutes[:] = np.where(minutes < NEVER, told, NEVER)


def _lag(option: Option, figures: Matrix, hubs: Mapping[Option, int]) -> int:
    """Minutes from home to the hub by the own vehicle."""
    if option.hub is None:
        return 0
    by = Way.OWN_CAR if option.way is Way.PARK_AND_RIDE else Way.OWN_BIKE
    m = next(k for k, o in enumerate(figures.options) if o.way is by)
    minutes = float(figures.minutes[m, HOME, hubs[option]])
    return int(np.ceil(minutes)) if np.isfinite(minutes) else NEVER
