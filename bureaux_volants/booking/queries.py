"""What the pages and the API read: bookings in the words of those who look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.visibility import shows

from .errors import NotFound
from .models import Booking, Kind, WaitingEntry
from .states import HOLDING, State


def bookings_of(agent: Agent) -> QuerySet[Booking]:
    """All bookings of a person, with what a page shows of them."""
    return Booking.objects.filter(agent=agent).select_related("site", "resource", "site__commune")


def coming(agent: Agent, *, now: dt.datetime | None = None) -> QuerySet[Booking]:
    """What still lies ahead or is going on, soonest first."""
    now = now or timezone.now()
    # What was taken with a key and is not back yet is going on, however late.
    late = Q(state=State.IN_USE) & ~Q(kind=Kind.DESK)
    return bookings_of(agent).filter(Q(state__in=HOLDING, end__gt=now) | late).order_by("start")


def past(agent: Agent, *, now: dt.datetime | None = None) -> QuerySet[Booking]:
    """What is over, latest first, whatever became of it."""
    now = now or timezone.now()
    return bookings_of(agent).exclude(state__in=HOLDING, end__gt=now).order_by("-start")


def own(agent: Agent, reference: str) -> Booking:
    """One's own booking by its reference; NotFound otherwise, whether or not somebody else has it."""
    # PostgreSQL refuses a text that holds a NUL.
    found = None if "\0" in reference else bookings_of(agent).filter(reference=reference.upper()).first()
    if found is None:
        raise NotFound("Cette réservation n'existe pas.")
    return found


def waiting_of(agent: Agent, *, now: dt.datetime | None = None) -> QuerySet[WaitingEntry]:
    """The queues a person stands in."""
    now = now or timezone.now()
    return WaitingEntry.objects.filter(agent=agent, state=WaitingEntry.State.WAITING, end__gt=now).select_related(
        "site"
    )


def is_paused(entry: WaitingEntry) -> bool:
    """Whether the queue passes somebody over because they have a desk elsewhere at these hours."""
    return (
        entry.kind == Kind.DESK
        and Booking.objects.filter(
            agent_id=entry.agent_id,
            kind=Kind.DESK,
            state__in=HOLDING,
            start__lt=entry.end,
            end__gt=entry.start,
        ).exists()
    )


def place_in_queue(entry: WaitingEntry) -> int:
    """1 for the next to be served among those who want the same hours."""
    before = WaitingEntry.objects.filter(
        site_id=entry.site_id,
        kind=entry.kind,
        state=WaitingEntry.State.WAITING,
        start__lt=entry.end,
        end__gt=entry.start,
        pk__lt=entry.pk,
    )
    return before.count() + 1


def expected_at(territory_id: int, site_id: int, first: dt.date, last: dt.date) -> QuerySet[Booking]:
    """Who comes to sit at a site from `first` to `last` included, in order of arrival: holding, used and missed stays."""
    zone = get_directory(territory_id).zone
    start, end = local_day(first, zone).start, local_day(last, zone).end
    return (
        Booking.objects.filter(
            territory_id=territory_id, site_id=site_id, kind=Kind.DESK, start__gte=start, start__lt=end
        )
        .exclude(state__in=(State.CANCELLED, State.REFUSED))
        .select_related("agent", "agent__service", "agent__organisation", "resource")
        .order_by("start", "agent__last_name", "agent__first_name")
    )


def at_site_shown_to(viewer: Agent, site_id: int, day: dt.date) -> list[Booking]:
    """Who works at a site that day, among those who let the viewer see it."""
    assert viewer.territory_id is not None
    found = expected_at(viewer.territory_id, site_id, day, day).filter(state__in=(*HOLDING, State.COMPLETED))
    return [b for b in found if shows(b.agent, viewer)]


@dataclass(frozen=True, slots=True)
class TeamDay:
    """One person's day: a booking elsewhere, an agreed day at home, or nothing known."""

    day: dt.date
    bookings: list[Booking]
    at_home: bool


@dataclass(frozen=True, slots=True)
class TeamMember:
    """One line of a team's week; `shows` False when the person keeps their places to themselves."""

    agent: Agent
    shows: bool
    days: list[TeamDay]

    @property
    def says_something(self) -> bool:
        return any(d.bookings or d.at_home for d in self.days)


def team_week(viewer: Agent, members: Iterable[Agent], monday: dt.date) -> list[TeamMember]:
    """The working week of these people, Monday to Friday, within what each lets the viewer see."""
    assert viewer.territory_id is not None
    zone = get_directory(viewer.territory_id).zone
    members = list(members)
    start = local_day(monday, zone).start
    end = local_day(monday + dt.timedelta(days=4), zone).end
    found = (
        Booking.objects.filter(
            agent__in=[m.pk for m in members if shows(m, viewer)],
            kind=Kind.DESK,
            start__gte=start,
            start__lt=end,
            state__in=(*HOLDING, State.COMPLETED),
        )
        .select_related("site")
        .order_by("start")
    )
    by_day: dict[tuple[int, dt.date], list[Booking]] = {}
    for booking in found:
        by_day.setdefault((booking.agent_id, booking.start.astimezone(zone).date()), []).append(booking)
    days = [monday + dt.timedelta(days=n) for n in range(5)]
    week: list[TeamMember] = []
    for member in members:
        visible = shows(member, viewer)
        line = [
            TeamDay(
                day,
                by_day.get((member.pk, day), []),
                visible and day.isoweekday() in member.telework_weekdays and (member.pk, day) not in by_day,
            )
            for day in days
        ]
        week.append(TeamMember(member, visible, line))
    return week
