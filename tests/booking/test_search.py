"""The search: free counts one can rely on, reasons, two queries for a whole territory, the nearest place first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bureaux_volants.booking import search, service
from bureaux_volants.booking.errors import NoUnitFree
from bureaux_volants.booking.models import Booking, Feature
from bureaux_volants.booking.search import SiteAvailability, no_unit_free
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent, Closure, Phase, Site, Territory
from tests import factories
from tests.booking.words import booked
from tests.factories import NOW, TEST, TUESDAY, ask, at

pytestmark = pytest.mark.django_db

QUIET = frozenset({str(Feature.QUIET)})


def look(who: Agent, start: str = "9", end: str = "12", *, now: dt.datetime = NOW, **asked: Any) -> Any:
    """What a search of the Tuesday answers."""
    day = asked.pop("day", TUESDAY)
    return search.search(who, "desk", at(day, start), at(day, end), now=now, **asked)


def one(who: Agent, where: Site, *clock: str, **asked: Any) -> SiteAvailability:
    (found,) = look(who, *clock, site_slug=where.slug, **asked)
    assert isinstance(found, SiteAvailability)
    return found


def reasons(found: SiteAvailability) -> list[str]:
    return [r.code for r in found.reasons]


def sit(booking: Booking, desk: str) -> None:
    """Put a booking on a desk, as history could have left it."""
    booking.resource = booking.site.resources.get(name=desk)
    booking.save(update_fields=["resource"])


@pytest.mark.parametrize(
    ("busy", "clock", "free"),
    [
        ([], ("9", "12"), 2),
        ([("9", "12")], ("9", "12"), 1),
        ([("8", "9"), ("12", "13")], ("9", "12"), 2),
        ([("8", "9:01")], ("9", "12"), 1),
        ([("8", "12"), ("9", "12")], ("11", "12"), 0),
        ([("9", "10"), ("10", "11")], ("9", "12"), 1),
    ],
)
def test_what_is_free_is_what_the_whole_stay_can_have(
    marly: Site, ada: Agent, busy: list[tuple[str, str]], clock: tuple[str, str], free: int
) -> None:
    for start, end in busy:
        booked(marly, start=start, end=end)
    found = one(ada, marly, *clock)
    assert (found.free, found.capacity, found.bookable) == (free, 2, free > 0)
    assert reasons(found) == ([] if free else ["no-unit-free"])


@pytest.mark.parametrize(("fixed", "free"), [("", 1), ("pinned", 0), ("in use", 0)])
def test_two_half_days_on_two_desks_leave_a_day_unless_they_may_not_move(
    marly: Site, ada: Agent, fixed: str, free: int
) -> None:
    morning, afternoon = booked(marly, start="8", end="12"), booked(marly, start="13", end="18")
    sit(morning, "Bureau 1")
    sit(afternoon, "Bureau 2")
    now = NOW
    if fixed == "pinned":
        Booking.objects.filter(pk__in=[morning.pk, afternoon.pk]).update(is_pinned=True)
    if fixed == "in use":
        now = at(TUESDAY, "12:30")
        service.check_in(morning.pk, TEST, Booking.CheckInBy.PHONE, now=at(TUESDAY, "8"))
        Booking.objects.filter(pk=afternoon.pk).update(is_pinned=True)
    found = one(ada, marly, "8", "18", now=now)
    assert (found.free, found.bookable) == (free, bool(free))
    if free:
        booked(marly, ada, start="8", end="18")
    else:
        with pytest.raises(NoUnitFree):
            booked(marly, ada, start="8", end="18", now=NOW)


def test_features_narrow_the_count_to_the_units_that_have_them(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1)
    factories.desk(site, features=["quiet"])
    factories.desk(site, features=["quiet", "dock"], is_active=False)
    assert (one(ada, site).free, one(ada, site).capacity) == (2, 2)
    quiet = one(ada, site, features=QUIET)
    assert (quiet.free, quiet.capacity) == (1, 1)
    docked = one(ada, site, features=frozenset({"dock"}))
    assert (docked.free, docked.bookable, reasons(docked)) == (0, False, ["features-unavailable"])


def test_who_sits_on_a_quiet_desk_without_asking_for_it_moves_for_who_does(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz, desks=1)
    quiet = factories.desk(site, features=["quiet"])
    easy = booked(site)
    sit(easy, quiet.name)
    assert one(ada, site, features=QUIET).free == 1
    assert booked(site, ada, features=QUIET).resource_id == quiet.pk


def test_cancelled_stays_and_withdrawn_desks_leave_the_count_right(marly: Site, ada: Agent) -> None:
    service.cancel(booked(marly).pk, TEST, now=NOW)
    assert one(ada, marly).free == 2
    marly.resources.filter(name="Bureau 2").update(is_active=False)
    assert (one(ada, marly).free, one(ada, marly).capacity) == (1, 1)


def test_a_requested_stay_holds_its_desk(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz)
    factories.rules(metz, at_site=site, approval="asked")
    booked(site)
    assert one(ada, site).free == 1


def test_a_full_place_says_it_is_full_and_a_closed_one_that_it_is_closed(metz: Territory, ada: Agent) -> None:
    full, shut = factories.site(metz, desks=1), factories.site(metz, desks=1)
    booked(full)
    booked(shut)
    Closure.objects.create(territory=metz, site=shut, start=at(TUESDAY, "0"), end=at(TUESDAY, "23"), reason="travaux")
    assert reasons(one(ada, full)) == ["no-unit-free"]
    assert "le seul bureau est pris" in one(ada, full).reasons[0].message
    assert reasons(one(ada, shut)) == ["closed"]


def test_every_site_of_the_territory_answers_by_name_and_no_other(metz: Territory, ada: Agent) -> None:
    names = ["Vigy", "Ars", "Marly"]
    for name in names:
        factories.site(metz, name=name)
    factories.site(metz, name="Sans bureau", desks=0)
    factories.site(factories.territory(), name="Ailleurs")
    assert [a.site.name for a in look(ada)] == sorted(names)
    with pytest.raises(KeyError):
        look(ada, site_slug="ailleurs")


def test_what_the_search_promises_the_booking_keeps(metz: Territory, marly: Site) -> None:
    """The count falls by one with each booking, and the last one accepted leaves none."""
    factories.desk(marly)
    for start, end in [("8", "10"), ("10", "13"), ("9", "11"), ("12", "17")]:
        booked(marly, start=start, end=end)
    newcomer = factories.agent(metz)
    while (free := one(newcomer, marly, "14", "18").free) > 0:
        booked(marly, newcomer, start="14", end="18")
        newcomer = factories.agent(metz)
        assert one(newcomer, marly, "14", "18").free == free - 1
    with pytest.raises(NoUnitFree):
        booked(marly, newcomer, start="14", end="18")


# Half-days


def test_half_days_follow_the_hours_the_closures_and_the_bookings(marly: Site, ada: Agent) -> None:
    factories.hours(marly, weekdays=(1, 2, 3), spans=(("08:00", "12:00"), ("13:00", "17:00")))
    booked(marly, start="9", end="10")
    wednesday, thursday = TUESDAY + dt.timedelta(days=1), TUESDAY + dt.timedelta(days=2)
    Closure.objects.create(
        territory=marly.territory, site=marly, start=at(wednesday, "13"), end=at(wednesday, "20"), reason="chauffage"
    )
    (days,) = search.half_days(ada, "desk", TUESDAY, thursday, now=NOW)
    assert [(h.day, h.part, h.free, h.closed_because) for h in days.halves] == [
        (TUESDAY, "morning", 1, ""),
        (TUESDAY, "afternoon", 2, ""),
        (wednesday, "morning", 2, ""),
        (wednesday, "afternoon", 0, "chauffage"),
        (thursday, "morning", 0, ""),
        (thursday, "afternoon", 0, ""),
    ]
    assert days.halves[0].interval == Interval(at(TUESDAY, "8"), at(TUESDAY, "12"))
    assert days.halves[3].interval is None
    assert {h.capacity for h in days.halves} == {2}


def half_days_of(site: Site, who: Agent, day: dt.date, now: dt.datetime) -> list[tuple[str, int, bool, str]]:
    (days,) = search.half_days(who, "desk", day, day, site_slug=site.slug, now=now)
    return [(h.part, h.free, h.interval is not None, h.closed_because) for h in days.halves]


def test_half_days_that_nobody_may_book_yet_are_not_free(metz: Territory, marly: Site, ada: Agent) -> None:
    phase = Phase.objects.create(territory=metz, number=2, name="suite", opens_on=TUESDAY, closes_on=TUESDAY)
    factories.rules(metz, at_site=marly, horizon_days=1)
    free = [("morning", 2, True, ""), ("afternoon", 2, True, "")]
    assert half_days_of(marly, ada, TUESDAY, NOW) == free
    wednesday = TUESDAY + dt.timedelta(days=1)
    for part in half_days_of(marly, ada, wednesday, NOW):
        assert part[1:] == (0, False, "Les réservations sont ouvertes jusqu'au mardi 1er décembre 2026.")
    marly.phase = phase
    marly.save()
    monday = TUESDAY - dt.timedelta(days=1)
    assert half_days_of(marly, ada, TUESDAY, NOW) == free
    assert {p[3] for p in half_days_of(marly, ada, monday, NOW)} == {
        "Ce site ouvrira le mardi 1er décembre 2026 (suite)."
    }


def test_half_days_that_are_over_are_not_free(marly: Site, ada: Agent) -> None:
    morning, afternoon = half_days_of(marly, ada, TUESDAY, at(TUESDAY, "14"))
    assert morning[1:3] == (0, False)
    assert afternoon[1:3] == (2, True)


# Cost


def fill(where: Territory, sites: int) -> Agent:
    for _ in range(sites):
        booked(factories.site(where, desks=2))
    return factories.agent(where)


@pytest.mark.parametrize("sites", [1, 40])
def test_a_search_costs_one_query_whatever_the_number_of_sites_and_two_more_after_a_change(
    metz: Territory, sites: int
) -> None:
    who = fill(metz, sites)
    week = TUESDAY + dt.timedelta(days=6)
    for search_it in (
        lambda: look(who, "8", "18"),
        lambda: search.half_days(who, "desk", TUESDAY, week, now=NOW),
        lambda: search.half_days(who, "desk", TUESDAY, TUESDAY, now=NOW),
    ):
        factories.desk(Site.objects.filter(territory=metz)[0])
        for expected in (3, 1, 1):
            with CaptureQueriesContext(connection) as queries:
                assert len(search_it()) == sites
            assert len(queries) == expected


# Alternatives


def test_alternatives_come_nearest_first_and_only_where_the_stay_can_be_had(metz: Territory, ada: Agent) -> None:
    here = factories.site(metz, desks=1, lat=49.10, lon=6.10)
    far = factories.site(metz, lat=49.40, lon=6.10)
    near = factories.site(metz, lat=49.11, lon=6.10)
    middle = factories.site(metz, lat=49.20, lon=6.10)
    farthest = factories.site(metz, lat=49.60, lon=6.10)
    full = factories.site(metz, desks=1, lat=49.10, lon=6.11)
    booked(full)
    shut = factories.site(metz, lat=49.10, lon=6.09)
    factories.hours(shut, weekdays=(3,))
    asked = Interval(at(TUESDAY, "9"), at(TUESDAY, "12"))
    found = search.alternatives(ada, "desk", here.pk, asked, now=NOW)
    assert [a.site.id for a in found] == [near.pk, middle.pk, far.pk]
    assert [round(a.km, 1) for a in found] == [1.1, 11.1, 33.4]
    assert [(a.start, a.end, a.free) for a in found] == [(asked.start, asked.end, 2)] * 3
    all_of_them = search.alternatives(ada, "desk", here.pk, asked, limit=99, now=NOW)
    assert [a.site.id for a in all_of_them] == [near.pk, middle.pk, far.pk, farthest.pk]


def test_alternatives_look_beyond_the_near_ones_when_these_are_full(
    metz: Territory, ada: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEAR_BY", 2)
    here = factories.site(metz, desks=1, lat=49.10, lon=6.1)
    for lat in (49.11, 49.12):
        booked(factories.site(metz, desks=1, lat=lat, lon=6.1))
    far = factories.site(metz, lat=49.5, lon=6.1)
    booked(here)
    with pytest.raises(NoUnitFree) as full:
        service.book(ada, ask(here), TEST, now=NOW)
    assert [a.site.id for a in full.value.alternatives] == [far.pk]


@pytest.mark.parametrize(
    ("kind", "units", "told"),
    [
        ("desk", 1, "le seul bureau est pris"),
        ("desk", 3, "les 3 bureaux sont pris"),
        ("car", 1, "la seule voiture est prise"),
        ("transport_card", 2, "les 2 cartes de transport sont prises"),
    ],
)
def test_a_full_site_names_what_is_taken(kind: str, units: int, told: str) -> None:
    assert told in no_unit_free(kind, units).message
