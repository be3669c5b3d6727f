"""Sixteen processes book whole days that want the same desk, bike or colleague's car: nothing is ever half-booked."""

from __future__ import annotations

import datetime as dt
import random
import time

from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.fleet.models import Trip
from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.models import DayPlan, PlanPart, PlanSeat, RideOffer, RideRequest
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.rides.offers import Offer, offer_ride
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by
from tests.conftest import FreshDatabase
from tests.factories import NOW, TUESDAY, at

from .conftest import Child, Start, soon

MEETING = Place("Rendez-vous", Point(49.085, 6.15))
HOME = Place("chez vous", Point(49.06, 6.15), "home")


def plan_with_bike(agent: Agent, day: dt.date) -> tuple[DayPlan, int]:
    """A day whose plan takes a desk and a bike of Marly, and the plan's number."""
    meeting = Appointment(MEETING, at(day, "14"), at(day, "15"))
    asked = Asked(day, (at(day, "9"), at(day, "17")), (meeting,), home=HOME, traveller=Traveller(walk_km=1.5))
    plan = propose(agent, asked, now=NOW)
    return plan, next(k for k, p in enumerate(plan.answer["plans"]) if p["loans"])


def whole_or_nothing(plans: list[DayPlan]) -> int:
    """Every plan has all of its bookings, or none. How many are booked."""
    booked = 0
    for plan in plans:
        plan.refresh_from_db()
        parts = Booking.objects.filter(plan_part__plan=plan, state__in=HOLDING)
        if plan.booked_at is None:
            assert not parts.exists()
            assert not RideRequest.objects.filter(plan_seat__plan=plan).exists()
            continue
        booked += 1
        assert plan.chosen is not None
        chosen = plan.answer["plans"][plan.chosen]
        wanted = len(chosen["loans"]) + sum(
            s["what"] == "desk" and s["place"]["key"] != "home" for s in chosen["steps"]
        )
        assert parts.count() == wanted >= 1
        counted_on = sum(bool(s.get("offer")) for s in chosen["steps"])
        assert RideRequest.objects.filter(plan_seat__plan=plan, state="asked").count() == counted_on
        assert wanted + counted_on >= 2
    return booked


SOUTH = Place("Sud", Point(49.0, 6.15))
FAR_HOME = Place("chez vous", Point(49.005, 6.15), "home")


def opened(marly: Site, day: dt.date, seats: int) -> RideOffer:
    """A colleague's car to Marly in the morning."""
    who = factories.agent(marly.territory, visibility="everyone")
    there = Place("Marly", Point(marly.lat, marly.lon))
    return offer_ride(who, Offer(SOUTH, there, at(day, "8:30"), seats), by(who), now=NOW)


def plan_with_ride(agent: Agent, day: dt.date) -> tuple[DayPlan, int]:
    """A day whose plan takes a desk of Marly and a seat to it, and the plan's number."""
    asked = Asked(
        day, (at(day, "9"), at(day, "17")), home=FAR_HOME, traveller=Traveller(walk_km=1.5), usual=Way.TRANSIT
    )
    plan = propose(agent, asked, now=NOW)
    return plan, next(k for k, p in enumerate(plan.answer["plans"]) if any(s.get("offer") for s in p["steps"]))


def site_with(metz_desks: int, bikes: int) -> Site:
    metz = factories.territory()
    factories.rules(metz)
    RuleSet.objects.create(territory=metz, kind="bike", is_round_the_clock=True)
    marly = factories.site(metz, desks=metz_desks, slug="marly", name="Marly", lat=49.062, lon=6.152)
    for n in range(bikes):
        Resource.objects.create(territory=metz, site=marly, kind=Kind.BIKE, name=f"Vélo {n}")
    return marly


def test_sixteen_processes_book_days_whole_or_not_at_all(fresh_database: FreshDatabase, start_children: Start) -> None:
    marly = site_with(metz_desks=16, bikes=3)
    people = [factories.agent(marly.territory) for _ in range(16)]
    children = start_children(16, fresh_database.environment)
    for week in range(3):
        day = TUESDAY + dt.timedelta(days=7 * week)
        asked = [plan_with_bike(who, day) for who in people]
        begin = soon()
        for child, who, (plan, number) in zip(children, people, asked, strict=True):
            child.tell(do="plan", at=begin, now=NOW, agent=who.pk, plan=plan.reference, number=number)
        answers = [child.hear() for child in children]
        assert sorted(a["outcome"] for a in answers if a) == ["booked"] * 3 + ["plan-gone"] * 13
        assert whole_or_nothing([plan for plan, _ in asked]) == 3
    assert PlanPart.objects.count() == Booking.objects.count()
    assert Trip.objects.count() == Booking.objects.filter(kind=Kind.BIKE).count() >= 9


def test_sixteen_processes_want_the_seats_of_one_car_with_their_desks(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    marly = site_with(metz_desks=16, bikes=0)
    people = [factories.agent(marly.territory) for _ in range(16)]
    children = start_children(16, fresh_database.environment)
    for week in range(3):
        day = TUESDAY + dt.timedelta(days=7 * week)
        ride = opened(marly, day, seats=3)
        asked = [plan_with_ride(who, day) for who in people]
        begin = soon()
        for child, who, (plan, number) in zip(children, people, asked, strict=True):
            child.tell(do="plan", at=begin, now=NOW, agent=who.pk, plan=plan.reference, number=number)
        answers = [child.hear() for child in children]
        assert sorted(a["outcome"] for a in answers if a) == ["booked"] * 3 + ["plan-gone"] * 13
        assert whole_or_nothing([plan for plan, _ in asked]) == 3
        ride.refresh_from_db()
        assert ride.taken == ride.requests.count() == 3
    assert PlanPart.objects.count() == Booking.objects.count() == PlanSeat.objects.count() == 9


def test_whoever_is_killed_while_asking_for_a_seat_leaves_the_day_whole_or_untouched(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    marly = site_with(metz_desks=12, bikes=0)
    ride = opened(marly, TUESDAY, seats=8)
    chance, plans = random.Random(6), []
    children: list[Child] = start_children(7, fresh_database.environment)
    for child in children:
        who = factories.agent(marly.territory)
        plan, number = plan_with_ride(who, TUESDAY)
        plans.append(plan)
        begin = soon(0.05)
        child.tell(do="plan", at=begin, now=NOW, agent=who.pk, plan=plan.reference, number=number)
        time.sleep(max(0.0, begin - time.time()) + chance.uniform(0.0, 0.06))
        child.kill()
    (witness,) = start_children(1, fresh_database.environment)
    last = factories.agent(marly.territory)
    plan, number = plan_with_ride(last, TUESDAY)
    witness.tell(do="plan", now=NOW, agent=last.pk, plan=plan.reference, number=number)
    assert witness.hear() == {"outcome": "booked", "id": plan.pk}
    assert whole_or_nothing([*plans, plan]) >= 1
    ride.refresh_from_db()
    assert ride.taken == ride.requests.count() == PlanSeat.objects.count() == Booking.objects.count()


def test_whoever_is_killed_while_booking_a_day_leaves_it_whole_or_untouched(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    marly = site_with(metz_desks=12, bikes=12)
    chance, plans = random.Random(5), []
    children: list[Child] = start_children(8, fresh_database.environment)
    for child in children:
        who = factories.agent(marly.territory)
        plan, number = plan_with_bike(who, TUESDAY)
        plans.append(plan)
        begin = soon(0.05)
        child.tell(do="plan", at=begin, now=NOW, agent=who.pk, plan=plan.reference, number=number)
        time.sleep(max(0.0, begin - time.time()) + chance.uniform(0.0, 0.06))
        child.kill()
    (witness,) = start_children(1, fresh_database.environment)
    last = factories.agent(marly.territory)
    plan, number = plan_with_bike(last, TUESDAY)
    witness.tell(do="plan", now=NOW, agent=last.pk, plan=plan.reference, number=number)
    # The killed ones hold nothing back: this one waits for their transactions to be undone, then books.
    assert witness.hear() == {"outcome": "booked", "id": plan.pk}
    assert whole_or_nothing([*plans, plan]) >= 1
    assert PlanPart.objects.count() == Booking.objects.count()
