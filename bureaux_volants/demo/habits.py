"""Ordinary life: who works elsewhere on an ordinary day, where, and for how long. Knows no database.

Tuesdays and Thursdays are full, Fridays are quiet; people go near home or near the day's meeting, mostly to the place they
know; use grows over the sixty days, and the days ahead fill as they come near. Every draw depends on the seed, the day and
the person only.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from random import Random

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.models import Booking, Feature
from bureaux_volants.territory.calendar import Day, Interval, local
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent

from .diary import DESK, Diary, Fate

DAYS_BEHIND = 60
DAYS_AHEAD = 14

WEEKDAY_FACTOR = {1: 0.75, 2: 1.45, 3: 0.8, 4: 1.35, 5: 0.65}

#: Days a week elsewhere, and how common each rhythm is among those who move.
RHYTHMS, RHYTHM_WEIGHTS = (0.5, 1.0, 1.5, 2.2), (30, 35, 25, 10)

#: Where meetings are, besides everywhere else a little.
MEETING_PLACES = {
    "maison-metropole": 5.0,
    "harmony-park": 3.0,
    "pole-multimodal": 2.0,
    "metz-congres": 1.5,
    "bliiida": 2.0,
}
NEAR_KM = 2.5
MAIRIE_FACTOR = 3.0

ABSENT, CANCELLED, REFUSED = 0.14, 0.08, 0.06

Counterfactual = Booking.Counterfactual
COUNTERFACTUALS = (Counterfactual.USUAL_SITE, Counterfactual.HOME, Counterfactual.OTHER_SITE, Counterfactual.UNKNOWN)
COUNTERFACTUAL_WEIGHTS = (55, 25, 10, 10)
DECLARED = 0.7

LEADS, LEAD_WEIGHTS = (0, 1, 2, 3, 4, 6, 8, 12), (10, 22, 16, 14, 10, 12, 10, 6)


@dataclass(frozen=True)
class Habit:
    """How one person moves."""

    agent: Agent
    days_per_week: float
    favourite: SiteEntry
    places: Sequence[SiteEntry]
    weights: Sequence[float]


def habit_of(agent: Agent, directory: Directory, seed: int) -> Habit:
    """Draw a person's rhythm and places: near home, where the meetings are, never the usual site."""
    rng = Random(f"{seed}/{agent.email}")
    places = [
        s
        for s in directory.sites
        if s.id != agent.usual_site_id and s.units_of(DESK) and (not s.open_to or agent.organisation_id in s.open_to)
    ]
    weights = [_weight(agent, site) for site in places]
    rhythm = rng.choices(RHYTHMS, RHYTHM_WEIGHTS)[0]
    return Habit(agent, rhythm, rng.choices(places, weights)[0], places, weights)


def _weight(agent: Agent, site: SiteEntry) -> float:
    meeting = MEETING_PLACES.get(site.slug, 0.5)
    home = agent.home_commune
    near = 0.0 if home is None else 10 * math.exp(-distance_km(home.lat, home.lon, site.lat, site.lon) / NEAR_KM)
    return meeting + near * (MAIRIE_FACTOR if site.kind == "mairie" else 1)


def live(
    diary: Diary,
    people: Sequence[Agent],
    *,
    seed: int,
    today: dt.date,
    now: dt.datetime,
    busy_day: dt.date,
    waiting: Container[int] = (),
) -> None:
    """Fill the diary with ordinary days, from sixty behind to fourteen ahead.

    The people `waiting` for a desk on the busy day take none elsewhere that week: they keep it free to be served.
    """
    habits = [habit_of(agent, diary.directory, seed) for agent in people]
    for offset in range(-DAYS_BEHIND, DAYS_AHEAD + 1):
        day = today + dt.timedelta(days=offset)
        if day.isoweekday() > 5:
            continue
        rng = Random(f"{seed}/{day.isoformat()}")
        wish = WEEKDAY_FACTOR[day.isoweekday()] * _popularity(offset) * (1.7 if day == busy_day else 1)
        busy_week = day.isocalendar()[:2] == busy_day.isocalendar()[:2]
        for habit in rng.sample(habits, len(habits)):
            if busy_week and habit.agent.pk in waiting:
                continue
            if rng.random() < habit.days_per_week / 5 * wish:
                _go_somewhere(diary, habit, day, rng, now)


def _popularity(offset: int) -> float:
    if offset <= 0:
        return 0.55 + 0.45 * (DAYS_BEHIND + offset) / DAYS_BEHIND
    return max(0.3, 1 - 0.05 * offset)


def _go_somewhere(diary: Diary, habit: Habit, day: dt.date, rng: Random, now: dt.datetime) -> None:
    for attempt in range(3):
        to_favourite = attempt == 0 and rng.random() < 0.55
        site = habit.favourite if to_favourite else rng.choices(habit.places, habit.weights)[0]
        asked = part_of(site.day(day), rng)
        if asked is None:
            continue
        created_at = asked_at(diary.directory, day, asked, rng, now)
        fate, gone_at = _fate(site, asked, created_at, rng, now)
        wanted = rng.choice((Feature.SECOND_SCREEN, Feature.QUIET, Feature.DOCK)) if rng.random() < 0.18 else None
        stay = diary.add(
            habit.agent,
            site,
            asked,
            created_at,
            features=frozenset({str(wanted)}) if wanted else frozenset(),
            is_pinned=rng.random() < 0.08,
            counterfactual=declared(rng),
            fate=fate,
            gone_at=gone_at,
        )
        if stay is not None:
            return


def part_of(day: Day, rng: Random) -> Interval | None:
    """The whole day, a half of it, or free times; None when the place is closed."""
    whole = day.whole
    if whole is None:
        return None
    draw = rng.random()
    if draw < 0.58:
        return whole
    if draw < 0.8:
        return day.morning or whole
    if draw < 0.93:
        return day.afternoon or whole
    span = rng.choice(day.open)
    if span.end - span.start < dt.timedelta(hours=3):
        return span
    start = span.start + dt.timedelta(minutes=30 * rng.randint(0, 2))
    return Interval(start, start + dt.timedelta(hours=2))


def asked_at(directory: Directory, day: dt.date, asked: Interval, rng: Random, now: dt.datetime) -> dt.datetime:
    """When a stay was asked for: some days before in office hours, or on the same morning; never in the future."""
    lead = rng.choices(LEADS, LEAD_WEIGHTS)[0]
    at = dt.time(rng.randint(8, 17), rng.randint(0, 59))
    moment = local(day - dt.timedelta(days=lead), at, directory.zone)
    recently = dt.timedelta(minutes=rng.randint(5, 2880))
    if moment >= asked.start:
        moment = asked.start - dt.timedelta(minutes=rng.randint(10, 120))
    return moment if moment <= now else now - recently


def declared(rng: Random) -> str:
    """What the person says they would have done otherwise; empty for those who do not say."""
    answer = rng.choices(COUNTERFACTUALS, COUNTERFACTUAL_WEIGHTS)[0]
    return str(answer) if rng.random() < DECLARED else ""


def _fate(
    site: SiteEntry, asked: Interval, created_at: dt.datetime, rng: Random, now: dt.datetime
) -> tuple[Fate, dt.datetime | None]:
    rules = site.rules_for(DESK)
    draw, share = rng.random(), rng.uniform(0.1, 0.9)
    if draw < ABSENT:
        return (Fate.ABSENT, None) if rules.grace_minutes else (Fate.USED, None)
    gone_at = created_at + share * (asked.start - created_at)
    if draw < ABSENT + CANCELLED and gone_at <= now:
        return Fate.CANCELLED, gone_at
    if rules.approval == "asked" and ABSENT + CANCELLED <= draw < ABSENT + CANCELLED + REFUSED:
        gone_at = min(created_at + dt.timedelta(hours=3), asked.start)
        if gone_at <= now:
            return Fate.REFUSED, gone_at
    return Fate.USED, None
