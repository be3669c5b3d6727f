"""What the person's calendar says of a day, for the form that begins with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bureaux_volants.booking.places import Place
from bureaux_volants.planner.agenda.connecting import link_of, shown
from bureaux_volants.planner.agenda.days import day_of
from bureaux_volants.planner.agenda.fetching import CannotFetch
from bureaux_volants.planner.agenda.keeping import Unreadable
from bureaux_volants.planner.agenda.reading import CannotRead, Entry
from bureaux_volants.planner.asked import Appointment
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.travel.journeys import Place as Somewhere
from bureaux_volants.travel.modes import Point
from bureaux_volants.web.access import AgentRequest
from bureaux_volants.web.forms_organise import LINES


@dataclass(frozen=True, slots=True)
class Read:
    """The meetings that fill the form's lines, and what else the calendar has; `problem`: why it could not be read."""

    host: str
    date: dt.date
    meetings: tuple[Appointment, ...] = ()
    left_out: tuple[Entry, ...] = ()
    problem: str = ""


def read_agenda(request: AgentRequest, day: dt.date, places: list[Place]) -> Read | None:
    """The calendar's day; None where the person connected none."""
    link = link_of(request.user)
    if link is None:
        return None
    host = shown(link).host
    try:
        found = day_of(link, day, places, request.directory.zone)
    except (CannotFetch, CannotRead, Unreadable) as error:
        return Read(host, day, problem=str(error))
    known, more = found.located[: len(LINES)], found.located[len(LINES) :]
    # The form's lines have hours of one day: what goes on after midnight ends there at the last minute.
    last = local_day(day, request.directory.zone).end - dt.timedelta(minutes=1)
    return Read(
        host,
        day,
        tuple(
            Appointment(
                Somewhere(one.place.name, Point(one.place.lat, one.place.lon)),
                one.entry.start,
                min(one.entry.end, last),
            )
            for one in known
        ),
        tuple(sorted((*found.left_out, *(one.entry for one in more)), key=lambda e: e.start)),
    )
