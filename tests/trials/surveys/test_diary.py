"""What a day of the diary is likely to be."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.trials.surveys.diary import last_like

FRIDAY, SATURDAY, SUNDAY, MONDAY = (dt.date(2026, 11, n) for n in (20, 21, 22, 23))
TRIPS = [{"mode": "car", "purpose": "commute", "km": 7.6, "minutes": None}]


def test_a_day_is_like_the_last_one_of_its_own_kind() -> None:
    told = {FRIDAY: TRIPS, SATURDAY: TRIPS, SUNDAY: []}
    assert last_like(MONDAY, told) == FRIDAY
    assert last_like(SUNDAY, told) == SATURDAY
    assert last_like(SATURDAY, told) == FRIDAY
    assert last_like(FRIDAY, told) is None
