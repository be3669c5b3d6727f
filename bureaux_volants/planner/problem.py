"""A day as numbers: what the search for plans works on, and what it answers. Pure; minutes are whole, since local midnight.

The model. A day starts and ends at home (place 0). Between come the appointments, each at its place and hours. In each gap, before,
between and after them, at most one stop is made: to work at a desk (a *stay*), or only to change vehicles: what one comes with is not
what one leaves with. An appointment that may be remote is either gone to, or attended from the stay around it.

Vehicles. The own bike and the own car begin and end the day at home, and can only be used where they stand; they may be left at a
place and fetched again. A pool unit is taken at its base, goes wherever its holder goes, and is back whenever its holder is back at
the base. A hub way (park and ride, bike and ride) leaves the vehicle at the hub and must fetch it there on the way home.

What is weighed, the less the better: `minutes` (door to door, and the hours of work that are neither worked nor travelled), `grams`
(gCO2e), `cents` (employer's and agent's together), `points` of discomfort (changes, effort, risk of being late).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

#: No such way between these places.
NEVER = 1 << 40

HOME = 0
#: What a way is done with. From POOL on: the pool kinds, in order.
NOTHING, BIKE, CAR, POOL = 0, 1, 2, 3

#: The order of what is weighed, in every array whose last axis has four.
WEIGHED = ("minutes", "grams", "cents", "points")


@dataclass(frozen=True, slots=True)
class Problem:
    """A day's numbers. A appointments, S stops, M ways, K pool kinds, W windows; node 0 is the morning at home, node A+1 the evening.

    - `start`, `end` [A+2]: the hours of the appointments, being early included; unused for the two ends.
    - `may_be_remote` [A+2] of 0 and 1; `place` [A+2]: where each is; `stop_place` [S].
    - `hours`: when the person works, [from, until).
    - `windows` [S, W, 2]: when a desk of the stop can be had; any part of a window can. Empty windows are [0, 0).
    - `vehicle` [M]: NOTHING, BIKE, CAR, or POOL + kind; `hub` [M]: the hub's place or -1.
    - `into` [A+2, M, S, 4]: from each node to each stop. Its first column is minutes; a way by the clock counts its waiting there.
    - `out` [A+2, M, S, 4]: from each stop to each node. `direct` [A+2, A+2, M, 4]: from node to node. NEVER where there is none.
    - `due_from_stop` [A+2, K, S]: until when a unit taken at the stop, in time for that node, is free; 0 when none is.
    - `due_from_node` [A+2, K]: the same for a unit taken where the appointment was.
    - `clock` [M]: the row of `morning` and `evening` of a way that leaves at its own hours (a bus, a colleague's car), -1 for others.
      Where its hours are not decided by an appointment they are looked up: `morning` [T, S, N, 2] are pairs (departure, arrival) from
      home to each stop, `evening` from each stop to home, both columns ascending, filled up with NEVER. In the morning the latest
      that arrives by the asked minute is taken, in the evening the earliest that leaves from it.
    - `most_wait`: nobody waits longer than this, minutes, for such a ride in the evening or after it in the morning.
    - `earliest`: nobody leaves home before it (today, it is now). Who then can't be there when the desk is had comes later.
    - `pocket` [K]: 1 for a pool kind that goes along in a pocket (a transport card): with it in hand one may also walk.
    - `least_stay`: a shorter stay is no work, minutes. `stop_points`: the discomfort of settling at a desk, each time.
    """

    start: Ints
    end: Ints
    may_be_remote: Ints
    place: Ints
    hours: tuple[int, int]
    stop_place: Ints
    windows: Ints
    vehicle: Ints
    hub: Ints
    into: Ints
    out: Ints
    direct: Ints
    due_from_stop: Ints
    due_from_node: Ints
    clock: Ints
    morning: Ints
    evening: Ints
    pocket: Ints
    earliest: int = 0
    most_wait: int = 90
    least_stay: int = 45
    stop_points: int = 3

    @property
    def appointments(self) -> int:
        return len(self.start) - 2


@dataclass(frozen=True, slots=True)
class Gap:
    """What is done between two nodes of the day.

    `stop` is -1 when one goes straight on by `first`. Else one goes there by `first` and on by `second`; the desk is had from
    `desk_from` until `desk_until` (both 0 when one only passes).
    """

    origin: int
    target: int
    stop: int
    first: int
    second: int
    desk_from: int
    desk_until: int


@dataclass(frozen=True, slots=True)
class Found:
    """One way to spend the day and what it weighs (as WEIGHED)."""

    weighs: tuple[int, int, int, int]
    gaps: tuple[Gap, ...]
