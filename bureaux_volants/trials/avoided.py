"""What each day at a desk that a trial opened emitted, and what the day that it stands for would have: the rows of counterfactual.py.

There and back between home (the point that somebody gave, else the centre of their commune) and the desk or the usual site, as the
crow flies times the detour of the mode. Modes are those of the person's own diary on the way to work, in shares of kilometres; else
those of all the diaries of the trial, as for those whose own are left out so that nobody's withdrawal shows (surveys/setting_aside.py); else a car. Before and after are not told apart: whoever walks to a near desk and drove before is
taken to do some of both, so that what is avoided is, if anything, told too small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.travel.modes import Mode, Point, leg

from .estimating.counterfactual import NO_COMMUNE, Answer, Days
from .stays import Stay
from .surveys.reading import without_own_modes
from .weekly import Source

Shares = Mapping[Mode, float]
BY_CAR: Shares = {Mode.CAR: 1.0}
_SAID = Booking.Counterfactual
_ANSWERS: Mapping[str, Answer] = {
    _SAID.USUAL_SITE: Answer.USUAL_SITE,
    _SAID.HOME: Answer.HOME,
    _SAID.OTHER_SITE: Answer.ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The days, and the versions of the factors that they were worked out with."""

    days: Days
    factors: tuple[str, ...]


def days_of(source: Source) -> Rows:
    """One row per person and day at a desk that the trial opened (stays.py), of the weeks that are over, by person and day."""
    people = {m.agent_id: (m.agent, m.commune_id or NO_COMMUNE) for m in reversed(source.members)}
    stays = [s for s in weeks_over(source) if s.agent_id in people]
    sites = Site.objects.in_bulk({s.site_id for s in stays})
    own, everybody = commuting(source)

    def emitted(agent: Agent, site: Site | None, day_factors: Mapping[Mode, float]) -> float:
        home = home_of(agent)
        if home is None or site is None:
            return np.nan
        shares = own.get(agent.pk) or everybody or BY_CAR
        there = Point(site.lat, site.lon)
        return 2 * sum(share * leg(home, there, mode).km * day_factors[mode] for mode, share in shares.items())

    days = {s.day for s in stays}
    per_km = {day: source.grams_per_km(day) for day in days}
    made = [emitted(people[s.agent_id][0], sites.get(s.site_id), per_km[s.day]) for s in stays]
    usual = [emitted(people[s.agent_id][0], people[s.agent_id][0].usual_site, per_km[s.day]) for s in stays]
    return Rows(
        Days(
            np.array([s.agent_id for s in stays], np.int64),
            np.array([people[s.agent_id][1] for s in stays], np.int64),
            np.array([_ANSWERS.get(s.answer, Answer.UNSAID) for s in stays], np.int64),
            np.array(made, np.float64),
            np.array(usual, np.float64),
        ),
        tuple(sorted({source.tables(day).factors.version for day in days})),
    )


def weeks_over(source: Source) -> list[Stay]:
    """The days at desks of the weeks that are over: what is told of a day alone would be of whoever came."""
    return [s for s in source.stays if s.day < monday_of(source.today)]


def home_of(agent: Agent) -> Point | None:
    """Where somebody leaves from, as far as they said."""
    if agent.home_lat is not None and agent.home_lon is not None:
        return Point(agent.home_lat, agent.home_lon)
    return Point(agent.home_commune.lat, agent.home_commune.lon) if agent.home_commune else None


def commuting(source: Source) -> tuple[dict[int, Shares], Shares]:
    """Shares of the kilometres to work by mode, of each person whose diary has any, and of all of them together."""
    km: dict[int, dict[Mode, float]] = defaultdict(lambda: defaultdict(float))
    for week in source.every_week:
        for (mode, purpose), length in week.km.items():
            if purpose == "commute" and length > 0:
                km[week.agent_id][Mode(mode)] += length
    whole: dict[Mode, float] = defaultdict(float)
    for by_mode in km.values():
        for mode, length in by_mode.items():
            whole[mode] += length
    left_out = without_own_modes(source.trial)
    return {agent: _shares(by_mode) for agent, by_mode in km.items() if agent not in left_out}, _shares(whole)


def _shares(km: Mapping[Mode, float]) -> Shares:
    whole = sum(km.values())
    return {mode: km[mode] / whole for mode in sorted(km)} if whole else {}
