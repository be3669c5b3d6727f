"""Whom the person wants to be with that day: the people of a commune, where its desks are, or a team, where it says that it will be."""

from __future__ import annotations

from django.db.models import Q

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.booking.team_days import team_days_of
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent, Service
from bureaux_volants.territory.visibility import shows

from .asked import TEAM, Asked, Impossible


def teams_of(agent: Agent) -> list[Service]:
    """The teams that a person may ask to be with: those of their organisation, their own first. One query."""
    if agent.territory_id is None:
        return []
    mine = Q(pk=agent.service_id) | Q(organisation_id=agent.organisation_id)
    found = Service.objects.filter(mine, territory_id=agent.territory_id)
    return sorted(found, key=lambda s: (s.pk != agent.service_id, s.name))


def sites_to_meet(agent: Agent, asked: Asked, directory: Directory) -> frozenset[int] | None:
    """The sites where one must sit to be with them; None where anywhere does. At most four queries.

    A team is where it has its day, and where those of it who show this person where they work have booked a desk. Raises Impossible for
    a team that is not theirs to ask for, or that says nothing of that day.
    """
    if not asked.meet:
        return None
    if not asked.meet.startswith(TEAM):
        return frozenset(s.id for s in directory.sites if s.commune_code == asked.meet)
    number = asked.meet.removeprefix(TEAM)
    team = next((s for s in teams_of(agent) if str(s.pk) == number), None)
    if team is None:
        raise Impossible("unknown-team", "Cette équipe n'est pas de votre organisation : choisissez-en une autre.")
    day = local_day(asked.date, directory.zone)
    booked = (
        Booking.objects.filter(
            territory_id=directory.territory_id,
            agent__service=team,
            agent__is_active=True,
            kind=Kind.DESK,
            state__in=HOLDING,
            start__lt=day.end,
            end__gt=day.start,
        )
        .exclude(agent=agent)
        .select_related("agent")
    )
    found = {b.site_id for b in booked if shows(b.agent, agent)}
    if together := team_days_of(team.pk, asked.date, asked.date).get(asked.date):
        found.add(together.site_id)
    if not found:
        raise Impossible(
            "nobody-to-meet",
            f"Personne de l'équipe {team.name} ne dit où travailler ce jour-là : choisissez un autre jour, ou une commune.",
        )
    return frozenset(found)
