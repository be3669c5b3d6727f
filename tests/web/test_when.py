"""A day and a part of it, as each place understands them."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.web.forms import next_easter
from bureaux_volants.web.when import AFTERNOON, FREE, MORNING, WHOLE, When, first_choice, opening_days
from tests import factories
from tests.factories import TUESDAY, at

from .conftest import World


@pytest.mark.parametrize(
    ("today", "easter"),
    [
        (dt.date(2026, 11, 23), dt.date(2027, 3, 28)),
        (dt.date(2027, 3, 28), dt.date(2027, 3, 28)),
        (dt.date(2027, 3, 29), dt.date(2028, 4, 16)),
    ],
)
def test_easter_is_the_next_one(today: dt.date, easter: dt.date) -> None:
    assert next_easter(today) == easter


@pytest.mark.parametrize(
    ("part", "start", "end"), [(MORNING, "8:30", "12"), (AFTERNOON, "14", "17:30"), (WHOLE, "8:30", "17:30")]
)
def test_a_part_is_the_places_own_hours(world: World, part: str, start: str, end: str) -> None:
    factories.hours(world.mairie, spans=[("08:30", "12:00"), ("14:00", "17:30")])
    site = get_directory(world.territory.pk).site("marly")
    stay = When(TUESDAY, part).interval(site)
    assert (stay.start, stay.end) == (at(TUESDAY, start), at(TUESDAY, end))


def test_a_place_that_is_shut_is_asked_for_usual_hours(world: World) -> None:
    site = get_directory(world.territory.pk).site("marly")
    sunday = TUESDAY + dt.timedelta(days=5)
    stay = When(sunday, MORNING).interval(site)
    assert (stay.start, stay.end) == (at(sunday, "9"), at(sunday, "12"))


def test_free_times_stay_free_times_in_an_address() -> None:
    when = When(TUESDAY, FREE, dt.time(9, 15), dt.time(11))
    assert when.query(site="marly") == "date=2026-12-01&part=free&start=09%3A15&end=11%3A00&site=marly"
    assert when.words() == "mardi 1er décembre, de 9\u00a0h\u00a015 à 11\u00a0h"


def test_late_in_the_day_one_means_the_next_day_that_opens(world: World) -> None:
    directory = get_directory(world.territory.pk)
    friday = TUESDAY + dt.timedelta(days=3)
    assert first_choice(directory, at(friday, "10")) == friday
    assert first_choice(directory, at(friday, "16")) == friday + dt.timedelta(days=3)


def test_days_on_which_nobody_opens_are_left_out(world: World) -> None:
    days = opening_days(get_directory(world.territory.pk), TUESDAY, 5)
    assert [d.isoweekday() for d in days] == [2, 3, 4, 5, 1]
