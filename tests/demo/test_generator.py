"""The demonstration keeps the rules of the product, and holds what a visitor should find."""

import datetime as dt
import hashlib
import json
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import QuerySet

from bureaux_volants.booking import jobs, queries
from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.loading import person_of
from bureaux_volants.booking.models import Booking, Resource, WaitingEntry
from bureaux_volants.booking.rules import OwnBooking, Question, failing
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.demo import errands, generator, people
from bureaux_volants.demo.generator import load
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Passenger, Reading, Vehicle
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent, Closure, Site, Territory
from bureaux_volants.territory.permissions import Action, may

from .conftest import NOW

TODAY = NOW.date()
REALLY = [State.CONFIRMED, State.REQUESTED, State.IN_USE, State.COMPLETED, State.NO_SHOW]


@pytest.fixture
def directory(demonstration: generator.Loaded) -> Directory:
    return get_directory(Territory.objects.get(slug="metz-metropole").pk)


def of_vehicles() -> QuerySet[Booking]:
    return Booking.objects.exclude(kind="desk")


def persona(email: str) -> Agent:
    return Agent.objects.get(email=email)


# -- what there is ----------------------------------------------------------------------------------------------------


def test_places_are_46_communes_18_sites_mairies_in_two_phases_and_those_of_a_trial(
    demonstration: generator.Loaded,
) -> None:
    territory = Territory.objects.get(slug="metz-metropole")
    assert (territory.is_demonstration, territory.contours_are_schematic) == (True, True)
    assert territory.communes.exclude(contour=None).count() == 46
    everybody = Site.objects.filter(territory=territory).exclude(phase__is_restricted=True)
    assert Counter(everybody.values_list("kind", flat=True)) == {"metropole": 17, "third_place": 1, "mairie": 10}
    open_now = everybody.filter(kind="mairie", phase__opens_on__lte=TODAY)
    assert open_now.count() == 7
    assert all(2 <= Resource.objects.filter(site=site).count() <= 6 for site in open_now)


def test_there_are_600_agents_and_the_personas_and_nobody_has_a_password(demonstration: generator.Loaded) -> None:
    assert (demonstration.is_new, demonstration.agents) == (True, 606)
    assert Agent.objects.filter(email__regex=r"^agent\d{3}@metz\.example$").count() == 600
    assert not any(a.has_usable_password() for a in Agent.objects.all()[:700])


def test_bookings_go_sixty_days_back_and_fourteen_ahead(demonstration: generator.Loaded, directory: Directory) -> None:
    days = [directory.today(start) for start in Booking.objects.values_list("start", flat=True)]
    assert TODAY - dt.timedelta(days=60) <= min(days) <= TODAY - dt.timedelta(days=55)
    assert TODAY + dt.timedelta(days=10) <= max(days) <= TODAY + dt.timedelta(days=15)
    assert len(days) > 1200


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_every_booking_was_allowed_by_every_rule_when_it_was_asked(directory: Directory) -> None:
    elsewhere = get_directory(Territory.objects.get(slug="trois-rives").pk)
    bookings = list(Booking.objects.filter(state__in=REALLY, is_visit=False).select_related("agent"))
    by_agent: dict[int, list[Booking]] = {}
    for booking in bookings:
        by_agent.setdefault(booking.agent_id, []).append(booking)
    for booking in bookings:
        own = [
            OwnBooking(b.pk, b.kind, b.site_id, "", b.start, b.end, True)
            for b in by_agent[booking.agent_id]
            if b.pk != booking.pk
        ]
        # What is out of service today was not then.
        in_service = Resource.objects.get(pk=booking.resource_id).is_active
        there = directory if booking.territory_id == directory.territory_id else elsewhere
        question = Question(
            there,
            there.site_by_id(booking.site_id),
            booking.kind,
            Interval(booking.start, booking.end),
            frozenset(booking.features),
            person_of(booking.agent),
            own,
            booking.created_at,
            unit_id=booking.resource_id if in_service else None,
        )
        assert failing(question) == [], (booking.site, booking.start)


@pytest.mark.parametrize(
    ("holder", "of"),
    [("resource_id", {}), ("agent_id", {"kind": "desk"}), ("agent_id", {"kind__in": ["car", "bike", "cargo_bike"]})],
    ids=["a unit", "somebody who sits", "somebody who drives"],
)
def test_nothing_and_nobody_is_ever_in_two_places(
    demonstration: generator.Loaded, holder: str, of: dict[str, Any]
) -> None:
    held: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    for key, start, end in Booking.objects.filter(state__in=REALLY, **of).values_list(holder, "start", "end"):
        held.setdefault(key, []).append((start, end))
    for spans in held.values():
        assert all(before[1] <= after[0] for before, after in pairwise(sorted(spans)))


def test_states_agree_with_the_clock(demonstration: generator.Loaded) -> None:
    for booking in Booking.objects.all():
        assert booking.created_at <= NOW
        assert booking.created_at <= booking.start
        match State(booking.state):
            case State.COMPLETED:
                assert booking.end <= NOW
                assert booking.checked_in_at is not None
            case State.IN_USE:
                assert booking.start - dt.timedelta(minutes=30) <= NOW
                # A vehicle may be late; nobody stays at a desk that is somebody else's by now.
                assert booking.end > NOW or booking.kind != "desk"
            case State.NO_SHOW:
                assert booking.ended_at is not None
                assert booking.start < booking.ended_at <= NOW
            case State.CANCELLED | State.REFUSED:
                assert booking.ended_at is not None
                assert booking.created_at <= booking.ended_at <= min(NOW, booking.start)
            case State.REQUESTED:
                assert booking.answer_by is not None
                assert NOW < booking.answer_by <= booking.start
            case State.CONFIRMED:
                assert booking.end > NOW


def test_the_worker_finds_nothing_to_catch_up_with(undone: None) -> None:
    assert jobs.tick(NOW) == jobs.Tick(0, 0, 0, 0)


def test_the_log_tells_each_booking_from_its_request_to_its_state(demonstration: generator.Loaded) -> None:
    told: dict[int, list[Event]] = {}
    for event in Event.objects.filter(subject_kind="booking").order_by("id"):
        told.setdefault(event.subject_id, []).append(event)
    last = {
        State.COMPLETED: "booking.completed",
        State.IN_USE: "booking.checked_in",
        State.NO_SHOW: "booking.no_show",
        State.CANCELLED: "booking.cancelled",
        State.REFUSED: "booking.refused",
        State.REQUESTED: "booking.created",
    }
    for booking in Booking.objects.filter(is_visit=False):
        events = told[booking.pk]
        assert events[0].kind == "booking.created"
        assert events[0].actor_id == booking.agent_id
        assert [e.at for e in events] == sorted(e.at for e in events)
        if booking.state in last:
            assert events[-1].kind == last[State(booking.state)]


# -- what a visitor finds ---------------------------------------------------------------------------------------------


def test_people_come_on_tuesdays_and_thursdays_and_one_in_eight_does_not(directory: Directory) -> None:
    past = Booking.objects.filter(state__in=[State.COMPLETED, State.NO_SHOW], kind="desk")
    weekdays = Counter(directory.today(start).isoweekday() for start in past.values_list("start", flat=True))
    assert min(weekdays[2], weekdays[4]) > max(weekdays[1], weekdays[3], weekdays[5])
    assert 0.09 <= past.filter(state=State.NO_SHOW).count() / past.count() <= 0.16
    declared = past.exclude(counterfactual="").count() / past.count()
    assert 0.6 <= declared <= 0.8


def test_next_tuesday_is_busy_and_one_mairie_is_full_with_people_waiting(directory: Directory) -> None:
    ahead = Booking.objects.filter(state__in=HOLDING, start__gt=NOW, kind="desk")
    busiest = Counter(directory.today(start) for start in ahead.values_list("start", flat=True)).most_common(1)[0][0]
    assert busiest == dt.date(2026, 11, 24)
    waiting = list(WaitingEntry.objects.filter(state="waiting"))
    assert len(waiting) == 3
    site = directory.site_by_id(waiting[0].site_id)
    there = ahead.filter(site_id=site.id, start__lt=waiting[0].end, end__gt=waiting[0].start)
    assert there.count() == len(site.units) == 4
    assert [queries.place_in_queue(entry) for entry in waiting] == [1, 2, 3]


def test_whoever_waits_can_be_served(directory: Directory) -> None:
    entry = WaitingEntry.objects.select_related("agent").order_by("id")[0]
    own = [
        OwnBooking(b.pk, "desk", b.site_id, "", b.start, b.end, True)
        for b in Booking.objects.filter(agent=entry.agent, state__in=REALLY)
    ]
    asked = Interval(entry.start, entry.end)
    site = directory.site_by_id(entry.site_id)
    question = Question(directory, site, "desk", asked, frozenset(), person_of(entry.agent), own, NOW)
    assert failing(question) == []


def test_a_mairie_closes_half_a_day_next_week_and_nobody_is_booked_over_it(directory: Directory) -> None:
    closure = Closure.objects.get()
    assert dt.date(2026, 11, 23) <= directory.today(closure.start) <= dt.date(2026, 11, 27)
    over = Booking.objects.filter(site=closure.site, start__lt=closure.end, end__gt=closure.start)
    assert not over.exists()


def test_requests_await_the_host_of_marly_and_another(directory: Directory) -> None:
    requested = Booking.objects.filter(state=State.REQUESTED).select_related("site")
    assert {"mairie-chesny", "mairie-saint-julien"} <= {b.site.slug for b in requested}
    host = persona(people.HOST)
    assert {b.site.slug for b in requested if may(host, Action.HOST, site=b.site)} == {"mairie-chesny"}
    assert Notice.objects.filter(recipient=host, read_at=None, kind="host.request").exists()


def test_the_host_of_marly_has_arrivals_today(directory: Directory) -> None:
    marly = directory.site("mairie-marly")
    today = queries.expected_at(directory.territory_id, marly.id, TODAY, TODAY)
    assert len([b for b in today if b.state == State.CONFIRMED]) >= 2
    assert len([b for b in today if b.state == State.IN_USE]) >= 1


def test_the_agent_has_a_stay_to_check_in_to_a_past_and_a_future(directory: Directory) -> None:
    agent = persona(people.AGENT)
    first = queries.coming(agent, now=NOW)[0]
    assert first.site.slug == "mairie-marly"
    assert first.state == State.CONFIRMED
    assert first.start <= NOW < first.end
    assert first.free_if_absent_at is None
    assert queries.coming(agent, now=NOW).count() == 3
    past = Counter(queries.past(agent, now=NOW).filter(kind="desk").values_list("state", flat=True))
    assert past[State.COMPLETED] >= 3
    assert past[State.NO_SHOW] == past[State.CANCELLED] == 1
    assert Notice.objects.filter(recipient=agent).exclude(delivery=Notice.Delivery.NONE).count() == 0


def test_roles_are_held_where_they_should_be(directory: Directory) -> None:
    agent, manager, admin = persona(people.AGENT), persona(people.MANAGER), persona(people.ADMIN)
    assert agent.service_id == manager.service_id
    assert may(manager, Action.MANAGE_TEAM, organisation_id=agent.organisation_id)
    assert not may(agent, Action.HOST)
    assert may(admin, Action.ADMINISTER)
    assert admin.is_staff
    assert not admin.is_superuser
    assert may(persona(people.FLEET), Action.MANAGE_FLEET)
    assert may(persona(people.LAB), Action.EVALUATE)
    for site in directory.sites:
        if site.kind == "mairie":
            assert any(may(a, Action.HOST, site=site) for a in Agent.objects.filter(grants__role="host").distinct())


# -- what the pool lives ----------------------------------------------------------------------------------------------


def test_the_pool_is_40_cars_35_bikes_25_cards_and_one_car_is_at_the_garage(demonstration: generator.Loaded) -> None:
    kinds = Counter(Resource.objects.exclude(kind="desk").values_list("kind", flat=True))
    assert (kinds["car"], kinds["bike"] + kinds["cargo_bike"], kinds["transport_card"]) == (40, 35, 25)
    assert list(Resource.objects.filter(is_active=False).values_list("kind", flat=True)) == ["car"]
    soon = Vehicle.objects.filter(inspected_until__lte=TODAY + dt.timedelta(days=20))
    assert soon.count() >= 2


def test_the_pool_is_under_used_and_misused(directory: Directory) -> None:
    done = list(of_vehicles().filter(state=State.COMPLETED).select_related("trip"))
    cars = [b for b in done if b.kind == "car"]
    hours = sum((b.end - b.start).total_seconds() for b in cars) / 3600
    # 40 cars, ten hours a day, some 42 working days.
    assert 0.03 < hours / (40 * 10 * 42) < 0.10
    assert 0.3 < sum(1 for b in cars if b.trip.km < 3) / len(cars) < 0.7
    assert sum(1 for b in done if b.ended_at is not None and b.ended_at > b.end) >= 10
    assert of_vehicles().filter(state=State.NO_SHOW).count() >= 15
    bikes = Counter(b.resource_id for b in done if b.kind == "bike")
    assert sum(bikes.values()) / 35 < 4
    assert not Booking.objects.filter(resource__name=errands.FORGOTTEN).exists()


def test_today_some_are_out_one_is_late_one_is_shared_and_others_are_about_to_leave(directory: Directory) -> None:
    out = of_vehicles().filter(state=State.IN_USE)
    assert {"car", "bike", "cargo_bike", "transport_card"} == set(out.values_list("kind", flat=True))
    assert out.filter(end__lt=NOW).count() == 1
    assert Passenger.objects.filter(trip__booking__in=out).exists()
    assert of_vehicles().filter(state=State.CONFIRMED, start__gt=NOW, start__lt=NOW + dt.timedelta(hours=4)).exists()


def test_the_agent_drove_where_a_bike_would_have_gone(directory: Directory) -> None:
    mine = of_vehicles().filter(agent=persona(people.AGENT), state=State.COMPLETED).select_related("trip")
    assert {"car", "bike"} == {b.kind for b in mine}
    assert any(b.kind == "car" and b.trip.km < 3 for b in mine)


def test_odometers_never_go_back_and_end_where_the_vehicle_stands(demonstration: generator.Loaded) -> None:
    read: dict[int, list[int]] = {}
    for resource_id, km in (
        Reading.objects.exclude(odometer_km=None).order_by("at").values_list("resource_id", "odometer_km")
    ):
        read.setdefault(resource_id, []).append(km)
    assert len(read) > 25
    for resource_id, kms in read.items():
        assert kms == sorted(kms)
        assert kms[-1] <= Vehicle.objects.get(pk=resource_id).odometer_km


# -- loading again ----------------------------------------------------------------------------------------------------


def digest() -> str:
    """What the demonstration says, whatever numbers the database gave to its rows."""
    bookings = (
        Booking.objects.filter(is_visit=False)
        .order_by("reference")
        .values_list(
            "reference",
            "site__slug",
            "resource__name",
            "agent__email",
            "start",
            "end",
            "state",
            "features",
            "counterfactual",
            "created_at",
            "checked_in_at",
            "checked_in_by",
            "ended_at",
            "free_if_absent_at",
            "answer_by",
        )
    )
    agents = Agent.objects.order_by("email").values_list(
        "email", "first_name", "last_name", "usual_site__slug", "home_commune__code", "telework_weekdays", "visibility"
    )
    events = Event.objects.order_by("id").values_list("at", "kind", "actor__email")
    waiting = WaitingEntry.objects.order_by("id").values_list("agent__email", "site__slug", "start", "created_at")
    said = json.dumps([list(bookings), list(agents), list(events), list(waiting)], default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def test_the_same_seed_and_moment_tell_the_same_story_and_another_seed_another(undone: None) -> None:
    first = digest()
    load(now=NOW, reset=True)
    assert digest() == first
    load(now=NOW, seed=8, reset=True)
    assert digest() != first


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC), id="on a Sunday night"),
        pytest.param(dt.datetime(2026, 12, 24, 16, 45, tzinfo=dt.UTC), id="on Christmas Eve"),
        pytest.param(dt.datetime(2027, 3, 26, 9, 0, tzinfo=dt.UTC), id="on Good Friday before the clocks change"),
        pytest.param(dt.datetime(2026, 7, 14, 6, 0, tzinfo=dt.UTC), id="on the 14th of July"),
    ],
)
def test_there_is_something_to_find_whenever_it_is_loaded(undone: None, moment: dt.datetime) -> None:
    load(now=moment, reset=True)
    agent = persona(people.AGENT)
    first = queries.coming(agent, now=moment)[0]
    assert first.start - moment < dt.timedelta(days=5)
    assert WaitingEntry.objects.count() == 3
    assert Booking.objects.filter(state=State.REQUESTED).count() >= 2
    assert {"car", "bike", "transport_card"} <= set(
        of_vehicles().filter(state=State.IN_USE).values_list("kind", flat=True)
    )
    assert jobs.tick(moment) == jobs.Tick(0, 0, 0, 0)
    assert RideOffer.objects.filter(depart__gt=moment).exclude(driver=agent).count() >= 10
    assert RideRequest.objects.filter(passenger=agent, state="accepted").exists()


def test_every_tuesday_until_easter_can_be_asked_for_from_november_on(directory: Directory) -> None:
    """Easter is on 25 April at the latest."""
    latest = dt.date(2038, 4, 25)
    assert {s.rules_for("desk").horizon_days for s in directory.sites} == {180}
    assert latest - dt.date(2037, 11, 1) <= dt.timedelta(days=180)
