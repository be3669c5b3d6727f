"""When a notice leaves: at once, with the mail of the day, after the quiet hours, or never. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from bureaux_volants.territory.calendar import local


class Pace(StrEnum):
    AT_ONCE = "at_once"
    DAILY = "daily"
    LIST_ONLY = "list_only"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants. `quiet`: local times, the first later than the second when a night lies between them; equal: none."""

    paces: Mapping[str, str] = field(default_factory=dict)
    digest_at: dt.time = dt.time(7, 30)
    quiet: tuple[dt.time, dt.time] | None = None


@dataclass(frozen=True, slots=True)
class Leaving:
    """`at`: when it leaves, None for never; `is_bundled`: with the person's others."""

    at: dt.datetime | None
    is_bundled: bool = False


def leaving(now: dt.datetime, group: str, wishes: Wishes, needed_by: dt.datetime | None, zone: ZoneInfo) -> Leaving:
    """When something written or due now leaves. Waiting never makes it later than `needed_by`: then it leaves now."""
    pace = wishes.paces.get(group, Pace.AT_ONCE)
    if pace == Pace.LIST_ONLY:
        return Leaving(None)
    at = after_quiet(now, wishes.quiet, zone)
    is_bundled = pace == Pace.DAILY
    if is_bundled:
        at = after_quiet(next_at(now, wishes.digest_at, zone), wishes.quiet, zone)
    if at > now and needed_by is not None and at >= needed_by:
        return Leaving(now)
    return Leaving(at, is_bundled)


def next_at(now: dt.datetime, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The next instant, strictly after `now`, at which clocks show `time`; one that a change of clocks skips is the hour after it."""
    today = now.astimezone(zone).date()
    at = local(today, time, zone)
    return at if at > now else local(today + dt.timedelta(days=1), time, zone)


def after_quiet(at: dt.datetime, quiet: tuple[dt.time, dt.time] | None, zone: ZoneInfo) -> dt.datetime:
    """`at`, or the end of the quiet hours that it falls in."""
    if quiet is None or quiet[0] == quiet[1]:
        return at
    first, until = quiet
    time = at.astimezone(zone).time()
    is_quiet = first <= time < until if first < until else time >= first or time < until
    return next_at(at, until, zone) if is_quiet else at
