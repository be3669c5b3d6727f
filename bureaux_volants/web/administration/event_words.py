"""What an event's data says, for people: French words, local times, names beside the numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.models import Booking, LateTap, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent, Grant, Organisation, Site

#: What each key of an event's data is called. A key that is not here is shown as it is.
KEYS: dict[str, Any] = {
    "reference": gettext_lazy("référence"),
    "site": gettext_lazy("site"),
    "resource": gettext_lazy("place"),
    "agent": gettext_lazy("pour"),
    "organisation": gettext_lazy("organisation"),
    "start": gettext_lazy("début"),
    "end": gettext_lazy("fin"),
    "planned_end": gettext_lazy("fin prévue"),
    "before": gettext_lazy("avant"),
    "after": gettext_lazy("après"),
    "state": gettext_lazy("état"),
    "reason": gettext_lazy("motif"),
    "by": gettext_lazy("signalée par"),
    "what": gettext_lazy("signalé sans réseau"),
    "tapped_at": gettext_lazy("à l'instant"),
    "done": gettext_lazy("pris en compte"),
    "role": gettext_lazy("rôle"),
    "told": gettext_lazy("changement"),
    "fields": gettext_lazy("réglages"),
    "prefix": gettext_lazy("début du jeton"),
    "version": gettext_lazy("version"),
    "rules": gettext_lazy("règles"),
    "today": gettext_lazy("jour"),
    "service": gettext_lazy("service"),
    "since": gettext_lazy("en vigueur depuis"),
    "seed": gettext_lazy("tirage"),
}

#: Keys that hold a row's number, and the rows they mean. Before and after a re-seating stand two places.
ROWS: dict[str, type[Model]] = {
    "site": Site,
    "resource": Resource,
    "agent": Agent,
    "organisation": Organisation,
    "before": Resource,
    "after": Resource,
}
CHOICES: dict[str, dict[Any, Any]] = {
    "state": dict(State.choices),
    "by": dict(Booking.CheckInBy.choices),
    "role": dict(Grant.Role.choices),
    "what": dict(LateTap.What.choices),
    "done": {True: gettext_lazy("oui"), False: gettext_lazy("non")},
}


def lines(event: Event) -> Iterable[tuple[str, str]]:
    """Each key of the event's data with its value, in words."""
    return [(str(KEYS.get(key, key)), _value(event, key, value)) for key, value in event.data.items()]


def _value(event: Event, key: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, list):
        return ", ".join(_value(event, key, one) for one in value)
    if key in CHOICES:
        return str(CHOICES[key].get(value, value))
    if isinstance(value, int):
        return _named(event, ROWS[key], value) if key in ROWS else str(value)
    if key == "site":
        site = Site.objects.filter(territory_id=event.territory_id, slug=value).first()
        return f"{site} ({value})" if site else str(value)
    return _instant(str(value))


def _named(event: Event, model: type[Model], number: int) -> str:
    """A row of the event's own territory by its name, its number beside it; the number alone once it is gone."""
    rows: QuerySet[Any] = model._default_manager.filter(pk=number, territory_id=event.territory_id)
    row = rows.first()
    told = _("n° %(number)d") % {"number": number}
    return f"{row} ({told})" if row else told


def _instant(text: str) -> str:
    """An instant in the territory's own time; any other text as it is."""
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if instant.tzinfo is None:
        return text
    local = instant.astimezone(timezone.get_current_timezone())
    return _("%(day)s à %(time)s") % {"day": french.day(local.date(), year=True), "time": french.clock(local.time())}
