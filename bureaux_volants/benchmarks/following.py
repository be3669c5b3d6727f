"""What following the first plan would change over a year in the demonstration's territory, against the ordinary day.

The territory is the demonstration's: its communes, sites, hours and invented public transport. Its people are drawn as the demonstration
draws them (homes by population, usual sites by staff, from a stated seed); each asks for days over a year with nobody to three
appointments in the communes. Desks are given as free, and the pool as there on two working days out of three: how the plans
compare is measured here, not how many people could follow them at once. The figures are worked out, not observed.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from bureaux_volants.demo import metz, sites
from bureaux_volants.demo.network import DEPARTEMENT, write_network
from bureaux_volants.planner.asked import Appointment, Asked, Impossible
from bureaux_volants.planner.day import Known, Workplace, plan_day
from bureaux_volants.planner.plans import Plan
from bureaux_volants.territory.calendar import Interval, holidays_of_year
from bureaux_volants.travel.footprint import CARD
from bureaux_volants.travel.gtfs.layout import lay_out
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.reading import read
from bureaux_volants.travel.gtfs.timetable import Timetable
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Point

from .report import Figure

SEED, AGENTS, DAYS_EACH = 57, 60, 12
FIRST_DAY = dt.date(2026, 11, 23)
ZONE = ZoneInfo("Europe/Paris")
#: Of the people drawn: who has a car, a bike of whatever kind, a pass; who teleworks on Fridays.
HAS_CAR, HAS_BIKE, HAS_PASS, TELEWORKS = 0.85, 0.45, 0.25, 0.4
SHARES = {0: 0.35, 1: 0.35, 2: 0.2, 3: 0.1}


@dataclass(frozen=True, slots=True)
class Change:
    """A day by the first plan less the ordinary one: minutes (hours lost included), km by car, gCO2e, EUR of both."""

    minutes: float
    car_km: float
    grams: float
    euros: float


def measure() -> list[Figure]:
    """The mean change a day, and its spread over agents (tenth and ninetieth percentile of their means)."""
    chance = random.Random(SEED)
    with TemporaryDirectory() as folder:
        feed = read(write_network(Path(folder) / "network.zip", FIRST_DAY), Problems())
    timetable = Timetable(lay_out([feed]))
    away = {d for year in (FIRST_DAY.year, FIRST_DAY.year + 1) for d in holidays_of_year(year, DEPARTEMENT)}
    working = [d for n in range(295) if (d := FIRST_DAY + dt.timedelta(days=n)).weekday() < 5 and d not in away]
    parks = tuple(Place(n, Point(lat, lon), f"park:{n}") for n, lat, lon in metz.STOPS if n.startswith("P+R"))
    by_agent: list[list[Change]] = []
    asked_days = impossible = 0
    for _ in range(AGENTS):
        home, usual, traveller, way, teleworks = _person(chance)
        nearest = tuple(
            sorted(parks, key=lambda p: abs(p.point.lat - home.point.lat) + abs(p.point.lon - home.point.lon))[:2]
        )
        changes = []
        for day in sorted(chance.sample(working, DAYS_EACH)):
            midnight = dt.datetime.combine(day, dt.time(), ZONE)
            bikes = timetable.change_here(home.point, 5) if traveller.has_bike else []
            known = Known(timetable, nearest, tuple(Place(n, p, f"stop:{n}") for n, p in bikes[:1]))
            asked = Asked(
                day,
                (midnight + dt.timedelta(hours=8.5), midnight + dt.timedelta(hours=17.5)),
                _appointments(chance, midnight),
                home=home,
                may_work_at_home=teleworks and day.weekday() == 4,
                traveller=traveller,
                usual=way,
            )
            asked_days += 1
            try:
                found = plan_day(asked, _workplaces(chance, day, midnight), usual, midnight, known)
            except Impossible:
                impossible += 1
                continue
            if found.reference is not None:
                changes.append(_change(found.plans[0], found.reference))
        if changes:
            by_agent.append(changes)
    figures = [
        Figure("days asked for, of so many agents", asked_days, f"days of {AGENTS}"),
        Figure("days for which nothing works", impossible, "days"),
        Figure("days compared with an ordinary one", sum(map(len, by_agent)), "days"),
    ]
    for name, unit, per in (
        ("minutes", "min", 1.0),
        ("car_km", "km", 1.0),
        ("grams", "kgCO2e", 1000.0),
        ("euros", "EUR", 1.0),
    ):
        means = [statistics.mean(getattr(c, name) for c in changes) / per for changes in by_agent]
        tenths = statistics.quantiles(means, n=10)
        figures += [
            Figure(f"first plan less ordinary day, {name}, mean", statistics.mean(means), f"{unit} a day"),
            Figure(f"… a tenth of agents below, {name}", tenths[0], f"{unit} a day"),
            Figure(f"… a tenth of agents above, {name}", tenths[-1], f"{unit} a day"),
        ]
    return figures


def _person(chance: random.Random) -> tuple[Place, Place, Traveller, Way, bool]:
    (commune,) = chance.choices(metz.COMMUNES, [c.population for c in metz.COMMUNES])
    home = Place("home", Point(commune.lat + chance.gauss(0, 0.006), commune.lon + chance.gauss(0, 0.008)), "home")
    (site,) = chance.choices(sites.METROPOLE_SITES, [s.staff for s in sites.METROPOLE_SITES])
    has_car, has_bike, has_pass = chance.random() < HAS_CAR, chance.random() < HAS_BIKE, chance.random() < HAS_PASS
    way = Way.OWN_CAR if has_car and not (has_pass and chance.random() < 0.5) else Way.TRANSIT
    traveller = Traveller(
        has_bike=has_bike,
        bike_is_assisted=has_bike and chance.random() < 0.5,
        has_car=has_car,
        has_licence=has_car or chance.random() < 0.5,
        has_pass=has_pass,
    )
    usual = Place(site.name, Point(site.lat, site.lon), f"site:{site.slug}")
    return home, usual, traveller, way, chance.random() < TELEWORKS


def _appointments(chance: random.Random, midnight: dt.datetime) -> tuple[Appointment, ...]:
    (count,) = chance.choices(list(SHARES), list(SHARES.values()))
    hours = sorted(chance.sample((9.0, 10.5, 13.5, 15.0, 16.0), count))
    found = []
    for hour in hours:
        (commune,) = chance.choices(metz.COMMUNES, [c.population**0.5 for c in metz.COMMUNES])
        place = Place(commune.name, Point(commune.lat, commune.lon))
        start = midnight + dt.timedelta(hours=hour)
        found.append(Appointment(place, start, start + dt.timedelta(hours=0.75), chance.random() < 0.15))
    return tuple(found)


def _workplaces(chance: random.Random, day: dt.date, midnight: dt.datetime) -> list[Workplace]:
    whole = (Interval(midnight + dt.timedelta(hours=7), midnight + dt.timedelta(hours=20)),)
    found = []
    for site in sites.METROPOLE_SITES + sites.MAIRIES:
        spans = tuple(
            Interval(*(midnight + dt.timedelta(hours=int(at[:2]), minutes=int(at[3:])) for at in (a, b)))
            for a, b in site.week.get(day.isoweekday(), ())
        )
        lends = site in sites.METROPOLE_SITES and chance.random() < 2 / 3
        pool = dict.fromkeys(("bike", "car", CARD), whole) if lends else {}
        found.append(Workplace(Place(site.name, Point(site.lat, site.lon), f"site:{site.slug}"), spans, pool))
    return found


def _change(plan: Plan, ordinary: Plan) -> Change:
    def less(name: str) -> float:
        return plan.total(name) - ordinary.total(name)

    def minutes(one: Plan) -> float:
        return sum(s.end - s.start for s in one.travels) + one.lost

    return Change(
        minutes(plan) - minutes(ordinary),
        less("car_km"),
        less("grams_total"),
        less("employer") + less("agent"),
    )
