"""What was answered, by agent, for estimating alone: re-identified in memory, never stored, logged nor shown.

A key that was destroyed gives nothing: what was answered is anonymous then.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Min, QuerySet

from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.trials.models import CohortMember, DiaryDay, Response, SetAside, Survey, TakeUp, Trial, Wave

from . import scales
from .counted import counted
from .pseudonyms import ANSWERS, WEEKS, NoKey, known


@dataclass(frozen=True, slots=True)
class DiaryWeek:
    """One ISO week of one agent's diary. `days` filled, of seven; `km` and `minutes` are of these days, not made up to a week.

    `minutes` counts the trips whose length was said.
    """

    agent_id: int
    monday: dt.date
    days: int
    km: dict[tuple[str, str], float]
    minutes: float


@dataclass(frozen=True, slots=True)
class Score:
    """One score of one agent in one wave; `day` is the wave's first, for when exactly they answered is not kept."""

    agent_id: int
    wave_number: int
    moment: str
    day: dt.date
    value: float


def open_since(waves: QuerySet[Wave], today: dt.date) -> dt.date | None:
    """The earliest first day of the diaries among these waves that are not over (diary.is_final)."""
    still = waves.filter(last_day__gte=today, survey__kind=Survey.Kind.DIARY)
    found: dt.date | None = still.aggregate(first=Min("first_day"))["first"]
    return found


def diary_weeks(trial: Trial, *, everybody: bool = False) -> list[DiaryWeek]:
    """Weeks with at least one day filled, by agent and week, of those who are counted (counted.py), or of everybody.

    A day filled in two waves counts once, as the later wave has it.
    """
    agents = _agents(trial)
    days: dict[tuple[int, dt.date], list[dict[str, object]]] = {}
    every = DiaryDay.objects.filter(wave__trial=trial)
    rows = (every if everybody else counted(every)).order_by("wave__first_day", "wave__number")
    for pseudonym, day, trips in rows.values_list("pseudonym", "day", "trips"):
        if (agent := agents.get(pseudonym)) is not None:
            days[agent, day] = trips
    count: dict[tuple[int, dt.date], int] = defaultdict(int)
    km: dict[tuple[int, dt.date], dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    minutes: dict[tuple[int, dt.date], float] = defaultdict(float)
    for (agent, day), trips in days.items():
        week = agent, monday_of(day)
        count[week] += 1
        for trip in trips:
            km[week][str(trip["mode"]), str(trip["purpose"])] += float(str(trip["km"]))
            minutes[week] += float(str(trip.get("minutes") or 0))
    return [DiaryWeek(*week, count[week], dict(km[week]), minutes[week]) for week in sorted(count)]


def scores(trial: Trial, scale_code: str, *, over_by: dt.date | None = None) -> list[Score]:
    """The scores of those who are counted (counted.py), of a scale or sub-scale (scales.NAMES) in every wave that put it. Raises KeyError for another code.

    `over_by`: of the waves that are over on that day alone.
    """
    if scale_code not in scales.NAMES:
        raise KeyError(scale_code)
    agents = _agents(trial)
    found = []
    over = {} if over_by is None else {"wave__last_day__lt": over_by}
    for response in counted(Response.objects.filter(wave__trial=trial, **over)).select_related("wave__survey"):
        agent, wave = agents.get(response.pseudonym), response.wave
        if agent is None or scale_code not in scales.scores_of(wave.survey.questions):
            continue
        if (value := scales.score(scale_code, response.answers)) is not None:
            found.append(Score(agent, wave.number, wave.moment, wave.first_day, value))
    return sorted(found, key=lambda s: (s.agent_id, s.day, s.wave_number))


def without_own_modes(trial: Trial) -> set[int]:
    """The agents whose days at desks are worked out with everybody's modes (setting_aside.py)."""
    rows = SetAside.objects.filter(cover__trial=trial, is_current=True, days=SetAside.Days.STAYS)
    found = set(rows.values_list("pseudonym", flat=True))
    return {agent for who, agent in _agents(trial).items() if who in found} if found else set()


def weeks_come(trial: Trial) -> dict[tuple[int, dt.date], bool]:
    """Whether somebody came to a desk of the trial, by agent and Monday, of the weeks that were kept (take_up.py)."""
    agents = _agents(trial, WEEKS)
    rows = TakeUp.objects.filter(trial=trial).values_list("pseudonym", "monday", "came")
    return {(agents[p], monday): came for p, monday, came in rows if p in agents}


def _agents(trial: Trial, kind: str = ANSWERS) -> dict[str, int]:
    members = CohortMember.objects.filter(cohort__trial=trial).values_list("agent_id", flat=True).distinct()
    try:
        return known(trial.pk, members, kind)
    except NoKey:
        return {}
