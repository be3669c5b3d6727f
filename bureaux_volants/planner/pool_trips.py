"""What the charter says when a vehicle of the pool is taken directly, and of the trips that were made.

The facts of a trip of the pool are those of its site and destination; other ways are estimated between the same places.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.charter.asking import allow, keep, needs_approval
from bureaux_volants.charter.judging import Said, TripFacts, judge
from bureaux_volants.charter.versions import rules_for
from bureaux_volants.events.log import Author
from bureaux_volants.fleet.models import Trip, Vehicle
from bureaux_volants.fleet.trips import Destination, book_trip, way
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place, PoolUnit, Traveller, Way
from bureaux_volants.travel.matrix import Option, matrix
from bureaux_volants.travel.modes import Point

from .chartered import other_trips
from .keeping import place_in
from .models import DayPlan
from .obeying import WHEELCHAIR, OtherTrip, there

WAYS = {Kind.CAR: Way.POOL_CAR, Kind.BIKE: Way.POOL_BIKE, Kind.CARGO_BIKE: Way.POOL_BIKE}
#: What could be gone by instead from a site with a pool, whoever one is.
INSTEAD = (
    Option(Way.WALK),
    Option(Way.TRANSIT),
    Option(Way.POOL_BIKE, PoolUnit("bike", "assisted")),
    Option(Way.POOL_CAR, PoolUnit("car", "electric")),
)
#: So many destinations at once: the figures of all pairs stay small.
_AT_ONCE = 60


def minutes_from(start: Point, ends: Sequence[Point]) -> list[dict[Way, float]]:
    """Estimated minutes from a place to each of the others, by every way of INSTEAD that can be gone."""
    found: list[dict[Way, float]] = []
    anybody = Traveller(has_licence=True)
    for first in range(0, len(ends), _AT_ONCE):
        part = ends[first : first + _AT_ONCE]
        figures = matrix([Place("", p) for p in (start, *part)], anybody, INSTEAD)
        for k in range(1, len(part) + 1):
            minutes = figures.minutes[:, 0, k]
            found.append({o.way: float(m) for o, m in zip(INSTEAD, minutes, strict=True) if np.isfinite(m)})
    return found


def _facts(
    kind: str,
    km: float,
    minutes: Mapping[Way, float],
    energy: str,
    people: int,
    features: Iterable[str],
    leaves: dt.time,
    others: int,
    again: int,
) -> TripFacts:
    by = WAYS[Kind(kind)]
    return TripFacts(
        way=by,
        km=km,
        minutes=minutes.get(by, 0.0),
        energy=energy,
        people=people,
        # Nobody takes a cargo bike but to carry something.
        has_load=kind == Kind.CARGO_BIKE,
        needs_access=WHEELCHAIR in features,
        leaves=leaves,
        others=others,
        again=again,
        instead=minutes,
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """What the charter says of each kind of vehicle for one trip."""

    said: Mapping[str, list[Said]]

    def of(self, kind: str) -> list[Said]:
        return self.said.get(kind, [])


def heard(
    agent: Agent,
    site: SiteEntry,
    start: dt.datetime,
    destination: Destination,
    people: int,
) -> Heard:
    """What the charter says of going there with each kind of vehicle that the site lends."""
    assert agent.territory_id is not None
    directory = get_directory(agent.territory_id)
    local = start.astimezone(directory.zone)
    _version, rules = rules_for(agent, local.date())
    if not rules:
        return Heard({})
    trips = other_trips(agent, rules, local.date(), directory)
    others, again = there(trips, destination.point, local)
    kinds = [kind for kind in WAYS if site.units_of(kind)]
    energies = _energies(site, kinds)
    (minutes,) = minutes_from(Point(site.lat, site.lon), [destination.point])
    said = {}
    for kind in kinds:
        km, bound = way(site, destination, kind), others if kind == Kind.CAR else 0
        facts = _facts(kind, km, minutes, energies.get(kind, ""), people, (), local.time(), bound, again)
        said[str(kind)] = judge(rules, facts)
    return Heard(said)


def _energies(site: SiteEntry, kinds: Sequence[str]) -> dict[str, str]:
    """What would be proposed runs on: the cleanest that the site lends of each kind."""
    clean = {energy: k for k, energy in enumerate(("human", "assisted", "electric", "hybrid", "petrol", "diesel"))}
    by_id = dict(
        Vehicle.objects.filter(pk__in=[u.id for kind in kinds for u in site.units_of(kind)]).values_list("pk", "energy")
    )
    return {
        kind: min((by_id[u.id] for u in site.units_of(kind) if u.id in by_id), key=lambda e: clean[e], default="")
        for kind in kinds
    }


@in_transaction
def take(
    agent: Agent,
    kind: str,
    site: SiteEntry,
    start: dt.datetime,
    end: dt.datetime,
    destination: Destination,
    author: Author,
    *,
    people: int = 1,
    alone: bool = False,
    reason: str = "",
    now: dt.datetime | None = None,
) -> Booking:
    """Book a vehicle for a trip as the charter allows. Raises Refused with the rule's code, ReasonNeeded, or what `book_trip` raises.

    Where the charter asks for a manager's agreement the booking is requested, and keeps its vehicle until the trip begins.
    """
    now = now or timezone.now()
    said = heard(agent, site, start, destination, people).of(kind)
    reason = allow(said, reason)
    booking = book_trip(
        agent,
        kind,
        site.id,
        start,
        end,
        destination,
        author,
        people=people,
        alone=alone,
        awaits_manager=needs_approval(said),
        now=now,
    )
    keep(agent, booking.reference, [booking], said, reason, author, now=now)
    return booking


def may_wait(
    agent: Agent, kind: str, site: SiteEntry, start: dt.datetime, destination: Destination, people: int
) -> None:
    """Whether a queue may give this trip without asking again. Raises Refused, in the charter's words, when it may not."""
    said = heard(agent, site, start, destination, people).of(kind)
    allow(said, "-")
    if needs_approval(said):
        raise Refused(
            [Refusal("charter-approval", "Ce trajet demande l'accord de l'encadrement : il ne s'attend pas en liste.")]
        )


# -- the trips that were made ----------------------------------------------------------------------------------------------


def past_trips(territory_id: int, since: dt.datetime, until: dt.datetime) -> list[TripFacts]:
    """The trips between two instants: the pool's loans with a destination, and what the day plans that were booked go by otherwise.

    What a loan carried is known of cargo bikes only.
    """
    directory = get_directory(territory_id)
    return [*_loans(directory, since, until), *_planned(directory, since, until)]


def _loans(directory: Directory, since: dt.datetime, until: dt.datetime) -> list[TripFacts]:
    rows = list(
        Trip.objects.filter(
            territory_id=directory.territory_id,
            booking__kind__in=list(WAYS),
            booking__state__in=[*HOLDING, State.COMPLETED],
            booking__start__gte=since,
            booking__start__lt=until,
        ).values_list(
            "lat",
            "lon",
            "km",
            "people",
            "booking__kind",
            "booking__site_id",
            "booking__start",
            "booking__agent_id",
            "booking__features",
            "booking__resource__vehicle__energy",
        )
    )
    ends: dict[int, set[Point]] = defaultdict(set)
    weeks: dict[tuple[int, int], list[tuple[Point, dt.datetime, int]]] = defaultdict(list)
    for lat, lon, _km, _people, kind, site_id, start, who, _features, _energy in rows:
        ends[site_id].add(Point(lat, lon))
        if kind == Kind.CAR:
            local = start.astimezone(directory.zone)
            weeks[local.isocalendar()[:2]].append((Point(lat, lon), local, who))
    minutes: dict[tuple[int, Point], dict[Way, float]] = {}
    for site_id, points in ends.items():
        ordered = sorted(points, key=lambda p: (p.lat, p.lon))
        try:
            site = directory.site_by_id(site_id)
        except KeyError:
            continue
        for point, by_way in zip(ordered, minutes_from(Point(site.lat, site.lon), ordered), strict=True):
            minutes[site_id, point] = by_way
    found = []
    for lat, lon, km, people, kind, site_id, start, who, features, energy in rows:
        ways = minutes.get((site_id, Point(lat, lon)))
        if ways is None:
            continue
        local = start.astimezone(directory.zone)
        week = weeks[local.isocalendar()[:2]]
        near = [
            OtherTrip(point, at, driver == who)
            for point, at, driver in week
            if at.date() == local.date() or driver == who
        ]
        others, again = there(near, Point(lat, lon), local)
        if kind != Kind.CAR:
            others = 0
        found.append(_facts(kind, km, ways, energy or "", people, features, local.time(), others, again))
    return found


def _planned(directory: Directory, since: dt.datetime, until: dt.datetime) -> list[TripFacts]:
    plans = DayPlan.objects.filter(
        territory_id=directory.territory_id, booked_at__isnull=False, cancelled_at=None, chosen__isnull=False,
        date__gte=since.astimezone(directory.zone).date(), date__lt=until.astimezone(directory.zone).date(),
    ).values_list("asked", "answer", "chosen")  # fmt: skip
    found = []
    for asked, answer, chosen in plans:
        traveller = Traveller(**asked["traveller"])
        for step in answer["plans"][chosen]["steps"]:
            # What the pool lends is among its loans already.
            if step["what"] != "travel" or step["unit"]:
                continue
            by, leaves = Way(step["way"]), dt.datetime.fromisoformat(step["start"]).astimezone(directory.zone)
            (instead,) = minutes_from(place_in(step["from"]).point, [place_in(step["place"]).point])
            found.append(
                TripFacts(
                    way=by,
                    km=step["km"],
                    minutes=step["minutes"],
                    energy=traveller.car_energy if by is Way.OWN_CAR else "",
                    has_load=traveller.carries_things,
                    needs_access=WHEELCHAIR in asked["features"],
                    leaves=leaves.time(),
                    instead=instead,
                )
            )
    return found
