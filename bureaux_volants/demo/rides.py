"""Colleagues who open their cars in the coming days: their own between home and work, and pool cars that they booked.

Everything goes through the services that everybody uses (planner/rides): what they refuse is not there. Only people who
show everybody where they work open a car, so that every visitor finds some.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Trip
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.planner.person import home_of
from bureaux_volants.planner.rides.offers import Offer, ends_of, offer_ride
from bureaux_volants.planner.rides.seats import accept, ask_seat, refuse
from bureaux_volants.territory.calendar import holiday_name, local
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point

from .staff import Staff

#: Colleagues whose way is most like the agent's; the first ones drive every working day, the others now and then.
DRIVERS, EVERY_DAY, NOW_AND_THEN = 6, 2, 0.3
DAYS, POOL_CARS = 4, 2
#: Quarters of an hour after these, a car leaves in the morning and in the evening.
MORNING, EVENING, QUARTERS = dt.time(7, 30), dt.time(17, 30), 4
SOONEST = dt.timedelta(hours=1)
ENERGIES = ("petrol", "diesel", "hybrid", "electric")
#: Of the cars that are opened, one in so many is asked for a seat; what becomes of the requests, one after the other.
ASKED_SHARE, ANSWERS, TRIED = 0.4, ("accept", "wait", "refuse", "accept"), 5
#: The working days, counted from the first, on which the agent is a passenger, and drives home with a question to answer.
RIDES_ON, DRIVES_ON = 2, 3


class Rides:
    """The cars that are opened from a moment on, around one person's ways."""

    def __init__(self, directory: Directory, agent: Agent, staff: Staff, *, seed: int, now: dt.datetime) -> None:
        self.directory, self.agent, self.now = directory, agent, now
        self.rng = Random(f"{seed}/rides")
        self.sites = {site.id: site for site in directory.sites}
        #: Whoever has said where they live, those whose ways are most like the agent's first.
        self.near = sorted((a for a in staff.agents if a.home_commune and a.usual_site_id), key=self._far)

    def _far(self, other: Agent) -> tuple[float, str]:
        """Kilometres between the two homes and the two usual sites."""
        (a, at), (b, bt) = self.ends(self.agent), self.ends(other)
        km = sum(distance_km(p.point.lat, p.point.lon, q.point.lat, q.point.lon) for p, q in ((a, b), (at, bt)))
        return km, other.email

    def ends(self, who: Agent) -> tuple[Place, Place]:
        """Home, told by its commune's name, and the usual site."""
        home = home_of(who)
        assert home is not None
        assert who.home_commune is not None
        return Place(who.home_commune.name, home.point, home.key), _place(self.sites[who.usual_site_id or 0])

    def drive(self, driver: Agent, day: dt.date, *, homeward: bool, energy: str, seats: int = 2) -> RideOffer | None:
        """A way between home and work in one's own car, opened the evening before; None when it is too late for it."""
        home, work = self.ends(driver)
        quarter = dt.timedelta(minutes=15 * self.rng.randrange(QUARTERS))
        depart = local(day, EVENING if homeward else MORNING, self.directory.zone) + quarter
        a, b = (work, home) if homeward else (home, work)
        if depart < self.now + SOONEST or a.point == b.point:
            return None
        return self._open(driver, Offer(a, b, depart, seats, 10, 10, energy))

    def _open(self, driver: Agent, offer: Offer, reference: str = "") -> RideOffer | None:
        try:
            return offer_ride(driver, offer, _by(driver), reference=reference, now=self.now)
        except BookingError:
            return None

    def open_pool_cars(self) -> list[RideOffer]:
        """Some of the pool cars that are booked for the coming days."""
        cars = (
            Booking.objects.filter(
                territory_id=self.directory.territory_id,
                kind=Kind.CAR,
                state=State.CONFIRMED,
                start__gte=self.now + SOONEST,
                agent__visibility=Agent.Visibility.EVERYONE,
                trip__isnull=False,
            )
            .select_related("agent", "trip")
            .order_by("start", "resource__name")
        )
        made: list[RideOffer] = []
        for car in cars:
            trip: Trip = car.trip
            origin = _place(self.sites[car.site_id])
            offer = Offer(origin, Place(trip.destination, Point(trip.lat, trip.lon)), car.start, 3)
            opened = self._open(car.agent, offer, car.reference)
            made += [opened] if opened is not None else []
            if len(made) == POOL_CARS:
                break
        return made

    def ask(self, offer: RideOffer, people: Sequence[Agent], answer: str) -> RideRequest | None:
        """The first of these people whom the ride suits asks for a seat on the driver's own way, and is answered."""
        wanted = ends_of(offer)
        for who in people:
            home, work = self.ends(who)
            a, b = (home, work) if offer.origin_is_home else (work, home) if offer.destination_is_home else wanted
            try:
                request = ask_seat(who, offer.pk, a, b, _by(who), now=self.now)
            except BookingError:
                continue
            by = _by(offer.driver)
            if answer == "accept":
                accept(offer.driver, request.pk, by, now=self.now)
            elif answer == "refuse":
                refuse(offer.driver, request.pk, by, now=self.now)
            return request
        return None


def _place(site: SiteEntry) -> Place:
    return Place(site.name, Point(site.lat, site.lon), f"site:{site.slug}")


def _by(who: Agent) -> Author:
    return Author(who, Event.Origin.WEB)


def _working_days(directory: Directory, today: dt.date) -> Iterator[dt.date]:
    departement = directory.departement
    days = (today + dt.timedelta(days=n) for n in range(30))
    return (d for d in days if d.isoweekday() <= 5 and not holiday_name(d, departement))


def open_rides(
    directory: Directory, staff: Staff, agent: Agent, *, seed: int, today: dt.date, now: dt.datetime
) -> None:
    """Open cars on the coming working days, mornings and evenings, with seats asked for, accepted, refused."""
    rides = Rides(directory, agent, staff, seed=seed, now=now)
    drivers = [a for a in rides.near if a.visibility == Agent.Visibility.EVERYONE][:DRIVERS]
    passengers = [a for a in rides.near if a not in drivers][: 4 * TRIED]
    answers = cycle(ANSWERS)
    days = [day for day, _ in zip(_working_days(directory, today), range(DAYS), strict=False)]
    energies = {driver.pk: rides.rng.choice(ENERGIES) for driver in drivers}
    opened = rides.open_pool_cars()
    for number, day in enumerate(days):
        for rank, driver in enumerate(drivers):
            if rank >= EVERY_DAY and (
                rides.rng.random() > NOW_AND_THEN or day.isoweekday() in driver.telework_weekdays
            ):
                continue
            for homeward in (False, True):
                ride = rides.drive(driver, day, homeward=homeward, energy=energies[driver.pk])
                if ride is not None:
                    opened.append(ride)
                    if number == RIDES_ON and rank == 0 and not homeward:
                        rides.ask(ride, [agent], "accept")
    for ride in opened:
        if rides.rng.random() < ASKED_SHARE:
            rides.ask(ride, rides.rng.sample(passengers, TRIED), next(answers))
    mine = rides.drive(agent, days[DRIVES_ON], homeward=True, energy=ENERGIES[0])
    if mine is not None:
        rides.ask(mine, passengers, "wait")
    # Nothing is mailed: nobody is there to read it.
    Notice.objects.filter(territory_id=directory.territory_id, kind__startswith="ride.").update(
        delivery=Notice.Delivery.NONE, next_attempt_at=None
    )
