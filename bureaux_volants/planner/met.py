"""Meetings between métropole and communes, as the planner knows them: appointments of a day; and the other way round, what the days that
were planned leave no room for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from django.db.models import Q

from bureaux_volants.hosting.busy import tells_busy
from bureaux_volants.hosting.models import Meeting
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point

from .asked import Appointment
from .models import DayPlan


def appointments_between(agent: Agent, first: dt.date, last: dt.date, zone: ZoneInfo) -> list[Appointment]:
    """The agreed meetings of a person from one local day to another, both included, in order. One query."""
    start, end = local_day(first, zone).start, local_day(last, zone).end
    found = (
        Meeting.objects.filter(Q(agent=agent) | Q(host=agent), state=Meeting.State.AGREED)
        .filter(start__gte=start, start__lt=end)
        .select_related("site")
        .order_by("start", "pk")
    )
    return [
        Appointment(Place(m.site.name, Point(m.site.lat, m.site.lon), f"site:{m.site.slug}"), m.start, m.end)
        for m in found
    ]


def with_meetings(told: Iterable[Appointment], agreed: Iterable[Appointment]) -> tuple[Appointment, ...]:
    """What was told and what was agreed, in order; a meeting at hours that were told already is that appointment. Pure."""
    told = list(told)
    new = [a for a in agreed if not any(a.start < t.end and t.start < a.end for t in told)]
    return tuple(sorted([*told, *new], key=lambda a: (a.start, a.end)))


@tells_busy
def hours_given(people: Collection[int], span: Interval) -> dict[int, list[Interval]]:
    """By person, the hours of the appointments of the days they have booked within a span. One query."""
    found: dict[int, list[Interval]] = {}
    plans = DayPlan.objects.filter(
        agent__in=people,
        booked_at__isnull=False,
        cancelled_at=None,
        date__gte=span.start.date() - dt.timedelta(days=1),
        date__lte=span.end.date() + dt.timedelta(days=1),
    )
    for person, asked in plans.order_by("pk").values_list("agent_id", "asked"):
        for one in asked["appointments"]:
            hours = Interval(dt.datetime.fromisoformat(one["start"]), dt.datetime.fromisoformat(one["end"]))
            if hours.overlaps(span):
                found.setdefault(person, []).append(hours)
    return found
