"""The seats in colleagues' cars of a day plan: asked for when it is booked, given back with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.events.log import Author
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.visibility import shows

from .keeping import place_in
from .models import RIDING, DayPlan, RideOffer, RideRequest
from .rides.seats import NoFit, ask_seat


def offers_of(agent: Agent, chosen: dict[str, Any]) -> dict[int, RideOffer]:
    """The rides that a kept plan counts on, by number. NotFound when one is no longer there."""
    wanted = {step["offer"] for step in chosen["steps"] if step.get("offer")}
    if not wanted:
        return {}
    found = RideOffer.objects.filter(territory=agent.territory).select_related("booking").in_bulk(wanted)
    if len(found) < len(wanted):
        raise NotFound("La voiture d'un collègue de cette journée n'est plus proposée.")
    return found


def ask(
    agent: Agent, step: dict[str, Any], offers: dict[int, RideOffer], author: Author, now: dt.datetime
) -> RideRequest:
    """Ask for the seat of a kept travel, at its own hours; its driver is locked already. NotFound, NoFit."""
    try:
        return ask_seat(
            agent,
            offers[step["offer"]].pk,
            place_in(step["from"]),
            place_in(step["place"]),
            author,
            ready=dt.datetime.fromisoformat(step["start"]),
            by=dt.datetime.fromisoformat(step["end"]),
            now=now,
        )
    except WrongState as gone:
        # Full or gone since: another day may still hold.
        raise NoFit(gone.message) from gone


def drivers_of(agent: Agent, plan: DayPlan) -> dict[int, str]:
    """Whose cars the proposals count on, by the number of the ride: of those who still show this person where they go."""
    wanted = {s["offer"] for kept in plan.answer["plans"] for s in kept["steps"] if s.get("offer")}
    if not wanted:
        return {}
    offers = RideOffer.objects.filter(territory=agent.territory_id, pk__in=wanted).select_related("driver")
    return {o.pk: str(o.driver) for o in offers if shows(o.driver, agent)}


def seats_of(plan: DayPlan) -> list[RideRequest]:
    """What was asked for with the day, whatever the answer, in the order of the hours."""
    return list(
        RideRequest.objects.filter(plan_seat__plan=plan).select_related("offer__driver").order_by("picked_at", "pk")
    )


def still_ahead(plan: DayPlan, now: dt.datetime) -> list[RideRequest]:
    """The plan's seats that can still be given back."""
    return list(
        RideRequest.objects.filter(plan_seat__plan=plan, state__in=RIDING, offer__depart__gt=now)
        .select_related("offer__booking")
        .order_by("pk")
    )
