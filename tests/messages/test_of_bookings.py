"""Mails of bookings: nothing that no longer holds, and invitations that calendars accept (RFC 5545, 6047)."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage

import icalendar
import pytest
import time_machine

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.notices import HELD, told
from bureaux_volants.messages.delivering import deliver
from bureaux_volants.messages.models import DeliveryPreferences, Notice
from bureaux_volants.territory.models import Agent, Site
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, PARIS, TUESDAY, ask, at
from tests.messages.conftest import Postmaster

pytestmark = pytest.mark.django_db


@pytest.fixture
def marly(ada: Agent) -> Site:
    assert ada.territory is not None
    factories.rules(ada.territory)
    return factories.site(ada.territory, desks=2, slug="marly", name="Mairie de Marly")


def booked(ada: Agent, marly: Site) -> Booking:
    return service.book(ada, ask(marly, start="9", end="12"), by(ada), now=NOW)


def sent(hours: float = 0) -> int:
    with time_machine.travel(NOW + dt.timedelta(hours=hours), tick=False):
        return deliver()


def entries(mail: EmailMessage) -> list[tuple[str, icalendar.Event]]:
    """(method of the part, its entry) for the alternative; the file must say the same."""
    found = []
    files = [part for part in mail.walk() if part.get_content_type() == "application/ics"]
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            text = part.get_content()
            (calendar,) = icalendar.Calendar.from_ical(text, multiple=True)
            (event,) = calendar.walk("VEVENT")
            assert calendar["METHOD"] == part.get_param("method")
            assert [w["TZID"] for w in calendar.walk("VTIMEZONE")] == ["Europe/Paris"]
            assert files[0].get_payload(decode=True).decode().split() == text.split()
            found.append((str(part.get_param("method")), event))
    return found


def test_a_booking_comes_with_an_invitation_at_its_hours(post: Postmaster, ada: Agent, marly: Site) -> None:
    booking = booked(ada, marly)
    assert sent() == 1
    ((method, event),) = entries(post.mails[0])
    assert method == "REQUEST"
    assert event["UID"] == f"{booking.reference}@bureaux.metz.example"
    assert (event["SEQUENCE"], str(event["STATUS"])) == (0, "CONFIRMED")
    assert event["DTSTART"].dt == at(TUESDAY, "9")
    assert str(event["DTSTART"].params["TZID"]) == "Europe/Paris"
    assert event["DTEND"].dt == at(TUESDAY, "12")
    assert str(event["ORGANIZER"]) == "mailto:bureaux@metz.example"
    assert str(event["ATTENDEE"]) == "mailto:ada@metz.example"
    assert str(event["ATTENDEE"].params["PARTSTAT"]) == "ACCEPTED"
    # A program that knows no invitation still reads the text first.
    kinds = [part.get_content_type() for part in post.mails[0].walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]


def test_a_change_raises_the_number_of_the_same_entry_and_an_end_cancels_it(
    post: Postmaster, ada: Agent, marly: Site
) -> None:
    booking = booked(ada, marly)
    sent()
    service.change(booking.pk, by(ada), start=at(TUESDAY, "10"), end=at(TUESDAY, "12"), now=NOW)
    sent()
    host = factories.agent(ada.territory)  # type: ignore[arg-type]
    service.cancel(booking.pk, by(host), reason="travaux", now=NOW)
    sent()
    found = [entries(mail)[0] for mail in post.mails]
    assert [(method, e["SEQUENCE"]) for method, e in found] == [("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)]
    assert len({str(e["UID"]) for _, e in found}) == 1
    assert found[1][1]["DTSTART"].dt == at(TUESDAY, "10")
    assert str(found[2][1]["STATUS"]) == "CANCELLED"


def test_a_mail_that_waited_while_its_booking_was_cancelled_is_not_sent(
    post: Postmaster, ada: Agent, marly: Site
) -> None:
    booking = booked(ada, marly)
    service.cancel(booking.pk, by(factories.agent(ada.territory)), reason="travaux", now=NOW)  # type: ignore[arg-type]
    assert sent() == 1
    assert [m["Subject"].split(" :")[0] for m in post.mails] == ["Annulé"]
    assert Notice.objects.get(kind="booking.confirmed").delivery == Notice.Delivery.STALE


def test_a_mail_that_waited_while_its_booking_moved_gives_way_to_the_one_that_says_so(
    post: Postmaster, ada: Agent, marly: Site
) -> None:
    booking = booked(ada, marly)
    service.change(booking.pk, by(ada), start=at(TUESDAY, "10"), end=at(TUESDAY, "12"), now=NOW)
    assert sent() == 1
    assert post.mails[0]["Subject"].startswith("Modifié")


def test_a_confirmation_is_not_sent_once_the_stay_is_over(post: Postmaster, ada: Agent, marly: Site) -> None:
    booked(ada, marly)
    assert sent(24 * 3) == 0
    assert post.mails == []


def test_who_wants_no_invitations_gets_none(post: Postmaster, ada: Agent, marly: Site) -> None:
    DeliveryPreferences.objects.create(agent=ada, territory=marly.territory, has_invitations=False)
    booked(ada, marly)
    sent()
    assert entries(post.mails[0]) == []


def test_a_stay_over_the_change_of_clocks_keeps_its_hours(post: Postmaster, ada: Agent, marly: Site) -> None:
    booking = booked(ada, marly)
    spring = dt.datetime(2027, 3, 28, 1, 30, tzinfo=PARIS)
    Booking.objects.filter(pk=booking.pk).update(start=spring, end=spring + dt.timedelta(hours=9))
    notice = Notice.objects.get()
    booking.refresh_from_db()
    Notice.objects.filter(pk=notice.pk).update(told=told(booking, HELD)["told"])
    sent()
    ((_, event),) = entries(post.mails[0])
    assert event["DTSTART"].dt == spring
    assert event["DTEND"].dt == spring + dt.timedelta(hours=9)
