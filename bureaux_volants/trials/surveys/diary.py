"""The travel diary: a day's trips by mode and purpose, read from a form, and what a day is likely to be."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.travel.modes import Mode, Point, leg

MODES: dict[str, Any] = {
    Mode.CAR: gettext_lazy("voiture"),
    Mode.BUS: gettext_lazy("bus"),
    Mode.RAPID_BUS: gettext_lazy("bus rapide"),
    Mode.TRAIN: gettext_lazy("train"),
    Mode.BIKE: gettext_lazy("vélo"),
    Mode.EBIKE: gettext_lazy("vélo électrique"),
    Mode.CARGO_BIKE: gettext_lazy("vélo cargo"),
    Mode.WALK: gettext_lazy("marche"),
    Mode.TRAM: gettext_lazy("tram"),
    Mode.METRO: gettext_lazy("métro"),
    Mode.COACH: gettext_lazy("autocar"),
}
PURPOSES: dict[str, Any] = {
    "commute": gettext_lazy("domicile-travail"),
    "business": gettext_lazy("professionnel"),
    "private": gettext_lazy("personnel"),
}
MOST_TRIPS = 12
MOST_KM = 1000.0


def read_trips(rows: Sequence[tuple[str, str, str, str]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Trips from rows of (mode, purpose, km, minutes) as typed, and what is wrong (French). Rows without kilometres are left out. Pure."""
    trips: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, (mode, purpose, km, minutes) in enumerate(rows[:MOST_TRIPS], 1):
        if not km.strip() and not minutes.strip():
            continue
        length, time = _number(km), _number(minutes)
        if mode not in MODES or purpose not in PURPOSES:
            wrong.append(_("Trajet %(n)d : choisissez un mode et un motif.") % {"n": number})
        elif length is None or not 0 < length <= MOST_KM:
            wrong.append(_("Trajet %(n)d : donnez une distance en kilomètres, de plus de 0 à 1000.") % {"n": number})
        elif minutes.strip() and (time is None or not 0 < time <= 1440):
            wrong.append(_("Trajet %(n)d : la durée est en minutes, une journée au plus.") % {"n": number})
        else:
            trips.append(
                {"mode": mode, "purpose": purpose, "km": round(length, 1), "minutes": round(time) if time else None}
            )
    return trips, wrong


def _number(said: str) -> float | None:
    try:
        value = float(said.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def days_to_fill(first: dt.date, last: dt.date, today: dt.date) -> list[dt.date]:
    """Days of the wave that may be filled today: up to seven back. Pure."""
    start, end = max(first, today - dt.timedelta(days=7)), min(last, today)
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]


def suggestion(agent: Agent, day: dt.date, days: dict[dt.date, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What the day is likely to be: as the last day filled before it, else there and back to where the agent works that day.

    The place is a desk booked that day, else the usual site; none at the weekend, on a day of telework, or without a home.
    """
    desk = _booked_site(agent, day)
    before = [d for d in days if d < day and days[d]]
    if desk is None and before and day.isoweekday() <= 5:
        return days[max(before)]
    if desk is None and (day.isoweekday() > 5 or day.isoweekday() in agent.telework_weekdays):
        return []
    where, home = desk or agent.usual_site, _home(agent)
    if where is None or home is None:
        return []
    former = [t["mode"] for d in sorted(days) for t in days[d] if t["purpose"] == "commute"]
    mode = Mode(former[-1]) if former else Mode.CAR
    way = leg(home, Point(where.lat, where.lon), mode)
    trip = {"mode": str(mode), "purpose": "commute", "km": round(way.km, 1), "minutes": None}
    return [trip, dict(trip)] if trip["km"] else []


def _booked_site(agent: Agent, day: dt.date) -> Site | None:
    if agent.territory is None:
        return None
    span = local_day(day, agent.territory.zone)
    found = (
        Booking.objects.filter(agent=agent, kind=Kind.DESK, start__lt=span.end, end__gt=span.start)
        .exclude(state__in=(State.CANCELLED, State.REFUSED, State.NO_SHOW))
        .select_related("site")
        .order_by("start")
        .first()
    )
    return found.site if found else None


def _home(agent: Agent) -> Point | None:
    if agent.home_lat is not None and agent.home_lon is not None:
        return Point(agent.home_lat, agent.home_lon)
    return Point(agent.home_commune.lat, agent.home_commune.lon) if agent.home_commune else None
