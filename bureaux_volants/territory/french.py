"""Dates and times as French people write them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def day(date: dt.date, *, year: bool = False) -> str:
    """`mardi 24 novembre`, `dimanche 1er mars`; with the year when asked."""
    number = "1er" if date.day == 1 else str(date.day)
    text = f"{WEEKDAYS[date.weekday()]} {number} {MONTHS[date.month - 1]}"
    return f"{text} {date.year}" if year else text


def days(dates: Sequence[dt.date]) -> list[str]:
    """Each date in words; with its year where it is not that of the first."""
    return [day(date, year=date.year != dates[0].year) for date in dates]


def clock(time: dt.time) -> str:
    """`9 h`, `13 h 30`, with no-break spaces."""
    return f"{time.hour}\u00a0h" if time.minute == 0 else f"{time.hour}\u00a0h\u00a0{time.minute:02d}"


def at(instant: dt.datetime, zone: ZoneInfo) -> str:
    """The wall-clock time of an instant."""
    return clock(instant.astimezone(zone).time())


def span(start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> str:
    """`mardi 24 novembre, de 9 h à 12 h`; the second day is named when it differs."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return f"{day(first.date())}, de {clock(first.time())} à {clock(last.time())}"
    return f"du {day(first.date())} à {clock(first.time())} au {day(last.date())} à {clock(last.time())}"


def duration(minutes: int) -> str:
    """`45 minutes`, `2 h`, `3 jours` — the largest unit that stays exact."""
    if minutes and minutes % 1440 == 0:
        return f"{minutes // 1440} jour{'s' if minutes >= 2880 else ''}"
    if minutes >= 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours}\u00a0h\u00a0{rest:02d}" if rest else f"{hours}\u00a0h"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


def listing(words: list[str], last: str = "et") -> str:
    """`a, b et c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
