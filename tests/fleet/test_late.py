"""What is not back at its hour: who is told, when, once; who comes next is elsewhere before they notice."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.booking import jobs as booking_jobs
from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.errors import NoUnitFree
from bureaux_volants.booking.models import Booking, Kind, RuleSet, WaitingEntry
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.jobs import look_after_the_late
from bureaux_volants.fleet.lateness import STEP, Patience, due
from bureaux_volants.fleet.models import LateReturn, Policy
from bureaux_volants.fleet.trips import Destination, book_trip
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by, kinds, state, told
from tests.factories import NOW, TUESDAY, at

from .words import brought_back, driver, lent, pool_rules, taken, vehicle

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
STATION = Destination("Gare", Point(49.1097, 6.1772))


def pass_time(first: str, last: str, *, every: int = 5) -> None:
    """The worker's rounds from one clock time to another, all its jobs."""
    now, end = at(TUESDAY, first), at(TUESDAY, last)
    while now <= end:
        booking_jobs.tick(now)
        look_after_the_late(now)
        now += every * MINUTE


def unit_of(booking: Booking) -> int:
    booking.refresh_from_db()
    return booking.resource_id


# -- when what is due -------------------------------------------------------------------------------------------------

PATIENCE = Patience(10 * MINUTE, 60 * MINUTE, 20 * MINUTE)


@given(st.integers(-600, 6000), st.integers(0, 59))
def test_nothing_is_due_before_the_hour_said_and_the_hold_always_reaches_beyond_now(minutes: int, seconds: int) -> None:
    end = at(TUESDAY, "12")
    now = end + minutes * MINUTE + dt.timedelta(seconds=seconds)
    step = due(end, now, PATIENCE)
    if minutes < 0:
        assert step is None
    else:
        assert step is not None
        assert now + PATIENCE.ahead < step.held_until <= now + PATIENCE.ahead + STEP
        assert (step.holder, step.manager) == (minutes >= 10, minutes >= 60)


# -- who is told ------------------------------------------------------------------------------------------------------


def test_the_holder_then_the_fleet_manager_are_told_each_once(depot: Site, keeper: Agent) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    pass_time("12", "12:05")
    assert "vehicle.late" not in told(loan.agent)
    pass_time("12:10", "12:55")
    assert told(loan.agent).count("vehicle.late") == 1
    assert told(keeper) == []
    pass_time("13", "20")
    assert told(loan.agent).count("vehicle.late") == 1
    assert told(keeper) == ["fleet.late"]
    assert "1\u00a0h de retard" in Notice.objects.get(recipient=keeper).body
    assert kinds(loan)[-2:] == ["vehicle.late", "vehicle.late_told"]


def test_the_delays_are_the_territorys(town: Territory, depot: Site, keeper: Agent) -> None:
    Policy.objects.create(territory=town, late_holder_minutes=30, late_manager_minutes=45)
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    pass_time("12", "12:25")
    assert "vehicle.late" not in told(loan.agent)
    pass_time("12:30", "12:45")
    assert told(loan.agent)[-1] == "vehicle.late"
    assert told(keeper) == ["fleet.late"]


def test_only_the_managers_of_the_site_are_told(town: Territory, depot: Site) -> None:
    elsewhere, here, other = (factories.agent(town) for _ in range(3))
    factories.grant(elsewhere, "fleet_manager", over=factories.site(town))
    factories.grant(here, "fleet_manager", over=depot)
    factories.grant(other, "host", over=depot)
    vehicle(depot, "Clio")
    taken(lent(depot, "9", "12"))
    pass_time("13", "13")
    assert [told(who) for who in (elsewhere, here, other)] == [[], ["fleet.late"], []]


def test_who_is_back_in_time_or_has_a_desk_is_late_for_nothing(depot: Site, keeper: Agent) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    brought_back(loan, at(TUESDAY, "11:59"))
    mairie = factories.site(depot.territory)
    sitting = service.book(keeper, factories.ask(mairie), by(keeper), now=NOW)
    service.check_in(sitting.pk, by(keeper), Booking.CheckInBy.PHONE, now=sitting.start)
    pass_time("12", "15")
    assert not LateReturn.objects.exists()


def test_who_extends_is_late_no_more_and_who_is_late_again_is_told_again(depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    pass_time("12", "12:15")
    service.change(loan.pk, by(loan.agent), start=loan.start, end=at(TUESDAY, "14"), now=at(TUESDAY, "12:16"))
    pass_time("12:20", "13:55")
    assert told(loan.agent).count("vehicle.late") == 1
    assert LateReturn.objects.get().over_at is not None
    pass_time("14:10", "15")
    assert told(loan.agent).count("vehicle.late") == 2


# -- who comes next ---------------------------------------------------------------------------------------------------


def test_the_next_person_is_on_another_unit_before_they_leave(depot: Site) -> None:
    clio, zoe = vehicle(depot, "Clio"), vehicle(depot, "Zoé")
    late = taken(lent(depot, "9", "12", resource_id=clio.pk))
    after = lent(depot, "13", "15", resource_id=clio.pk)
    pass_time("12", "12:35")
    assert unit_of(after) == clio.pk  # it may still come back
    pass_time("12:40", "12:40")
    assert unit_of(after) == zoe.pk
    assert told(after.agent) == ["booking.confirmed", "booking.reseated"]
    assert "« Zoé » vous attend" in Notice.objects.get(kind="booking.reseated").body
    pass_time("12:45", "18")
    assert told(after.agent).count("booking.reseated") == 1
    assert unit_of(late) == clio.pk


def test_a_late_unit_is_given_to_nobody_until_it_is_back(depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    pass_time("12", "14")
    noon = at(TUESDAY, "14")
    with pytest.raises(NoUnitFree):
        lent(depot, "14", "16", now=noon)
    tomorrow = lent(depot, "9", "10", day=TUESDAY + dt.timedelta(days=1), now=noon)
    assert state(tomorrow) == State.CONFIRMED  # nobody fears that it stays away for good
    brought_back(loan, noon + 10 * MINUTE)
    assert lent(depot, "14:10", "16", now=noon + 10 * MINUTE).resource_id == loan.resource_id


def test_a_third_moves_over_so_that_the_next_can_leave(depot: Site) -> None:
    """The next needs seven seats; the only other car that has them was booked by somebody who needs two."""
    large, other, small = vehicle(depot, "A", seats=7), vehicle(depot, "B", seats=7), vehicle(depot, "C", seats=2)
    seven = frozenset({"seats:7"})
    taken(lent(depot, "9", "12", resource_id=large.pk))
    after = lent(depot, "12:45", "15", prefer=(large.pk,), features=seven)
    third = lent(depot, "12:30", "16", prefer=(other.pk,))
    assert [unit_of(b) for b in (after, third)] == [large.pk, other.pk]
    pass_time("12", "12:20")
    assert [unit_of(b) for b in (after, third)] == [large.pk, other.pk]
    pass_time("12:25", "12:25")
    assert [unit_of(b) for b in (after, third)] == [other.pk, small.pk]
    assert told(third.agent)[-1] == "booking.reseated"


def test_when_none_is_left_the_next_is_told_what_else_there_is_once(town: Territory, depot: Site) -> None:
    vehicle(depot, "Clio")
    vehicle(depot, "Vélo", "human", Kind.BIKE)
    there = factories.site(town, desks=0, name="Technopôle", lat=49.12, lon=6.2)
    vehicle(there, "Zoé", "electric")
    vehicle(there, "Yaris")
    taken(lent(depot, "9", "12"))
    somebody = driver(town, first_name="Basile", last_name="Essai")
    start, end = at(TUESDAY, "12:30"), at(TUESDAY, "15")
    book_trip(somebody, Kind.CAR, there.pk, start, end, STATION, by(somebody), now=NOW)
    me = driver(town)
    mine = book_trip(me, Kind.CAR, depot.pk, start, end, STATION, by(me), alone=True, now=NOW)
    pass_time("12", "15")
    assert told(me).count("vehicle.not_back") == 1
    body = Notice.objects.get(recipient=me, kind="vehicle.not_back").body
    assert "Sur place, il reste un vélo." in body
    assert "Ailleurs : Technopôle (1 libre)." in body
    assert "Basile Essai au départ de Technopôle à 12\u00a0h\u00a030" in body
    assert unit_of(mine)


def test_nothing_else_is_said_plainly_and_the_claim_stays(depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    after = lent(depot, "12:30", "15")
    pass_time("12", "12:30")
    assert "Rien d'autre n'est libre" in Notice.objects.get(recipient=after.agent, kind="vehicle.not_back").body
    assert "compte dessus à 12\u00a0h\u00a030" in Notice.objects.get(recipient=loan.agent, kind="vehicle.late").body
    assert state(after) == State.CONFIRMED
    brought_back(loan, at(TUESDAY, "13"))
    pass_time("13", "13:40")
    assert told(after.agent)[1:] == ["vehicle.not_back", "vehicle.back"]
    # An hour from when it was there, not from when it should have been.
    assert state(after) == State.CONFIRMED
    pass_time("14", "14")
    assert state(after) == State.NO_SHOW


def test_who_waited_in_vain_was_not_absent(depot: Site) -> None:
    vehicle(depot, "Clio")
    taken(lent(depot, "9", "12"))
    after = lent(depot, "12:30", "15")
    pass_time("12", "16")
    assert state(after) == State.CANCELLED
    assert told(after.agent)[1:] == ["vehicle.not_back", "booking.cancelled"]
    assert "pas comme une absence" in Notice.objects.filter(recipient=after.agent).latest("pk").body


def test_who_waited_in_vain_where_nobody_counts_absences_was_not_there_either(town: Territory, depot: Site) -> None:
    RuleSet.objects.filter(territory=town).update(grace_minutes=0)
    vehicle(depot, "Clio")
    taken(lent(depot, "9", "12"))
    after = lent(depot, "12:30", "15")
    pass_time("12", "16")
    assert state(after) == State.CANCELLED


def test_something_that_is_freed_meanwhile_goes_to_who_was_left_without(depot: Site) -> None:
    clio, zoe = vehicle(depot, "Clio"), vehicle(depot, "Zoé")
    taken(lent(depot, "9", "12", resource_id=clio.pk))
    other = lent(depot, "9", "17", resource_id=zoe.pk)
    taken(other)
    after = lent(depot, "12:30", "15")
    pass_time("12", "12:20")
    assert told(after.agent)[-1] == "vehicle.not_back"
    brought_back(other, at(TUESDAY, "12:24"))
    pass_time("12:25", "17")
    assert unit_of(after) == zoe.pk
    assert told(after.agent)[1:3] == ["vehicle.not_back", "booking.reseated"]
    assert "vehicle.back" not in told(after.agent)


def test_a_chain_of_two_late_returns(depot: Site, keeper: Agent) -> None:
    """The next is moved to a second unit, which is late too, then to a third."""
    first, second, third = (vehicle(depot, name) for name in ("A", "B", "C"))
    one = taken(lent(depot, "9", "12", resource_id=first.pk))
    two = taken(lent(depot, "9", "12:10", resource_id=second.pk))
    long = taken(lent(depot, "9", "12:15", resource_id=third.pk))
    after = lent(depot, "12:45", "15", resource_id=first.pk)
    pass_time("12", "12:20")
    assert unit_of(after) == first.pk
    brought_back(long, at(TUESDAY, "12:14"))
    pass_time("12:25", "12:25")
    assert unit_of(after) in (second.pk, third.pk)
    pass_time("12:30", "13:30")
    assert unit_of(after) == third.pk
    assert told(after.agent).count("vehicle.not_back") == 0
    assert [told(b.agent).count("vehicle.late") for b in (one, two, long)] == [1, 1, 0]
    assert told(keeper) == ["fleet.late", "fleet.late"]
    held = list(Booking.objects.filter(state__in=["in_use", "confirmed"]).values_list("resource_id", flat=True))
    assert sorted(held) == sorted({first.pk, second.pk, third.pk})


def test_two_late_returns_and_nothing_left_tell_each_of_the_next_once(depot: Site) -> None:
    first, second = vehicle(depot, "A"), vehicle(depot, "B")
    for unit in (first, second):
        taken(lent(depot, "9", "12", resource_id=unit.pk))
    after = [lent(depot, "12:30", "14", resource_id=unit.pk) for unit in (first, second)]
    later = [lent(depot, "14:30", "16", resource_id=unit.pk) for unit in (first, second)]
    pass_time("12", "16")
    for booking in (*after, *later):
        assert told(booking.agent).count("vehicle.not_back") == 1
        assert state(booking) == State.CANCELLED


def test_a_worker_that_slept_all_day_still_finds_the_way(depot: Site) -> None:
    clio, zoe = vehicle(depot, "Clio"), vehicle(depot, "Zoé")
    taken(lent(depot, "9", "12", resource_id=clio.pk))
    after = lent(depot, "17", "18", resource_id=clio.pk)
    now = at(TUESDAY, "16:50")
    look_after_the_late(now)
    assert unit_of(after) == zoe.pk
    with pytest.raises(NoUnitFree):
        lent(depot, "16:50", "18", now=now)


# -- coming back ------------------------------------------------------------------------------------------------------


def queue(site: Site, start: str, end: str) -> WaitingEntry:
    who = driver(site.territory)
    return waiting.join(who, Ask(Kind.CAR, site.pk, at(TUESDAY, start), at(TUESDAY, end)), by(who), now=NOW)


def test_an_early_return_gives_the_rest_to_who_waits(depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "17"))
    entry = queue(depot, "14", "16")
    brought_back(loan, at(TUESDAY, "11"))
    assert state(entry) == WaitingEntry.State.SERVED
    assert told(entry.agent) == ["waiting.served"]


def test_a_late_return_gives_what_was_held_to_who_waits(depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    pass_time("12", "15")
    entry = waiting.join(
        who := driver(depot.territory),
        Ask(Kind.CAR, depot.pk, at(TUESDAY, "15:10"), at(TUESDAY, "17")),
        by(who),
        now=at(TUESDAY, "15"),
    )
    brought_back(loan, at(TUESDAY, "15:05"))
    assert state(entry) == WaitingEntry.State.SERVED


def test_another_territory_hears_nothing(depot: Site) -> None:
    other = factories.territory()
    pool_rules(other)
    stranger = factories.agent(other)
    factories.grant(stranger, "fleet_manager")
    vehicle(depot, "Clio")
    taken(lent(depot, "9", "12"))
    pass_time("13", "13")
    assert told(stranger) == []
