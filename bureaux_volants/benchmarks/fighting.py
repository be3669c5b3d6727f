"""One of many processes that fight for the last desks, through the service that the pages and the API call."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import connection

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NoUnitFree, Refused
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.search import search
from bureaux_volants.booking.service import book
from bureaux_volants.config.collector import settle
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Agent

_ZONE = ZoneInfo("Europe/Paris")
#: What people ask for, clock times: days, halves, and hours across them.
_HOURS = (("08:30", "17:30"), ("08:30", "12:30"), ("13:30", "17:30"), ("10:00", "15:00"), ("09:00", "11:00"))


@dataclass(frozen=True, slots=True)
class Orders:
    """Who fights and for what: the agents ask once each, for so many seconds."""

    territory: int
    agents: list[int]
    days: list[str]
    seed: int
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What one process saw. `full` lists the asks refused because no arrangement existed: site, start, end."""

    accepted: int = 0
    rules_refused: int = 0
    full: list[tuple[int, str, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def fight(orders: Orders, wait: Callable[[], None]) -> Outcome:
    """Once `wait` returns, ask until the time is over or nobody is left to ask. Any error of another kind is raised."""
    dice = random.Random(orders.seed)
    directory = get_directory(orders.territory)
    sites = [site.id for site in directory.sites]
    agents = list(Agent.objects.filter(pk__in=orders.agents))
    days = [dt.date.fromisoformat(day) for day in orders.days]
    outcome = Outcome()
    # A server that has answered once has its modules, its connection and the directory, and leaves them (config/wsgi.py).
    first = _ask(dice, sites[0], days[0])
    search(agents[0], Kind.DESK, first.start, first.end)
    settle()
    wait()
    end = time.perf_counter() + orders.seconds
    for agent in agents:
        if time.perf_counter() >= end:
            break
        ask = _ask(dice, dice.choice(sites), dice.choice(days))
        began = time.perf_counter()
        try:
            book(agent, ask, Author(agent, Event.Origin.API))
            outcome.accepted += 1
        except NoUnitFree:
            outcome.full.append((ask.site_id, ask.start.isoformat(), ask.end.isoformat()))
        except Refused:
            outcome.rules_refused += 1
        outcome.seconds.append(time.perf_counter() - began)
    return outcome


def _ask(dice: random.Random, site_id: int, day: dt.date) -> Ask:
    opens, closes = dice.choice(_HOURS)
    return Ask(
        Kind.DESK,
        site_id,
        local(day, dt.time.fromisoformat(opens), _ZONE),
        local(day, dt.time.fromisoformat(closes), _ZONE),
    )


def seatable_in_the_end(asks: Sequence[tuple[int, str, str]]) -> int:
    """Of asks that were refused as full, how many could still be seated now that nobody moves any more.

    Independent of the product's own seating: with identical desks and nobody fixed, an arrangement exists exactly when no
    instant has more bookings than desks. Bookings were only added, so whoever finds room now was wrongly refused.
    """
    if not asks:
        return 0
    sites, starts, ends = zip(*asks, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH ask AS (
                SELECT site, starts, ends FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS a(site, starts, ends)
            ), instant AS (
                SELECT ask.*, starts AS at FROM ask
                UNION ALL
                SELECT ask.*, b.start FROM ask JOIN booking_booking b ON b.site_id = site AND b.start > starts
                    AND b.start < ends AND b.state IN ('requested', 'confirmed', 'in_use')
            ), busiest AS (
                SELECT site, starts, ends, max((
                    SELECT count(*) FROM booking_booking b WHERE b.site_id = site AND b.start <= at AND b."end" > at
                        AND b.start > at - interval '2 days' AND b.state IN ('requested', 'confirmed', 'in_use')
                )) AS busy FROM instant GROUP BY site, starts, ends
            )
            SELECT count(*) FROM busiest
            WHERE busy < (SELECT count(*) FROM booking_resource r WHERE r.site_id = site AND r.kind = 'desk' AND r.is_active)
            """,
            [list(sites), list(starts), list(ends)],
        )
        return int(cursor.fetchone()[0])


_HOLDING = "state IN ('requested', 'confirmed', 'in_use')"


def double_bookings() -> int:
    """Pairs of holding bookings that share a desk, or a person, at the same instant: plain self-joins."""
    total = 0
    with connection.cursor() as cursor:
        for what in ("resource_id", "agent_id"):
            cursor.execute(
                f"""
                WITH held AS (SELECT id, {what} AS what, start, "end" FROM booking_booking WHERE {_HOLDING})
                SELECT count(*) FROM held a JOIN held b USING (what)
                WHERE a.id < b.id AND a.start < b."end" AND b.start < a."end"
                """  # noqa: S608 -- constants only
            )
            total += int(cursor.fetchone()[0])
    return total


def half_written(territory_id: int, since: dt.datetime) -> int:
    """Bookings made since then that lack exactly one line in the log, or exactly one notice to their holder."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_booking b WHERE b.territory_id = %s AND b.created_at >= %s AND (
                (SELECT count(*) FROM events_event e WHERE e.subject_kind = 'booking' AND e.subject_id = b.id
                    AND e.kind = 'booking.created') <> 1
                OR (SELECT count(*) FROM bv_messages_notice n WHERE n.recipient_id = b.agent_id
                    AND n.kind = 'booking.confirmed' AND n.path LIKE '%%/' || b.reference || '/') <> 1)
            """,
            [territory_id, since],
        )
        return int(cursor.fetchone()[0])
