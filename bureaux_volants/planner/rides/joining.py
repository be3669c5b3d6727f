"""Which colleagues' rides a person can still count on that day."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.territory.models import Agent

from .engaged import hours_taken
from .matching import OpenRide, course
from .offers import open_rides


def joinable(agent: Agent, date: dt.date, now: dt.datetime) -> list[OpenRide]:
    """The rides open to the person, but those at whose hours they drive or ride in another car. Six queries, whatever their number."""
    found = open_rides(agent, date, now)
    if not found:
        return []
    soonest, latest = min(_hours(r)[0] for r in found), max(_hours(r)[1] for r in found)
    taken = hours_taken(agent, soonest, latest)
    return [r for r in found if not any(start < _hours(r)[1] and _hours(r)[0] < end for start, end in taken)]


def _hours(ride: OpenRide) -> tuple[dt.datetime, dt.datetime]:
    """From when until when it may be on its way, one more person aboard."""
    minutes = course(ride.origin, (s.place for s in ride.stops), ride.destination)[1][-1]
    slack = dt.timedelta(minutes=ride.flexible_minutes)
    longest = dt.timedelta(minutes=minutes + ride.max_detour_minutes)
    return ride.depart - slack, ride.depart + slack + longest
