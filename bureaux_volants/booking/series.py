"""Repeated bookings: every such weekday until a day. Each date stands alone afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.events.log import Author
from bureaux_volants.territory.models import Agent

from . import notices
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
    alternative. One notice tells of all the dates, written after the last one.
    """
    now = now or timezone.now()
    assert agent.territory_id is not None
    directory = get_directory(agent.territory_id)
    zone = directory.zone
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
    try:
        for day in dates(first, until):
            one = replace(ask, start=on(day, ask.start, zone), end=on(day, ask.end, zone))
            _book_one(agent, one, author, series, result, day, counterfactual=counterfactual, now=now)
    finally:
        # Even when something breaks half-way: what is booked is told.
        if result.booked:
            with transaction.atomic():
                notices.series_booked(result.booked, [m.day for m in result.missed], directory)
        else:
            series.delete()
    return result


def _book_one(
    agent: Agent,
    ask: Ask,
    author: Author,
    series: Series,
    result: SeriesResult,
    day: dt.date,
    *,
    counterfactual: str,
    now: dt.datetime,
) -> None:
    """Book one date of a series, or note in `result` why it cannot be had."""
    try:
        result.booked.append(book(agent, ask, author, counterfactual=counterfactual, series=series, now=now))
    except NoUnitFree as full:
        nearest = full.alternatives[0] if full.alternatives else None
        result.missed.append(Missed(day, [Refusal(full.code, full.message)], nearest))
    except Refused as refused:
        elsewhere = not any(r.code in _SAME_ELSEWHERE for r in refused.refusals)
        others = (
            alternatives(agent, ask.kind, ask.site_id, ask.interval, features=ask.features, limit=1, now=now)
            if elsewhere
            else []
        )
        result.missed.append(Missed(day, refused.refusals, others[0] if others else None))
