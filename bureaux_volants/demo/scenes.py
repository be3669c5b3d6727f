"""What a visitor should find: a day for the agent to live, arrivals at Marly, a full mairie, a request to answer.

Arranged before ordinary life fills the diary. Each scene looks for the next day on which it is possible, so that the
demonstration holds on a Sunday, on the eve of a holiday and in the middle of an afternoon.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.territory.calendar import Interval, monday_of
from bureaux_volants.territory.models import Agent

from .diary import Diary, Fate
from .habits import DAYS_BEHIND, declared

FULL_MAIRIE = "mairie-moulins"
CLOSED_MAIRIE = "mairie-woippy"
HOSTED_MAIRIE = "mairie-marly"

#: A stay must leave this much of the day to be worth coming for.
LEAST_LEFT = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody in the queue of a full site."""

    agent: Agent
    site: SiteEntry
    asked: Interval
    created_at: dt.datetime


@dataclass
class Scenes:
    """What was arranged. `busy_day` is the full mairie's."""

    busy_day: dt.date
    waits: list[Wait] = field(default_factory=list)


def days_from(first: dt.date) -> Iterator[dt.date]:
    """A few weeks of days: enough to step over any run of holidays."""
    return (first + dt.timedelta(days=n) for n in range(30))


def next_weekday(directory: Directory, slug: str, first: dt.date, weekday: int) -> dt.date:
    """The first such weekday from `first` on when the site is open all day; failing that, its first open day."""
    site = directory.site(slug)
    open_days = [d for d in days_from(first) if site.day(d).morning and site.day(d).afternoon]
    return next((d for d in open_days if d.isoweekday() == weekday and d < first + dt.timedelta(days=8)), open_days[0])


def closure(directory: Directory, today: dt.date) -> Interval:
    """The half-day of next week on which a mairie is closed: an afternoon, Thursday if it opens then."""
    monday = monday_of(today) + dt.timedelta(days=7)
    site = directory.site(CLOSED_MAIRIE)
    days = [d for d in (monday + dt.timedelta(days=n) for n in (3, 1, 0, 2, 4, 7, 8, 9)) if site.day(d).afternoon]
    afternoon = site.day(days[0]).afternoon
    assert afternoon is not None
    return afternoon


def arrange(
    diary: Diary, agent: Agent, people: Sequence[Agent], *, seed: int, today: dt.date, now: dt.datetime
) -> Scenes:
    """Write the scenes into an empty diary. `agent` is the persona, `people` those who move."""
    rng = Random(f"{seed}/scenes")
    scenes = Scenes(next_weekday(diary.directory, FULL_MAIRIE, today + dt.timedelta(days=1), 2))
    others = rng.sample(list(people), len(people))
    _fill_a_mairie(diary, scenes, others, rng, now)
    _arrivals(diary, others, rng, today, now)
    _requests(diary, others, today, now)
    _somebody_did_not_come(diary, others, today)
    _the_agents_weeks(diary, agent, rng, today, now)
    return scenes


def _fill_a_mairie(diary: Diary, scenes: Scenes, people: Sequence[Agent], rng: Random, now: dt.datetime) -> None:
    site = diary.directory.site(FULL_MAIRIE)
    whole = site.day(scenes.busy_day).whole
    assert whole is not None
    queue = iter(people)
    for agent in queue:
        if diary.is_full(site, whole):
            break
        diary.add(agent, site, whole, _days_before(whole, now, rng.uniform(4, 9)), counterfactual=declared(rng))
    for agent in queue:
        if len(scenes.waits) == 3:
            break
        asked_at = now - dt.timedelta(hours=20 - 5 * len(scenes.waits))
        if diary.would_be_accepted(agent, site, whole, asked_at):
            scenes.waits.append(Wait(agent, site, whole, asked_at))


def _arrivals(diary: Diary, people: Sequence[Agent], rng: Random, today: dt.date, now: dt.datetime) -> None:
    """Four people at Marly today, or on the next day that it opens."""
    site = diary.directory.site(HOSTED_MAIRIE)
    day, _ = _next_stay(diary, site, today, now)
    opening = site.day(day)
    assert opening.whole is not None
    spans = [opening.whole, opening.whole, opening.morning or opening.whole, opening.afternoon or opening.whole]
    coming = 0
    for agent in reversed(people):
        if coming == len(spans):
            return
        asked_at = _days_before(spans[coming], now, rng.uniform(1, 6))
        fate = Fate.AWAITED if coming % 2 and spans[coming].end > now else Fate.USED
        if diary.add(agent, site, spans[coming], asked_at, counterfactual=declared(rng), fate=fate):
            coming += 1


def _requests(diary: Diary, people: Sequence[Agent], today: dt.date, now: dt.datetime) -> None:
    """One request at each mairie that answers itself, made half an hour ago, for a day of the coming week."""
    for slug, start_after in (("mairie-chesny", 2), ("mairie-saint-julien", 3)):
        site = diary.directory.site(slug)
        day = next(d for d in days_from(today + dt.timedelta(days=start_after)) if site.day(d).whole)
        whole = site.day(day).whole
        assert whole is not None
        asked_at = now - dt.timedelta(minutes=30)
        next((s for a in people if (s := diary.add(a, site, whole, asked_at, counterfactual="usual_site"))), None)


def _somebody_did_not_come(diary: Diary, people: Sequence[Agent], today: dt.date) -> None:
    site = diary.directory.site(CLOSED_MAIRIE)
    day = next(d for n in range(1, 20) if (d := today - dt.timedelta(days=n)) and site.day(d).morning)
    morning = site.day(day).morning
    assert morning is not None
    asked_at = morning.start - dt.timedelta(days=2)
    next((s for a in people if (s := diary.add(a, site, morning, asked_at, fate=Fate.ABSENT))), None)


def _the_agents_weeks(diary: Diary, agent: Agent, rng: Random, today: dt.date, now: dt.datetime) -> None:
    """The persona: a stay to check in to, one in each of the two next weeks, a past of about one a week."""
    directory = diary.directory
    marly = directory.site(HOSTED_MAIRIE)
    _, asked = _next_stay(diary, marly, today, now)
    diary.add(agent, marly, asked, _days_before(asked, now, 2), counterfactual="usual_site", fate=Fate.AWAITED)

    next_monday = monday_of(today) + dt.timedelta(days=7)
    for first, slug in (
        (next_monday + dt.timedelta(days=2), "mairie-montigny"),
        (next_monday + dt.timedelta(days=7), "bliiida"),
    ):
        site = directory.site(slug)
        for day in days_from(first):
            whole = site.day(day).whole
            if whole and diary.add(agent, site, whole, _days_before(whole, now, 9), counterfactual="usual_site"):
                break

    slugs = [HOSTED_MAIRIE, "mairie-montigny", HOSTED_MAIRIE, "harmony-park", HOSTED_MAIRIE, "pole-multimodal"]
    for week, weekday in enumerate((1, 3, 1, 3, 1, 3, 1), start=1):
        day = next_monday + dt.timedelta(days=weekday - 7 * (week + 1))
        site = directory.site(slugs[week % len(slugs)])
        opening = site.day(day)
        span = (opening.morning if week == 4 else None) or opening.whole
        if span is None or day < today - dt.timedelta(days=DAYS_BEHIND) or span.end > now:
            continue
        asked_at = span.start - dt.timedelta(days=rng.randint(1, 6))
        fate = {3: Fate.ABSENT, 6: Fate.CANCELLED}.get(week, Fate.USED)
        if fate is Fate.ABSENT and not site.rules_for("desk").grace_minutes:
            fate = Fate.USED
        gone_at = span.start - dt.timedelta(hours=14) if fate is Fate.CANCELLED else None
        diary.add(agent, site, span, asked_at, counterfactual=declared(rng), fate=fate, gone_at=gone_at)


def _next_stay(diary: Diary, site: SiteEntry, today: dt.date, now: dt.datetime) -> tuple[dt.date, Interval]:
    """What is left of today if it is worth coming, else the next whole day that the site opens."""
    for day in days_from(today):
        opening = site.day(day)
        if opening.whole is None or opening.open[-1].end < now + LEAST_LEFT:
            continue
        if opening.whole.start >= now:
            return day, opening.whole
        # From the quarter of an hour that has begun: one can check in at once.
        quarter = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
        return day, Interval(quarter, opening.whole.end)
    raise AssertionError(f"{site.name} never opens")


def _days_before(asked: Interval, now: dt.datetime, days: float) -> dt.datetime:
    """Some days before a stay, and before now."""
    moment = asked.start - dt.timedelta(days=days)
    return min(moment, now - dt.timedelta(days=days / 5)).replace(microsecond=0)
