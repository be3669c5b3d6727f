"""Who may drive: a licence on record, of the right category, valid for the whole trip."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.guards import guard
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .models import Licence

#: What a car asks for. Bikes, assisted or not, ask for nothing.
CATEGORY = "B"


@guard
def licence_is_in_order(agent: Agent, kind: str, asked: Interval) -> list[Refusal]:
    """A car is only lent to somebody whose licence was seen and covers the trip."""
    if kind != Kind.CAR or agent.territory_id is None:
        return []
    licence = Licence.objects.filter(agent=agent, territory_id=agent.territory_id).first()
    if licence is None:
        return [Refusal("licence-missing", "Aucun permis à votre nom : montrez-le une fois à la gestion de flotte.")]
    if CATEGORY not in licence.categories:
        return [Refusal("licence-category", f"Votre permis n'est pas de la catégorie {CATEGORY}.")]
    zone = get_directory(agent.territory_id).zone
    first = asked.start.astimezone(zone).date()
    last = (asked.end - dt.timedelta(microseconds=1)).astimezone(zone).date()
    if first < licence.valid_from:
        since = french.day(licence.valid_from, year=True)
        return [Refusal("licence-not-yet-valid", f"Votre permis n'est valable qu'à partir du {since}.")]
    if last > licence.valid_until:
        until = french.day(licence.valid_until, year=True)
        told = f"Votre permis est valable jusqu'au {until} : montrez le nouveau à la gestion de flotte."
        return [Refusal("licence-expired", told)]
    return []
