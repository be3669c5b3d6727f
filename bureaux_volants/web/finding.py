"""What the search page shows: each site's answer for its own hours, its next days, and how far it is."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.loading import load, person_of
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.places import Place
from bureaux_volants.booking.queries import waiting_of
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.search import Half, SiteAvailability, answer, half_days
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent

from .when import When, opening_days

#: How many days the strip under each site shows.
STRIP_DAYS = 5

#: Rules about the person or the moment rather than the place: told once above the list when many sites say the same.
ABOUT_THE_PERSON = frozenset(
    {
        "one-desk-at-a-time",
        "weekly-limit",
        "telework-limit",
        "presence-minimum",
        "notice",
        "horizon",
        "too-short",
        "too-long",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """One site as the list and the map tell it. `km` is None when no origin is known; `waits`: the person is in its queue."""

    site: SiteEntry
    stay: Interval
    free: int
    capacity: int
    reasons: list[Refusal]
    km: float | None
    days: list[DayHalves]
    waits: bool = False

    @property
    def bookable(self) -> bool:
        return not self.reasons

    @property
    def full(self) -> bool:
        """Only the lack of a free desk is in the way: waiting may help."""
        return bool(self.reasons) and all(r.code == "no-unit-free" for r in self.reasons)

    @property
    def tone(self) -> str:
        return "free" if self.bookable else "full" if self.full else "closed"


#: Whatever is free at such a site, it is not for this person.
NEVER_MINE = frozenset({"not-open-to-organisation", "site-inactive"})


def told_once(found: Sequence[Found]) -> list[Refusal]:
    """Reasons about the person that at least half of the sites give in the same words."""
    counts = Counter(r for f in found for r in f.reasons if r.code in ABOUT_THE_PERSON)
    return [reason for reason, count in counts.items() if count * 2 >= len(found)]


@dataclass(frozen=True, slots=True)
class DayHalves:
    """One day of a strip."""

    date: dt.date
    morning: Half
    afternoon: Half

    @property
    def halves(self) -> tuple[Half, Half]:
        return self.morning, self.afternoon


def look(
    agent: Agent,
    directory: Directory,
    when: When,
    *,
    features: frozenset[str] = frozenset(),
    sites: Sequence[SiteEntry] | None = None,
    now: dt.datetime | None = None,
) -> list[tuple[Interval, SiteAvailability]]:
    """Each site's answer for the stay that `when` means there. One query."""
    now = now or timezone.now()
    window = local_day(when.date, directory.zone)
    asked = directory.sites if sites is None else sites
    ids = None if sites is None else [s.id for s in sites]
    picture = load(directory, Kind.DESK, window, agent_id=agent.pk, now=now, site_ids=ids)
    person = person_of(agent)
    found: list[tuple[Interval, SiteAvailability]] = []
    for site in asked:
        stay = when.interval(site)
        answers = answer(directory, picture, person, Kind.DESK, stay, features=features, now=now, sites=[site])
        found += [(stay, one) for one in answers]
    return found


def strips(
    agent: Agent, days: Sequence[dt.date], *, features: frozenset[str] = frozenset(), site_slug: str | None = None
) -> dict[int, list[DayHalves]]:
    """Free desks per half-day of these days, by site. One query; none without days."""
    if not days:
        return {}
    found: dict[int, list[DayHalves]] = {}
    for one in half_days(agent, Kind.DESK, days[0], days[-1], features=features, site_slug=site_slug):
        by_day: dict[dt.date, list[Half]] = {}
        for half in one.halves:
            by_day.setdefault(half.day, []).append(half)
        found[one.site.id] = [DayHalves(day, *by_day[day]) for day in days]
    return found


def queued(agent: Agent, window: Interval) -> list[tuple[int, Interval]]:
    """The sites at which a person waits for a part of a span of time, and for which. One query."""
    rows = waiting_of(agent).filter(start__lt=window.end, end__gt=window.start)
    return [(site_id, Interval(start, end)) for site_id, start, end in rows.values_list("site_id", "start", "end")]


def find(
    agent: Agent, directory: Directory, when: When, *, features: frozenset[str], origin: Place | None
) -> list[Found]:
    """All sites of the territory, bookable ones first, nearest first."""
    days = strips(agent, opening_days(directory, when.date, STRIP_DAYS), features=features)
    answers = look(agent, directory, when, features=features)
    some_full = any(r.code == "no-unit-free" for _, one in answers for r in one.reasons)
    waits = queued(agent, local_day(when.date, directory.zone)) if some_full else []
    found = [
        Found(
            one.site,
            stay,
            one.free,
            one.capacity,
            one.reasons,
            distance_km(origin.lat, origin.lon, one.site.lat, one.site.lon) if origin else None,
            [] if any(r.code in NEVER_MINE for r in one.reasons) else days.get(one.site.id, []),
            any(site_id == one.site.id and asked.overlaps(stay) for site_id, asked in waits),
        )
        for stay, one in answers
        if one.site.is_active
    ]
    order = {"free": 0, "full": 1, "closed": 2}
    return sorted(found, key=lambda f: (order[f.tone], f.km if f.km is not None else 0, f.site.name))


def for_map(found: Iterable[Found], origin: Place | None) -> dict[str, object]:
    """The same list, for the map's script."""
    return {
        "sites": [
            {
                "slug": f.site.slug,
                "name": f.site.name,
                "lat": f.site.lat,
                "lon": f.site.lon,
                "free": f.free,
                "capacity": f.capacity,
                "tone": f.tone,
            }
            for f in found
        ],
        "origin": {"name": origin.name, "lat": origin.lat, "lon": origin.lon} if origin else None,
    }
