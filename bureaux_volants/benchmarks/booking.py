"""`bv bench booking`: how fast a search answers as territories multiply, and what a fight for the last desks does.

Small: one territory of 60 sites, 500 desks and 200,000 past bookings, then a hundred (over two million bookings).
National: a hundred with 200,000 each, twenty million: the largest scale for which a peer states a budget (Seatsurfing:
availability within 1,500 ms, p95). About 55 % of desk time is booked on each coming working day.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from .report import Figure
from .stage import Stage

#: What a peer allows itself at national scale, milliseconds.
PEER_BUDGET = 1_500


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. `past` is each further territory's number of past bookings."""

    sites: int = 60
    desks: int = 500
    agents: int = 1_500
    first_past: int = 200_000
    territories: int = 100
    past: int = 20_000
    samples: int = 400
    fighters: int = 16
    fight_seconds: float = 12.0
    fight_days: int = 5


SCALES = {
    "tiny": Scale(6, 30, 90, 300, 3, 100, 10, 3, 1.0, 2),
    "small": Scale(),
    "national": replace(Scale(), past=200_000),
}


@dataclass(frozen=True, slots=True)
class _Measured:
    """Milliseconds of searches over so many territories."""

    bookings: int
    server: list[float]
    query: list[float]
    search: list[float]
    first: list[float]
    http: list[float]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def run(scale: str | None = None) -> list[Figure]:
    """All figures of one scale: "small" (the default), "national", or "tiny" for a test. ValueError for another."""
    name = scale or "small"
    if name not in SCALES:
        raise ValueError(f"« {name} » n'est pas une taille : {', '.join(SCALES)}.")
    size, today = SCALES[name], dt.datetime.now(dt.UTC).date()
    with Stage() as stage:
        _say("one territory")
        one = _measure(stage, size, today, 1, 1, size.first_past)
        _say(f"{size.territories} territories")
        many = _measure(stage, size, today, 2, size.territories, size.past)
        _say("fight for the last desks")
        fought = _fight(stage, size, today)
    return [*_figures(one, 1), *_figures(many, size.territories), *_flatness(one, many), *fought]


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _measure(stage: Stage, size: Scale, today: dt.date, first: int, last: int, past: int) -> _Measured:
    directory = {"sites": size.sites, "desks": size.desks, "agents": size.agents, "past": past}
    loaded = stage.step("load", first=first, last=last, size=directory, today=today.isoformat())
    people = stage.step("people")
    days = _days(today, 10)
    found = stage.step("search", territories=people["territories"], days=days, samples=size.samples)
    tokens = stage.command("token", *people["emails"]).split()
    with stage.served() as connection:
        http = _http(connection, tokens, days, size.samples)
    return _Measured(loaded["bookings"], http=http, **found)


def _days(today: dt.date, count: int) -> list[str]:
    """The next working days, as the data has them."""
    ahead = (today + dt.timedelta(days=n) for n in range(1, 3 * count))
    return [day.isoformat() for day in ahead if day.isoweekday() <= 5][:count]


def _http(connection: HTTPConnection, tokens: list[str], days: list[str], samples: int) -> list[float]:
    """Milliseconds of `GET /api/v1/availability`, one after the other, once each territory has been asked for."""
    dice = random.Random(2)
    spent: list[float] = []
    for n in range(len(tokens) + samples):
        token = tokens[n] if n < len(tokens) else dice.choice(tokens)
        day, (start, end) = dice.choice(days), dice.choice((("07:30", "16:30"), ("07:30", "11:30"), ("12:30", "16:30")))
        asked = urlencode({"kind": "desk", "start": f"{day}T{start}:00Z", "end": f"{day}T{end}:00Z"})
        began = time.perf_counter()
        connection.request("GET", f"/api/v1/availability?{asked}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        if n >= len(tokens):
            spent.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or not json.loads(body)["sites"]:
            raise RuntimeError(f"{answer.status}: {body[:500]!r}")
    return spent


def _figures(measured: _Measured, territories: int) -> list[Figure]:
    where = f"{territories} territor{'ies' if territories > 1 else 'y'}"
    http = percentile(measured.http, 0.95)
    server = percentile(measured.server, 0.95)
    goal = f"< 20 (a peer's budget: {PEER_BUDGET})"
    return [
        Figure(f"bookings, {where}", measured.bookings, "rows"),
        Figure(f"territory-day in the database, {where}, p50", statistics.median(measured.server), "ms"),
        Figure(f"territory-day in the database, {where}, p95", server, "ms", "< 2", server < 2),
        Figure(f"the same as its caller waits, {where}, p95", percentile(measured.query, 0.95), "ms"),
        Figure(f"search with all rules, {where}, p50", statistics.median(measured.search), "ms"),
        Figure(f"search with all rules, {where}, p95", percentile(measured.search, 0.95), "ms"),
        Figure(f"first search of a territory, {where}, p50", statistics.median(measured.first), "ms"),
        Figure(f"availability through HTTP, {where}, p50", statistics.median(measured.http), "ms"),
        Figure(f"availability through HTTP, {where}, p95", http, "ms", goal, http < 20),
    ]


def _flatness(one: _Measured, many: _Measured) -> list[Figure]:
    server = statistics.median(many.server) / statistics.median(one.server)
    http = statistics.median(many.http) / statistics.median(one.http)
    return [
        Figure("from one territory to all, in the database, p50", server, "×", "≤ 1.5", server <= 1.5),
        Figure("from one territory to all, through HTTP, p50", http, "×", "≤ 1.5", http <= 1.5),
    ]


def _fight(stage: Stage, size: Scale, today: dt.date) -> list[Figure]:
    """Processes that book what is left of a few days in the first territory, each person asking once."""
    territory = stage.step("people")["territories"][0]
    count = int(size.fighters * size.fight_seconds * 60)
    agents = stage.step("recruit", territory=territory, count=count)["agents"]
    since = dt.datetime.now(dt.UTC).isoformat()
    orders: list[dict[str, Any]] = [
        {
            "territory": territory,
            "agents": agents[n :: size.fighters],
            "days": _days(today, size.fight_days),
            "seed": n,
            "seconds": size.fight_seconds,
        }
        for n in range(size.fighters)
    ]
    outcomes = stage.steps_together("fight", orders)
    full = [ask for outcome in outcomes for ask in outcome["full"]]
    accepted = sum(outcome["accepted"] for outcome in outcomes)
    by_rules = sum(outcome["rules_refused"] for outcome in outcomes)
    waits = [s * 1000 for outcome in outcomes for s in outcome["seconds"]]
    # The slowest process's own time: they all began together.
    rate = len(waits) / max(sum(outcome["seconds"]) for outcome in outcomes)
    told = stage.step("verdict", full=full, territory=territory, since=since)
    wrongly = told["wrongly"] + by_rules
    return [
        Figure(f"bookings answered by {size.fighters} processes", rate, "1/s", "> 250", rate > 250),
        Figure("… of them accepted", accepted, ""),
        Figure("… of them refused, everything taken", len(full), ""),
        Figure("one booking under that load, p50", statistics.median(waits), "ms"),
        Figure("one booking under that load, p95", percentile(waits, 0.95), "ms"),
        Figure("double bookings", told["double"], "", "0", told["double"] == 0),
        Figure("wrongly refused", wrongly, "", "0", wrongly == 0),
        Figure("without its event or its notice", told["half_written"], "", "0", told["half_written"] == 0),
    ]
