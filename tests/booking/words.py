"""Short sentences about bookings, for the tests of this room."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site
from tests import factories
from tests.factories import NOW, TUESDAY, ask


def by(agent: Agent) -> Author:
    """The person acting from the pages."""
    return Author(agent, Event.Origin.WEB)


def booked(site: Site, who: Agent | None = None, *, now: dt.datetime = NOW, **asked: Any) -> Booking:
    """A stay booked for oneself, by somebody new unless said."""
    who = who or factories.agent(site.territory)
    return service.book(who, ask(site, asked.pop("day", TUESDAY), **asked), by(who), now=now)


def queued(site: Site, who: Agent | None = None, *, now: dt.datetime = NOW, **asked: Any) -> WaitingEntry:
    """A place in the queue of a site, taken by somebody new unless said."""
    who = who or factories.agent(site.territory)
    return waiting.join(who, ask(site, asked.pop("day", TUESDAY), **asked), by(who), now=now)


def kinds(booking: Booking) -> list[str]:
    """What the log says of a booking, in order."""
    found = Event.objects.filter(subject_kind="booking", subject_id=booking.pk).order_by("id")
    return list(found.values_list("kind", flat=True))


def told(agent: Agent) -> list[str]:
    """The kinds of the notices that a person got, in order."""
    return list(Notice.objects.filter(recipient=agent).order_by("id").values_list("kind", flat=True))


def state(what: Booking | WaitingEntry) -> str:
    """The state as the database has it now."""
    what.refresh_from_db()
    return str(what.state)
