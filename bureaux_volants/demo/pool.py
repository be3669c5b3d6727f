"""The pool of the demonstration: 40 cars, 35 bikes and 25 cards over the métropole's sites, who may drive, their rules.

Models are ordinary ones of French public fleets; plates are invented, and begin with letters that no real plate has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from bureaux_volants.booking.models import Feature, Kind, Resource, RuleSet
from bureaux_volants.fleet.models import Licence, TransportCard, Vehicle
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent

from . import errands
from .errands import BIKE, CAR
from .places import Places
from .sites import METROPOLE_SITES

CARS, BIKES, CARDS = 40, 35, 25
CARDS_AT_MAIN = 2
#: Model, energy, seats, range in km, what it offers.
CAR_MODELS = (
    ("Zoé", "electric", 5, 300, (Feature.ELECTRIC, Feature.AUTOMATIC)),
    ("Clio", "petrol", 5, None, ()),
    ("e-208", "electric", 5, 340, (Feature.ELECTRIC, Feature.AUTOMATIC)),
    ("Kangoo", "diesel", 5, None, (Feature.LARGE_BOOT,)),
    ("Berlingo", "diesel", 7, None, (Feature.LARGE_BOOT, Feature.CHILD_SEAT)),
)
#: A car at the garage, and two whose inspection ends within days: number to days left.
IN_MAINTENANCE = 13
#: Where the agent of the demonstration went: by car, and by bike.
SHORT_ERRAND, OTHER_ERRAND = "opera-theatre", "arsenal"
INSPECTED_SOON = {4: 9, 22: 17}
#: Of those who move often, nearly all drive; of the others, most.
DRIVES = 0.9


def write_pool(rng: Random, places: Places, people: Sequence[Agent], today: dt.date) -> list[Agent]:
    """Write the pool and the licences that were seen. Returns who may drive."""
    _rules(places)
    sites = [places.sites[facts.slug] for facts in METROPOLE_SITES]
    weights = [max(1, facts.desks) for facts in METROPOLE_SITES]
    resources: list[Resource] = []
    vehicles: list[Vehicle] = []
    cards: list[TransportCard] = []
    zone = places.territory.zone
    for number in range(1, CARS + 1):
        model, energy, seats, km, features = CAR_MODELS[number % len(CAR_MODELS)]
        inspected = today + dt.timedelta(days=rng.randrange(20, 700))
        if number in INSPECTED_SOON:
            inspected = today + dt.timedelta(days=INSPECTED_SOON[number])
        resources.append(
            Resource(
                territory=places.territory,
                site=rng.choices(sites, weights)[0],
                kind=Kind.CAR,
                name=f"{model} {number}",
                seats=seats,
                range_km=km,
                features=list(features),
                usable_until=local_day(inspected, zone).end,
                is_active=number != IN_MAINTENANCE,
            )
        )
        vehicles.append(
            Vehicle(
                resource=resources[-1],
                territory=places.territory,
                model=model,
                plate=f"OO-{100 + number}-II",
                energy=energy,
                odometer_km=rng.randrange(4_000, 120_000),
                charge_percent=rng.randrange(35, 101),
                inspected_until=inspected,
            )
        )
    for number in range(1, BIKES + 1):
        kind = Kind.CARGO_BIKE if number % 9 == 0 else Kind.BIKE
        assisted = kind == Kind.CARGO_BIKE or number % 3 != 0
        resources.append(
            Resource(
                territory=places.territory,
                site=rng.choices(sites, weights)[0],
                kind=kind,
                name=f"{'Vélo cargo' if kind == Kind.CARGO_BIKE else 'Vélo'} {number}",
                seats=1,
                range_km=60 if assisted else None,
                features=[Feature.ELECTRIC] if assisted else [Feature.STEP_THROUGH],
            )
        )
        vehicles.append(
            Vehicle(
                resource=resources[-1],
                territory=places.territory,
                model="à assistance électrique" if assisted else "de ville",
                energy=Vehicle.Energy.ASSISTED if assisted else Vehicle.Energy.HUMAN,
            )
        )
    for number in range(1, CARDS + 1):
        valid = today + dt.timedelta(days=rng.randrange(10, 360))
        drawn = rng.choices(sites, weights)[0]
        resources.append(
            Resource(
                territory=places.territory,
                # The site of the box that a visitor can touch lends cards too.
                site=sites[0] if number <= CARDS_AT_MAIN else drawn,
                kind=Kind.TRANSPORT_CARD,
                name=f"Carte {number}",
                usable_until=local_day(valid, zone).end,
            )
        )
        cards.append(
            TransportCard(
                resource=resources[-1], territory=places.territory, product="Carte 10 voyages", valid_until=valid
            )
        )
    Resource.objects.bulk_create(resources)
    Vehicle.objects.bulk_create(vehicles)
    TransportCard.objects.bulk_create(cards)
    licences = Licence.objects.bulk_create(
        Licence(
            agent=agent,
            territory=places.territory,
            categories=["B"],
            valid_from=today - dt.timedelta(days=2_000),
            valid_until=today + dt.timedelta(days=rng.randrange(30, 3_000)),
            checked_on=today - dt.timedelta(days=rng.randrange(10, 300)),
        )
        for agent in people
        # The first is the agent of the demonstration, who drives.
        if rng.random() < DRIVES or agent is people[0]
    )
    return [licence.agent for licence in licences]


def live_pool(pool: errands.Pool, agent: Agent, *, seed: int, today: dt.date, now: dt.datetime) -> None:
    """Everything that the pool lives: today's scenes and the persona's own outings first, then ordinary days."""
    site = next(s for s in pool.directory.sites if s.id == agent.usual_site_id)
    near, further = (pool.directory.site(slug) for slug in (SHORT_ERRAND, OTHER_ERRAND))
    ways = {kind: errands.way_to(site, kind, to.name, to.lat, to.lon) for kind, to in ((CAR, near), (BIKE, further))}
    errands.arrange_today(pool, seed=seed, now=now)
    errands.live_as_the_agent(pool, agent, ways, today, now)
    errands.live(pool, seed=seed, today=today, now=now)


def _rules(places: Places) -> None:
    """Keys in a box: at any hour, with the product's own turnarounds."""
    RuleSet.objects.bulk_create(
        RuleSet(territory=places.territory, kind=kind, is_round_the_clock=True, horizon_days=60, grace_minutes=45)
        for kind in (Kind.CAR, Kind.BIKE, Kind.CARGO_BIKE, Kind.TRANSPORT_CARD)
    )
