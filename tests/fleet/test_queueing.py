"""Waiting for a vehicle: the trip is kept with the place in the queue."""

from __future__ import annotations

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import NotFound, Refused, RoomLeft
from bureaux_volants.booking.models import Kind, WaitingEntry
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Trip, WantedTrip
from bureaux_volants.fleet.queueing import give_the_trip_to_who_was_served, join
from bureaux_volants.fleet.trips import Destination
from bureaux_volants.territory.models import Site
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by, state
from tests.factories import NOW, TUESDAY, at

from .words import driver, lent, vehicle

pytestmark = pytest.mark.django_db

STATION = Destination("Gare", Point(49.1097, 6.1772))


def test_who_waited_for_a_car_goes_where_they_said_with_all_aboard(depot: Site) -> None:
    small, large = vehicle(depot, "Petite", seats=2), vehicle(depot, "Grande", seats=7)
    first = lent(depot, "9", "12", resource_id=small.pk)
    second = lent(depot, "9", "12", resource_id=large.pk)
    who = driver(depot.territory)
    entry = join(who, Kind.CAR, depot.pk, at(TUESDAY, "9"), at(TUESDAY, "12"), STATION, by(who), people=4, now=NOW)
    service.cancel(first.pk, by(first.agent), now=NOW)
    assert state(entry) == WaitingEntry.State.WAITING  # two seats are not enough
    service.cancel(second.pk, by(second.agent), now=NOW)
    assert state(entry) == WaitingEntry.State.SERVED
    for _ in range(2):
        give_the_trip_to_who_was_served(list(Event.objects.order_by("pk")))
    trip = Trip.objects.get()
    assert (trip.booking_id, trip.destination, trip.people) == (entry.booking_id, "Gare", 4)


def test_a_card_is_waited_for_without_a_trip_and_nobody_waits_for_what_is_free(depot: Site) -> None:
    from bureaux_volants.booking.models import Resource

    Resource.objects.create(territory=depot.territory, site=depot, kind=Kind.TRANSPORT_CARD, name="Carte 1")
    who = factories.agent(depot.territory)
    span = (at(TUESDAY, "9"), at(TUESDAY, "12"))
    with pytest.raises(RoomLeft):
        join(who, Kind.TRANSPORT_CARD, depot.pk, *span, None, by(who), now=NOW)
    lent(depot, "9", "12", who=factories.agent(depot.territory), kind=Kind.TRANSPORT_CARD)
    join(who, Kind.TRANSPORT_CARD, depot.pk, *span, STATION, by(who), now=NOW)
    assert not WantedTrip.objects.exists()


def test_without_a_licence_or_in_another_territory_nobody_waits_for_a_car(depot: Site) -> None:
    vehicle(depot, "Clio")
    lent(depot, "9", "12")
    span = (at(TUESDAY, "9"), at(TUESDAY, "12"))
    walker, stranger = factories.agent(depot.territory), driver(factories.territory())
    with pytest.raises(Refused):
        join(walker, Kind.CAR, depot.pk, *span, STATION, by(walker), now=NOW)
    with pytest.raises(NotFound):
        join(stranger, Kind.CAR, depot.pk, *span, STATION, by(stranger), now=NOW)
    assert not WaitingEntry.objects.exists()
