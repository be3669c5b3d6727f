"""What is booked, at a private address that a calendar programme reads again and again: one's own stays, or who comes to a site.

The address is a secret of 256 bits, kept as a hash, shown once and taken back at once. What it answers is decided anew at each
reading: whoever no longer hosts a site, or has left, is answered nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

import icalendar
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bureaux_volants.booking.entries import changes_of, entry_of, host_of, written
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.events.log import Author, record
from bureaux_volants.hosting.entries import entry_of as meeting_entry
from bureaux_volants.hosting.models import Meeting
from bureaux_volants.planner.models import CalendarFeed
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.territory.permissions import Action, may

#: How far back and ahead a calendar is filled.
BEFORE, AFTER = dt.timedelta(days=30), dt.timedelta(days=180)


class CannotPublish(Exception):
    """Why there is no such feed for this person; one French sentence."""


def _digest(clear: str) -> str:
    # 256 random bits need no salt and no slow hash: nobody can guess what was hashed.
    return hashlib.sha256(clear.encode()).hexdigest()


def publish(agent: Agent, site: Site | None, author: Author) -> str:
    """A new address in place of the former one, which answers nothing any more. Its clear end, which nobody can read again.

    `site`: who comes there, for its hosts; None: the person's own stays. Raises CannotPublish.
    """
    assert agent.territory_id is not None
    if site is not None and not may(agent, Action.HOST, site=site):
        raise CannotPublish("Seul l'accueil d'un site voit qui y vient.")
    clear = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(
            agent=agent,
            site=site,
            defaults={"territory_id": agent.territory_id, "digest": _digest(clear), "created_at": timezone.now()},
        )
        record(agent.territory_id, author, "feed.published", "agent", agent.pk, site=site and site.pk)
    return clear


def withdraw(agent: Agent, site: Site | None, author: Author) -> bool:
    """The address answers nothing from now on; False where there was none."""
    assert agent.territory_id is not None
    with transaction.atomic():
        gone, _by = CalendarFeed.objects.filter(agent=agent, site=site).delete()
        if gone:
            record(agent.territory_id, author, "feed.withdrawn", "agent", agent.pk, site=site and site.pk)
    return bool(gone)


def feeds_of(agent: Agent) -> dict[int | None, CalendarFeed]:
    """The person's feeds by site; their own under None."""
    return {feed.site_id: feed for feed in CalendarFeed.objects.filter(agent=agent)}


def read(clear: str, now: dt.datetime | None = None) -> bytes | None:
    """What the address answers now; None for one that is not, or no longer, anybody's."""
    now = now or timezone.now()
    feed = (
        CalendarFeed.objects.select_related("agent", "site", "territory")
        .filter(digest=_digest(clear), agent__is_active=True)
        .first()
    )
    if feed is None or feed.agent.territory_id != feed.territory_id:
        return None
    if feed.site is None:
        return _own(feed, now)
    return _coming(feed, feed.site, now) if may(feed.agent, Action.HOST, site=feed.site) else None


def _own(feed: CalendarFeed, now: dt.datetime) -> bytes:
    bookings = list(
        Booking.objects.filter(
            agent=feed.agent,
            state__in=(*HOLDING, State.COMPLETED),
            end__gte=now - BEFORE,
            start__lt=now + AFTER,
        )
        .select_related("site", "resource")
        .order_by("start", "pk")
    )
    changes = changes_of(bookings)
    zone = feed.territory.zone
    entries = [entry_of(b, len(changes[b.pk]), settings.BV_BASE_URL, now, zone) for b in bookings]
    meetings = Meeting.objects.filter(Q(agent=feed.agent) | Q(host=feed.agent))
    entries += _meetings(meetings.filter(end__gte=now - BEFORE, start__lt=now + AFTER), feed, now)
    return written(entries, "PUBLISH", "Bureaux volants")


def _meetings(found: QuerySet[Meeting], feed: CalendarFeed, now: dt.datetime) -> list[icalendar.Event]:
    """Those that stand, as entries. One query."""
    stands = found.filter(state__in=(Meeting.State.AGREED, Meeting.State.OVER))
    rows = stands.select_related("site", "territory", "agent", "host").order_by("start", "pk")
    return [meeting_entry(m, feed.agent, settings.BV_BASE_URL, now) for m in rows]


def _coming(feed: CalendarFeed, site: Site, now: dt.datetime) -> bytes:
    """Who sits there, with the reception's page: what the host sees on it, no more."""
    bookings = list(
        Booking.objects.filter(
            territory_id=feed.territory_id,
            site=site,
            kind=Kind.DESK,
            state__in=(State.CONFIRMED, State.IN_USE),
            start__lt=now + AFTER,
            end__gte=now,
        )
        .select_related("agent", "resource")
        .order_by("start", "pk")
    )
    changes = changes_of(bookings)
    base = settings.BV_BASE_URL.rstrip("/")
    entries = []
    for booking in bookings:
        event = icalendar.Event()
        event.add("uid", f"accueil-{booking.reference}@{host_of(base)}")
        event.add("dtstamp", now.astimezone(dt.UTC))
        event.add("sequence", len(changes[booking.pk]))
        event.add("dtstart", booking.start.astimezone(feed.territory.zone))
        event.add("dtend", booking.end.astimezone(feed.territory.zone))
        event.add("summary", f"{booking.agent} ({booking.resource.name})")
        event.add("location", site.name)
        event.add("url", f"{base}/accueil/{site.slug}/")
        event.add("transp", "TRANSPARENT")  # it keeps the host from nothing
        entries.append(event)
    entries += _meetings(Meeting.objects.filter(site=site, end__gte=now, start__lt=now + AFTER), feed, now)
    return written(entries, "PUBLISH", f"Accueil : {site.name}")
