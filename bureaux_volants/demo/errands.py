"""What the pool does in sixty days: little. Knows no database.

Cars stand nine hours out of ten and leave for places that a bike reaches in ten minutes; most bikes hardly move and one not
at all; some keys are booked and never taken, some come back late. Orders of magnitude are those that authorities publish: municipal cars
used 5 to 10 % of the time, a shared bike out fourteen times in a year. Every draw depends on the seed and on the unit.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from bureaux_volants.booking.directory import Directory, SiteEntry, UnitEntry
from bureaux_volants.booking.loading import person_of
from bureaux_volants.booking.rules import Question, failing
from bureaux_volants.territory.calendar import Interval, holiday_name, local
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.modes import Mode, Point, leg

from .diary import Fate
from .habits import DAYS_AHEAD, DAYS_BEHIND

CAR, BIKE, CARGO_BIKE, CARD = "car", "bike", "cargo_bike", "transport_card"
KINDS = (CAR, BIKE, CARGO_BIKE, CARD)

#: Outings of an ordinary unit per working day. Each unit has its own luck on top: few are used every day.
OUTINGS = {CAR: 0.34, BIKE: 0.055, CARGO_BIKE: 0.03, CARD: 0.09}
#: Nobody has taken it for longer than the history tells: its tyres are flat and nobody says so.
FORGOTTEN = "Vélo 7"

#: What is out of service has been for so many days.
AT_THE_GARAGE = 4

ABSENT, CANCELLED, LATE = 0.11, 0.06, 0.09
STARTS = (8.0, 8.5, 9.0, 9.5, 10.0, 13.5, 14.0, 14.5, 15.0)
START_WEIGHTS = (2, 4, 6, 4, 2, 4, 5, 3, 1)
HOURS, HOUR_WEIGHTS = (1.0, 1.5, 2.0, 3.0, 4.0, 7.5), (3, 4, 5, 4, 2, 1)
#: How fast the wish for a destination fades with its distance, kilometres.
NEAR_KM = {CAR: 3.5, BIKE: 1.6, CARGO_BIKE: 1.2}
#: A car on the road to another city, now and then.
FAR = (("Nancy, préfecture de région", 48.6937, 6.1834), ("Thionville", 49.3579, 6.1683))
FAR_SHARE = 0.06
TOGETHER = 0.12

_MODES = {CAR: Mode.CAR, BIKE: Mode.EBIKE, CARGO_BIKE: Mode.CARGO_BIKE}


@dataclass(frozen=True, slots=True)
class Way:
    """Where an outing goes: one way, in street kilometres."""

    name: str
    lat: float
    lon: float
    km: float


@dataclass(frozen=True, slots=True)
class Outing:
    """One loan. `taken_at` and `returned_at` are what really happens, when the time for it has come."""

    agent: Agent
    site: SiteEntry
    unit: UnitEntry
    asked: Interval
    created_at: dt.datetime
    fate: Fate
    taken_at: dt.datetime
    returned_at: dt.datetime
    way: Way | None
    passengers: tuple[Agent, ...] = ()
    gone_at: dt.datetime | None = None

    @property
    def is_kept(self) -> bool:
        return self.fate is not Fate.CANCELLED


@dataclass
class Pool:
    """All outings of a territory: nobody's rules are broken, and no unit is out twice."""

    directory: Directory
    drivers: Sequence[Agent]
    riders: Sequence[Agent]
    outings: list[Outing] = field(default_factory=list)
    _taken: dict[int, list[Interval]] = field(default_factory=dict)
    _busy: dict[int, list[Interval]] = field(default_factory=dict)

    def add(self, outing: Outing) -> bool:
        """Write an outing down; False when a rule refuses it, the unit is out or the person is."""
        if outing.unit.usable_until is not None and outing.asked.end > outing.unit.usable_until:
            return False
        if not self.is_free(outing.unit, Interval(outing.asked.start, max(outing.asked.end, outing.returned_at))):
            return False
        if any(outing.asked.overlaps(other) for other in self._busy.get(outing.agent.pk, [])):
            return False
        question = Question(
            self.directory, outing.site, outing.unit.kind, outing.asked, frozenset(), person_of(outing.agent), [],
            outing.created_at,
        )  # fmt: skip
        if failing(question):
            return False
        self.outings.append(outing)
        if outing.is_kept:
            until = max(outing.asked.end, outing.returned_at) + outing.site.turnaround(outing.unit.kind)
            self._taken.setdefault(outing.unit.id, []).append(Interval(outing.asked.start, until))
            self._busy.setdefault(outing.agent.pk, []).append(outing.asked)
        return True

    def is_free(self, unit: UnitEntry, asked: Interval) -> bool:
        """Whether nobody has the unit then, turnarounds of both included."""
        return not any(asked.overlaps(taken) for taken in self._taken.get(unit.id, []))

    def people_for(self, kind: str) -> Sequence[Agent]:
        return self.drivers if kind == CAR else self.riders


def live(pool: Pool, *, seed: int, today: dt.date, now: dt.datetime) -> None:
    """Ordinary outings of every unit, from sixty days behind to some days ahead, leaving out today."""
    for site in pool.directory.sites:
        for unit in (u for u in site.units if u.kind in KINDS and u.name != FORGOTTEN):
            rng = Random(f"{seed}/outings/{unit.name}")
            # Most stand, a few are everybody's: what pools look like.
            luck = rng.lognormvariate(-0.4, 0.9)
            for offset in range(-DAYS_BEHIND, DAYS_AHEAD):
                day = today + dt.timedelta(days=offset)
                if day.isoweekday() > 5 or offset == 0 or holiday_name(day, site.departement):
                    continue
                if not unit.is_active and offset > -AT_THE_GARAGE:
                    continue
                ahead = max(0.25, 1 - 0.12 * offset) if offset > 0 else 1.0
                if rng.random() < min(0.85, OUTINGS[unit.kind] * luck) * ahead:
                    outing = draw(pool, site, unit, day, rng, now)
                    if outing is not None:
                        pool.add(outing)


def draw(pool: Pool, site: SiteEntry, unit: UnitEntry, day: dt.date, rng: Random, now: dt.datetime) -> Outing | None:
    """An outing of that day as it might be; None when it would end too late in the evening."""
    begins = rng.choices(STARTS, START_WEIGHTS)[0]
    lasts = rng.choices(HOURS, HOUR_WEIGHTS)[0]
    if begins + lasts > 18:
        return None
    start = local(day, dt.time(int(begins), round(begins % 1 * 60)), pool.directory.zone)
    asked = Interval(start, start + dt.timedelta(hours=lasts))
    agent = rng.choice(pool.people_for(unit.kind))
    created_at = min(start - dt.timedelta(hours=rng.choice((1, 3, 18, 26, 48, 90))), now - dt.timedelta(hours=1))
    outing = Outing(
        agent, site, unit, asked, created_at.replace(microsecond=0), Fate.USED, start, asked.end,
        draw_way(pool, site, unit.kind, rng),
    )  # fmt: skip
    return _with_fate(pool, outing, rng, now)


def _with_fate(pool: Pool, outing: Outing, rng: Random, now: dt.datetime) -> Outing:
    chance, share = rng.random(), rng.random()
    start, end = outing.asked.start, outing.asked.end
    taken = start + dt.timedelta(minutes=rng.randint(-10, 20))
    back = end - share * 0.3 * (end - start)
    if chance < ABSENT:
        return replace(outing, fate=Fate.ABSENT)
    if chance < ABSENT + CANCELLED:
        gone = outing.created_at + share * (start - outing.created_at)
        return replace(outing, fate=Fate.CANCELLED, gone_at=gone.replace(microsecond=0)) if gone <= now else outing
    if chance < ABSENT + CANCELLED + LATE:
        back = end + dt.timedelta(minutes=rng.randint(16, 130))
    passengers: tuple[Agent, ...] = ()
    if outing.unit.kind == CAR and rng.random() < TOGETHER:
        passengers = tuple(a for a in rng.sample(list(pool.riders), 2) if a.pk != outing.agent.pk)[: rng.randint(1, 2)]
    return replace(
        outing,
        taken_at=max(taken, outing.created_at + dt.timedelta(minutes=5)),
        returned_at=back.replace(second=0, microsecond=0),
        passengers=passengers,
    )


def draw_way(pool: Pool, site: SiteEntry, kind: str, rng: Random) -> Way | None:
    """Another site, near rather than far; now and then another city, by car. A card goes where it likes."""
    if kind not in _MODES:
        return None
    if kind == CAR and rng.random() < FAR_SHARE:
        name, lat, lon = rng.choice(FAR)
        return way_to(site, kind, name, lat, lon)
    others = [s for s in pool.directory.sites if s.id != site.id]
    weights = [math.exp(-distance_km(site.lat, site.lon, s.lat, s.lon) / NEAR_KM[kind]) + 1e-4 for s in others]
    there = rng.choices(others, weights)[0]
    return way_to(site, kind, there.name, there.lat, there.lon)


def way_to(site: SiteEntry, kind: str, name: str, lat: float, lon: float) -> Way:
    """One way from a site to a place, by the mode of the kind."""
    return Way(name, lat, lon, round(leg(Point(site.lat, site.lon), Point(lat, lon), _MODES[kind]).km, 1))


@dataclass(frozen=True, slots=True)
class Scene:
    """A unit that is out, or about to be, when the demonstration is loaded. Hours count from now."""

    kind: str
    hours_ago: float
    hours_left: float
    #: Taken already.
    is_out: bool = True
    passengers: int = 0


#: What a fleet manager finds on opening the board, whatever the hour: out, shared, late, and about to leave.
SCENES = (
    Scene(CAR, 1.25, 1.5),
    Scene(CAR, 2.0, 0.75, passengers=2),
    Scene(CAR, 0.5, 2.5),
    Scene(CAR, 3.0, -0.75),
    Scene(CAR, -1.0, 3.0, is_out=False),
    Scene(CAR, -2.0, 4.5, is_out=False, passengers=1),
    Scene(BIKE, 0.75, 1.0),
    Scene(BIKE, 1.5, 0.5),
    Scene(BIKE, -1.5, 3.0, is_out=False),
    Scene(CARGO_BIKE, 0.5, 1.5),
    Scene(CARD, 2.0, 3.0),
    Scene(CARD, 1.0, 5.0),
)


def arrange_today(pool: Pool, *, seed: int, now: dt.datetime) -> None:
    """The scenes of the day, each with a unit and a person of its own. Times are quarters of an hour around now."""
    rng = Random(f"{seed}/today")
    quarter = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    places = [(s, u) for s in pool.directory.sites for kind in KINDS for u in s.units_of(kind) if u.name != FORGOTTEN]
    rng.shuffle(places)
    for scene in SCENES:
        start = quarter - dt.timedelta(hours=scene.hours_ago)
        asked = Interval(start, quarter + dt.timedelta(hours=scene.hours_left))
        if not scene.is_out and asked.start <= now:
            continue
        for site, unit in places:
            if unit.kind != scene.kind or not pool.is_free(unit, Interval(start, max(asked.end, now))):
                continue
            people = rng.sample(list(pool.people_for(scene.kind)), 1 + scene.passengers)
            # Somebody late comes back some day: not while the visitor looks.
            back = max(asked.end, now + dt.timedelta(hours=1))
            outing = Outing(
                people[0], site, unit, asked, start - dt.timedelta(hours=20), Fate.USED if scene.is_out else Fate.AWAITED,
                start + dt.timedelta(minutes=4), back, draw_way(pool, site, unit.kind, rng), tuple(people[1:]),
            )  # fmt: skip
            if pool.add(outing):
                break


def live_as_the_agent(pool: Pool, agent: Agent, ways: Mapping[str, Way], today: dt.date, now: dt.datetime) -> None:
    """The persona's own: a short way by car that a bike would have made, another by bike, some days ago."""
    site = next(s for s in pool.directory.sites if s.id == agent.usual_site_id)
    days = [d for n in range(2, 20) if (d := today - dt.timedelta(days=n)).isoweekday() <= 5]
    for day, kind, clock, hours in ((days[0], CAR, 14, 1.5), (days[3], BIKE, 9, 2.0), (days[6], CAR, 10, 1.0)):
        start = local(day, dt.time(clock), pool.directory.zone)
        asked = Interval(start, start + dt.timedelta(hours=hours))
        for unit in site.units_of(kind):
            outing = Outing(
                agent, site, unit, asked, start - dt.timedelta(hours=22), Fate.USED, start + dt.timedelta(minutes=3),
                asked.end - dt.timedelta(minutes=10), ways[kind],
            )  # fmt: skip
            if pool.add(outing):
                break
