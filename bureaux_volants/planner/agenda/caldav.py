"""Ask a calendar's collection for one day (CalDAV, RFC 4791) instead of reading it whole. Pure but for `is_calendar` and `ask`.

What recurs is sent as it was written and expanded by us, as a file's is: not every server expands, and none knows our floating times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from xml.etree.ElementTree import ParseError, XMLParser

from .fetching import CannotFetch, Credentials, Request, TooSlow, Unauthorised, fetch

_DAV, _CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
#: A floating hour is no instant: the server takes one where it stands, and no two places are further apart than this.
_APART = dt.timedelta(hours=26)
_XML = "application/xml"
_SENT = (("Content-Type", 'application/xml; charset="utf-8"'),)

_WHAT = Request(
    "PROPFIND",
    _XML,
    b'<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>',
    (*_SENT, ("Depth", "0")),
    good=207,
)


class NoCalendar(CannotFetch):
    """A folder, as the one that holds somebody's calendars."""


class NoAnswer(CannotFetch):
    """A multistatus (RFC 4918 §13) was expected, and something else came."""


def is_calendar(address: str, credentials: Credentials | None, allowed: Collection[str]) -> bool:
    """Whether a calendar's collection answers there. Raises Unauthorised for refused credentials, TooSlow and NoCalendar."""
    try:
        found = _Multistatus.read(fetch(address, _WHAT, allowed=allowed, credentials=credentials))
    except TooSlow:
        raise
    except Unauthorised:
        if credentials is not None:
            raise
        return False
    except CannotFetch:
        # Whatever a server of files says to a method that it does not know: the file is asked next, and says what is wrong.
        return False
    if found.is_collection and not found.is_calendar:
        raise NoCalendar("Cette adresse est celle d'un dossier : donnez celle d'un seul agenda.")
    return found.is_calendar


def ask(
    address: str, start: dt.datetime, end: dt.datetime, credentials: Credentials | None, allowed: Collection[str]
) -> list[bytes]:
    """The objects that have an event between these instants, or close to them. Raises CannotFetch."""
    answer = fetch(address, query(start, end), allowed=allowed, credentials=credentials)
    return _Multistatus.read(answer).objects


def query(start: dt.datetime, end: dt.datetime) -> Request:
    """The calendar-query (RFC 4791 §7.8) for the events between two instants, and a little around."""
    first, last = (f"{at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}" for at in (start - _APART, end + _APART))
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>'
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f'<C:time-range start="{first}" end="{last}"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    return Request("REPORT", _XML, body.encode(), (*_SENT, ("Depth", "1")), good=207)


class _Multistatus:
    """What is read of a multistatus, as it passes: no tree is built of what a stranger wrote, and no entity is declared."""

    def __init__(self) -> None:
        self.is_calendar = self.is_collection = False
        self.objects: list[bytes] = []
        self._is_type = self._is_multistatus = False
        self._text: list[str] | None = None

    @classmethod
    def read(cls, answer: bytes) -> _Multistatus:
        """Raises NoAnswer."""
        found = cls()
        try:
            parser = XMLParser(target=found)  # noqa: S314 – `doctype` below refuses what could make it grow
            parser.feed(answer)
            parser.close()
        except (ParseError, ValueError, LookupError):
            raise NoAnswer("Votre agenda ne répond pas en CalDAV.") from None
        if not found._is_multistatus:
            raise NoAnswer("Votre agenda ne répond pas en CalDAV.")
        return found

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("no multistatus has one")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == f"{_DAV}multistatus":
            self._is_multistatus = True
        elif tag == f"{_DAV}resourcetype":
            self._is_type = True
        elif tag == f"{_CALDAV}calendar" and self._is_type:
            self.is_calendar = True
        elif tag == f"{_DAV}collection" and self._is_type:
            self.is_collection = True
        elif tag == f"{_CALDAV}calendar-data":
            self._text = []

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag == f"{_DAV}resourcetype":
            self._is_type = False
        elif tag == f"{_CALDAV}calendar-data" and self._text is not None:
            self.objects.append("".join(self._text).encode())
            self._text = None

    def close(self) -> None:
        """The end of the document."""
