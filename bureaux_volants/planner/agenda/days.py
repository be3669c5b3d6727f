"""A day as somebody's calendar has it, read anew each time that it is asked for: nothing of it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings

from bureaux_volants.booking.places import Place, find_place
from bureaux_volants.planner.models import CalendarLink
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent

from . import caldav
from .fetching import fetch
from .keeping import Source, source_of
from .reading import Entry, busy_on, entries_on, objects_of


@dataclass(frozen=True, slots=True)
class Located:
    """An entry whose place we know."""

    entry: Entry
    place: Place


@dataclass(frozen=True, slots=True)
class Day:
    """A day as the calendar has it: what can be planned with, and what was left out for want of a place we know."""

    located: tuple[Located, ...]
    left_out: tuple[Entry, ...]


def day_of(link: CalendarLink, day: dt.date, places: Iterable[Place], zone: ZoneInfo) -> Day:
    """Read the calendar now. Raises CannotFetch, CannotRead and Unreadable."""
    places = list(places)
    located, left_out = [], []
    for entry in read(source_of(link), day, zone, link.agent):
        place = find_place(entry.place, places)
        if place is None:
            left_out.append(entry)
        else:
            located.append(Located(entry, place))
    return Day(tuple(located), tuple(left_out))


def read(source: Source, day: dt.date, zone: ZoneInfo, agent: Agent) -> list[Entry]:
    """What keeps this person busy on a local day. Raises CannotFetch and CannotRead."""
    allowed = settings.BV_CALENDAR_HOSTS
    # Whom an invitation calls: the account, and the name that opens the calendar where that is an address too.
    me = {agent.email, source.user}
    if not source.is_caldav:
        return entries_on(fetch(source.address, allowed=allowed, credentials=source.credentials), day, zone, me)
    hours = local_day(day, zone)
    objects = caldav.ask(source.address, hours.start, hours.end, source.credentials, allowed)
    return busy_on(objects_of(objects), day, zone, me)
