"""The rows that an estimator reads, from a trial: who, attached to which commune, in which week, with what outcome.

The first week is that of the trial's `baseline_from`; weeks are ISO weeks, named by their Monday, numbered from 1. A missing week
stays missing, a commune that withdraws stays as it was drawn, somebody who leaves has no row from the week in which they left on.
A commune that opens on a Wednesday is open from that week on: the effect is, if anything, told too small.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from django.db.models import F
from django.utils.translation import gettext as _

from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State

from .estimating.results import NEVER, CannotEstimate, Panel
from .models import CohortMember, Trial
from .surveys.reading import DiaryWeek, diary_weeks

WEEK = dt.timedelta(days=7)
#: A week of the diary with fewer days filled is a missing week: half a week would pass for one with little travel.
FEWEST_DAYS = 5


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a cohort as drawn: `left` is the local day on which they left, None when they stay."""

    agent_id: int
    commune_id: int
    is_control: bool
    left: dt.date | None = None


@dataclass(frozen=True, slots=True)
class AgentWeek:
    """One outcome of one agent over one ISO week."""

    agent_id: int
    monday: dt.date
    value: float


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def week_number(day: dt.date, first: dt.date) -> int:
    """The week of `day`, from 1 in the week of `first`; zero and less before it."""
    return (monday_of(day) - monday_of(first)).days // 7 + 1


def panel(
    members: Iterable[Member],
    opens: Mapping[int, dt.date | None],
    weeks: Iterable[AgentWeek],
    *,
    first: dt.date,
    last: dt.date,
    used: Iterable[tuple[int, dt.date]] = (),
) -> Panel:
    """Rows of the members' weeks that lie wholly in `first`..`last`, ordered by agent and week. Pure.

    `opens`: the day on which each commune opens, None for one that does not; `used`: agent and Monday of each week with a flying
    stay. A control is never open, whatever its commune does. Somebody in two cohorts counts once, as the first says.
    """
    people: dict[int, Member] = {}
    for member in members:
        people.setdefault(member.agent_id, member)
    stays = set(used)
    rows: dict[tuple[int, int], tuple[int, float, int, float]] = {}
    for week in weeks:
        found = people.get(week.agent_id)
        if found is None or week.monday < first or week.monday + WEEK > last + dt.timedelta(days=1):
            continue
        if found.left is not None and week.monday + WEEK > found.left:
            continue
        opening = None if found.is_control else opens.get(found.commune_id)
        opened = NEVER if opening is None or opening > last else max(1, week_number(opening, first))
        number = week_number(week.monday, first)
        rows[week.agent_id, number] = (
            found.commune_id,
            week.value,
            opened,
            float((week.agent_id, week.monday) in stays),
        )
    keys = sorted(rows)
    return Panel(
        unit=np.array([unit for unit, _period in keys], np.int64),
        cluster=np.array([rows[k][0] for k in keys], np.int64),
        period=np.array([period for _unit, period in keys], np.int64),
        outcome=np.array([rows[k][1] for k in keys], np.float64),
        opened=np.array([rows[k][2] for k in keys], np.int64),
        took_up=np.array([rows[k][3] for k in keys], np.float64),
    )


def panel_of(trial: Trial, code: str) -> Panel:
    """The panel of a trial for an indicator that exists per agent and week. Raises CannotEstimate for another one."""
    reader = READ.get(code)
    if reader is None:
        raise CannotEstimate("no-weekly-outcome", _("Ce critère n'existe pas par agent et par semaine."))
    members = CohortMember.objects.filter(cohort__trial=trial).exclude(commune=None).order_by("cohort_id", "pk")
    return panel(
        [Member(m.agent_id, m.commune_id or 0, m.arm == CohortMember.Arm.CONTROL, m.left_on) for m in members],
        dict(trial.clusters.values_list("commune_id", "opens_on")),
        reader(trial),
        first=trial.baseline_from,
        last=trial.ends_on,
        used=flying_weeks(trial),
    )


def flying_weeks(trial: Trial) -> set[tuple[int, dt.date]]:
    """Agent and Monday of each week in which a member of the trial really sat at a desk away from their usual site."""
    zone = trial.territory.zone
    stays = (
        Booking.objects.filter(
            territory_id=trial.territory_id,
            kind=Kind.DESK,
            state__in=(State.IN_USE, State.COMPLETED),
            agent__cohorts__cohort__trial=trial,
        )
        .exclude(agent__usual_site_id=F("site_id"))
        .values_list("agent_id", "start")
    )
    return {(agent, monday_of(start.astimezone(zone).date())) for agent, start in stays}


def _car_km(trial: Trial) -> list[AgentWeek]:
    return [
        AgentWeek(
            w.agent_id,
            w.monday,
            sum(km for (mode, purpose), km in w.km.items() if mode == "car" and purpose != "private"),
        )
        for w in _filled(trial)
    ]


def _minutes(trial: Trial) -> list[AgentWeek]:
    return [AgentWeek(w.agent_id, w.monday, w.minutes) for w in _filled(trial)]


def _filled(trial: Trial) -> list[DiaryWeek]:
    return [w for w in diary_weeks(trial) if w.days >= FEWEST_DAYS]


#: What is read per agent and week, by the code of the outcome.
READ: Mapping[str, Callable[[Trial], list[AgentWeek]]] = {"car_km": _car_km, "travel_minutes": _minutes}
