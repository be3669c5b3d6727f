"""May this person do that here? The only place that answers.

A grant over a territory covers all of it; one over an organisation covers its sites and its people; one over a site
covers that site. Nobody is ever allowed anything in another territory.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .models import Agent, Grant, Site


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


def grants_of(agent: Agent) -> tuple[Held, ...]:
    """The person's grants in their own territory, read once per request."""
    if agent.territory_id is None:
        return ()
    known: tuple[Held, ...] | None = getattr(agent, "_held", None)
    if known is None:
        rows = agent.grants.filter(territory_id=agent.territory_id).values_list("role", "organisation_id", "site_id")
        known = tuple(Held(*row) for row in rows)
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
    allowing = ROLES_ALLOWING[action]
    for held in grants_of(agent):
        if held.role not in allowing:
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
    return action is Action.BOOK or any(
        held.role in ROLES_ALLOWING[action] and held.organisation_id is None and held.site_id is None
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


def hosted_sites(agent: Agent, sites: tuple[AnySite, ...]) -> list[AnySite]:
    """Those of the sites whose reception the person may run."""
    return [s for s in sites if may(agent, Action.HOST, site=s)]
