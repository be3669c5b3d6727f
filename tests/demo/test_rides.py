"""Colleagues' cars in the demonstration: open in the coming days, asked for and answered, found by the agent who organises a day."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.demo import generator, people
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.planner.person import home_of
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.rides.following import keep_up
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point

from .conftest import NOW

TODAY = NOW.date()


@pytest.fixture
def agent(demonstration: generator.Loaded) -> Agent:
    return Agent.objects.get(email=people.AGENT)


def test_colleagues_who_show_everybody_open_their_cars_on_working_days_mornings_and_evenings(agent: Agent) -> None:
    zone = get_directory(agent.territory_id or 0).zone
    offers = list(RideOffer.objects.exclude(driver=agent).select_related("driver"))
    assert {o.driver.visibility for o in offers} == {"everyone"}
    assert len({o.driver_id for o in offers}) >= 4
    assert {o.depart.astimezone(zone).date().isoweekday() for o in offers} <= {1, 2, 3, 4, 5}
    assert min(o.depart for o in offers) > NOW
    assert max(o.depart for o in offers) < NOW + dt.timedelta(days=15)
    assert {o.depart.astimezone(zone).hour < 12 for o in offers} == {True, False}
    assert {o.booking_id is None for o in offers} == {True, False}


def test_seats_are_asked_for_accepted_and_refused_and_never_oversold(agent: Agent) -> None:
    states = set(RideRequest.objects.exclude(offer__driver=agent).values_list("state", flat=True))
    assert states >= {"asked", "accepted", "refused"}
    for offer in RideOffer.objects.all():
        assert offer.taken == offer.requests.filter(state__in=["asked", "accepted"]).count()


def test_the_agent_rides_with_somebody_and_has_a_question_to_answer(agent: Agent) -> None:
    assert RideRequest.objects.filter(passenger=agent, state="accepted").count() == 1
    assert RideRequest.objects.filter(offer__driver=agent, state="asked").count() == 1


def test_nobody_is_written_to_about_invented_rides(agent: Agent) -> None:
    assert Notice.objects.filter(kind__startswith="ride.").exists()
    assert not Notice.objects.filter(kind__startswith="ride.").exclude(delivery=Notice.Delivery.NONE).exists()


def test_the_follower_finds_nothing_to_change(undone: None) -> None:
    before = list(RideOffer.objects.order_by("pk").values())
    for offer in RideOffer.objects.exclude(booking=None):
        keep_up(offer.pk)
    assert list(RideOffer.objects.order_by("pk").values()) == before


def test_a_meeting_at_the_agents_own_office_finds_a_colleagues_car_that_goes_there(undone: None, agent: Agent) -> None:
    tomorrow, directory = TODAY + dt.timedelta(days=1), get_directory(agent.territory_id or 0)
    office, zone = directory.site("maison-metropole"), directory.zone
    there = Place(office.name, Point(office.lat, office.lon))
    meeting = Appointment(there, local(tomorrow, dt.time(9), zone), local(tomorrow, dt.time(17), zone))
    hours = (local(tomorrow, dt.time(8, 30), zone), local(tomorrow, dt.time(17, 30), zone))
    asked = Asked(tomorrow, hours, (meeting,), home=home_of(agent), traveller=Traveller(has_car=True, has_licence=True))
    plan = propose(agent, asked, now=NOW)
    ways = [{s.get("way") for s in one["steps"]} for one in plan.answer["plans"]]
    assert any("shared_ride" in w for w in ways), ways
