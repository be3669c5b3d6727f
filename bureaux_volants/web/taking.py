"""What can be taken for a trip, from one site: kind by kind, the advised one first, each with its way and its time."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.pool import needs
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.search import search
from bureaux_volants.charter.asking import refusals
from bureaux_volants.charter.judging import Said, demands
from bureaux_volants.charter.rules import Effect
from bureaux_volants.fleet.proposing import choices
from bureaux_volants.fleet.trips import Destination, way
from bureaux_volants.planner.pool_trips import heard
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.modes import Point

#: Everything that is not a desk.
TAKEN = (Kind.BIKE, Kind.CARGO_BIKE, Kind.CAR, Kind.TRANSPORT_CARD)


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind at the site of departure. `minutes` is None where nothing is known of the way (a card)."""

    kind: str
    free: int
    capacity: int
    bookable: bool
    reasons: list[Refusal]
    km: float | None
    minutes: int | None
    is_advised: bool
    #: What the charter says of it, but for what it refuses: that is among the reasons.
    said: list[Said] = field(default_factory=list)

    @property
    def asks_reason(self) -> bool:
        return bool(demands(self.said, Effect.REASON))

    @property
    def is_full(self) -> bool:
        """Nothing speaks against it but that all is taken: it can be waited for."""
        return [r.code for r in self.reasons] == ["no-unit-free"]


def pools(directory: Directory) -> list[SiteEntry]:
    """The sites that lend something else than desks."""
    return [s for s in directory.sites if s.is_active and any(s.units_of(kind) for kind in TAKEN)]


def usual_pool(agent: Agent, directory: Directory) -> SiteEntry | None:
    """The pool that somebody takes from: that of the usual site, else the nearest to it, else any."""
    all_pools = pools(directory)
    home = next((s for s in directory.sites if s.id == agent.usual_site_id), None)
    if home is None:
        return all_pools[0] if all_pools else None
    return min(all_pools, key=lambda s: distance_km(home.lat, home.lon, s.lat, s.lon), default=None)


def offers(
    agent: Agent,
    site: SiteEntry,
    start: dt.datetime,
    end: dt.datetime,
    destination: Destination | None,
    people: int,
    *,
    now: dt.datetime,
) -> list[Offer]:
    """What the site's pools answer, the advised kind first, then what can be had, then what cannot."""
    ways = {}
    charter = None
    if destination is not None:
        charter = heard(agent, site, start, destination, people)
        ways = {c.kind: c for c in choices(Point(site.lat, site.lon), destination.point, people, assisted=True)}
    found: list[Offer] = []
    for kind in TAKEN:
        if not site.units_of(kind) or (people > 1 and kind in {Kind.BIKE, Kind.CARGO_BIKE}):
            continue
        km = way(site, destination, kind) if destination is not None and kind != Kind.TRANSPORT_CARD else None
        features = needs(people, 2 * (km or 0.0)) if kind == Kind.CAR else frozenset()
        (answer,) = search(agent, kind, start, end, features=features, site_slug=site.slug, now=now)
        choice = ways.get(kind)
        said = charter.of(kind) if charter is not None else []
        against = refusals(said)
        found.append(
            Offer(
                kind,
                answer.free,
                answer.capacity,
                answer.bookable and not against,
                [*answer.reasons, *against],
                km,
                math.ceil(choice.leg.minutes) if choice is not None else None,
                choice is not None and choice.is_advised and answer.bookable and not against,
                [s for s in said if s.effect is not Effect.REFUSE],
            )
        )
    return sorted(found, key=lambda o: (not o.is_advised, not o.bookable, TAKEN.index(Kind(o.kind))))
