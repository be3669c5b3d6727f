"""What one search costs: its query inside the server, the query as the caller waits for it, and the whole of `search`."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.search import search
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Agent

_ZONE = ZoneInfo("Europe/Paris")
#: Clock times that people search for.
HOURS = ((dt.time(8, 30), dt.time(17, 30)), (dt.time(8, 30), dt.time(12, 30)), (dt.time(13, 30), dt.time(17, 30)))


@dataclass(slots=True)
class Costs:
    """Milliseconds, one a search; `first` are the searches that had to read their territory's directory."""

    server: list[float] = field(default_factory=list)
    query: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)


class _BookingsQuery:
    """Times the statement that reads bookings, and keeps it to be explained afterwards."""

    def __init__(self) -> None:
        self.last: tuple[str, Any] = ("", None)
        self.milliseconds = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if "FROM booking_booking" in sql:
                self.milliseconds = (time.perf_counter() - began) * 1000
                self.last = (sql, params)


def hours_of(dice: random.Random, days: list[dt.date]) -> tuple[dt.datetime, dt.datetime]:
    """Some hours of one of these days, as two instants."""
    day = dice.choice(days)
    opens, closes = dice.choice(HOURS)
    return local(day, opens, _ZONE), local(day, closes, _ZONE)


def measure(territories: list[int], days: list[dt.date], samples: int) -> Costs:
    """Search that many times over the territories, each time as one of its people, on one of the days."""
    dice = random.Random(1)
    people = [list(Agent.objects.filter(territory_id=t).order_by("pk")[:5]) for t in territories]
    costs = Costs()
    for some in people:
        began = time.perf_counter()
        search(some[0], Kind.DESK, *hours_of(dice, days))
        costs.first.append((time.perf_counter() - began) * 1000)
    query = _BookingsQuery()
    for _ in range(samples):
        agent = dice.choice(dice.choice(people))
        hours = hours_of(dice, days)
        with connection.execute_wrapper(query):
            began = time.perf_counter()
            search(agent, Kind.DESK, *hours)
            costs.search.append((time.perf_counter() - began) * 1000)
        costs.query.append(query.milliseconds)
        with connection.cursor() as cursor:
            sql, params = query.last
            cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql, params)
            (plan,) = cursor.fetchone()[0]
            costs.server.append(float(plan["Execution Time"]))
    return costs
