"""What a calendar says of one day."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bureaux_volants.planner.agenda.reading import CannotRead, entries_on

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = dt.date(2026, 12, 1)
ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Europe/Paris\nBEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\n"
    "DTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nBEGIN:STANDARD\nTZOFFSETFROM:+0200\n"
    "TZOFFSETTO:+0100\nTZNAME:CET\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n"
    "END:VTIMEZONE"
)


def event(uid: str, *lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"])


def calendar(*events: str) -> bytes:
    return "\r\n".join(
        "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:tests", ZONE, *events, "END:VCALENDAR", ""]).split("\n")
    ).encode()


def told(text: bytes, day: dt.date = TUESDAY) -> list[tuple[str, str]]:
    return [(f"{e.start:%H:%M}-{e.end:%H:%M}", e.title) for e in entries_on(text, day, PARIS)]


def test_a_weekly_meeting_keeps_its_local_hour_in_winter_without_the_dates_taken_out_and_with_the_one_moved() -> None:
    weekly = event(
        "w",
        "SUMMARY:Revue",
        "LOCATION:Mairie de Marly",
        "DTSTART;TZID=Europe/Paris:20260602T140000",
        "DTEND;TZID=Europe/Paris:20260602T150000",
        "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Europe/Paris:20261208T140000",
    )
    moved = event(
        "w",
        "SUMMARY:Revue",
        "RECURRENCE-ID;TZID=Europe/Paris:20261215T140000",
        "DTSTART;TZID=Europe/Paris:20261215T160000",
        "DTEND;TZID=Europe/Paris:20261215T170000",
    )
    text = calendar(weekly, moved)
    assert told(text) == [("14:00-15:00", "Revue")]
    assert told(text, dt.date(2026, 12, 8)) == []
    assert told(text, dt.date(2026, 12, 15)) == [("16:00-17:00", "Revue")]


def test_hours_in_utc_and_without_a_zone_are_told_in_the_territorys() -> None:
    text = calendar(
        event("u", "SUMMARY:Midi", "DTSTART:20261201T110000Z", "DTEND:20261201T120000Z"),
        event("f", "SUMMARY:Matin", "DTSTART:20261201T090000", "DURATION:PT30M"),
        event("n", "SUMMARY:Nuit", "DTSTART:20261130T230500Z", "DTEND:20261201T000000Z"),
    )
    assert told(text) == [("00:05-01:00", "Nuit"), ("09:00-09:30", "Matin"), ("12:00-13:00", "Midi")]


def test_the_title_of_a_private_entry_is_not_read_a_whole_day_and_a_cancelled_entry_are_left_out() -> None:
    text = calendar(
        event("p", "SUMMARY:Médecin", "CLASS:PRIVATE", "DTSTART:20261201T090000", "DTEND:20261201T100000"),
        event("d", "SUMMARY:Congés", "DTSTART;VALUE=DATE:20261201"),
        event("c", "SUMMARY:Annulé", "STATUS:CANCELLED", "DTSTART:20261201T110000", "DTEND:20261201T120000"),
    )
    assert told(text) == [("09:00-10:00", "")]


def test_what_leaves_its_owner_free_or_was_declined_does_not_count() -> None:
    hours = ("DTSTART:20261201T090000", "DTEND:20261201T100000")
    text = calendar(
        event("t", "SUMMARY:Libre", "TRANSP:TRANSPARENT", *hours),
        event("m", "SUMMARY:Refusé", "ATTENDEE;PARTSTAT=DECLINED;CN=Ada:MAILTO:Ada@ville.test", *hours),
        event("e", "SUMMARY:Aussi", "ATTENDEE;PARTSTAT=DECLINED;EMAIL=ada@ville.test:urn:uuid:7", *hours),
        event(
            "o", "SUMMARY:Les autres", "ATTENDEE;PARTSTAT=DECLINED:mailto:basile@ville.test", "TRANSP:OPAQUE", *hours
        ),
    )
    assert [e.title for e in entries_on(text, TUESDAY, PARIS, ["ada@ville.test", ""])] == ["Les autres"]


def test_a_rule_that_only_makes_a_server_work_is_left_out() -> None:
    text = calendar(
        event("s", "SUMMARY:Sans fin", "DTSTART:19700101T000000Z", "DTEND:19700101T000001Z", "RRULE:FREQ=SECONDLY"),
        event("o", "SUMMARY:Vrai", "DTSTART:20261201T090000", "DTEND:20261201T100000"),
    )
    assert told(text) == [("09:00-10:00", "Vrai")]


@pytest.mark.parametrize("text", [b"", b"<html>login</html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:zzz\r\n"])
def test_what_is_no_calendar_is_said_in_one_sentence(text: bytes) -> None:
    with pytest.raises(CannotRead, match="agenda"):
        entries_on(text, TUESDAY, PARIS)
