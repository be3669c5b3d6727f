"""The rows of one trial within its territory's: its communes' sites, its cohort, its questionnaires. And what is left beside it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from .rows import NAMELESS, Flags, People, Rows, Table

_T = TypeVar("_T", bound=Table)


@dataclass(frozen=True, slots=True)
class Scope:
    """`sites`: those of the trial's communes. `people`: its cohort, None when it has none: then everybody."""

    trial: int
    sites: Collection[int]
    people: People | None = None


def of_trial(rows: Rows, scope: Scope) -> Rows:
    """What happens at the trial's sites, what its people do there, and what they say in its questionnaires."""
    return _chosen(rows, scope, is_inside=True)


def beside(rows: Rows, scope: Scope) -> Rows:
    """The rest of the territory. Where it is of fewer than five people, what is said of the trial would show them."""
    return _chosen(rows, scope, is_inside=False)


def _chosen(rows: Rows, scope: Scope, *, is_inside: bool) -> Rows:
    people = scope.people if scope.people is not None else rows.people
    sites = np.array(sorted(scope.sites), np.int32)
    stays = rows.stays
    here = np.isin(stays.site, sites)
    # Whose name has left cannot be told to be of the cohort.
    member = np.isin(stays.agent, people.agent) | ((stays.agent == NAMELESS) & (scope.people is None))
    theirs = here & member
    if not is_inside:
        here, theirs = ~here, ~theirs
    others = rows.people.taken(~np.isin(rows.people.agent, people.agent))

    def side(table: _T, inside: Flags) -> _T:
        return table.taken(inside if is_inside else ~inside)

    return replace(
        rows,
        stays=replace(stays, is_here=stays.is_here & here, is_theirs=stays.is_theirs & theirs),
        waits=side(rows.waits, np.isin(rows.waits.site, sites)),
        lent=side(rows.lent, np.isin(rows.lent.site, sites)),
        outings=side(rows.outings, np.isin(rows.outings.agent, people.agent)),
        diary=side(rows.diary, rows.diary.trial == scope.trial),
        trips=side(rows.trips, rows.trips.trial == scope.trial),
        scores=side(rows.scores, rows.scores.trial == scope.trial),
        meetings=side(rows.meetings, np.isin(rows.meetings.site, sites)),
        rides=side(rows.rides, np.isin(rows.rides.driver, people.agent) | np.isin(rows.rides.passenger, people.agent)),
        costs=side(rows.costs, rows.costs.trial == scope.trial),
        people=people if is_inside else others,
    )
