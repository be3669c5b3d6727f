"""May this person do that here? The only place that answers.

A grant over a territory covers all of it; one over an organisation covers its sites and its people; one over a site
covers that site. Nobody is ever allowed anything in another territory. During a handover the substitute may host where
the host may by a grant of their own, and only so: nobody hands on what they stand in for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import CharField, DateField, DateTimeField, F, Q, QuerySet, Value
from django.utils import timezone

from .calendar import local_day
from .models import Agent, Grant, Handover, Site


class Action(StrEnum):
    """What a person may want to do."""

    BOOK = "book"  # look for a place, book it, and everything about one's own bookings
    HOST = "host"  # run the reception of a site: see who comes, answer, check in, close
    MANAGE_TEAM = "manage_team"  # see a team's week, within what people show
    MANAGE_FLEET = "manage_fleet"  # vehicles, keys and cards
    EVALUATE = "evaluate"  # trials and indicators
    ADMINISTER = "administer"  # accounts, sites, rules, settings
    READ_LOG = "read_log"  # search the event log


Role = Grant.Role

#: The roles that allow each action, within the scope of their grant.
ROLES_ALLOWING: dict[Action, frozenset[str]] = {
    Action.BOOK: frozenset(Role.values),
    Action.HOST: frozenset({Role.HOST, Role.ADMINISTRATOR}),
    Action.MANAGE_TEAM: frozenset({Role.MANAGER, Role.ADMINISTRATOR}),
    Action.MANAGE_FLEET: frozenset({Role.FLEET_MANAGER, Role.ADMINISTRATOR}),
    Action.EVALUATE: frozenset({Role.LAB, Role.ADMINISTRATOR}),
    Action.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
    Action.READ_LOG: frozenset({Role.ADMINISTRATOR}),
}


class AnySite(Protocol):
    """What a permission needs to know of a site: the model and the directory's entry both have it."""

    @property
    def id(self) -> int: ...
    @property
    def organisation_id(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Held:
    """A role and the scope it is held over (both None: the whole territory)."""

    role: str
    organisation_id: int | None
    site_id: int | None
    #: When it is held, half-open; None: always. A substitute's right begins and ends by itself.
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def holds_at(self, now: dt.datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


#: What is read of each grant, before the days of a handover.
_OF_GRANT = ("role", "organisation_id", "site_id")


def _with_handovers(agent: Agent, territory_id: int) -> QuerySet[Grant, tuple[Any, ...]]:
    """The person's own grants, and those to host of whoever has handed over to them: in one query."""
    mine = Grant.objects.filter(agent=agent, territory_id=territory_id).values_list(
        *_OF_GRANT,
        Value(None, DateField()),
        Value(None, DateField()),
        Value(None, DateTimeField()),
        Value(None, CharField()),
    )
    lent = Grant.objects.filter(
        role=Role.HOST,
        territory_id=territory_id,
        agent__is_active=True,
        agent__handovers__substitute=agent,
        agent__handovers__territory_id=territory_id,
        # Days are local; a zone is never further than a day from UTC.
        agent__handovers__last_day__gte=timezone.now().date() - dt.timedelta(days=1),
    ).values_list(
        *_OF_GRANT,
        F("agent__handovers__first_day"),
        F("agent__handovers__last_day"),
        F("agent__handovers__ended_at"),
        F("territory__time_zone"),
    )
    return mine.union(lent, all=True)


def _held(row: tuple[Any, ...]) -> Held:
    role, organisation_id, site_id, first, last, ended_at, zone = row
    if first is None:
        return Held(role, organisation_id, site_id)
    since, until = local_day(first, ZoneInfo(zone)).start, local_day(last, ZoneInfo(zone)).end
    return Held(role, organisation_id, site_id, since, min(until, ended_at) if ended_at else until)


def grants_of(agent: Agent) -> tuple[Held, ...]:
    """The person's grants in their own territory, and what they stand in for, read once per request."""
    if agent.territory_id is None:
        return ()
    known: tuple[Held, ...] | None = getattr(agent, "_held", None)
    if known is None:
        known = tuple(_held(row) for row in _with_handovers(agent, agent.territory_id))
        agent._held = known  # type: ignore[attr-defined]  # lives as long as the instance
    return known


def may(agent: Agent, action: Action, *, site: AnySite | None = None, organisation_id: int | None = None) -> bool:
    """Whether a person may do this: to a site, to an organisation, or (neither given) anywhere at all.

    Every active member of a territory is an agent: no grant is needed to book.
    """
    if not agent.is_active or agent.territory_id is None:
        return False
    if isinstance(site, Site) and site.territory_id != agent.territory_id:
        return False
    if action is Action.BOOK:
        return True
    allowing, now = ROLES_ALLOWING[action], timezone.now()
    for held in grants_of(agent):
        if held.role not in allowing or not held.holds_at(now):
            continue
        if held.organisation_id is None and held.site_id is None:
            return True
        if site is None and organisation_id is None:
            return True
        if site is not None and (held.site_id == site.id or held.organisation_id == site.organisation_id):
            return True
        if organisation_id is not None and held.organisation_id == organisation_id:
            return True
    return False


def may_everywhere(agent: Agent, action: Action) -> bool:
    """Whether a person may do this in the whole of their territory, not only in a part of it."""
    if not may(agent, action):
        return False
    now = timezone.now()
    return action is Action.BOOK or any(
        held.role in ROLES_ALLOWING[action]
        and held.organisation_id is None
        and held.site_id is None
        and held.holds_at(now)
        for held in grants_of(agent)
    )


def may_answer_for(manager: Agent, agent: Agent) -> bool:
    """Whether a person may say yes or no to what another one asks of their manager. Nobody answers themselves."""
    if manager.pk == agent.pk or manager.territory_id != agent.territory_id or not may(manager, Action.MANAGE_TEAM):
        return False
    if agent.service_id is not None and manager.service_id == agent.service_id:
        return True
    return may_everywhere(manager, Action.MANAGE_TEAM) or (
        agent.organisation_id is not None and may(manager, Action.MANAGE_TEAM, organisation_id=agent.organisation_id)
    )


def managers_of(agent: Agent) -> list[Agent]:
    """Who is told that somebody asks for a manager's agreement: the nearest who may answer.

    The managers of their service, else of their organisation, else of the whole territory, else its administrators.
    """
    if agent.territory_id is None:
        return []
    grants = (
        Grant.objects.filter(territory_id=agent.territory_id, agent__is_active=True, site=None)
        .exclude(agent=agent)
        .select_related("agent")
        .order_by("agent_id")
    )
    managers = grants.filter(role=Role.MANAGER)
    rings = [managers.filter(organisation=None), grants.filter(role=Role.ADMINISTRATOR, organisation=None)]
    if agent.organisation_id is not None:
        rings.insert(0, managers.filter(organisation_id=agent.organisation_id))
    if agent.service_id is not None:
        rings.insert(0, managers.filter(agent__service_id=agent.service_id))
    for ring in rings:
        found = {g.agent_id: g.agent for g in ring}
        if found:
            return list(found.values())
    return []


def hosts_of(site: AnySite, territory_id: int, *, now: dt.datetime | None = None) -> list[Agent]:
    """The active hosts of a site, by the site itself or by its organisation, and who stands in for them now, by name."""
    now = now or timezone.now()
    granted = Q(grants__site_id=site.id) | Q(grants__organisation_id=site.organisation_id)
    members = Agent.objects.filter(territory_id=territory_id, is_active=True)
    hosts = members.filter(granted, grants__role=Role.HOST, grants__territory_id=territory_id)
    found = {a.pk: a for a in hosts.distinct()}
    stand_ins = (
        Handover.objects.filter(
            host_id__in=found, substitute__is_active=True, last_day__gte=now.date() - dt.timedelta(days=1)
        )
        .filter(Q(ended_at=None) | Q(ended_at__gt=now))
        .select_related("substitute", "territory")
    )
    for handover in stand_ins:
        if handover.first_day <= now.astimezone(handover.territory.zone).date() <= handover.last_day:
            found[handover.substitute_id] = handover.substitute
    return sorted(found.values(), key=lambda a: (a.last_name, a.first_name, a.pk))


def hosted_sites(agent: Agent, sites: tuple[AnySite, ...]) -> list[AnySite]:
    """Those of the sites whose reception the person may run."""
    return [s for s in sites if may(agent, Action.HOST, site=s)]
