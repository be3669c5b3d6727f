"""A plan as people read it: steps with their hours, totals, what it is best at. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from bureaux_volants.travel.journeys import Journey
from bureaux_volants.travel.matrix import Matrix

from .labels import from_there, to_be_there
from .problem import HOME, POOL, Found, Gap, Problem

TRAVEL, DESK, MEETING, REMOTE = "travel", "desk", "meeting", "remote"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the day, minutes since local midnight. A travel's figures are one person's share.

    `journeys`: what is known of it line by line, where a timetable tells; else empty.
    """

    what: str
    start: int
    end: int
    place: int
    origin: int = -1
    option: int = -1
    minutes: float = 0.0
    spread: float = 0.0
    km: float = 0.0
    car_km: float = 0.0
    grams_use: float = 0.0
    grams_total: float = 0.0
    employer: float = 0.0
    agent: float = 0.0
    effort: float = 0.0
    transfers: float = 0.0
    journeys: tuple[Journey, ...] = ()


@dataclass(frozen=True, slots=True)
class Loan:
    """A pool unit of `kind` (its number) had from `base`, `start` to `end`, to go to `place`."""

    kind: int
    base: int
    start: int
    end: int
    place: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A day that can be had. `lost`: minutes of work neither worked nor travelled."""

    steps: tuple[Step, ...]
    loans: tuple[Loan, ...]
    weighs: tuple[int, int, int, int]
    lost: int
    virtues: tuple[str, ...] = field(default=())

    def total(self, figure: str) -> float:
        """The sum of a figure over all travels."""
        return float(sum(getattr(s, figure) for s in self.steps if s.what == TRAVEL))

    @property
    def desks(self) -> list[Step]:
        return [s for s in self.steps if s.what == DESK]

    @property
    def travels(self) -> list[Step]:
        return [s for s in self.steps if s.what == TRAVEL]


_FIGURES = (
    "minutes",
    "spread",
    "km",
    "car_km",
    "grams_use",
    "grams_total",
    "employer",
    "agent",
    "effort",
    "transfers",
)


def figured(plan: Plan, figures: Matrix) -> Plan:
    """The plan with the figures of its travels, whose places and options are numbered as the problem's."""

    def told(step: Step) -> Step:
        values = {name: float(getattr(figures, name)[step.option, step.origin, step.place]) for name in _FIGURES}
        return replace(step, **values)  # type: ignore[arg-type]

    return replace(plan, steps=tuple(told(s) if s.what == TRAVEL else s for s in plan.steps))


def _travel(option: int, a: int, b: int, leave: int, arrive: int) -> Step:
    return Step(TRAVEL, leave, arrive, b, a, option)


def plan_of(found: Found, problem: Problem) -> Plan:
    """The steps of what the search found, in order, without figures: see `figured`."""
    steps: list[Step] = []
    last = problem.appointments + 1
    for gap in found.gaps:
        steps += _gap(gap, problem, last)
        for k in range(gap.origin + 1, gap.target):
            steps.append(Step(REMOTE, int(problem.start[k]), int(problem.end[k]), int(problem.place[k])))
        if gap.target != last:
            k = gap.target
            steps.append(Step(MEETING, int(problem.start[k]), int(problem.end[k]), int(problem.place[k])))
    travelled = sum(s.end - s.start for s in steps if s.what == TRAVEL)
    # Those attended from a desk stand with it.
    steps.sort(key=lambda s: (s.start, s.what == REMOTE, s.end))
    return Plan(tuple(steps), _loans(steps, problem), found.weighs, found.weighs[0] - travelled)


def _gap(gap: Gap, problem: Problem, last: int) -> list[Step]:
    morning, evening = gap.origin == 0, gap.target == last
    a, b = int(problem.place[gap.origin]), int(problem.place[gap.target])
    left, wanted = int(problem.end[gap.origin]), int(problem.start[gap.target])
    if gap.stop < 0:
        took = int(problem.direct[gap.origin, gap.target, gap.first, 0])
        leave = wanted - took if morning else left
        return [_travel(gap.first, a, b, leave, leave + took)] if a != b else []
    at = int(problem.stop_place[gap.stop])
    came = int(problem.into[gap.origin, gap.first, gap.stop, 0])
    went = int(problem.out[gap.target, gap.second, gap.stop, 0])
    works = gap.desk_until > 0
    just_in_time = gap.desk_from if works else wanted - went
    arrive = just_in_time if morning else left + came
    leave = (gap.desk_until if works else arrive) if evening else wanted - went
    if morning and problem.clock[gap.first] >= 0:
        came = int(to_be_there(problem.morning[problem.clock[gap.first], gap.stop], arrive, problem.most_wait))
    if evening and problem.clock[gap.second] >= 0:
        went = int(from_there(problem.evening[problem.clock[gap.second], gap.stop], leave, problem.most_wait))
    steps = [_travel(gap.first, a, at, arrive - came, arrive)] if a != at else []
    if works:
        steps.append(Step(DESK, gap.desk_from, gap.desk_until, at))
    if at != b:
        steps.append(_travel(gap.second, at, b, leave, leave + went))
    return steps


def _loans(steps: Sequence[Step], problem: Problem) -> tuple[Loan, ...]:
    """When each pool unit is had: from where it is taken until one is back there."""
    found: list[Loan] = []
    kind, base, since, goal = -1, -1, 0, -1
    for step in steps:
        if step.what != TRAVEL:
            continue
        if kind < 0 and problem.vehicle[step.option] >= POOL:
            kind, base, since, goal = int(problem.vehicle[step.option]) - POOL, step.origin, step.start, step.place
        # A card may come back in a pocket.
        if kind >= 0 and step.place == base:
            found.append(Loan(kind, base, since, step.end, goal))
            kind = -1
    return tuple(found)


# -- which ones are shown --------------------------------------------------------------------------------------------

SOBER, QUICK, NEAR, SIMPLE, CHEAP = "sober", "quick", "near", "simple", "cheap"
#: No virtue makes up for a day that is so much longer than the quickest.
LONGER, AND_MINUTES = 1.6, 45
#: A day as found or as told.
Weighed = TypeVar("Weighed", Found, Plan)
#: Minutes, grams, cents, points that a person would notice.
_NOTICED = (3, 100, 50, 4)


def shape(plan: Plan) -> tuple[object, ...]:
    """What makes two plans truly differ: where one sits and how one goes, not the minutes."""
    return tuple((s.what, s.place, s.option) for s in plan.steps if s.what in (TRAVEL, DESK))


def fair(found: Sequence[Weighed]) -> list[Weighed]:
    """Those that are not so much longer than the quickest that no virtue makes up for it."""
    quickest = min((f.weighs[0] for f in found), default=0)
    return [f for f in found if f.weighs[0] <= quickest * LONGER + AND_MINUTES]


def choose(plans: Sequence[Plan], home_km: Sequence[float] | None) -> list[Plan]:
    """At most five plans that truly differ, each the best at something, with all that it is best at.

    `home_km`: how far each place is from home; None where home is not known. Ties go to what weighs less elsewhere.
    """
    if not plans:
        return []
    plans = fair(plans)

    def nearness(plan: Plan) -> float:
        if home_km is None or not (desks := [d for d in plan.desks if d.place != HOME]):
            return np.inf
        return max(home_km[d.place] for d in desks)

    def about(plan: Plan, weighed: int) -> int:
        """In steps that a person would notice: what weighs a gram less is not more sober."""
        return plan.weighs[weighed] // _NOTICED[weighed]

    best = {
        SOBER: min(plans, key=lambda p: (about(p, 1), p.weighs[0], p.weighs[3], p.weighs[2])),
        QUICK: min(plans, key=lambda p: (about(p, 0), p.weighs[1], p.weighs[3], p.weighs[2])),
        NEAR: min(plans, key=lambda p: (nearness(p), p.weighs[0], p.weighs[1])),
        SIMPLE: min(plans, key=lambda p: (about(p, 3), p.weighs[0], p.weighs[1])),
        CHEAP: min(plans, key=lambda p: (about(p, 2), p.weighs[1] // _NOTICED[1], p.weighs[0])),
    }
    if nearness(best[NEAR]) == np.inf:
        del best[NEAR]
    found: dict[tuple[object, ...], tuple[Plan, list[str]]] = {}
    for virtue, plan in best.items():
        found.setdefault(shape(plan), (plan, []))[1].append(virtue)
    return [replace(p, virtues=tuple(virtues)) for p, virtues in found.values()]
