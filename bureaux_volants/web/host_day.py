"""What a host's pages show of a site: a day, the week around it, the requests that wait, the closures to come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from bureaux_volants.booking.availability import peak
from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.queries import expected_at
from bureaux_volants.booking.search import Half, half_days
from bureaux_volants.booking.states import CHANGEABLE, HOLDING, State
from bureaux_volants.territory.calendar import Interval, covers, local_day, monday_of
from bureaux_volants.territory.models import Agent, Closure

#: Those who come or came: what "expected" counts.
COMES = (*HOLDING, State.COMPLETED)


def who(booking: Booking) -> str:
    """Who has a stay, for the site's host: the agent, or the visitor that a desk is held for."""
    return str(booking.visitor if booking.is_visit else booking.agent)


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay as its host sees it, with what the host can do about it now.

    `is_outside`: it is to come, and the doors are shut for a part of it.
    """

    booking: Booking
    can_arrive: bool
    can_leave: bool
    can_cancel: bool
    is_outside: bool

    @property
    def name(self) -> str:
        return who(self.booking)


@dataclass(frozen=True, slots=True)
class DayTally:
    """One day of the week's strip; `expected` counts those who come or came."""

    date: dt.date
    expected: int
    is_open: bool
    closed_because: str


@dataclass(frozen=True, slots=True)
class Reception:
    """A site's day and the week around it."""

    date: dt.date
    visits: list[Visit]
    week: list[DayTally]
    halves: list[Half]
    closed_because: str
    #: Desks lent that day where a host has lent fewer than there are, and desks taken at the busiest hour.
    lent: int | None = None
    taken: int = 0

    @property
    def is_above(self) -> bool:
        """Whether more have booked than are lent since: they stay."""
        return self.lent is not None and self.taken > self.lent

    def _count(self, *states: str) -> int:
        return sum(1 for v in self.visits if v.booking.state in states)

    @property
    def expected(self) -> int:
        return self._count(State.CONFIRMED)

    @property
    def arrived(self) -> int:
        return self._count(State.IN_USE)

    @property
    def left(self) -> int:
        return self._count(State.COMPLETED)

    @property
    def missed(self) -> int:
        return self._count(State.NO_SHOW)


def visit(booking: Booking, directory: Directory, now: dt.datetime) -> Visit:
    """A host may tell an arrival from the first hour of the day on."""
    ahead = booking.end > now
    begins = local_day(booking.start.astimezone(directory.zone).date(), directory.zone).start
    confirmed = booking.state == State.CONFIRMED and ahead
    return Visit(
        booking,
        can_arrive=confirmed and begins <= now,
        can_leave=booking.state == State.IN_USE and ahead,
        can_cancel=confirmed,
        is_outside=is_outside_hours(booking, directory),
    )


def is_outside_hours(booking: Booking, directory: Directory) -> bool:
    """Whether a stay that has not begun no longer fits the hours of its site: they were shortened since."""
    if booking.state not in CHANGEABLE:
        return False
    site = directory.site_by_id(booking.site_id)
    day = site.day(booking.start.astimezone(directory.zone).date())
    return not covers(day, Interval(booking.start, booking.end))


def reception(
    viewer: Agent, directory: Directory, site: SiteEntry, date: dt.date, *, now: dt.datetime, with_free: bool = True
) -> Reception:
    """Who comes on `date` and how many in the week around it: one query, and one for what is free."""
    monday = monday_of(date)
    found = list(
        expected_at(directory.territory_id, site.id, monday, monday + dt.timedelta(days=6)).select_related("visitor")
    )
    by_day: dict[dt.date, list[Booking]] = {}
    for booking in found:
        by_day.setdefault(booking.start.astimezone(directory.zone).date(), []).append(booking)
    week = []
    for n in range(7):
        day = site.day(monday + dt.timedelta(days=n))
        there = sum(1 for b in by_day.get(day.date, ()) if b.state in COMES)
        if n < 5 or day.usual or there or day.date == date:
            week.append(DayTally(day.date, there, bool(day.open), day.closed_because))
    halves = half_days(viewer, Kind.DESK, date, date, site_slug=site.slug, now=now) if with_free else []
    return Reception(
        date,
        [visit(b, directory, now) for b in by_day.get(date, ()) if b.state != State.REQUESTED],
        week,
        halves[0].halves if halves else [],
        site.day(date).closed_because,
        lent=site.fewer.get(date),
        taken=peak((b.start, b.end) for b in by_day.get(date, ()) if b.state in HOLDING),
    )


def requests_of(directory: Directory, sites: Iterable[SiteEntry], now: dt.datetime) -> list[Booking]:
    """The requests that wait for an answer at these sites, most urgent first."""
    return list(
        Booking.objects.filter(
            territory_id=directory.territory_id,
            site_id__in=[s.id for s in sites],
            state=State.REQUESTED,
            awaits_manager=False,
            end__gt=now,
        )
        .select_related("agent", "agent__service", "agent__organisation", "resource")
        .order_by("answer_by", "start", "id")
    )


def together(requests: Iterable[Booking]) -> list[list[Booking]]:
    """Requests answered together: the dates of one series, each other one by itself. In the order of the first of each."""
    groups: dict[tuple[str, int], list[Booking]] = {}
    for asked in requests:
        key = ("series", asked.series_id) if asked.series_id else ("one", asked.pk)
        groups.setdefault(key, []).append(asked)
    return [sorted(group, key=lambda b: b.start) for group in groups.values()]


def closures_of(directory: Directory, site: SiteEntry, now: dt.datetime) -> list[Closure]:
    """The closures going on or to come: the site's own, and those of every site (`site_id` None)."""
    return list(
        Closure.objects.filter(Q(site_id=site.id) | Q(site=None), territory_id=directory.territory_id, end__gt=now)
    )


def expected_by_site(directory: Directory, sites: Iterable[SiteEntry], date: dt.date) -> dict[int, dict[str, int]]:
    """Stays of a day by site and state, for several sites in one query."""
    day = local_day(date, directory.zone)
    tallies: dict[int, dict[str, int]] = {}
    rows = Booking.objects.filter(
        territory_id=directory.territory_id,
        site_id__in=[s.id for s in sites],
        kind=Kind.DESK,
        start__gte=day.start,
        start__lt=day.end,
    ).values_list("site_id", "state")
    for site_id, state in rows:
        tally = tallies.setdefault(site_id, {})
        tally[state] = tally.get(state, 0) + 1
    return tallies
