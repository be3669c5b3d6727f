"""What a month's recap is made of: the stays that took place at a site, and the meetings held there."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import Interval, local_day

from .models import Meeting
from .recap import Recap, Stay, recap


def month_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the month of a day."""
    first = day.replace(day=1)
    return first, (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)


def recap_of(directory: Directory, site_id: int, month: dt.date, now: dt.datetime) -> Recap:
    """The recap of the month of a day, of what is over or going on: two queries.

    A stay counts from its arrival being told, or, without one, when its time has passed and it was not missed.
    """
    first, last = month_of(month)
    span = Interval(local_day(first, directory.zone).start, local_day(last, directory.zone).end)
    rows = (
        Booking.objects.filter(
            territory_id=directory.territory_id,
            site_id=site_id,
            kind=Kind.DESK,
            state__in=(State.IN_USE, State.COMPLETED),
            start__gte=span.start,
            start__lt=span.end,
        )
        .order_by("start", "id")
        .values_list("agent_id", "start", "end", "is_visit", "agent__service__name", "agent__organisation__name")
    )
    stays: list[Stay] = []
    visits: list[Stay] = []
    for agent_id, start, end, is_visit, service, organisation in rows:
        hours = max((min(end, now) - start).total_seconds(), 0) / 3600
        group = " – ".join(part for part in (organisation, service) if part)
        stay = Stay(agent_id, group, start.astimezone(directory.zone).date(), hours)
        (visits if is_visit else stays).append(stay)
    return recap(stays, visits, _held(directory.territory_id, site_id, span))


def _held(territory_id: int, site_id: int, span: Interval) -> int:
    """The meetings between métropole and commune that took place at a site."""
    return Meeting.objects.filter(
        territory_id=territory_id, site_id=site_id, state=Meeting.State.OVER, start__gte=span.start, start__lt=span.end
    ).count()
