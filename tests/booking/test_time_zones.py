"""The definition of a zone in a calendar tells the same hours as the zone itself, for whoever knows only the definition."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from icalendar import Timezone

from bureaux_volants.booking.time_zones import definition_of


@pytest.mark.parametrize("name", ["Europe/Paris", "Indian/Reunion", "America/Martinique", "Pacific/Noumea"])
def test_the_definition_tells_the_hours_of_the_zone(name: str) -> None:
    # Read back from its text by the library, which knows nothing but the rules in it.
    text = definition_of(name).to_ical()
    read = Timezone.from_ical(text).to_tz(lookup_tzid=False)
    zone = ZoneInfo(name)
    at = dt.datetime(2026, 1, 1, 0, 30)
    while at.year < 2030:
        for hours in (0, 12):
            there = at + dt.timedelta(hours=hours)
            assert there.replace(tzinfo=read).utcoffset() == there.replace(tzinfo=zone).utcoffset(), there
        at += dt.timedelta(days=1)


def test_france_is_told_by_rule_and_not_by_dates() -> None:
    text = definition_of("Europe/Paris").to_ical().decode()
    assert "RDATE" not in text
    assert text.count("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=") == 2
    assert "DTSTART:19700329T020000" in text
    assert "DTSTART:19701025T030000" in text


def test_a_zone_of_other_rules_is_told_by_its_dates() -> None:
    assert "RDATE" in definition_of("America/Miquelon").to_ical().decode()
