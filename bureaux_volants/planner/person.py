"""What the product knows of a person who asks for a day: where it begins, whether they may work there, whether they may drive."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from bureaux_volants.fleet.models import Licence
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point


def home_of(agent: Agent) -> Place | None:
    """Where the day begins and ends, as far as the person has told: a point, or their commune."""
    if agent.home_lat is not None and agent.home_lon is not None:
        return Place(_("chez vous"), Point(agent.home_lat, agent.home_lon), "home")
    commune = agent.home_commune
    return Place(_("chez vous (%s)") % commune.name, Point(commune.lat, commune.lon), "home") if commune else None


def may_work_at_home(agent: Agent, day: dt.date) -> bool:
    """Whether telework is agreed on that day of the week."""
    return day.isoweekday() in agent.telework_weekdays


def has_licence(agent: Agent, day: dt.date) -> bool:
    """Whether a licence in force that day is on record."""
    return Licence.objects.filter(agent=agent, valid_until__gte=day).exists()
