"""Papers: who may drive, who may keep a car at home, what is announced before it ends, and what a charter may ask."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.booking import guards, service
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.fleet.announcing import announce, stage
from bureaux_volants.fleet.maintenance import Need
from bureaux_volants.fleet.maintenance import service as serviced
from bureaux_volants.fleet.models import Licence, Policy, TakeHome, TransportCard, Trip, Vehicle
from bureaux_volants.fleet.trips import Destination, book_trip
from bureaux_volants.keys.access import require_rules
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from bureaux_volants.travel.modes import Point
from tests import factories
from tests.booking.words import by, told
from tests.factories import NOW, TUESDAY, at

from .words import driver, lent, taken, vehicle

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
DAY = dt.timedelta(days=1)
STATION = Destination("Gare", Point(49.1097, 6.1772))


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [r.code for r in refused.value.refusals]


# -- announced before they end ----------------------------------------------------------------------------------------


@given(st.integers(-400, 400))
def test_a_stage_is_announced_when_it_is_reached_and_nothing_once_it_is_over(left: int) -> None:
    found = stage(TODAY + left * DAY, TODAY)
    assert found == (None if left < 0 or left > 30 else 7 if left <= 7 else 30)


def test_a_licence_is_announced_thirty_and_seven_days_before_each_once(town: Territory) -> None:
    ends = TODAY + 40 * DAY
    who = driver(town, valid_until=ends)
    for n in range(60):
        for _ in range(2):
            announce(town.pk, now=NOW + n * DAY)
    notices = Notice.objects.filter(recipient=who)
    assert [n.kind for n in notices] == ["papers.ending"] * 2
    assert "9 janvier 2027" in notices[0].body


def test_a_licence_that_is_already_near_its_end_is_announced_once_not_twice(town: Territory) -> None:
    who = driver(town, valid_until=TODAY + 5 * DAY)
    for n in range(10):
        announce(town.pk, now=NOW + n * DAY)
    assert told(who) == ["papers.ending"]


def test_a_renewed_licence_is_announced_anew_and_a_far_one_is_not(town: Territory) -> None:
    who, other = driver(town, valid_until=TODAY + 5 * DAY), driver(town)
    announce(town.pk, now=NOW)
    Licence.objects.filter(agent=who).update(valid_until=TODAY + 400 * DAY)
    announce(town.pk, now=NOW + 9 * DAY)
    assert told(who) == ["papers.ending"]
    announce(town.pk, now=NOW + 371 * DAY)
    assert told(who) == ["papers.ending"] * 2
    assert told(other) == []


def test_the_papers_of_the_pool_come_to_the_managers_of_their_site_in_one_message(
    town: Territory, depot: Site, keeper: Agent
) -> None:
    other = factories.site(town, desks=0, name="Ailleurs")
    local = factories.agent(town)
    factories.grant(local, "fleet_manager", over=other)
    vehicle(depot, "Clio", inspected_until=TODAY + 20 * DAY, insured_until=TODAY + 6 * DAY)
    vehicle(other, "Zoé", service_due_on=TODAY + 10 * DAY)
    card = Resource.objects.create(territory=town, site=depot, kind=Kind.TRANSPORT_CARD, name="Carte 1")
    TransportCard.objects.create(resource=card, territory=town, product="Annuel", valid_until=TODAY + 30 * DAY)
    for _ in range(2):
        announce(town.pk, now=NOW)
    (notice,) = Notice.objects.filter(recipient=keeper)
    assert notice.subject == "4 échéances à venir dans le parc"
    for words in (
        "Clio (Dépôt), contrôle technique",
        "Clio (Dépôt), assurance",
        "Carte 1",
        "Zoé (Ailleurs), entretien",
    ):
        assert words in notice.body
    (theirs,) = Notice.objects.filter(recipient=local)
    assert theirs.subject == "1 échéance à venir dans le parc"
    assert "Clio" not in theirs.body


def test_a_service_is_announced_when_it_comes_near_and_when_it_is_passed_by_kilometres_too(
    town: Territory, depot: Site, keeper: Agent
) -> None:
    clio = vehicle(depot, "Clio", odometer_km=20_000, service_due_km=30_000)
    for n, km in enumerate((20_000, 29_000, 29_500, 30_000, 30_001, 31_000)):
        Vehicle.objects.filter(pk=clio.pk).update(odometer_km=km)
        announce(town.pk, now=NOW + n * DAY)
    subjects = [n.body for n in Notice.objects.filter(recipient=keeper).order_by("pk")]
    assert ["à prévoir" in s for s in subjects] == [True, False]
    assert ["dépassé : 30000 km" in s for s in subjects] == [False, True]


def test_an_authorisation_that_another_follows_is_not_announced(town: Territory) -> None:
    who = driver(town)
    for first, last in ((-300, 10), (11, 300)):
        TakeHome.objects.create(
            agent=who, territory=town, valid_from=TODAY + first * DAY, valid_until=TODAY + last * DAY, document="A"
        )
    announce(town.pk, now=NOW)
    assert told(who) == []
    TakeHome.objects.filter(valid_until__gt=TODAY + 20 * DAY).delete()
    announce(town.pk, now=NOW)
    assert told(who) == ["papers.ending"]


@given(st.integers(-50, 50), st.integers(-2000, 2000))
def test_a_service_is_due_by_the_date_or_the_kilometres_whichever_comes_first(days: int, km: int) -> None:
    found = serviced(
        due_on=TODAY + days * DAY, due_km=50_000 + km, today=TODAY, odometer_km=50_000, soon_days=30, soon_km=1000
    )
    overdue, soon = days < 0 or km < 0, days <= 30 or km <= 1000
    assert found.need == (Need.OVERDUE if overdue else Need.SOON if soon else Need.NONE)
    assert (found.days, found.km) == (days, km)


def test_without_limits_no_service_is_due() -> None:
    found = serviced(due_on=None, due_km=None, today=TODAY, odometer_km=9, soon_days=30, soon_km=1000)
    assert (found.need, found.days, found.km) == (Need.NONE, None, None)


# -- checked at booking, when it moves, and at pick-up ----------------------------------------------------------------


def test_a_licence_that_ends_between_booking_and_pick_up_stops_both_the_code_and_the_taking(
    town: Territory, depot: Site
) -> None:
    vehicle(depot, "Clio")
    loan = lent(depot, "9", "12")
    Licence.objects.filter(agent=loan.agent).update(valid_until=TUESDAY - DAY)
    with pytest.raises(Refused) as refused:
        taken(loan)
    assert codes(refused) == ["licence-expired"]
    with pytest.raises(Refused):
        require_rules(Booking.objects.select_related("agent").get(pk=loan.pk))


def test_a_car_is_not_moved_beyond_the_licence(town: Territory, depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = lent(depot, "9", "12", who=driver(town, valid_until=TUESDAY))
    later = TUESDAY + DAY
    with pytest.raises(Refused) as refused:
        service.change(loan.pk, by(loan.agent), start=at(later, "9"), end=at(later, "12"), now=NOW)
    assert codes(refused) == ["licence-expired"]


# -- keeping it at home -----------------------------------------------------------------------------------------------


def overnight(who: Agent, depot: Site, *, at_home: bool = True) -> Booking:
    start, end = at(TUESDAY, "17"), at(TUESDAY + DAY, "9")
    return book_trip(who, Kind.CAR, depot.pk, start, end, STATION, by(who), at_home=at_home, now=NOW)


def authorised(who: Agent, first: dt.date, last: dt.date) -> TakeHome:
    assert who.territory is not None
    return TakeHome.objects.create(
        agent=who, territory=who.territory, valid_from=first, valid_until=last, document="Arrêté 12"
    )


def test_a_car_spends_the_night_at_home_with_an_authorisation_in_force_only(town: Territory, depot: Site) -> None:
    vehicle(depot, "Clio")
    who = driver(town)
    with pytest.raises(Refused) as refused:
        overnight(who, depot)
    assert codes(refused) == ["take-home-missing"]
    paper = authorised(who, TUESDAY, TUESDAY)  # ends before the car is back
    with pytest.raises(Refused) as refused:
        overnight(who, depot)
    assert codes(refused) == ["take-home-not-in-force"]
    assert not Booking.objects.exists()
    paper.valid_until = TUESDAY + DAY
    paper.save()
    assert Trip.objects.get(booking=overnight(who, depot)).at_home


def test_who_does_not_keep_it_at_home_needs_no_authorisation(town: Territory, depot: Site) -> None:
    vehicle(depot, "Clio")
    assert taken(overnight(driver(town), depot, at_home=False)).state == "in_use"


def test_an_authorisation_withdrawn_meanwhile_stops_the_taking(town: Territory, depot: Site) -> None:
    vehicle(depot, "Clio")
    who = driver(town)
    paper = authorised(who, TUESDAY, TUESDAY + DAY)
    loan = overnight(who, depot)
    paper.delete()
    with pytest.raises(Refused) as refused:
        taken(loan)
    assert codes(refused) == ["take-home-missing"]


# -- the charter ------------------------------------------------------------------------------------------------------


@pytest.fixture
def charter(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """A room that keeps a charter, with those who have accepted it."""
    accepted: set[int] = set()
    monkeypatch.setattr(guards, "_charters", [])
    guards.accepted_by(lambda agent: agent.pk in accepted)
    return accepted


def test_a_car_waits_for_the_charter_where_the_territory_asks_for_it(
    town: Territory, depot: Site, charter: set[int]
) -> None:
    vehicle(depot, "Clio")
    vehicle(depot, "Vélo", "human", Kind.BIKE)
    who = driver(town)
    Policy.objects.create(territory=town, cars_need_charter=True)
    with pytest.raises(Refused) as refused:
        lent(depot, "9", "12", who=who)
    assert codes(refused) == ["charter-not-accepted"]
    lent(depot, "9", "12", who=who, kind=Kind.BIKE)
    charter.add(who.pk)
    loan = lent(depot, "9", "12", who=who)
    charter.clear()  # a new version, not accepted yet
    with pytest.raises(Refused) as refused:
        taken(loan)
    assert codes(refused) == ["charter-not-accepted"]


def test_nothing_is_asked_where_the_territory_does_not_or_where_there_is_no_charter(
    town: Territory, depot: Site, charter: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    vehicle(depot, "Clio")
    lent(depot, "9", "10")
    Policy.objects.create(territory=town, cars_need_charter=True)
    monkeypatch.setattr(guards, "_charters", [])
    assert guards.has_accepted(factories.agent(town)) is None
    lent(depot, "11", "12")
