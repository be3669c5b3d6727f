"""Who is on which side of a need or of a meeting: the commune that receives, the agent who comes. Nobody else reads them."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent, Organisation, Site
from bureaux_volants.territory.permissions import Action, AnySite, may

from .models import Meeting, Need


def receives_at(agent: Agent, site: AnySite, kind: str) -> bool:
    """Whether a person receives at a site in a commune's name: they work for it there, or run its reception."""
    if kind == Site.Kind.METROPOLE:
        return False
    works_there = (
        agent.organisation is not None
        and agent.organisation_id == site.organisation_id
        and agent.organisation.kind == Organisation.Kind.COMMUNE
    )
    return works_there or may(agent, Action.HOST, site=site)


def receiving_sites(agent: Agent, directory: Directory) -> list[SiteEntry]:
    """The sites where a person may receive for a commune, by name."""
    return [s for s in directory.sites if s.is_active and receives_at(agent, s, s.kind)]


def is_for_commune(agent: Agent, need: Need) -> bool:
    """Whether a person acts on a need for the commune that posted it."""
    if agent.territory_id != need.territory_id:
        return False
    return need.author_id == agent.pk or receives_at(agent, need.site, need.site.kind)


def readable_needs(agent: Agent, directory: Directory) -> QuerySet[Need]:
    """The needs of one's commune, those one was asked about, and those of one's service's skills."""
    mine = Q(site__in=[s.id for s in receiving_sites(agent, directory)]) | Q(author=agent) | Q(proposals__agent=agent)
    if agent.service_id is not None:
        mine |= Q(skill__services=agent.service_id)
    found = Need.objects.filter(territory_id=directory.territory_id).filter(mine).values("pk")
    return (
        Need.objects.filter(pk__in=found)
        .select_related("site", "site__organisation", "skill", "author", "answered_by")
        .order_by("before", "pk")
    )


def mine_ahead(agent: Agent, now: dt.datetime) -> list[Meeting]:
    """The person's own meetings that are agreed, or wait for somebody's answer, soonest first. One query."""
    found = Meeting.objects.filter(Q(agent=agent) | Q(host=agent), end__gt=now)
    found = found.filter(state__in=(Meeting.State.ASKED, Meeting.State.AGREED))
    return list(found.select_related("site", "agent", "host").order_by("start", "pk"))


def meetings_at(site_id: int, span: Interval) -> list[Meeting]:
    """What takes place, or took place, at a site within a span, in order. One query."""
    found = Meeting.objects.filter(site=site_id, start__lt=span.end, end__gt=span.start)
    found = found.filter(state__in=(Meeting.State.AGREED, Meeting.State.OVER))
    return list(found.select_related("site", "agent", "host").order_by("start", "pk"))


def is_host_of(agent: Agent, meeting: Meeting) -> bool:
    """Whether a person stands on the receiving side of a meeting: any host of the site may act for another."""
    if agent.territory_id != meeting.territory_id:
        return False
    return meeting.host_id == agent.pk or may(agent, Action.HOST, site=meeting.site)


def readable_meetings(agent: Agent, directory: Directory) -> QuerySet[Meeting]:
    """The meetings that a person has, and those of the sites whose reception they run."""
    hosted = [s.id for s in directory.sites if may(agent, Action.HOST, site=s)]
    return (
        Meeting.objects.filter(territory_id=directory.territory_id)
        .filter(Q(agent=agent) | Q(host=agent) | Q(site__in=hosted))
        .select_related("site", "agent", "agent__service", "host", "host__organisation", "need", "asked_by")
        .order_by("start", "pk")
    )
