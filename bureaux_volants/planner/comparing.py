"""Every way from one named place to another, for one person: the page and the API ask here."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.directory import Directory
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.footprint import Tables
from bureaux_volants.travel.journeys import SideBySide, Traveller
from bureaux_volants.travel.side_by_side import Around, side_by_side

from .asked import Impossible
from .naming import Names
from .person import home_of
from .proposing import known_of

#: The text that names one's own home.
HOME = "home"


def compare(
    directory: Directory,
    agent: Agent,
    origin: str,
    destination: str,
    traveller: Traveller,
    *,
    depart: dt.datetime | None = None,
    arrive: dt.datetime | None = None,
) -> tuple[SideBySide, Tables, list[str]]:
    """The ways side by side, the tables that they stand on, and what to know of the figures. Give either instant, aware.

    `home` names the person's own. Raises Impossible: a place that is not known, or both the same.
    """
    at = depart if arrive is None else arrive
    if at is None or (depart is not None and arrive is not None):
        raise ValueError("give either depart or arrive")
    names, home = Names(directory), home_of(agent)
    found = []
    for text in (origin, destination):
        if text == HOME and home is None:
            raise Impossible("no-home", "Vous n'avez pas indiqué où vous habitez : donnez un autre lieu.")
        found.append(home if text == HOME and home is not None else names.place(text))
    a, b = found
    if a.point == b.point:
        raise Impossible("same-place", "Le départ et l'arrivée sont le même lieu.")
    day = at.astimezone(directory.zone).date()
    known, notes = known_of(directory.territory_id, day, a, traveller, timezone.now())
    around = Around(known.timetable, known.park_and_ride, known.bike_and_ride, known.tables)
    return side_by_side(a, b, traveller, around, depart=depart, arrive=arrive), known.tables, notes
