"""When somebody wants a desk: a day and a part of it. A part means each site's own hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval, local

MORNING, AFTERNOON, WHOLE, FREE = "morning", "afternoon", "day", "free"

#: What is asked of a site that is shut then: it answers with its own reason.
USUAL_HOURS = {
    MORNING: (dt.time(9), dt.time(12)),
    AFTERNOON: (dt.time(14), dt.time(17)),
    WHOLE: (dt.time(9), dt.time(17)),
}

#: From this hour on, "when" starts with the next day.
LATE = dt.time(15)


@dataclass(frozen=True, slots=True)
class When:
    """A local day and a part of it; `start` and `end` are wall-clock times, known for free times only."""

    date: dt.date
    part: str
    start: dt.time | None = None
    end: dt.time | None = None

    def interval(self, site: SiteEntry) -> Interval:
        """The stay this means at a site."""
        day = site.day(self.date)
        own = {MORNING: day.morning, AFTERNOON: day.afternoon, WHOLE: day.whole}.get(self.part)
        if own is not None:
            return own
        if self.part == FREE and self.start and self.end:
            start, end = self.start, self.end
        else:
            start, end = USUAL_HOURS[self.part]
        return Interval(local(self.date, start, site.zone), local(self.date, end, site.zone))

    def words(self) -> str:
        """`mardi 24 novembre, le matin`."""
        day = french.day(self.date)
        if self.part == FREE and self.start and self.end:
            return _("%(day)s, de %(start)s à %(end)s") % {
                "day": day,
                "start": french.clock(self.start),
                "end": french.clock(self.end),
            }
        parts = {MORNING: _("le matin"), AFTERNOON: _("l'après-midi"), WHOLE: _("toute la journée")}
        return f"{day}, {parts[self.part]}"

    def query(self, **more: str) -> str:
        """The same choice as a query string."""
        values = {"date": self.date.isoformat(), "part": self.part}
        if self.part == FREE and self.start and self.end:
            values |= {"start": f"{self.start:%H:%M}", "end": f"{self.end:%H:%M}"}
        return urlencode(values | more)


def free_times(start: dt.datetime, end: dt.datetime, directory: Directory) -> When:
    """The choice that means exactly these instants."""
    first, last = start.astimezone(directory.zone), end.astimezone(directory.zone)
    return When(first.date(), FREE, first.time(), last.time())


def opening_days(directory: Directory, first: dt.date, count: int) -> list[dt.date]:
    """The next `count` days, `first` included, on which some site opens; never looks further than six weeks."""
    days = (first + dt.timedelta(days=n) for n in range(42))
    found: list[dt.date] = []
    for day in days:
        if any(site.day(day).open for site in directory.sites):
            found.append(day)
            if len(found) == count:
                break
    return found


def first_choice(directory: Directory, now: dt.datetime, taken: Collection[dt.date] = ()) -> dt.date:
    """The day somebody most likely means: today while much of it is left, else the next day that opens.

    A day of `taken`, on which the person has a desk already, is not offered first.
    """
    wall = now.astimezone(directory.zone)
    start = wall.date() + dt.timedelta(days=1 if wall.time() >= LATE else 0)
    days = opening_days(directory, start, len(taken) + 1)
    return next((day for day in days if day not in taken), next(iter(days), start))
