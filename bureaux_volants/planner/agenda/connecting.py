"""The address of somebody's calendar, given and taken back; what a day begins with because of it.

Nothing of the calendar is kept but its address, and that is shown to nobody again, its owner included: `shown` is all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.places import Place, find_place
from bureaux_volants.events.log import Author, record
from bureaux_volants.planner.models import CalendarLink
from bureaux_volants.territory.models import Agent

from .fetching import CannotFetch, checked, fetch
from .reading import CannotRead, Entry, entries_on


class CannotConnect(Exception):
    """Why the address was not kept; one French sentence."""


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


def connect(agent: Agent, address: str, zone: ZoneInfo, author: Author) -> CalendarLink:
    """Keep the address in place of a former one, once it has answered with a calendar. Raises CannotConnect."""
    assert agent.territory_id is not None
    try:
        entries_on(_fetch(address), timezone.localdate(), zone)
    except (CannotFetch, CannotRead) as error:
        raise CannotConnect(str(error)) from None
    with transaction.atomic():
        link, _made = CalendarLink.objects.update_or_create(
            agent=agent,
            defaults={"territory_id": agent.territory_id, "address": address.strip(), "created_at": timezone.now()},
        )
        # That there is one, not where.
        record(agent.territory_id, author, "agenda.connected", "agent", agent.pk)
    return link


def disconnect(agent: Agent, author: Author) -> bool:
    """Forget the address at once; False where there was none."""
    assert agent.territory_id is not None
    with transaction.atomic():
        gone, _by = CalendarLink.objects.filter(agent=agent).delete()
        if gone:
            record(agent.territory_id, author, "agenda.disconnected", "agent", agent.pk)
    return bool(gone)


def link_of(agent: Agent) -> CalendarLink | None:
    return CalendarLink.objects.filter(agent=agent).first()


def day_of(link: CalendarLink, day: dt.date, places: Iterable[Place], zone: ZoneInfo) -> Day:
    """Read the calendar now. Raises CannotFetch and CannotRead."""
    places = list(places)
    located, left_out = [], []
    for entry in entries_on(_fetch(link.address), day, zone):
        place = find_place(entry.place, places)
        if place is None:
            left_out.append(entry)
        else:
            located.append(Located(entry, place))
    return Day(tuple(located), tuple(left_out))


def shown(link: CalendarLink) -> str:
    """What may be shown of the address: who keeps the calendar."""
    return checked(link.address, settings.BV_CALENDAR_HOSTS).hostname or ""


def _fetch(address: str) -> bytes:
    return fetch(address, allowed=settings.BV_CALENDAR_HOSTS)
