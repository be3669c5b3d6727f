"""The travel diary: a day's trips by mode and purpose, read from a form, and what a day is likely to be."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
#: Shown at once; the others are one tap further.
USUAL_MODES = (Mode.WALK, Mode.BIKE, Mode.EBIKE, Mode.BUS, Mode.TRAIN, Mode.CAR)
MOST_TRIPS = 12
#: A day may be filled in so long after it.
FILLED_WITHIN = dt.timedelta(days=7)
MOST_KM = 1000.0


def is_final(monday: dt.date, today: dt.date, open_since: dt.date | None) -> bool:
    """Whether nobody can fill in the week of `monday` any more. `open_since`: the earliest first day of the diaries that are not over, None without any. Pure."""
    is_out = open_since is None or monday + dt.timedelta(days=7) <= open_since
    return is_out or monday + dt.timedelta(days=7) + FILLED_WITHIN <= today


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the day's form, as typed. `both`: there and back, kept as two trips. An empty mode: not chosen yet."""

    mode: str = ""
    purpose: str = "commute"
    km: str = ""
    minutes: str = ""
    both: bool = False


def read_trips(rows: Sequence[Row]) -> tuple[list[dict[str, Any]], list[str]]:
    """Trips, and what is wrong (French). A row without mode nor kilometres nor minutes is left out. Pure."""
    trips: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, 1):
        if not (row.mode or row.km.strip() or row.minutes.strip()):
            continue
        # As they are kept: what rounds to nothing is nothing.
        length, time = _number(row.km, 1), _number(row.minutes, 0)
        if row.mode not in MODES or row.purpose not in PURPOSES:
            wrong.append(_("Trajet %(n)d : choisissez un mode et un motif.") % {"n": number})
        elif length is None or not 0 < length <= MOST_KM:
            wrong.append(
                _("Trajet %(n)d : donnez une distance en kilomètres, plus grande que 0 et de 1\u00a0000 au plus.")
                % {"n": number}
            )
        elif row.minutes.strip() and (time is None or not 0 < time <= 1440):
            wrong.append(_("Trajet %(n)d : la durée est en minutes, une journée au plus.") % {"n": number})
        else:
            trip = {
                "mode": row.mode,
                "purpose": row.purpose,
                "km": length,
                "minutes": int(time) if time else None,
            }
            trips += [trip, dict(trip)] if row.both else [trip]
    if len(trips) > MOST_TRIPS:
        wrong.append(_("Un jour compte %(n)d trajets au plus : réunissez les plus petits.") % {"n": MOST_TRIPS})
    return trips, wrong


def rows_of(trips: Sequence[dict[str, Any]]) -> list[Row]:
    """The lines that say these trips; two alike in a row are one, there and back. Pure."""
    rows: list[Row] = []
    for trip in trips:
        km, minutes = f"{trip['km']:g}".replace(".", ","), str(trip["minutes"] or "")
        row = Row(trip["mode"], trip["purpose"], km, minutes)
        if rows and rows[-1] == row:
            rows[-1] = replace(row, both=True)
        else:
            rows.append(row)
    return rows


def summary(trips: Sequence[dict[str, Any]]) -> str:
    """`vélo 5,2 km, aller et retour`: a day in a few words. Pure."""
    told = []
    for row in rows_of(trips):
        words = f"{MODES[row.mode]} {row.km}\u00a0km"
        told.append(_("%(trip)s, aller et retour") % {"trip": words} if row.both else words)
    return " ; ".join(told)


def _number(said: str, digits: int) -> float | None:
    try:
        value = float(said.strip().replace(",", "."))
    except ValueError:
        return None
    return round(value, digits) if math.isfinite(value) else None


def days_to_fill(first: dt.date, last: dt.date, today: dt.date) -> list[dt.date]:
    """Days of the wave that may be filled today: up to seven back. Pure."""
    start, end = max(first, today - FILLED_WITHIN), min(last, today)
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]


def last_like(day: dt.date, days: Mapping[dt.date, list[dict[str, Any]]]) -> dt.date | None:
    """The last day before this one on which trips were told, of its own kind first: a Monday is seldom like a Saturday. Pure."""
    told = [d for d in days if d < day and days[d]]
    return max(told, key=lambda d: ((d.isoweekday() > 5) == (day.isoweekday() > 5), d), default=None)


def suggestion(agent: Agent, day: dt.date, days: Mapping[dt.date, list[dict[str, Any]]]) -> list[Row]:
    """Where the agent is likely to go that day, there and back: the desk booked, else the usual site.

    By the mode of their last way to work, none when they have not told one: a guess would be left as it is, and counted. Nothing at the
    weekend, on a day of telework, or without a home.
    """
    desk = _booked_site(agent, day)
    if desk is None and (day.isoweekday() > 5 or day.isoweekday() in agent.telework_weekdays):
        return []
    where, home = desk or agent.usual_site, _home(agent)
    if where is None or home is None:
        return []
    former = [t["mode"] for d in sorted(days) for t in days[d] if t["purpose"] == "commute"]
    way = leg(home, Point(where.lat, where.lon), Mode(former[-1]) if former else Mode.CAR)
    km = f"{round(way.km, 1):g}".replace(".", ",")
    return [Row(former[-1] if former else "", "commute", km, both=True)] if round(way.km, 1) else []


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
