"""Keeping a service vehicle at home overnight (remisage à domicile): only with a written authorisation in force."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.guards import guard
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .models import TakeHome, Trip


def against(agent: Agent, asked: Interval, zone: ZoneInfo) -> list[Refusal]:
    """Why somebody may not keep a vehicle at home during a stay; nothing when one authorisation covers all of it."""
    first = asked.start.astimezone(zone).date()
    last = (asked.end - dt.timedelta(microseconds=1)).astimezone(zone).date()
    assert agent.territory_id is not None
    known = TakeHome.objects.filter(agent=agent, territory_id=agent.territory_id)
    if known.filter(valid_from__lte=first, valid_until__gte=last).exists():
        return []
    latest = known.order_by("-valid_until").first()
    if latest is None:
        told = "Garder le véhicule chez soi la nuit demande une autorisation de remisage, et aucune n'est à votre nom."
        return [Refusal("take-home-missing", told)]
    span = f"du {french.day(latest.valid_from, year=True)} au {french.day(latest.valid_until, year=True)}"
    told = f"Votre autorisation de remisage va {span} : elle ne couvre pas tout ce trajet."
    return [Refusal("take-home-not-in-force", told)]


@guard
def take_home_is_authorised(agent: Agent, kind: str, asked: Interval) -> list[Refusal]:
    """At pick-up, the trip is known: whoever said that it ends at home still needs the authorisation."""
    if kind != Kind.CAR or agent.territory_id is None:
        return []
    at_home = Trip.objects.filter(
        booking__agent=agent,
        booking__kind=kind,
        booking__state__in=HOLDING,
        booking__start=asked.start,
        booking__end=asked.end,
        at_home=True,
    )
    return against(agent, asked, get_directory(agent.territory_id).zone) if at_home.exists() else []
