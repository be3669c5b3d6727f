"""What the charter says of a trip, one by one or for every way between all places at once. Pure; NumPy.

Both forms stand on the same conditions: tests/charter/test_judging.py compares them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bureaux_volants.travel.journeys import Way

from .rules import WEIGHT, Effect, Rule

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TripFacts:
    """What a rule may ask of one way from A to B.

    `km` of street, one way; `minutes` door to door; `instead`: what it takes by other ways, those that are possible only. `energy` as of
    the fleet (`electric`, `assisted`…), empty without a vehicle. `people` aboard in all. `leaves`: the local hour, None where not known.
    `others`: other people's cars that go there at about that time; `again`: the person's other trips there in the same week.
    """

    way: Way
    km: float
    minutes: float
    energy: str = ""
    people: int = 1
    has_load: bool = False
    needs_access: bool = False
    leaves: dt.time | None = None
    others: int = 0
    again: int = 0
    instead: Mapping[Way, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule says of a trip."""

    code: str
    effect: Effect
    sentence: str


def in_hours(rule: Rule, leaves: dt.time | None) -> bool:
    """Whether the hour of leaving is one that the rule asks for; an unknown hour is none."""
    first, until = rule.hour_from, rule.hour_until
    if first is None or until is None:
        return True
    if leaves is None:
        return False
    return first <= leaves < until if first < until else leaves >= first or leaves < until


def speaks(rule: Rule, facts: TripFacts) -> bool:
    """Whether every condition of the rule holds."""
    other = facts.instead.get(rule.instead) if rule.instead is not None else None
    return (
        (not rule.ways or facts.way in rule.ways)
        and (not rule.energies or facts.energy in rule.energies)
        and (rule.km_from is None or facts.km >= rule.km_from)
        and (rule.km_under is None or facts.km < rule.km_under)
        and (rule.instead is None or (other is not None and other <= (rule.times or 0) * facts.minutes))
        and (rule.people_under is None or facts.people < rule.people_under)
        and (rule.load is None or facts.has_load == rule.load)
        and (rule.accessible is None or facts.needs_access == rule.accessible)
        and (rule.others_from is None or facts.others >= rule.others_from)
        and (rule.again_from is None or facts.again >= rule.again_from)
        and in_hours(rule, facts.leaves)
    )


def judge(rules: Iterable[Rule], facts: TripFacts) -> list[Said]:
    """All that the rules say of a trip, the heaviest first, each in the order of the charter."""
    found = [Said(r.code, r.effect, r.sentence) for r in rules if speaks(r, facts)]
    return sorted(found, key=lambda said: -WEIGHT[said.effect])


def demands(said: Iterable[Said], effect: Effect) -> list[Said]:
    """Those with an effect."""
    return [s for s in said if s.effect is effect]


@dataclass(frozen=True, slots=True)
class AllTrips:
    """The same facts for M ways between N places: `ways`, `energies`, `people` [M]; `km`, `minutes` [M, N, N], infinite where one
    cannot go; `others` and `again` [N] by where one goes, zero where nothing is known."""

    ways: Sequence[Way]
    energies: Sequence[str]
    people: Sequence[int]
    km: Floats
    minutes: Floats
    has_load: bool
    needs_access: bool
    others: Ints
    again: Ints


def speak(rules: Sequence[Rule], trips: AllTrips) -> Bools:
    """[rule, way, from, to]: whether every condition holds, the hour apart, which no way has yet. Nothing is said of what cannot be gone."""
    can = np.isfinite(trips.minutes)
    found = np.zeros((len(rules), *trips.minutes.shape), np.bool_)
    for at, rule in enumerate(rules):
        by_way = np.array(
            [
                (not rule.ways or way in rule.ways)
                and (not rule.energies or energy in rule.energies)
                and (rule.people_under is None or people < rule.people_under)
                for way, energy, people in zip(trips.ways, trips.energies, trips.people, strict=True)
            ],
            np.bool_,
        )
        if (
            not by_way.any()
            or rule.load not in (None, trips.has_load)
            or rule.accessible not in (None, trips.needs_access)
        ):
            continue
        holds = can & by_way[:, None, None]
        if rule.km_from is not None:
            holds &= trips.km >= rule.km_from
        if rule.km_under is not None:
            holds &= trips.km < rule.km_under
        if rule.instead is not None:
            same = [k for k, way in enumerate(trips.ways) if way is rule.instead]
            other = trips.minutes[same].min(axis=0, initial=np.inf)
            with np.errstate(invalid="ignore"):
                holds &= np.isfinite(other) & (other <= (rule.times or 0) * trips.minutes)
        if rule.others_from is not None:
            holds &= trips.others >= rule.others_from
        if rule.again_from is not None:
            holds &= trips.again >= rule.again_from
        found[at] = holds
    return found


def refused(rules: Sequence[Rule], spoken: Bools) -> Bools:
    """[way, from, to]: what some rule refuses."""
    refusing = [k for k, rule in enumerate(rules) if rule.effect is Effect.REFUSE]
    return np.asarray(spoken[refusing].any(axis=0), np.bool_)


@dataclass(frozen=True, slots=True)
class Tried:
    """How many of the trips a rule would have spoken of."""

    rule: Rule
    touched: int


def tried(rules: Sequence[Rule], trips: Sequence[TripFacts]) -> list[Tried]:
    """Each rule against trips that were made."""
    return [Tried(rule, sum(speaks(rule, facts) for facts in trips)) for rule in rules]
