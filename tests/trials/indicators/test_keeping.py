"""Figures are kept by month from the raw rows of one territory, come out the same, and stand once names have left."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bureaux_volants.booking.models import Booking, DayCapacity, WaitingEntry
from bureaux_volants.booking.retention import anonymise
from bureaux_volants.fleet.models import Passenger, Reading, Trip
from bureaux_volants.hosting.models import Meeting
from bureaux_volants.hosting.reception import stand_in_of
from bureaux_volants.territory.models import Agent, Closure, Site, Territory
from bureaux_volants.trials.indicators import keeping, loading, reading
from bureaux_volants.trials.indicators.rows import digest_of, joined, ordinal
from bureaux_volants.trials.models import (
    Cluster,
    Cohort,
    CohortMember,
    DiaryDay,
    KeptFigure,
    Response,
    RunningCost,
    Survey,
    Trial,
    Wave,
)
from bureaux_volants.trials.surveys import scales
from tests import factories
from tests.factories import at

FIRST, LAST = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
MONDAY = dt.date(2026, 10, 5)
#: A working day after the month, before names leave; and long after.
NOW, LATER = at(dt.date(2026, 11, 10), "9"), at(dt.date(2027, 3, 1), "9")


def stay(site: Site, agent: Agent, day: dt.date, start: str = "9", end: str = "12", **fields: Any) -> Booking:
    begins, ends = at(day, start), at(day, end)
    values: dict[str, Any] = {"state": "completed", "kind": "desk", "checked_in_at": begins, "counterfactual": "home"}
    values |= {"resource": site.resources.filter(kind=fields.get("kind", "desk")).order_by("pk").first()}
    return Booking.objects.create(
        **{**values, **fields},
        territory=site.territory,
        site=site,
        agent=agent,
        booked_by=agent,
        start=begins,
        end=ends,
        held=DateTimeTZRange(begins, ends),
        created_at=begins,
    )


class World:
    """Six people; two stays each on the first Monday and Tuesday of October, and one of each other row."""

    def __init__(self) -> None:
        self.territory = factories.territory()
        self.commune = factories.commune(self.territory)
        self.site = factories.site(self.territory, desks=8, commune=self.commune)
        self.people = [factories.agent(self.territory, home_commune=self.commune) for _ in range(6)]
        Agent.objects.filter(territory=self.territory).update(date_joined=at(dt.date(2026, 1, 1), "9"))
        for number, agent in enumerate(self.people):
            desk = self.site.resources.order_by("pk")[number]
            for day in (MONDAY, MONDAY + dt.timedelta(days=1)):
                stay(self.site, agent, day, resource=desk)

    def figures(self, **filters: Any) -> dict[str, KeptFigure]:
        found = KeptFigure.objects.filter(territory=self.territory, trial=None, first_day=FIRST, **filters)
        return {f"{k.code} {k.part}".strip(): k for k in found}


@pytest.fixture
def world(db: None) -> World:
    return World()


def keep(world: World, now: dt.datetime = NOW) -> keeping.Kept:
    return keeping.keep_months(world.territory, FIRST, LAST, now=now)


def test_a_month_is_kept_from_the_rows(world: World) -> None:
    keep(world)
    found = world.figures()
    assert {name: found[name].value for name in ("stays", "agents", "bookings", "no_show")} == {
        "stays": 12,
        "agents": 6,
        "bookings": 12,
        "no_show": 0,
    }
    # Eight desks on each of the 22 weekdays of October 2026.
    assert (found["desk_occupancy"].numerator, found["desk_occupancy"].denominator) == (12, 8 * 22)
    assert found["flying_days"].denominator == 6 * 4
    assert found["flying_days"].value == pytest.approx(12 / 24)
    assert found["participation"].value == 100
    assert found["stays"].people == 6


def test_every_kind_of_row_is_read(world: World) -> None:
    """The queue, an outing by the odometer, a meeting, a seat in the pool's car, a diary, a scale, an expense, a closure."""
    territory, site, people = world.territory, world.site, world.people
    day = at(MONDAY, "9")
    WaitingEntry.objects.create(
        territory=territory, site=site, kind="desk", agent=people[0], start=day, end=at(MONDAY, "12"), created_at=day, state="expired"
    )  # fmt: skip
    car = factories.desk(site, kind="car", name="Zoé", seats=4)
    loan = stay(site, people[0], MONDAY, kind="car", resource=car)
    Trip.objects.create(booking=loan, territory=territory, destination="Metz", lat=49, lon=6, km=4)
    Reading.objects.create(booking=loan, resource=car, moment="taken", at=day, odometer_km=1000)
    Reading.objects.create(booking=loan, resource=car, moment="returned", at=day, odometer_km=1023)
    other = stay(site, people[1], MONDAY, "14", "15", kind="car", resource=car)
    trip = Trip.objects.create(booking=other, territory=territory, destination="Metz", lat=49, lon=6, km=4)
    Passenger.objects.create(trip=trip, agent=people[2], joined_at=day)
    Meeting.objects.create(
        territory=territory, site=site, agent=people[0], host=people[1], title="Avis", start=day, end=at(MONDAY, "10"), state="over", created_at=day
    )  # fmt: skip
    trial = a_trial(world)
    diary = Survey.objects.create(territory=territory, code="carnet", kind="diary", title="Carnet", created_at=NOW)
    who5 = Survey.objects.create(
        territory=territory, code="who5", title="WHO-5", questions=scales.who5(), created_at=NOW
    )
    week = {"first_day": MONDAY, "last_day": MONDAY + dt.timedelta(days=6), "moment": "during", "trial": trial}
    days, asked = (Wave.objects.create(survey=s, number=1, **week) for s in (diary, who5))
    trips = [{"mode": "car", "purpose": "commute", "km": 10, "minutes": 20}]
    for who in "pqrst":
        for n in range(5):
            DiaryDay.objects.create(
                wave=days, pseudonym=who, day=MONDAY + dt.timedelta(days=n), trips=[] if n else [*trips, {**trips[0], "minutes": None}]
            )  # fmt: skip
        Response.objects.create(wave=asked, pseudonym=who, answers={f"who5_{n}": 3 for n in range(1, 6)})
    RunningCost.objects.create(trial=trial, day=MONDAY, kind="staff", label="Accueil", euros=240)
    Closure.objects.create(
        territory=territory,
        site=site,
        start=at(dt.date(2026, 10, 9), "0"),
        end=at(dt.date(2026, 10, 10), "0"),
        reason="travaux",
    )
    DayCapacity.objects.create(territory=territory, site=site, day=dt.date(2026, 10, 12), desks=3, created_at=NOW)
    keep(world)
    found = world.figures()
    assert (found["refusals"].numerator, found["refusals"].denominator) == (1, 13)
    assert found["pool_km"].value == 23 + 8
    assert found["meetings"].value == 1
    assert found["shared_rides"].value == 1
    assert found["car_km"].value == 20
    assert found["travel_minutes"].value == 20
    assert found["gco2e"].value == pytest.approx(20 * 227.605460)
    assert found["gco2e"].tables == "ademe-2026-07"
    assert found["cost_eur"].value == pytest.approx(20 * 0.32)
    assert found["who5"].value == 60
    assert found["cost_per_stay"].value == pytest.approx(240 / 12)
    # A day less, and five desks less on another.
    assert found["desk_occupancy"].denominator == 8 * 21 - 5
    assert not found["car_km"].is_hidden


def a_trial(world: World, **fields: Any) -> Trial:
    trial = Trial.objects.create(
        **{
            "territory": world.territory, "slug": "essai", "title": "Essai", "question": "?", "outcome": "car_km", "threshold": 5,
            "state": Trial.State.RUNNING, "baseline_from": dt.date(2026, 9, 7), "starts_on": FIRST, "ends_on": dt.date(2027, 3, 28),
            "seed": 1, "created_at": NOW, "frozen_at": NOW, **fields,
        }
    )  # fmt: skip
    Cluster.objects.create(trial=trial, commune=world.commune, opens_on=FIRST)
    return trial


def test_worked_out_again_the_same_rows_give_the_same_figures(world: World) -> None:
    keep(world)
    before = {name: (k.value, k.low, k.high, k.data_digest) for name, k in world.figures().items()}
    assert keep(world).changes == ()
    assert {name: (k.value, k.low, k.high, k.data_digest) for name, k in world.figures().items()} == before


def test_a_late_cancellation_is_found_and_said(world: World) -> None:
    keep(world)
    Booking.objects.filter(agent=world.people[0], start=at(MONDAY, "9")).update(state="cancelled", checked_in_at=None)
    changes = {c.code: (c.kept, c.found, c.is_fault) for c in keep(world).changes if not c.part}
    assert changes["stays"] == (12, 11, False)
    assert world.figures()["stays"].value == 11


def test_another_territory_changes_nothing_and_is_not_read(world: World) -> None:
    keep(world)
    before = {name: (k.value, k.data_digest) for name, k in world.figures().items()}
    other = World()
    assert keep(world).changes == ()
    assert {name: (k.value, k.data_digest) for name, k in world.figures().items()} == before
    assert not KeptFigure.objects.filter(territory=other.territory).exists()


def test_read_in_two_pieces_the_rows_are_the_same(world: World) -> None:
    rows = loading.load(world.territory, FIRST, LAST, now=NOW)
    first = loading.load(world.territory, FIRST, MONDAY, now=NOW)
    rest = loading.load(world.territory, MONDAY + dt.timedelta(days=7), LAST, now=NOW)
    assert ordinal(MONDAY) in rows.stays.day
    for name in ("stays", "lent", "diary"):
        whole = getattr(rows, name)
        pieces = joined(type(whole), [getattr(first, name), getattr(rest, name)])
        assert all((a == b).all() for a, b in zip(whole.columns(), pieces.columns(), strict=True))
    assert digest_of(rows) == digest_of(loading.load(world.territory, FIRST, LAST, now=NOW))


def test_a_stay_late_in_the_evening_belongs_to_its_local_day_and_month(world: World) -> None:
    stay(world.site, world.people[0], LAST, "23:30", "23:45")
    stay(world.site, world.people[0], LAST + dt.timedelta(days=1), "0:15", "0:30")
    keep(world)
    assert world.figures()["stays"].value == 13


def test_a_visitor_sits_at_a_desk_and_is_nobody(world: World) -> None:
    stay(world.site, stand_in_of(world.territory), MONDAY + dt.timedelta(days=2), is_visit=True)
    keep(world)
    found = world.figures()
    assert (found["desk_occupancy"].numerator, found["stays"].value, found["agents"].value) == (13, 12, 6)


def test_a_month_that_is_not_over_is_not_told(world: World) -> None:
    assert keeping.keep_months(world.territory, now=at(dt.date(2026, 10, 20), "9")).figures == 0
    assert not KeptFigure.objects.exists()


def test_once_names_have_left_what_was_kept_stands(world: World) -> None:
    keep(world)
    before = {name: (k.value, k.people, k.data_digest) for name, k in world.figures().items()}
    assert anonymise(world.territory, now=LATER) == 12
    assert keep(world, LATER).changes == ()
    assert {name: (k.value, k.people, k.data_digest) for name, k in world.figures().items()} == before
    # What can be worked out without names is still checked.
    Booking.objects.filter(start=at(MONDAY, "9")).update(state="no_show", checked_in_at=None)
    assert {(c.code, c.is_fault) for c in keep(world, LATER).changes if c.code == "no_show"} == {("no_show", True)}
    assert {name: (k.value, k.people, k.data_digest) for name, k in world.figures().items()} == before


def test_hours_that_change_later_are_no_fault_of_a_sealed_month(world: World) -> None:
    keep(world)
    anonymise(world.territory, now=LATER)
    factories.hours(world.site, weekdays=[1, 2])
    changes = keep(world, LATER).changes
    assert [(c.code, c.is_fault) for c in changes] == [("desk_occupancy", False)]
    assert world.figures()["desk_occupancy"].denominator == 8 * 22


def test_who_kept_nothing_before_names_left_has_no_made_up_people(world: World) -> None:
    anonymise(world.territory, now=LATER)
    keep(world, LATER)
    found = world.figures()
    assert {"agents", "stays", "flying_days", "participation", "instead_of_home"}.isdisjoint(found)
    assert found["bookings"].value == 12
    # Six people sat at once: at least six, though all have lost their names.
    assert (found["bookings"].people, found["bookings"].is_hidden) == (6, False)


def test_the_night_works_out_everything_once_then_what_can_still_change(world: World) -> None:
    assert keeping.keep_open(now=NOW) > 0
    stay(world.site, world.people[0], MONDAY + dt.timedelta(days=3))
    keeping.keep_open(now=NOW)
    assert world.figures()["stays"].value == 13


def test_another_version_of_a_definition_leaves_the_figures_of_the_former(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from bureaux_volants.trials.indicators.registry import INDICATORS

    keep(world)
    monkeypatch.setitem(INDICATORS, "stays", replace(INDICATORS["stays"], version=2))  # type: ignore[arg-type]
    keep(world)
    found = KeptFigure.objects.filter(code="stays", first_day=FIRST).order_by("version").values_list("version", "value")
    assert list(found) == [(1, 12), (2, 12)]


def test_a_trial_has_its_own_figures_of_its_sites_and_people(world: World) -> None:
    elsewhere = factories.site(world.territory, desks=8)
    for n in range(6):
        stay(elsewhere, factories.agent(world.territory), MONDAY, resource=elsewhere.resources.order_by("pk")[n])
    trial = a_trial(world)
    cohort = Cohort.objects.create(trial=trial, name="Tous", made_by="drawn", made_at=NOW)
    for agent in world.people:
        CohortMember.objects.create(cohort=cohort, agent=agent, commune=world.commune, joined_on=FIRST)
    keeping.keep_trial(trial, now=NOW)
    lines, _quality = reading.uses_of(trial)
    told = {line.indicator.code: line.since.figure for line in lines}
    assert told["stays"] is not None
    assert (told["stays"].value, told["stays"].first_day, told["stays"].last_day) == (12, FIRST, dt.date(2026, 11, 8))
    assert told["agents"] is not None
    assert told["agents"].value == 6


def test_what_few_people_add_to_a_trial_is_not_told_by_difference(world: World) -> None:
    trial = a_trial(world)
    keeping.keep_trial(trial, now=NOW)
    stay(world.site, world.people[0], dt.date(2026, 11, 12))
    keeping.keep_trial(trial, now=NOW + dt.timedelta(days=7))
    lines, _quality = reading.uses_of(trial)
    since = next(line.since.figure for line in lines if line.indicator.code == "stays")
    # One person came since: the figure told is still that of the eighth of November.
    assert since is not None
    assert (since.value, since.last_day) == (12, dt.date(2026, 11, 8))
    # Once five have come it is told again, and only the last one told stays.
    for agent in world.people[1:]:
        stay(world.site, agent, dt.date(2026, 11, 17), resource=factories.desk(world.site))
    keeping.keep_trial(trial, now=NOW + dt.timedelta(days=14))
    kept = KeptFigure.objects.filter(trial=trial, code="stays", first_day=FIRST).values_list(
        "value", "last_day", "is_hidden"
    )
    assert list(kept) == [(18, dt.date(2026, 11, 22), False)]


def test_what_few_people_do_beside_a_trial_is_not_told_by_difference(world: World) -> None:
    elsewhere = factories.site(world.territory, desks=1)
    stay(elsewhere, world.people[0], MONDAY + dt.timedelta(days=4))
    trial = a_trial(world)
    keeping.keep_trial(trial, now=NOW)
    assert KeptFigure.objects.get(trial=trial, code="stays", part="", first_day=FIRST).is_hidden


def test_where_few_are_beside_a_trial_its_groups_are_hidden_with_its_whole(world: World) -> None:
    trial = a_trial(world)
    cohort = Cohort.objects.create(trial=trial, name="Tous", made_by="drawn", made_at=NOW)
    for agent in world.people:
        CohortMember.objects.create(cohort=cohort, agent=agent, commune=world.commune, joined_on=FIRST)
    told = KeptFigure.tellable.filter(trial=trial, code__in=("equity", "participation"), first_day=FIRST)
    keeping.keep_trial(trial, now=NOW)
    assert {(f.code, f.part) for f in told.all()} > {("equity", ""), ("participation", "")}
    KeptFigure.objects.all().delete()
    # Somebody of the territory who has no part in it: its groups, added up, would be its whole.
    factories.agent(world.territory, home_commune=world.commune)
    Agent.objects.filter(territory=world.territory).update(date_joined=at(dt.date(2026, 1, 1), "9"))
    keeping.keep_trial(trial, now=NOW)
    assert not told.exists()


def _command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("indicators", "recompute", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_differs(world: World) -> None:
    slug = world.territory.slug
    assert "différents de ce qui était gardé : 0" in _command(
        "--territory", slug, "--from", "2026-10", "--to", "2026-10"
    )
    Booking.objects.filter(agent=world.people[0], start=at(MONDAY, "9")).update(state="cancelled", checked_in_at=None)
    said = _command("--territory", slug, "--from", "2026-10", "--to", "2026-10")
    assert "2026-10, stays : 12 gardé, 11 trouvé." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--territory", "nulle-part"), "Aucun territoire"),
        (("--from", "octobre"), "n'est pas un mois"),
        (("--from", "2026-11", "--to", "2026-10"), "doit précéder"),
    ],
)
def test_the_command_refuses_in_one_sentence_and_changes_nothing(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        _command(*arguments)
    assert not KeptFigure.objects.exists()


def test_a_territory_without_a_row_has_no_figure(db: None) -> None:
    assert keeping.keep_months(Territory.objects.get(pk=factories.territory().pk), now=NOW) == keeping.Kept(0, ())
