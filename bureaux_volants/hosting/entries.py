"""Meetings as calendar entries (RFC 5545): for feeds, and for the invitations that mails carry."""

from __future__ import annotations

import datetime as dt

import icalendar

from bureaux_volants.booking.entries import host_of
from bureaux_volants.territory.models import Agent

from .models import Meeting


def entry_of(meeting: Meeting, viewer: Agent, base_url: str, now: dt.datetime) -> icalendar.Event:
    """One meeting as one of its sides has it, named after the other. `meeting` comes with its site, territory and people."""
    zone = meeting.territory.zone
    other = meeting.host if viewer.pk == meeting.agent_id else meeting.agent
    event = icalendar.Event()
    event.add("uid", f"rencontre-{meeting.reference}@{host_of(base_url)}")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("sequence", meeting.sequence)
    event.add("dtstart", meeting.start.astimezone(zone))
    event.add("dtend", meeting.end.astimezone(zone))
    event.add("summary", f"{meeting.title} ({other})" if other is not None else meeting.title)
    event.add("location", ", ".join(part for part in (meeting.site.name, meeting.site.address) if part))
    event.add("url", f"{base_url.rstrip('/')}/rencontres/{meeting.reference}/")
    stands = meeting.state in (Meeting.State.AGREED, Meeting.State.OVER)
    event.add("status", "CONFIRMED" if stands else "CANCELLED")
    return event
