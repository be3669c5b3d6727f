"""Vehicles and cards go through the one mechanism of bookings, with needs, turnarounds and hours of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.errors import NoUnitFree, Refused
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.pool import needs, thresholds
from bureaux_volants.booking.search import search
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TUESDAY, at

pytestmark = pytest.mark.django_db


def vehicle(site: Site, name: str, **fields: Any) -> Resource:
    return Resource.objects.create(
        territory_id=site.territory_id, site=site, kind=Kind.CARGO_BIKE, name=name, **{"seats": 5, **fields}
    )


def rules(territory: Territory, **fields: Any) -> RuleSet:
    return RuleSet.objects.create(territory=territory, kind=Kind.CARGO_BIKE, **{"longest_minutes": 4 * 1440, **fields})


def asked(site: Site, start: str = "9", end: str = "12", *, last_day: int = 0, **fields: Any) -> Ask:
    return Ask(Kind.CARGO_BIKE, site.pk, at(TUESDAY, start), at(TUESDAY + dt.timedelta(days=last_day), end), **fields)


def booked(site: Site, start: str = "9", end: str = "12", *, who: Agent | None = None, **fields: Any) -> Booking:
    who = who or factories.agent(site.territory)
    return service.book(who, asked(site, start, end, **fields), by(who), now=NOW)


def test_the_turnaround_of_its_kind_keeps_a_car_after_each_booking(marly: Site) -> None:
    vehicle(marly, "Clio")
    rules(marly.territory, turnaround_minutes=30)
    first = booked(marly)
    first.refresh_from_db()
    assert first.held.upper - first.end == dt.timedelta(minutes=30)
    with pytest.raises(NoUnitFree):
        booked(marly, "12", "14")
    assert booked(marly, "12:30", "14").resource_id == first.resource_id
    with pytest.raises(NoUnitFree):
        booked(marly, "8", "9")  # it would be brought back as the next leaves


def test_the_search_counts_the_turnaround_too(marly: Site) -> None:
    vehicle(marly, "Clio")
    rules(marly.territory, turnaround_minutes=30)
    booked(marly)
    viewer = factories.agent(marly.territory)
    for start, free in (("12", 0), ("12:30", 1)):
        (found,) = search(viewer, Kind.CARGO_BIKE, at(TUESDAY, start), at(TUESDAY, "14"), site_slug=marly.slug, now=NOW)
        assert (found.free, found.bookable) == (free, bool(free))


def test_a_car_must_have_the_seats_and_the_range(marly: Site) -> None:
    small = vehicle(marly, "Zoé", seats=4, range_km=200)
    large = vehicle(marly, "Break", seats=7)
    assert booked(marly, features=needs(people=6)).resource_id == large.pk
    with pytest.raises(NoUnitFree):
        booked(marly, features=needs(people=5))
    with pytest.raises(NoUnitFree):
        booked(marly, features=needs(km=260))
    assert booked(marly, features=needs(people=4, km=199)).resource_id == small.pk
    with pytest.raises(Refused) as refused:
        booked(marly, "14", "16", features=needs(people=8))
    assert [r.code for r in refused.value.refusals] == ["features-unavailable"]


@given(st.integers(1, 9), st.integers(0, 600), st.integers(1, 9), st.floats(0.1, 600))
def test_thresholds_never_promise_what_a_car_has_not(seats: int, range_km: int, people: int, km: float) -> None:
    if needs(people, km) <= thresholds(Kind.CARGO_BIKE, seats, range_km):
        assert people <= seats
        assert km <= range_km


def test_free_units_are_proposed_in_the_order_preferred(marly: Site) -> None:
    diesel, electric = vehicle(marly, "A diesel"), vehicle(marly, "B électrique")
    assert booked(marly, prefer=(electric.pk, diesel.pk)).resource_id == electric.pk
    assert booked(marly, prefer=(electric.pk, diesel.pk)).resource_id == diesel.pk


def test_a_stay_of_days_is_re_seated_around_others_that_begin_later(marly: Site) -> None:
    """Two cars; one is wanted Tuesday to Thursday, and only fits when Thursday's and Tuesday's bookings share a car."""
    rules(marly.territory, turnaround_minutes=0)
    first, second = vehicle(marly, "Une"), vehicle(marly, "Deux")
    booked(marly, prefer=(first.pk,))
    thursday = TUESDAY + dt.timedelta(days=2)
    who = factories.agent(marly.territory)
    ask = Ask(Kind.CARGO_BIKE, marly.pk, at(thursday, "9"), at(thursday, "12"), prefer=(second.pk,))
    later = service.book(who, ask, by(who), now=NOW)
    long = booked(marly, "8", "17", last_day=2)
    later.refresh_from_db()
    assert {long.resource_id, later.resource_id} == {first.pk, second.pk}


def test_a_key_is_handed_over_in_opening_hours_and_a_box_knows_none(marly: Site) -> None:
    vehicle(marly, "Clio")
    chosen = rules(marly.territory)
    factories.hours(marly, spans=(("08:00", "12:00"), ("13:30", "17:00")))
    booked(marly, "8", "17", last_day=1)  # the night between is nobody's business
    for start, end in (("6", "10"), ("9", "12:30"), ("9", "20")):
        with pytest.raises(Refused) as refused:
            booked(marly, start, end)
        assert [r.code for r in refused.value.refusals] == ["opening-hours"]
    chosen.is_round_the_clock = True
    chosen.save()
    vehicle(marly, "Autre")
    assert booked(marly, "5", "23").state == State.CONFIRMED


def test_a_desk_stays_within_opening_hours_whatever_its_rules_say(marly: Site) -> None:
    RuleSet.objects.filter(territory=marly.territory, kind=Kind.DESK).update(is_round_the_clock=True)
    who = factories.agent(marly.territory)
    with pytest.raises(Refused) as refused:
        service.book(who, factories.ask(marly, start="5", end="23"), by(who), now=NOW)
    assert "opening-hours" in {r.code for r in refused.value.refusals}


def test_a_car_that_was_taken_is_not_brought_back_by_time_alone(marly: Site) -> None:
    vehicle(marly, "Clio")
    rules(marly.territory, is_round_the_clock=True)
    taken = booked(marly)
    service.check_in(taken.pk, by(taken.agent), Booking.CheckInBy.BOX, now=taken.start)
    jobs.tick(taken.end + dt.timedelta(hours=2))
    taken.refresh_from_db()
    assert taken.state == State.IN_USE


def test_a_person_may_have_a_desk_and_a_car_at_once_and_cars_know_no_weekly_limit(marly: Site, ada: Agent) -> None:
    vehicle(marly, "Clio")
    RuleSet.objects.filter(territory=marly.territory, kind=Kind.DESK).update(weekly_limit=1)
    service.book(ada, factories.ask(marly), by(ada), now=NOW)
    assert booked(marly, who=ada).state == State.CONFIRMED
