"""The mails that the demonstration has sent, read back from the files that Django's file backend writes."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Any

import icalendar

from bureaux_volants.territory.models import Agent

#: What the backend writes after each mail.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
#: How many mails are shown, and how many files are opened to find them.
SHOWN, MOST_FILES = 30, 300


@dataclass(frozen=True, slots=True)
class Entry:
    """What a mail puts in a calendar: REQUEST, CANCEL or PUBLISH."""

    method: str
    what: str
    where: str
    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as its reader has it: its text part, and what it puts in a calendar."""

    to: str
    subject: str
    at: dt.datetime
    text: str
    entries: tuple[Entry, ...]
    has_html: bool


def mail_of(raw: bytes) -> Mail | None:
    """A mail from its source; None for what is none."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    to = parseaddr(str(message["To"] or ""))[1].lower()
    if not to or not message["Date"]:
        return None
    text = message.get_body(("plain",))
    entries: list[Entry] = []
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar = icalendar.Calendar.from_ical(part.get_content())
            entries += [_entry(event, str(calendar.get("METHOD", ""))) for event in calendar.walk("VEVENT")]
    return Mail(
        to,
        str(message["Subject"] or ""),
        _instant(str(message["Date"])),
        str(text.get_content()).strip() if text is not None else "",
        tuple(entries),
        message.get_body(("html",)) is not None,
    )


def _instant(date: str) -> dt.datetime:
    """A mail's date; "-0000" is universal time that says nothing of where it was written (RFC 5322), and is read without a zone."""
    at = parsedate_to_datetime(date)
    return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at


def _entry(event: Any, method: str) -> Entry:
    return Entry(
        method, str(event.get("SUMMARY", "")), str(event.get("LOCATION", "")), event["DTSTART"].dt, event["DTEND"].dt
    )


def _sources(directory: Path) -> Iterator[bytes]:
    """The mails' sources, the newest file first, and its last mail first."""
    files = sorted(directory.glob("*.log"), key=lambda f: f.name, reverse=True) if directory.is_dir() else []
    for file in files[:MOST_FILES]:
        for raw in reversed(file.read_bytes().split(_BETWEEN)):
            if raw.strip():
                yield raw


def mails(directory: Path, territory_id: int) -> list[Mail]:
    """The last mails to people of a territory, newest first: so many at most, whatever there is."""
    known = {e.lower() for e in Agent.objects.filter(territory_id=territory_id).values_list("email", flat=True)}
    found: list[Mail] = []
    for raw in _sources(directory):
        mail = mail_of(raw)
        if mail is not None and mail.to in known:
            found.append(mail)
        if len(found) == SHOWN:
            break
    return sorted(found, key=lambda m: m.at, reverse=True)
