"""Repeated bookings: every such weekday until a day. Each date stands alone afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.events.log import Author
from bureaux_volants.territory.models import Agent

from .errors import Alternative, NoUnitFree, Refused
from .models import Booking, Series
from .placing import Ask
from .rules import Refusal
from .search import alternatives
from .service import book

#: A year of weeks: longer series are asked again.
MOST_DATES = 53

#: What another site would refuse as well.
_SAME_ELSEWHERE = frozenset(
    {
        "notice",
        "horizon",
        "too-short",
        "too-long",
        "one-desk-at-a-time",
        "weekly-limit",
        "telework-limit",
        "presence-minimum",
    }
)


@dataclass(frozen=True, slots=True)
class Missed:
    """A date that could not be had: why, and the nearest place where it could."""

    day: dt.date
    refusals: list[Refusal]
    alternative: Alternative | None


@dataclass(frozen=True, slots=True)
class SeriesResult:
    booked: list[Booking] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)


def dates(first: dt.date, until: dt.date) -> list[dt.date]:
    """`first` and the same weekday of each following week, up to `until` included."""
    weeks = max(0, (until - first).days // 7 + 1)
    return [first + dt.timedelta(weeks=n) for n in range(min(weeks, MOST_DATES))]


def on(day: dt.date, model: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The instant of `day` at the wall-clock time of `model`: 9 o'clock stays 9 o'clock over a clock change."""
    return dt.datetime.combine(day, model.astimezone(zone).time(), zone).astimezone(dt.UTC)


def book_series(
    agent: Agent, ask: Ask, until: dt.date, author: Author, *, counterfactual: str = "", now: dt.datetime | None = None
) -> SeriesResult:
    """Book `ask` and the same weekday and hours of each week up to `until` included.

    What can be had is booked, each date in its own transaction; what cannot is listed with its reasons and the nearest
    alternative.
    """
    now = now or timezone.now()
    assert agent.territory_id is not None
    zone = get_directory(agent.territory_id).zone
    first = ask.start.astimezone(zone).date()
    series = Series.objects.create(
        territory_id=agent.territory_id,
        agent=agent,
        weekday=first.isoweekday(),
        first_day=first,
        last_day=until,
        created_at=now,
    )
    result = SeriesResult()
    for day in dates(first, until):
        one = replace(ask, start=on(day, ask.start, zone), end=on(day, ask.end, zone))
        try:
            result.booked.append(book(agent, one, author, counterfactual=counterfactual, series=series, now=now))
        except NoUnitFree as full:
            nearest = full.alternatives[0] if full.alternatives else None
            result.missed.append(Missed(day, [Refusal(full.code, full.message)], nearest))
        except Refused as refused:
            elsewhere = not any(r.code in _SAME_ELSEWHERE for r in refused.refusals)
            others = (
                alternatives(agent, one.kind, one.site_id, one.interval, features=one.features, limit=1, now=now)
                if elsewhere
                else []
            )
            result.missed.append(Missed(day, refused.refusals, others[0] if others else None))
    if not result.booked:
        series.delete()
    return result
