"""From bookings, answers and diaries to the days that are weighed, and what a reading keeps of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.modes import Mode, Point, leg
from bureaux_volants.trials import carbon
from bureaux_volants.trials.avoided import commuting, days_of
from bureaux_volants.trials.estimating.counterfactual import Answer
from bureaux_volants.trials.models import CohortMember, Trial
from bureaux_volants.trials.weekly import Source
from bureaux_volants.web.lab import words
from tests import factories

from .words import STARTS, Field, came, diary, trip

TODAY = STARTS + dt.timedelta(weeks=8)
#: gCO2e of a kilometre, use and manufacturing.
CAR, BUS = 176.892416 + 50.713044, 113.5 + 8.92


def people_of(trial: Trial) -> list[Agent]:
    return [m.agent for m in CohortMember.objects.filter(cohort__trial=trial).select_related("agent").order_by("pk")]


def filled(who: Agent, trips: list[dict[str, Any]]) -> dict[tuple[Agent, dt.date], list[dict[str, Any]]]:
    """The first week of the trial, filled, with these trips on its Monday."""
    return {(who, STARTS + dt.timedelta(days=n)): [] if n else trips for n in range(5)}


def way(a: Point, b: Point, mode: Mode = Mode.CAR) -> float:
    return 2 * leg(a, b, mode).km


def test_a_day_is_there_and_back_by_the_modes_of_ones_own_diary(lab_field: Field) -> None:
    trial = lab_field.opened()
    who, other = people_of(trial)[:2]
    site = lab_field.mairies[0]
    office = factories.site(lab_field.territory, lat=49.3, lon=6.3, kind="metropole")
    who.home_lat, who.home_lon, who.usual_site = 49.2, 6.2, office
    who.save()
    diary(
        trial,
        {
            **filled(who, [trip("car", 30), trip("bus", 10), trip("bike", 99, "private")]),
            **filled(other, [trip("walk", 2)]),
        },
    )
    day = STARTS + dt.timedelta(weeks=5)
    came(who, site, day, counterfactual="other_site")
    came(other, site, day, counterfactual="")
    rows = days_of(Source(trial, TODAY))
    home, desk, work = Point(49.2, 6.2), Point(site.lat, site.lon), Point(49.3, 6.3)
    assert rows.factors == ("ademe-2026-07",)
    mine = rows.days.agent == who.pk
    assert rows.days.answer[mine] == Answer.ELSEWHERE
    assert rows.days.answer[~mine] == Answer.UNSAID

    def by_mine(to: Point) -> float:
        return 0.75 * CAR * way(home, to) + 0.25 * BUS * way(home, to, Mode.BUS)

    assert rows.days.made[mine] == pytest.approx(by_mine(desk))
    assert rows.days.usual[mine] == pytest.approx(by_mine(work))
    # The other leaves from the middle of their commune, on foot, and works nowhere that is known.
    assert rows.days.made[~mine] == 0.0
    assert np.isnan(rows.days.usual[~mine])


def test_without_a_diary_the_modes_are_those_of_all_diaries_and_without_any_a_car(lab_field: Field) -> None:
    trial = lab_field.opened()
    who, other = people_of(trial)[:2]
    assert commuting(Source(trial, TODAY)) == ({}, {})
    site, day = lab_field.mairies[1], STARTS + dt.timedelta(weeks=5)
    who.home_lat, who.home_lon = 49.2, 6.2
    who.save()
    came(who, site, day)
    home, desk = Point(49.2, 6.2), Point(site.lat, site.lon)
    assert days_of(Source(trial, TODAY)).days.made == pytest.approx([CAR * way(home, desk)])
    diary(trial, filled(other, [trip("bus", 8)]))
    assert days_of(Source(trial, TODAY)).days.made == pytest.approx([BUS * way(home, desk, Mode.BUS)])


def test_somebody_whose_home_nobody_knows_is_not_placed(lab_field: Field) -> None:
    trial = lab_field.opened()
    who = people_of(trial)[0]
    came(who, lab_field.mairies[0], STARTS + dt.timedelta(weeks=5))
    Agent.objects.filter(pk=who.pk).update(home_commune=None)
    assert np.isnan(days_of(Source(trial, TODAY)).days.made).all()


def full(lab_field: Field, home: int) -> Trial:
    """Six people who came twice, from their commune; the first `home` of them instead of a day at home, the others of one far away."""
    office = factories.site(lab_field.territory, lat=49.6, lon=6.15, kind="metropole")
    Agent.objects.filter(territory=lab_field.territory).update(usual_site=office)
    trial = lab_field.opened()
    for n, who in enumerate(people_of(trial)):
        for week in (5, 6):
            came(
                who,
                lab_field.mairies[n % 4],
                STARTS + dt.timedelta(weeks=week, days=n % 5),
                counterfactual="home" if n < home else "usual_site",
            )
    return trial


def test_what_a_reading_keeps_is_in_kilograms_with_its_versions_and_the_same_twice(lab_field: Field) -> None:
    trial = full(lab_field, home=0)
    said = carbon.said_of(Source(trial, TODAY))
    assert said == carbon.said_of(Source(trial, TODAY))
    kept = said.figures
    assert kept["reason"] == ""
    assert kept["factors"] == "ademe-2026-07"
    assert kept["counted"] == {"days": 12, "people": 6}
    assert kept["home"] == {"days": 0, "people": 0}
    plain = kept["scenarios"][0]
    # Some fifty kilometres each way by a diesel car, against a near desk.
    assert 5 < plain["low"] <= plain["per_day"] <= plain["high"] < 40
    assert plain["total"] == pytest.approx(12 * plain["per_day"], abs=1e-4)
    assert [s["code"] for s in kept["scenarios"]] == ["none", "ademe", "severe", "flattered", "flattered_ademe"]


def test_a_group_of_one_is_not_shown_nor_found_by_subtraction(lab_field: Field) -> None:
    kept = carbon.said_of(Source(full(lab_field, home=1), TODAY)).figures
    assert kept["counted"]["people"] == 6
    assert kept["home"] is None
    assert kept["usual"] is None


@pytest.mark.parametrize("home", [1, 5])
def test_two_scenarios_are_not_subtracted_to_find_the_trips_of_one(lab_field: Field, home: int) -> None:
    # Rebound takes off the gain of days at the usual site alone: with it, what one person at home added would be what is left.
    kept = carbon.said_of(Source(full(lab_field, home=home), TODAY)).figures
    assert [s["code"] for s in kept["scenarios"]] == ["none"]
    said = " ".join(words.carbon({"counterfactual": kept}))
    assert "moins de cinq agents" in said
    assert "chaque scénario" not in said


def test_one_small_group_apart_hides_the_others_that_would_give_it_away(lab_field: Field) -> None:
    trial = full(lab_field, home=0)
    people = people_of(trial)
    for who in people:
        came(who, lab_field.mairies[0], STARTS + dt.timedelta(weeks=7, days=people.index(who) % 5), counterfactual="")
    came(people[0], lab_field.mairies[1], STARTS + dt.timedelta(weeks=7, days=5), counterfactual="other_site")
    kept = carbon.said_of(Source(trial, TODAY)).figures
    assert (kept["elsewhere"], kept["unsaid"], kept["unplaced"]) == (None, None, {"days": 0, "people": 0})


def test_days_whose_names_have_left_are_said_and_not_taken_for_nobody(lab_field: Field) -> None:
    trial = full(lab_field, home=0)
    later = TODAY + dt.timedelta(days=60)
    some = carbon.said_of(Source(trial, later)).figures
    assert some["lost_until"] == (later - dt.timedelta(days=89)).isoformat()
    assert "n'y ont plus de nom" in " ".join(words.carbon({"counterfactual": some}))
    Booking.objects.all().delete()
    said = carbon.said_of(Source(trial, later)).figures["reason"]
    assert "n'ont plus de nom" in said
    assert "encore venu" not in said


def test_nobody_came_yet_is_said(lab_field: Field) -> None:
    assert "Personne n'est encore venu" in carbon.said_of(Source(lab_field.opened(), TODAY)).figures["reason"]
