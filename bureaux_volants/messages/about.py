"""What a notice speaks of. A room registers what it knows of its own rows; this room knows none of them.

A notice that leaves hours after it was written is looked at again: what no longer holds is not sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from .models import Notice


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar object for a mail (iMIP, RFC 6047): `method` is REQUEST or CANCEL, `text` the whole VCALENDAR."""

    method: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Subject:
    """What a room says of its rows: whether a notice still holds, and the calendar entry that goes with it, if any."""

    holds: Callable[[Notice, dt.datetime], bool]
    invitation: Callable[[Notice, dt.datetime], Invitation | None] = lambda notice, now: None


_subjects: dict[str, Subject] = {}


def register(name: str, subject: Subject) -> None:
    """Once for each kind of row, at import time (in a room's AppConfig.ready)."""
    _subjects[name] = subject


def _subject(notice: Notice) -> Subject | None:
    return _subjects.get(notice.about.partition(":")[0]) if notice.about else None


def holds(notice: Notice, now: dt.datetime) -> bool:
    """Whether what it says is still so. One that is about nothing in particular always holds."""
    subject = _subject(notice)
    return subject is None or subject.holds(notice, now)


def invitation(notice: Notice, now: dt.datetime) -> Invitation | None:
    subject = _subject(notice)
    return None if subject is None else subject.invitation(notice, now)
