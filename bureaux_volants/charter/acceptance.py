"""Who has accepted what is in force: asked again at each version, counted for the evaluation by groups of five or more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.guards import accepted_by
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Agent

from .models import Acceptance, CharterVersion
from .versions import current

#: Nobody is shown in a smaller group.
LEAST = 5


@accepted_by
def has_accepted_what_is_in_force(agent: Agent) -> bool:
    """Whether somebody has accepted the version in force. Nothing is asked of anybody before the first is published."""
    if agent.territory_id is None:
        return True
    mine = Exists(Acceptance.objects.filter(agent=agent, version=OuterRef("pk")))
    published = CharterVersion.objects.filter(territory_id=agent.territory_id).exclude(number=None)
    is_mine = published.annotate(is_mine=mine).order_by("-number").values_list("is_mine", flat=True).first()
    return is_mine is not False


@transaction.atomic
def accept(agent: Agent, number: int, author: Author, *, now: dt.datetime | None = None) -> CharterVersion:
    """Accept the version that one has read; twice is once. NotFound without a charter; WrongState when a newer one is in force."""
    version = current(agent.territory_id) if agent.territory_id is not None else None
    if version is None:
        raise NotFound("Aucune charte n'est en vigueur.")
    if version.number != number:
        raise WrongState("La charte vient de changer : lisez la nouvelle version avant de l'accepter.")
    _row, is_new = Acceptance.objects.get_or_create(
        agent=agent, version=version, defaults={"accepted_at": now or timezone.now()}
    )
    if is_new:
        record(version.territory_id, author, "charter.accepted", "charter", version.pk, version=number)
    return version


@dataclass(frozen=True, slots=True)
class Group:
    """How many of a group have accepted. An empty name gathers those whose groups are too small to be shown."""

    name: str
    people: int
    accepted: int


def shown(groups: Sequence[Group], least: int = LEAST) -> list[Group]:
    """The groups with nobody in a group smaller than `least`: small ones are gathered, with the next smallest when that is not
    enough, so that no subtraction from the total tells of a few. None at all when everybody together are too few. Pure."""
    if sum(g.people for g in groups) < least:
        return []
    ordered = sorted((g for g in groups if g.people), key=lambda g: (-g.people, g.name))
    gathered: list[Group] = []
    while ordered and (ordered[-1].people < least or 0 < sum(g.people for g in gathered) < least):
        gathered.append(ordered.pop())
    if not gathered:
        return ordered
    return [*ordered, Group("", sum(g.people for g in gathered), sum(g.accepted for g in gathered))]


def by_organisation(version: CharterVersion) -> list[Group]:
    """How many have accepted a version, by organisation."""
    active = Agent.objects.filter(territory_id=version.territory_id, is_active=True)
    accepted = Acceptance.objects.filter(version=version).values("agent_id")
    people = dict(active.values_list("organisation__name").annotate(n=Count("pk")).order_by())
    who = dict(active.filter(pk__in=accepted).values_list("organisation__name").annotate(n=Count("pk")).order_by())
    return [Group(name or "", n, who.get(name, 0)) for name, n in people.items()]
