"""A plan that counts on a colleague's car asks for the seat when it is booked, all or nothing, and gives it back with the day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from bureaux_volants.booking.models import Booking
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.asked import Asked
from bureaux_volants.planner.booking import Gone, book_plan, cancel_plan
from bureaux_volants.planner.models import DayPlan, PlanSeat, RideOffer, RideRequest
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.rides.giving_up import cancel_ride
from bureaux_volants.planner.rides.joining import joinable
from bureaux_volants.planner.rides.offers import Offer, offer_ride
from bureaux_volants.planner.rides.seats import accept, ask_seat, refuse
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.journeys import Place, Traveller, Way
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

HOME = Place("chez vous", Point(49.0, 6.17), "home")
SOUTH, MAIRIE = Place("Sud", Point(48.99, 6.17)), Place("Mairie", Point(49.12, 6.17))
THERE = Offer(SOUTH, MAIRIE, at(TUESDAY, "8:15"), 1)
ASKED = Asked(
    TUESDAY, (at(TUESDAY, "9"), at(TUESDAY, "17")), home=HOME, traveller=Traveller(walk_km=1.5), usual=Way.TRANSIT
)


@pytest.fixture
def metz() -> Territory:
    made = factories.territory()
    factories.rules(made)
    return made


@pytest.fixture
def mairie(metz: Territory) -> Site:
    return factories.site(metz, desks=1, slug="mairie", name="Mairie", lat=49.12, lon=6.17)


@pytest.fixture
def agent(metz: Territory, mairie: Site) -> Agent:
    far = factories.site(metz, slug="siege", name="Siège", lat=49.3, lon=6.2)
    return factories.agent(metz, usual_site=far, visibility="everyone")


@pytest.fixture
def basile(metz: Territory) -> Agent:
    return factories.agent(metz, visibility="everyone", first_name="Basile", last_name="N.")


@pytest.fixture
def ride(basile: Agent) -> RideOffer:
    return offer_ride(basile, THERE, by(basile), now=NOW)


@pytest.fixture
def plan(agent: Agent, ride: RideOffer) -> DayPlan:
    return propose(agent, ASKED, now=NOW)


def with_the_ride(plan: DayPlan) -> int:
    return next(k for k, p in enumerate(plan.answer["plans"]) if any(s.get("offer") for s in p["steps"]))


def told(who: Agent) -> list[str]:
    return list(Notice.objects.filter(recipient=who).order_by("pk").values_list("kind", flat=True))


def test_the_seat_is_asked_for_with_the_desk_and_both_are_told_once(
    agent: Agent, basile: Agent, plan: DayPlan, ride: RideOffer
) -> None:
    number = with_the_ride(plan)
    (step,) = [s for s in plan.answer["plans"][number]["steps"] if s.get("offer")]
    booked = book_plan(agent, plan.reference, number, by(agent), now=NOW)
    seat = RideRequest.objects.get()
    assert (seat.offer, seat.passenger, seat.state, seat.plan_seat.plan) == (ride, agent, "asked", booked)
    assert dt.datetime.fromisoformat(step["start"]) <= seat.picked_at < seat.dropped_at
    assert seat.dropped_at <= dt.datetime.fromisoformat(step["end"])
    assert Booking.objects.filter(agent=agent).count() == 1
    assert (told(agent), told(basile)) == (["plan.booked"], ["ride.asked"])
    assert "place demandée à" in Notice.objects.get(recipient=agent).body
    assert book_plan(agent, plan.reference, number, by(agent), now=NOW) == booked
    assert RideRequest.objects.count() == 1


def test_when_the_seat_has_gone_nothing_is_booked(
    metz: Territory, agent: Agent, plan: DayPlan, ride: RideOffer
) -> None:
    other = factories.agent(metz, visibility="everyone")
    ask_seat(other, ride.pk, SOUTH, MAIRIE, TEST, now=NOW)
    with pytest.raises(Gone, match="reste plus de place"):
        book_plan(agent, plan.reference, with_the_ride(plan), by(agent), now=NOW)
    assert not Booking.objects.exists()
    assert not PlanSeat.objects.exists()
    assert told(agent) == []


def test_a_ride_that_is_called_off_or_forgotten_is_gone(
    agent: Agent, basile: Agent, plan: DayPlan, ride: RideOffer
) -> None:
    cancel_ride(basile, ride.reference, by(basile), now=NOW)
    with pytest.raises(Gone):
        book_plan(agent, plan.reference, with_the_ride(plan), by(agent), now=NOW)
    ride.delete()
    with pytest.raises(Gone, match="plus proposée"):
        book_plan(agent, plan.reference, with_the_ride(plan), by(agent), now=NOW)
    assert not Booking.objects.exists()


def test_without_a_desk_left_no_seat_is_asked_for(agent: Agent, plan: DayPlan, mairie: Site, basile: Agent) -> None:
    mairie.is_active = False
    mairie.save()
    with pytest.raises(Gone):
        book_plan(agent, plan.reference, with_the_ride(plan), by(agent), now=NOW)
    assert not RideRequest.objects.exists()
    assert RideOffer.objects.get().taken == 0
    assert "ride.asked" not in told(basile)


def test_the_day_given_up_gives_the_seat_back(agent: Agent, basile: Agent, plan: DayPlan, ride: RideOffer) -> None:
    book_plan(agent, plan.reference, with_the_ride(plan), by(agent), now=NOW)
    accept(basile, RideRequest.objects.get().pk, by(basile), now=NOW)
    cancel_plan(agent, plan.reference, by(agent), now=NOW)
    ride.refresh_from_db()
    assert (RideRequest.objects.get().state, ride.taken, ride.stops) == ("withdrawn", 0, [])
    assert told(basile) == ["ride.asked", "ride.withdrawn"]
    assert "la place dans la voiture de" in Notice.objects.get(recipient=agent, kind="plan.cancelled").body


def test_the_day_says_what_the_driver_answered(client: Client, agent: Agent, basile: Agent, plan: DayPlan) -> None:
    client.force_login(agent)
    proposed = client.get(reverse("plans", args=[plan.reference])).content.decode()
    assert f"Avec {basile} jusqu" in proposed
    assert "place à demander" in proposed
    book_plan(agent, plan.reference, with_the_ride(plan), by(agent), now=NOW)
    seat = RideRequest.objects.get()
    assert f"Dans la voiture de {basile}" in client.get(reverse("plans", args=[plan.reference])).content.decode()
    refuse(basile, seat.pk, by(basile), now=NOW)
    page = client.get(reverse("plans", args=[plan.reference])).content.decode()
    assert "Trouver une autre façon" in page


def test_a_driver_who_hides_is_not_named(client: Client, agent: Agent, basile: Agent, plan: DayPlan) -> None:
    basile.visibility = "nobody"
    basile.save()
    client.force_login(agent)
    page = client.get(reverse("plans", args=[plan.reference])).content.decode()
    assert str(basile) not in page
    assert "Avec un collègue jusqu" in page


def test_a_ride_at_whose_hours_one_is_in_another_car_is_no_way(metz: Territory, agent: Agent, ride: RideOffer) -> None:
    assert [r.offer_id for r in joinable(agent, TUESDAY, NOW)] == [ride.pk]
    other = factories.agent(metz, visibility="everyone")
    another = offer_ride(other, THERE, by(other), now=NOW)
    ask_seat(agent, another.pk, SOUTH, MAIRIE, TEST, now=NOW)
    assert joinable(agent, TUESDAY, NOW) == []


def test_a_colleague_in_another_territory_drives_nobody(agent: Agent) -> None:
    elsewhere = factories.territory(slug="ailleurs", name="Ailleurs")
    stranger = factories.agent(elsewhere, visibility="everyone")
    offer_ride(stranger, THERE, by(stranger), now=NOW)
    assert joinable(agent, TUESDAY, NOW) == []
