"""The month of a site: what its mairie may know, and nobody found by subtraction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.models import Booking
from bureaux_volants.hosting.months import month_of, recap_of
from bureaux_volants.hosting.recap import LEAST, Stay, groups, recap
from bureaux_volants.hosting.reception import receive_visitor
from bureaux_volants.territory.models import Site
from tests import factories
from tests.booking.words import booked
from tests.factories import NOW, TEST, TUESDAY, at

FIRST = dt.date(2026, 11, 2)


def of(group: str, people: Iterable[int], days: int = 1) -> list[Stay]:
    return [Stay(p, group, FIRST + dt.timedelta(days=d), 4.0) for p in people for d in range(days)]


def named(stays: list[Stay]) -> dict[str, int]:
    return {g.name: g.people for g in groups(stays)}


def test_services_of_five_are_shown_and_the_small_ones_together() -> None:
    stays = of("Voirie", range(6)) + of("Eau", range(10, 13)) + of("Déchets", range(20, 22))
    assert named(stays) == {"Voirie": 6, "": 5}


def test_a_small_rest_takes_the_next_service_with_it() -> None:
    stays = of("Voirie", range(9)) + of("Urbanisme", range(20, 25)) + of("Eau", [40])
    assert named(stays) == {"Voirie": 9, "": 6}


def test_too_few_people_in_all_are_not_told_apart() -> None:
    assert groups(of("Voirie", range(4))) == ()


def test_a_day_of_presence_is_one_person_and_one_day() -> None:
    stays = of("Voirie", range(5), days=2) + of("Voirie", range(5), days=1)
    (group,) = groups(stays)
    assert (group.people, group.days, group.hours) == (5, 10, 60.0)


def test_visits_count_as_visits_and_hours_and_in_no_service() -> None:
    told = recap(of("Voirie", range(5)), of("", [99], days=3), meetings=2)
    assert (told.people, told.visitors, told.meetings, told.days, told.hours) == (5, 3, 2, 3, 32.0)
    assert [g.name for g in told.groups] == ["Voirie"]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["", "A", "B", "C", "D"]))))
def test_no_group_is_ever_smaller_and_together_they_are_all_or_nothing(rows: list[tuple[int, str]]) -> None:
    service_of = dict(rows)  # a person has one service
    stays = [Stay(p, service_of[p], FIRST, 1.0) for p, _ in rows]
    found = groups(stays)
    assert all(g.people >= LEAST for g in found)
    assert not found or sum(g.people for g in found) == len(service_of)


def test_a_month_goes_from_its_first_to_its_last_day() -> None:
    assert month_of(dt.date(2026, 2, 14)) == (dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    assert month_of(dt.date(2026, 12, 31)) == (dt.date(2026, 12, 1), dt.date(2026, 12, 31))


@pytest.mark.django_db
def test_only_stays_that_took_place_count_for_the_hours_that_they_lasted(marly: Site) -> None:
    organisation = factories.organisation(marly.territory, name="Métropole")
    service = factories.service(organisation, name="Voirie")
    people = [factories.agent(marly.territory, organisation=organisation, service=service) for _ in range(6)]
    for n, person in enumerate(people):
        booking = booked(marly, person, day=TUESDAY + dt.timedelta(days=n // 3), start="9", end="12")
        if n < 5:
            Booking.objects.filter(pk=booking.pk).update(state="completed")
    receive_visitor(marly.territory_id, marly.pk, TEST, now=at(TUESDAY, "14"))
    directory = get_directory(marly.territory_id)
    told = recap_of(directory, marly.pk, TUESDAY, at(TUESDAY + dt.timedelta(days=2), "16"))
    assert (told.people, told.presences, told.visitors, told.days) == (5, 5, 1, 2)
    assert [(g.name, g.hours) for g in told.groups] == [("Métropole – Voirie", 15.0)]
    assert told.hours == 15.0 + 4.0
    assert recap_of(directory, marly.pk, NOW.date(), NOW).people == 0
