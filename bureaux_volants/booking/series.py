"""Repeated bookings: every such weekday until a day. Each date stands alone afterwards."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.events.log import Author
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from . import notices
from .errors import Alternative, NoUnitFree, Refused, WrongState
from .locks import in_transaction
from .models import Booking, Series
from .placing import Ask
from .rules import Refusal
from .search import alternatives
from .service import approve, book, refuse
from .states import State
from .waiting import lock_for_freeing

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


@in_transaction
def answer_series(
    series_id: int, site_id: int, author: Author, *, granted: bool, reason: str = "", now: dt.datetime | None = None
) -> list[Booking]:
    """Grant, or refuse with a reason, every date of a series that still waits for this site's answer; told once.

    WrongState when none does any more.
    """
    now = now or timezone.now()
    asked = list(
        Booking.objects.filter(series_id=series_id, site_id=site_id, state=State.REQUESTED, end__gt=now).order_by(
            "start"
        )
    )
    if asked:
        # All at once, and before any of them: people come before sites (locks.py).
        whole = Interval(asked[0].start, max(b.end for b in asked))
        lock_for_freeing([asked[0].agent_id], [site_id], asked[0].kind, whole)
    answered: list[Booking] = []
    for booking in asked:
        with suppress(WrongState):  # of two hosts, the first one counts
            if granted:
                answered.append(approve(booking.pk, author, now=now, tell=False))
            else:
                answered.append(refuse(booking.pk, author, reason=reason, now=now, tell=False))
    if not answered:
        raise WrongState("Ces demandes ont déjà reçu leur réponse.")
    notices.series_answered(answered, get_directory(answered[0].territory_id), granted=granted, reason=reason)
    return answered
