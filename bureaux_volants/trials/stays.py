"""Who of a trial came, where and on which local day. Arrived: the booking is in use or over, nobody having found its desk empty.

A booking past its retention has lost its person: before `named_since` nobody can be said not to have come.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.retention import nobody_email
from bureaux_volants.booking.states import State
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Territory

from .models import Trial


@dataclass(frozen=True, slots=True)
class Stay:
    """One person's first desk of a local day; `answer`: what they said that they would have done (Booking.Counterfactual, or "")."""

    agent_id: int
    day: dt.date
    site_id: int
    answer: str


def named_since(territory: Territory, today: dt.date) -> dt.date:
    """The first local day whose desk bookings all have their person still: a longer retention brings no name back."""
    by_rule = today - dt.timedelta(days=territory.names_kept_days - 1)
    nameless = Booking.objects.filter(territory=territory, kind=Kind.DESK, agent__email=nobody_email(territory))
    last = nameless.filter(start__gte=local_day(by_rule, territory.zone).start).aggregate(last=Max("start"))["last"]
    return by_rule if last is None else last.astimezone(territory.zone).date() + dt.timedelta(days=1)


def opened_stays(trial: Trial, today: dt.date) -> list[Stay]:
    """Days at a desk that the trial opened: of a site in one of its phases, since that phase opened, until the trial's end or today.

    Never at one's usual site. A person and day counts once, by person and day.
    """
    rows = (
        _arrived(trial, trial.starts_on, min(trial.ends_on, today))
        .filter(site__phase__of_trial__trial=trial)
        .values_list("agent_id", "start", "site_id", "counterfactual", "site__phase__opens_on", "agent__usual_site_id")
    )
    zone = trial.territory.zone
    found: dict[tuple[int, dt.date], Stay] = {}
    for agent_id, start, site_id, answer, opens_on, usual_site_id in rows:
        day = start.astimezone(zone).date()
        if site_id != usual_site_id and day >= opens_on:
            found.setdefault((agent_id, day), Stay(agent_id, day, site_id, answer))
    return [found[key] for key in sorted(found)]


def days_at_a_desk(trial: Trial, first: dt.date, last: dt.date) -> set[tuple[int, dt.date]]:
    """Person and local day of each day at a booked desk, whoever lends it, between two days included."""
    zone = trial.territory.zone
    rows = _arrived(trial, first, last).values_list("agent_id", "start")
    return {(agent_id, start.astimezone(zone).date()) for agent_id, start in rows}


def _arrived(trial: Trial, first: dt.date, last: dt.date) -> QuerySet[Booking]:
    zone = trial.territory.zone
    return Booking.objects.filter(
        territory_id=trial.territory_id,
        kind=Kind.DESK,
        state__in=(State.IN_USE, State.COMPLETED),
        agent__in=trial.cohorts.values("members__agent"),
        start__gte=local_day(first, zone).start,
        start__lt=local_day(last, zone).end,
    ).order_by("start", "pk")
