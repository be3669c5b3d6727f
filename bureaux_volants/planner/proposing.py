"""Asking for a day: loads what is free that day for this person, and keeps what is answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking import guards
from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.kinds import noun
from bureaux_volants.booking.loading import Picture, load, person_of, pool_window
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.search import answer
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval, local_day, subtract
from bureaux_volants.territory.models import Agent, Landmark
from bureaux_volants.travel.gtfs.store import in_service
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point
from bureaux_volants.travel.outline import crow_km
from bureaux_volants.travel.tables import tables_of

from .asked import Asked, Impossible
from .chartered import obeying, told
from .day import KINDS, Known, Workplace, plan_day
from .keeping import answer_out, asked_out
from .meeting import sites_to_meet
from .models import DayPlan
from .rides.joining import joinable
from .windows import windows

#: Rules about the hours of one stay: the windows say when it can be had.
_ABOUT_HOURS = frozenset({"no-unit-free", "one-desk-at-a-time", "too-short", "too-long", "notice"})
#: So many car parks, and so many stops for a bike, are tried: the nearest to home.
CAR_PARKS, BIKE_STOPS = 2, 1
#: Nobody rides farther to a stop, kilometres of the crow.
BIKE_TO_STOP_KM = 5.0
#: A vehicle is back by then, after the hours of work.
BACK_WITHIN = dt.timedelta(hours=3)


def place_of(site: SiteEntry) -> Place:
    """A site as a place of a journey."""
    return Place(site.name, Point(site.lat, site.lon), f"site:{site.slug}")


def propose(agent: Agent, asked: Asked, *, now: dt.datetime | None = None) -> DayPlan:
    """Work out the day and keep the answer. Raises Impossible, with what to change."""
    now = now or timezone.now()
    if agent.territory_id is None:
        raise NotFound("Vous n'appartenez à aucun territoire.")
    directory = get_directory(agent.territory_id)
    if asked.date < directory.today(now):
        raise Impossible("past", "Ce jour est passé : choisissez aujourd'hui ou un jour à venir.")
    if asked.appointments and asked.appointments[0].start <= now:
        raise Impossible("past-appointment", "Un rendez-vous a déjà commencé : laissez ceux qui sont à venir.")
    # Kept as it was said: the form begins with it next time.
    said = asked_out(asked)
    if asked.hours[0] < now < asked.hours[1]:
        asked = replace(asked, hours=(now.replace(second=0, microsecond=0), asked.hours[1]))
    if asked.hours[1] <= now:
        raise Impossible("past", "Ces heures sont passées : choisissez un autre jour.")
    workplaces, missing = workplaces_of(agent, asked, directory, now)
    usual = next((s for s in directory.sites if s.id == agent.usual_site_id), None)
    known, notes = known_of(agent.territory_id, asked.date, asked.home, asked.traveller, now)
    known = replace(known, rides=tuple(joinable(agent, asked.date, now)))
    midnight = local_day(asked.date, directory.zone).start
    charter = obeying(agent, asked, directory)
    try:
        found = plan_day(asked, workplaces, place_of(usual) if usual else None, midnight, known, charter.refuses)
    except Impossible as impossible:
        # Why a usual choice is missing is often why nothing works.
        raise Impossible(impossible.code, " ".join([*missing, impossible.message])) from None
    kept = answer_out(found, missing, notes, known.tables, asked.traveller)
    _say_held(kept, workplaces)
    with transaction.atomic():
        return DayPlan.objects.create(
            territory_id=agent.territory_id,
            agent=agent,
            date=asked.date,
            asked=said,
            answer=told(kept, found, charter),
            created_at=now,
        )


def _say_held(kept: dict[str, Any], workplaces: Sequence[Workplace]) -> None:
    """Mark the stays at a desk that the person has already: nothing is booked for these."""
    held = {w.place.key: w.held for w in workplaces if w.held}
    for step in (s for plan in kept["plans"] for s in plan["steps"] if s["what"] == "desk"):
        start, end = (dt.datetime.fromisoformat(step[at]) for at in ("start", "end"))
        if any(i.start <= start and end <= i.end for i in held.get(step["place"]["key"], ())):
            step["held"] = True


def known_of(
    territory_id: int, day: dt.date, home: Place | None, traveller: Traveller, now: dt.datetime
) -> tuple[Known, list[str]]:
    """What the territory knows of ways and timetables for that day, and what a reader must know of it. Three queries."""
    found, notes = in_service(territory_id), []
    timetable = None if found is None else found.timetable
    if found is not None and found.is_invented:
        notes.append(_("Les lignes et les horaires de transport sont inventés, pour la démonstration."))
    if timetable is None:
        notes.append(_("Aucun horaire de transport n'est chargé : les trajets en transports sont estimés."))
    elif not timetable.covers(day):
        timetable = None
        notes.append(_("Les horaires chargés ne vont pas jusqu'à ce jour : les trajets en transports sont estimés."))
    parks = Landmark.objects.filter(territory_id=territory_id, kind=Landmark.Kind.PARK_AND_RIDE)
    park_and_ride = [Place(p.name, Point(p.lat, p.lon), f"park:{p.pk}") for p in parks]
    bike_and_ride: list[Place] = []
    if home is not None:
        start = [home]
        park_and_ride.sort(key=lambda p: float(crow_km(start, [p])[0, 0]))
        if timetable is not None and traveller.has_bike:
            within = traveller.bike_km or BIKE_TO_STOP_KM
            near = timetable.change_here(home.point, min(within, BIKE_TO_STOP_KM))
            bike_and_ride = [Place(name, point, f"stop:{name}") for name, point in near[:BIKE_STOPS]]
    tables = tables_of(territory_id, day)
    return Known(timetable, tuple(park_and_ride[:CAR_PARKS]), tuple(bike_and_ride), now, tables), notes


def workplaces_of(
    agent: Agent, asked: Asked, directory: Directory, now: dt.datetime
) -> tuple[list[Workplace], list[str]]:
    """Every site at which this person can sit or take something that day, and why a usual choice is missing.

    One query for the desks, one for each kind of the pool that is lent somewhere, and those of `sites_to_meet`. Raises Impossible.
    """
    where = sites_to_meet(agent, asked, directory)
    span = Interval(*asked.hours)
    whole = local_day(asked.date, directory.zone)
    desks = load(directory, Kind.DESK, whole, agent_id=agent.pk, now=now)
    lent = Interval(max(now, whole.start), min(whole.end, span.end + BACK_WITHIN))
    missing: list[str] = []
    pool: dict[str, Picture] = {}
    for _way, unit in KINDS if asked.with_pool else ():
        if not any(s.units_of(unit.kind) for s in directory.sites):
            continue
        if against := guards.refusals(agent, unit.kind, lent):
            missing.append(f"Sans {noun(unit.kind).one} : {against[0].message}")
            continue
        pool[unit.kind] = load(
            directory, unit.kind, pool_window(directory, unit.kind, lent, now=now), agent_id=None, now=now
        )
    mine = [b for b in desks.own if b.kind == Kind.DESK and b.is_holding and b.start < span.end and span.start < b.end]
    taken = [Interval(b.start, b.end) for b in mine]
    missing += [
        f"Vous avez déjà un bureau, {b.site_name}, de {french.at(b.start, directory.zone)} à {french.at(b.end, directory.zone)} : "
        "la journée en part, aucun autre n'est proposé à ces heures."
        for b in mine
    ]
    found: list[Workplace] = []
    for site in directory.sites:
        if not site.is_active:
            continue
        is_usual = site.id == agent.usual_site_id
        desk, why = _desks(agent, asked, directory, site, desks, span, taken, is_usual, now)
        # What is booked already can be sat at.
        held = [Interval(max(b.start, span.start), min(b.end, span.end)) for b in mine if b.site_id == site.id]
        if held:
            desk, why = sorted([*desk, *held], key=lambda i: i.start), ""
        if where is not None and site.id not in where:
            # What it lends still serves on the way.
            desk, why = [], ""
        if why and is_usual:
            missing.append(f"{site.name} : {why}")
        units = {kind: _units(site, kind, picture, lent) for kind, picture in pool.items() if site.units_of(kind)}
        for kind, free in units.items():
            if is_usual and (told := _not_yet(kind, free, span.start, directory)):
                missing.append(f"{site.name} : {told}")
        if desk or any(units.values()):
            found.append(
                Workplace(place_of(site), tuple(desk), {k: tuple(free) for k, free in units.items()}, tuple(held))
            )
    return found, missing


def _desks(
    agent: Agent,
    asked: Asked,
    directory: Directory,
    site: SiteEntry,
    picture: Picture,
    span: Interval,
    taken: list[Interval],
    is_usual: bool,
    now: dt.datetime,
) -> tuple[list[Interval], str]:
    """When a desk can be had there, and why not when not. At the usual site there is a place of one's own: no desk is booked."""
    day = site.day(asked.date)
    whole = day.whole
    if whole is None:
        return [], day.closed_because or "fermé ce jour-là"
    # A stay may bridge lunch, but not a closure.
    holes = subtract(day.usual, day.open)
    spans = [
        Interval(max(s.start, span.start), min(s.end, span.end))
        for s in subtract([whole], [*holes, *taken])
        if s.start < span.end and span.start < s.end
    ]
    if is_usual:
        return spans, ""
    if not site.units_of(Kind.DESK) or not spans:
        return [], ""
    asked_span = Interval(spans[0].start, spans[-1].end)
    (told,) = answer(
        directory, picture, person_of(agent), Kind.DESK, asked_span, features=asked.features, now=now, sites=[site]
    )
    against = [r.message for r in told.reasons if r.code not in _ABOUT_HOURS]
    if against:
        return [], against[0]
    kept_after = site.turnaround(Kind.DESK)
    most = site.most_at(Kind.DESK, asked_span.start)
    free = [
        w
        for s in spans
        for w in windows(site.units_of(Kind.DESK), picture.at(site.id), s, asked.features, kept_after, most)
    ]
    return free, "" if free else "complet"


def _units(site: SiteEntry, kind: str, picture: Picture, lent: Interval) -> list[Interval]:
    return windows(site.units_of(kind), picture.at(site.id), lent, frozenset(), site.turnaround(kind))


def _not_yet(kind: str, free: list[Interval], at: dt.datetime, directory: Directory) -> str:
    """`plus de vélo à 9 h ; le suivant à 10 h`, when the usual site's pool is empty as the day begins."""
    if any(w.start <= at < w.end for w in free):
        return ""
    clock = french.at(at, directory.zone)
    following = next((w.start for w in free if w.start > at), None)
    if following is None:
        return f"plus de {noun(kind).one} à {clock}, ni après."
    return f"plus de {noun(kind).one} à {clock} ; la suite à {french.at(following, directory.zone)}."
