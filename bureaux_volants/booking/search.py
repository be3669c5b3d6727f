"""Where is there something free, and why not? For a whole territory in two queries, whatever the number of sites."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent

from . import guards
from .assignment import seats_left
from .errors import Alternative
from .kinds import noun
from .loading import Picture, load, person_of, pool_window, taken, with_directory
from .pool import Stay, Wish
from .rules import (
    OwnBooking,
    Person,
    Question,
    Refusal,
    failing,
    site_is_in_an_open_phase,
    stay_is_asked_early_enough,
    stay_is_not_too_far_ahead,
)

#: So many sites are looked at together for an alternative.
NEAR_BY = 4


@dataclass(frozen=True, slots=True)
class SiteAvailability:
    """One site's answer to one ask. `free` counts units that the whole stay could still have, re-seating included."""

    site: SiteEntry
    free: int
    capacity: int
    bookable: bool
    reasons: list[Refusal]


@dataclass(frozen=True, slots=True)
class Half:
    """A half-day of a site: `part` is "morning" or "afternoon"; `interval` None when it is shut or not to be booked.

    `closed_because` says why, but for a half-day on which the site never opens.
    """

    day: dt.date
    part: str
    interval: Interval | None
    free: int
    capacity: int
    closed_because: str


@dataclass(frozen=True, slots=True)
class SiteDays:
    """The half-days of one site over the days asked, in order."""

    site: SiteEntry
    halves: list[Half]


def no_unit_free(kind: str, units: int) -> Refusal:
    """What a full site says."""
    return Refusal("no-unit-free", f"Ce site est complet à ces heures : {noun(kind).all_taken(units)}.")


def _free(
    site: SiteEntry, kind: str, stays: Sequence[Stay], asked: Interval, features: frozenset[str]
) -> tuple[int, int]:
    units = site.units_of(kind)
    until = asked.end + site.turnaround(kind)
    most = site.most_at(kind, asked.start)
    capacity = sum(1 for u in units if features <= u.features) if features else len(units)
    if most is not None:
        capacity = min(capacity, most)
    return seats_left(units, stays, Wish(asked.start, until, features), most=most), capacity


def answer(
    directory: Directory,
    picture: Picture,
    person: Person,
    kind: str,
    asked: Interval,
    *,
    features: frozenset[str],
    now: dt.datetime,
    sites: Iterable[SiteEntry],
) -> list[SiteAvailability]:
    """The search without its queries. Pure."""
    found: list[SiteAvailability] = []
    question: Question | None = None
    for site in sites:
        if not site.units_of(kind):
            continue
        if question is None:
            question = Question(directory, site, kind, asked, features, person, picture.own, now)
        refusals = failing(question.at(site))
        free, capacity = _free(site, kind, picture.at(site.id), asked, features)
        if free == 0 and not any(r.code in {"features-unavailable", "closed", "opening-hours"} for r in refusals):
            refusals.append(no_unit_free(kind, capacity))
        found.append(SiteAvailability(site, free, capacity, not refusals, refusals))
    return found


def search(
    agent: Agent,
    kind: str,
    start: dt.datetime,
    end: dt.datetime,
    *,
    features: frozenset[str] = frozenset(),
    site_slug: str | None = None,
    now: dt.datetime | None = None,
) -> list[SiteAvailability]:
    """Every site of the agent's territory that has units of this kind, free or not, with the reasons.

    Sites come in the order of their names. KeyError when `site_slug` names no site of the territory.
    """
    assert agent.territory_id is not None
    now = now or timezone.now()
    asked = Interval(start, end)

    def look(directory: Directory) -> Picture:
        ids = None if site_slug is None else [directory.site(site_slug).id]
        window = pool_window(directory, kind, asked, now=now)
        return load(directory, kind, window, agent_id=agent.pk, now=now, site_ids=ids)

    directory, picture = with_directory(agent.territory_id, look)
    sites = directory.sites if site_slug is None else (directory.site(site_slug),)
    found = answer(directory, picture, person_of(agent), kind, asked, features=features, now=now, sites=sites)
    against = guards.refusals_to_book(agent, kind, asked)
    return [replace(a, bookable=False, reasons=[*a.reasons, *against]) for a in found] if against else found


def half_days(
    agent: Agent,
    kind: str,
    first: dt.date,
    last: dt.date,
    *,
    features: frozenset[str] = frozenset(),
    site_slug: str | None = None,
    now: dt.datetime | None = None,
) -> list[SiteDays]:
    """Free and total per site and half-day from `first` to `last` included. KeyError as in `search`.

    What nobody may book yet, or any more, is not free: before a site's phase, beyond the horizon, too late to ask.
    """
    assert agent.territory_id is not None
    now = now or timezone.now()

    def look(directory: Directory) -> Picture:
        ids = None if site_slug is None else [directory.site(site_slug).id]
        window = Interval(local_day(first, directory.zone).start, local_day(last, directory.zone).end)
        return load(directory, kind, window, agent_id=None, now=now, site_ids=ids)

    directory, picture = with_directory(agent.territory_id, look)
    zone = directory.zone
    sites = directory.sites if site_slug is None else (directory.site(site_slug),)
    person = person_of(agent)
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    found: list[SiteDays] = []
    for site in sites:
        units = site.units_of(kind)
        if not units:
            continue
        capacity = sum(1 for u in units if features <= u.features)
        halves: list[Half] = []
        for date in days:
            day = site.day(date)
            for part, interval in (("morning", day.morning), ("afternoon", day.afternoon)):
                free, because = 0, day.closed_because if interval is None else ""
                if interval is not None:
                    because = _not_for_anybody(Question(directory, site, kind, interval, features, person, (), now))
                    if not because and not capacity:
                        because = "aucun bureau d'ici ne réunit ces critères"
                    if because:
                        interval = None
                    else:
                        whole = local_day(date, zone)
                        near = [s for s in picture.at(site.id) if s.start < whole.end and s.end > whole.start]
                        free, capacity = _free(site, kind, near, interval, features)
                halves.append(Half(date, part, interval, free, capacity, because))
        found.append(SiteDays(site, halves))
    return found


def _not_for_anybody(question: Question) -> str:
    """Why nobody may book this stay now, whoever they are; "" when somebody may."""
    for rule in (site_is_in_an_open_phase, stay_is_not_too_far_ahead, stay_is_asked_early_enough):
        message = rule(question)
        if message is not None:
            return message
    return ""


def alternatives(
    agent: Agent,
    kind: str,
    site_id: int,
    asked: Interval,
    *,
    features: frozenset[str] = frozenset(),
    limit: int = 3,
    now: dt.datetime | None = None,
    seen: tuple[Directory, Sequence[OwnBooking]] | None = None,
) -> list[Alternative]:
    """The nearest other sites where the same stay can be had now, nearest first.

    `seen`: the directory and the person's own bookings, from whoever has just loaded them.
    """
    assert agent.territory_id is not None
    now = now or timezone.now()
    directory, own = seen or _seen(agent, kind, asked, now)
    origin = directory.site_by_id(site_id)

    def km(site: SiteEntry) -> float:
        return distance_km(origin.lat, origin.lon, site.lat, site.lon)

    everywhere = taken(directory, kind, asked)

    def may_have_room(site: SiteEntry) -> bool:
        """Whether a unit is left at the stay's busiest instant: else no re-seating helps, and nothing is loaded."""
        units, here = site.lent_of(kind, asked.start), everywhere.get(site.id)
        if here is None or len(here.starts) < units:
            return units > 0
        return here.at_first(asked) < units and here.at_once(asked) < units

    window = pool_window(directory, kind, asked, now=now)
    question = Question(directory, origin, kind, asked, features, person_of(agent), own, now)
    others = (s for s in sorted(directory.sites, key=lambda s: (km(s), s.name)) if s.id != site_id and may_have_room(s))
    found: list[Alternative] = []
    while sites := list(islice(others, NEAR_BY)):
        picture = load(directory, kind, window, agent_id=None, now=now, site_ids=[s.id for s in sites])
        for site in sites:
            # The rules are only looked at where there is room.
            free, _ = _free(site, kind, picture.at(site.id), asked, features)
            if free and not failing(question.at(site)):
                found.append(Alternative(site, asked.start, asked.end, km(site), free))
            if len(found) == limit:
                return found
    return found


def _seen(agent: Agent, kind: str, asked: Interval, now: dt.datetime) -> tuple[Directory, list[OwnBooking]]:
    assert agent.territory_id is not None

    def look(directory: Directory) -> Picture:
        window = pool_window(directory, kind, asked, now=now)
        return load(directory, kind, window, agent_id=agent.pk, now=now, site_ids=[])

    directory, picture = with_directory(agent.territory_id, look)
    return directory, picture.own
