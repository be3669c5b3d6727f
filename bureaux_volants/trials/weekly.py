"""What is measured of one agent over one ISO week, by the code of the outcome (indicators/registry.py).

Diaries: a week with fewer than five days filled is a missing week, for half a week would pass for one with little travel. The diary
says neither the energy of a car nor who else was aboard: a car counts as one person's, of the energy that the planner takes too. Scales:
one value per wave, in the week of the wave's first day. Desks: every whole week followed, nil included; weeks whose bookings have lost their
names (booking/retention.py) are missing. Weeks of a diary that may still be filled, and waves that are open, are not there yet.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.travel.footprint import Tables
from bureaux_volants.travel.journeys import Traveller
from bureaux_volants.travel.modes import Mode
from bureaux_volants.travel.tables import tables_of

from . import stays
from .estimating.results import CannotEstimate
from .indicators.figures import is_small
from .indicators.rows import FEWEST_DAYS
from .models import CohortMember, Trial
from .surveys.diary import is_final
from .surveys.reading import DiaryWeek, diary_weeks, open_since, scores, weeks_come

WEEK = dt.timedelta(days=7)
#: What a car whose energy nobody said runs on.
CAR_ENERGY = Traveller().car_energy


@dataclass(frozen=True, slots=True)
class AgentWeek:
    """One outcome of one agent over one ISO week."""

    agent_id: int
    monday: dt.date
    value: float


@dataclass(frozen=True)
class Source:
    """What a trial has measured until a local day (today), read once however many outcomes are made of it."""

    trial: Trial
    today: dt.date

    @classmethod
    def until_now(cls, trial: Trial, now: dt.datetime | None = None) -> Source:
        return cls(trial, (now or timezone.now()).astimezone(trial.territory.zone).date())

    @cached_property
    def diary(self) -> list[DiaryWeek]:
        """The weeks that nobody can fill in any more: of two looks at one that still fills, the difference would be who came last."""
        since = open_since(self.trial.waves.all(), self.today)
        return [w for w in diary_weeks(self.trial) if is_final(w.monday, self.today, since)]

    @cached_property
    def members(self) -> list[CohortMember]:
        """Those attached to a commune, the first cohort first."""
        return list(
            CohortMember.objects.filter(cohort__trial=self.trial)
            .exclude(commune=None)
            .select_related("agent__home_commune", "agent__usual_site")
            .order_by("cohort_id", "pk")
        )

    @property
    def lost_until(self) -> dt.date | None:
        """The first day from which desk bookings since the first opening have their person still; None while all have."""
        known = stays.named_since(self.trial.territory, self.today)
        return known if self.trial.starts_on < known else None

    @cached_property
    def stays(self) -> list[stays.Stay]:
        """At the desks that the trial opened."""
        return stays.opened_stays(self.trial, self.today)

    @cached_property
    def take_up(self) -> dict[tuple[int, dt.date], bool]:
        """What is kept of the weeks whose bookings have lost their names; read only where there are such."""
        return weeks_come(self.trial) if self.lost_until else {}

    @cached_property
    def _tables(self) -> dict[dt.date, Tables]:
        return {}

    def tables(self, day: dt.date) -> Tables:
        """What is in force on a day, asked for once."""
        if day not in self._tables:
            self._tables[day] = tables_of(self.trial.territory_id, day)
        return self._tables[day]

    @cached_property
    def _grams(self) -> dict[str, dict[Mode, float]]:
        return {}

    def grams_per_km(self, day: dt.date) -> dict[Mode, float]:
        """gCO2e of a kilometre by each mode, use and manufacturing, by the factors in force on a day; a car has one person aboard."""
        factors = self.tables(day).factors
        if factors.version not in self._grams:
            self._grams[factors.version] = {mode: factors.grams(mode, CAR_ENERGY)[1] for mode in Mode}
        return self._grams[factors.version]

    @cached_property
    def every_week(self) -> list[DiaryWeek]:
        """The filled weeks of those who are set aside too, for what has its own way of leaving people out (avoided.py)."""
        since = open_since(self.trial.waves.all(), self.today)
        weeks = diary_weeks(self.trial, everybody=True)
        return [w for w in weeks if w.days >= FEWEST_DAYS and is_final(w.monday, self.today, since)]

    @property
    def filled(self) -> list[DiaryWeek]:
        return [w for w in self.diary if w.days >= FEWEST_DAYS]


def _work_km(week: DiaryWeek) -> dict[Mode, float]:
    """Kilometres to work and on duty, by mode."""
    found: dict[Mode, float] = defaultdict(float)
    for (mode, purpose), km in week.km.items():
        if purpose != "private":
            found[Mode(mode)] += km
    return found


def _car_km(source: Source) -> list[AgentWeek]:
    return [AgentWeek(w.agent_id, w.monday, _work_km(w).get(Mode.CAR, 0.0)) for w in source.filled]


def _minutes(source: Source) -> list[AgentWeek]:
    if is_small(len({w.agent_id for w in source.filled if w.minutes})):
        raise CannotEstimate(
            "few-say-minutes",
            _("Moins de cinq personnes disent la durée de leurs trajets : ce temps serait le leur, rien n'en est dit."),
        )
    return [AgentWeek(w.agent_id, w.monday, w.minutes) for w in source.filled]


def _gco2e(source: Source) -> list[AgentWeek]:
    """Use and manufacturing, by the factors in force on the Monday. Raises CannotEstimate where beside the kilometres by car it would tell the modes of few."""
    others = {w.agent_id for w in source.filled if any(km and m != Mode.CAR for m, km in _work_km(w).items())}
    if is_small(len(others)):
        raise CannotEstimate(
            "few-other-modes",
            _(
                "Moins de cinq personnes vont au travail autrement qu'en voiture : à côté des kilomètres en voiture, les émissions diraient les leurs."
            ),
        )
    found = []
    for week in source.filled:
        per_km = source.grams_per_km(week.monday)
        found.append(AgentWeek(week.agent_id, week.monday, sum(km * per_km[m] for m, km in _work_km(week).items())))
    return found


def _cost_eur(source: Source) -> list[AgentWeek]:
    """The allowance of a year's first kilometres, in force on the Monday."""
    return [
        AgentWeek(w.agent_id, w.monday, source.tables(w.monday).allowances.first_rate * _work_km(w).get(Mode.CAR, 0.0))
        for w in source.filled
    ]


def _flying_days(source: Source) -> list[AgentWeek]:
    trial = source.trial
    known = stays.named_since(trial.territory, source.today)
    first, last = max(trial.baseline_from, known), min(trial.ends_on, source.today - dt.timedelta(days=1))
    monday = monday_of(first) + (WEEK if first.weekday() else dt.timedelta(0))
    days: dict[tuple[int, dt.date], int] = defaultdict(int)
    for agent_id, day in stays.days_at_a_desk(trial, monday, last):
        days[agent_id, monday_of(day)] += 1
    agents = sorted({m.agent_id for m in source.members})
    found = []
    while monday + WEEK <= last + dt.timedelta(days=1):
        found += [AgentWeek(agent, monday, float(days.get((agent, monday), 0))) for agent in agents]
        monday += WEEK
    return found


def _scale(source: Source, *, code: str) -> list[AgentWeek]:
    return [AgentWeek(s.agent_id, monday_of(s.day), s.value) for s in scores(source.trial, code, over_by=source.today)]


#: What is read per agent and week, by the code of the outcome.
READ: Mapping[str, Callable[[Source], list[AgentWeek]]] = {
    "car_km": _car_km,
    "travel_minutes": _minutes,
    "gco2e": _gco2e,
    "cost_eur": _cost_eur,
    "flying_days": _flying_days,
    "who5": partial(_scale, code="who5"),
    "sts": partial(_scale, code="sts"),
}
