"""Raw rows written by hand: one line a row, local days and hours of Metz."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from bureaux_volants.trials.indicators.figures import Figure
from bureaux_volants.trials.indicators.measures import measured
from bureaux_volants.trials.indicators.rows import (
    COUNTERFACTUALS,
    EMPLOYERS,
    KINDS,
    MODES,
    NEVER,
    PURPOSES,
    SCALES,
    STATES,
    WAITING,
    Costs,
    DiaryDays,
    Lent,
    Meetings,
    Outings,
    People,
    Rates,
    Rides,
    Rows,
    Scores,
    Stays,
    Trips,
    Waits,
    latest_said,
    minutes_of,
    ordinal,
)

METZ = ZoneInfo("Europe/Paris")
#: The month that examples are worked by hand for: from a Thursday to a Saturday.
FIRST, LAST = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
NAN = float("nan")


def of_october(day: int) -> int:
    """The number of a day of October 2026; zero and less, of September."""
    return ordinal(FIRST) + day - 1


def stays(*lines: Sequence[Any]) -> Stays:
    """(day, agent, site, desk, from, to, state, answer, told, usual)."""
    rows = [(*line, "", False, False)[:10] if len(line) < 8 else (*line, False, False)[:10] for line in lines]

    def instant(day: int, hour: float) -> dt.datetime:
        date = FIRST + dt.timedelta(days=day - 1)
        return dt.datetime.combine(date, dt.time(int(hour), int(60 * (hour % 1))), METZ)

    return Stays(
        np.array([of_october(r[0]) for r in rows], np.int32),
        np.array([r[1] for r in rows], np.int32),
        np.array([r[2] for r in rows], np.int32),
        np.array([r[3] for r in rows], np.int32),
        minutes_of(instant(r[0], r[4]) for r in rows),
        minutes_of(instant(r[0], r[5]) for r in rows),
        np.array([STATES.index(r[6]) for r in rows], np.uint8),
        np.array([COUNTERFACTUALS.index(r[7]) for r in rows], np.uint8),
        np.array([r[8] for r in rows], np.bool_),
        np.array([r[9] for r in rows], np.bool_),
        np.ones(len(rows), np.bool_),
        np.ones(len(rows), np.bool_),
    ).in_order()


def waits(*lines: tuple[int, int, int, str]) -> Waits:
    """(day, agent, site, state)."""
    return Waits(
        np.array([of_october(r[0]) for r in lines], np.int32),
        np.array([r[1] for r in lines], np.int32),
        np.array([r[2] for r in lines], np.int32),
        np.array([WAITING.index(r[3]) for r in lines], np.uint8),
    ).in_order()


def lent(*lines: tuple[int, int, int]) -> Lent:
    """(day, site, desks)."""
    return Lent(
        np.array([of_october(r[0]) for r in lines], np.int32),
        np.array([r[1] for r in lines], np.int32),
        np.array([r[2] for r in lines], np.int32),
    ).in_order()


def outings(*lines: tuple[int, int, str, float, float]) -> Outings:
    """(day, agent, kind, km read, km of one way)."""
    return Outings(
        np.array([of_october(r[0]) for r in lines], np.int32),
        np.array([r[1] for r in lines], np.int32),
        np.array([KINDS.index(r[2]) for r in lines], np.uint8),
        np.array([r[3] for r in lines], np.float64),
        np.array([r[4] for r in lines], np.float64),
    ).in_order()


def diary(*lines: tuple[int, int, list[tuple[str, str, float, int]]], wave: int = 1) -> tuple[DiaryDays, Trips]:
    """(day, who, trips), each trip (mode, purpose, km, minutes)."""
    trips = [(day, who, *trip) for day, who, of_day in lines for trip in of_day]
    days = DiaryDays(
        np.array([of_october(r[0]) for r in lines], np.int32),
        np.array([r[1] for r in lines], np.int64),
        np.full(len(lines), 7, np.int32),
        np.full(len(lines), wave, np.int32),
    )
    return days.in_order(), Trips(
        np.array([of_october(t[0]) for t in trips], np.int32),
        np.array([t[1] for t in trips], np.int64),
        np.full(len(trips), 7, np.int32),
        np.full(len(trips), wave, np.int32),
        np.array([MODES.index(t[2]) for t in trips], np.uint8),
        np.array([PURPOSES.index(t[3]) for t in trips], np.uint8),
        np.array([t[4] for t in trips], np.float64),
        np.array([t[5] for t in trips], np.int32),
    ).in_order()


def scores(*lines: tuple[int, int, str, float]) -> Scores:
    """(day, who, scale, value)."""
    return Scores(
        np.array([of_october(r[0]) for r in lines], np.int32),
        np.array([r[1] for r in lines], np.int64),
        np.full(len(lines), 7, np.int32),
        np.array([SCALES.index(r[2]) for r in lines], np.uint8),
        np.array([r[3] for r in lines], np.float64),
    ).in_order()


def meetings(*lines: tuple[int, int, int, int]) -> Meetings:
    """(day, site, agent, host)."""
    return Meetings(
        np.array([of_october(r[0]) for r in lines], np.int32),
        *(np.array([r[n] for r in lines], np.int32) for n in (1, 2, 3)),
    ).in_order()


def rides(*lines: tuple[int, int, int]) -> Rides:
    """(day, driver, passenger)."""
    return Rides(
        np.array([of_october(r[0]) for r in lines], np.int32),
        *(np.array([r[n] for r in lines], np.int32) for n in (1, 2)),
    ).in_order()


def costs(*lines: tuple[int, float]) -> Costs:
    """(day, euros)."""
    return Costs(
        np.array([of_october(r[0]) for r in lines], np.int32),
        np.full(len(lines), 7, np.int32),
        np.array([r[1] for r in lines], np.float64),
    ).in_order()


def people(*lines: tuple[int, int, str, bool, float], joined: int = -1000, left: int = NEVER) -> People:
    """(agent, commune, employer, can telework, km from home to the usual site)."""
    return People(
        np.array([r[0] for r in lines], np.int32),
        np.full(len(lines), of_october(joined), np.int32),
        np.full(len(lines), left, np.int32),
        np.array([r[1] for r in lines], np.int32),
        np.array([EMPLOYERS.index(r[2]) for r in lines], np.uint8),
        np.array([r[3] for r in lines], np.bool_),
        np.array([r[4] for r in lines], np.float64),
    )


#: A kilometre by car emits 200 g until 18 October, 100 g from then on, and costs 0.30 then 0.40 EUR; one by bus 100 g.
RATES = Rates(
    np.array([of_october(-30), of_october(19)], np.int32),
    np.array(
        [
            [{"car": 200.0, "bus": 100.0}.get(m, 0.0) for m in MODES],
            [{"car": 100.0, "bus": 100.0}.get(m, 0.0) for m in MODES],
        ]
    ),
    np.array([0.30, 0.40]),
    ("f1", "f2"),
    ("a1", "a2"),
)


def rows(**tables: Any) -> Rows:
    """A territory with these tables and nothing else. `said`: what `diary` gives."""
    days, trips = latest_said(*tables.pop("said", diary()))
    base = Rows(
        stays(), waits(), lent(), outings(), days, trips, scores(), meetings(), rides(), costs(), people(), RATES
    )
    return replace(base, **tables)


def october(of: Rows) -> dict[str, Figure]:
    """The figures of the month, by code and part (`modes mode:car`)."""
    found = measured(of, ordinal(FIRST), ordinal(LAST))
    return {f"{f.code} {f.part}".strip(): f for f in found}
