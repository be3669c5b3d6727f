"""Booking a plan: desks, vehicles and seats in one transaction, all or nothing; and giving all of it up at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking import counterfactual, service
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import BookingError, NotFound, Refused, WrongState
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import CHANGEABLE, HOLDING
from bureaux_volants.charter.asking import ReasonNeeded, allow, keep
from bureaux_volants.charter.rules import Effect
from bureaux_volants.charter.versions import rules_for
from bureaux_volants.events.log import Author, record
from bureaux_volants.fleet.trips import Destination, book_trip
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.modes import Point

from . import notices, seats
from .models import DayPlan, PlanPart, PlanSeat
from .obeying import said_in
from .rides.seats import withdraw


class Gone(BookingError):
    """Something of the plan can no longer be had: nothing of it was booked."""

    code = "plan-gone"


def plan_for(agent: Agent, reference: str) -> DayPlan:
    """The person's own plan. Raises NotFound."""
    # PostgreSQL refuses a text that holds a NUL.
    found = None
    if "\0" not in reference and agent.territory_id is not None:
        found = DayPlan.objects.filter(
            agent=agent, territory_id=agent.territory_id, reference=reference.upper()
        ).first()
    if found is None:
        raise NotFound("Cette journée n'existe pas.")
    return found


def book_plan(
    agent: Agent, reference: str, number: int, author: Author, *, reason: str = "", now: dt.datetime | None = None
) -> DayPlan:
    """Book all that the plan needs. Booked twice, it is booked once. `reason`: where the charter asks for one.

    Raises NotFound; WrongState when another plan of the same day was booked already; Gone, with what is missing, when
    something has just been taken, or the charter has changed: then nothing was booked; ReasonNeeded without a reason.
    """
    now = now or timezone.now()
    plan = plan_for(agent, reference)
    if not 0 <= number < len(plan.answer["plans"]):
        raise NotFound("Cette proposition n'existe pas.")
    try:
        return _book(agent, plan.pk, number, author, reason, now)
    except (WrongState, ReasonNeeded):
        raise
    except Refused as refused:
        raise Gone(" ".join(r.message for r in refused.refusals)) from refused
    except BookingError as error:
        raise Gone(error.message) from error


@in_transaction
def _book(agent: Agent, plan_id: int, number: int, author: Author, reason: str, now: dt.datetime) -> DayPlan:
    assert agent.territory_id is not None
    plan = DayPlan.objects.get(pk=plan_id)
    chosen = plan.answer["plans"][number]
    directory = get_directory(agent.territory_id)
    stays = [
        s for s in chosen["steps"] if s["what"] == "desk" and _slug(s["place"]) and not _is_usual(agent, s["place"])
    ]
    slugs = [_slug(s["place"]) for s in stays] + [_slug(loan["base"]) for loan in chosen["loans"]]
    try:
        sites = {slug: directory.site(slug) for slug in slugs}
    except KeyError:
        raise NotFound("Un site de cette journée n'existe plus.") from None
    offers = seats.offers_of(agent, chosen)
    # Everybody takes all their locks before the first booking, people first: no two plans can wait for each other.
    lock(
        people=[agent.pk, *(o.driver_id for o in offers.values())],
        sites=[*(s.id for s in sites.values()), *(o.booking.site_id for o in offers.values() if o.booking is not None)],
    )
    plan.refresh_from_db()
    if plan.booked_at is not None and plan.cancelled_at is None:
        if plan.chosen == number:
            return plan
        raise WrongState("Une autre proposition de cette journée est déjà réservée : annulez-la d'abord.")
    version, _rules = rules_for(agent, plan.date)
    if version != plan.answer.get("charter", 0):
        raise Gone("la charte de mobilité a changé depuis.")
    said = said_in(chosen.get("rules", ()))
    reason = allow(said, reason)
    made: list[Booking] = []
    for stay in stays:
        if _has_it_already(agent, sites[_slug(stay["place"])].id, _instant(stay["start"]), _instant(stay["end"])):
            continue
        ask = Ask(
            Kind.DESK,
            sites[_slug(stay["place"])].id,
            _instant(stay["start"]),
            _instant(stay["end"]),
            frozenset(plan.asked["features"]),
            told_together=True,
        )
        made.append(service.book(agent, ask, author, now=now))
    waiting = _kinds_that_wait(chosen)
    for loan in chosen["loans"]:
        if loan["kind"] == Kind.TRANSPORT_CARD:
            card = Ask(
                Kind.TRANSPORT_CARD,
                sites[_slug(loan["base"])].id,
                _instant(loan["start"]),
                _instant(loan["end"]),
                told_together=True,
            )
            made.append(service.book(agent, card, author, now=now))
            continue
        goal = loan["to"]
        made.append(
            book_trip(
                agent,
                loan["kind"],
                sites[_slug(loan["base"])].id,
                _instant(loan["start"]),
                _instant(loan["end"]),
                Destination(goal["name"], Point(goal["lat"], goal["lon"])),
                author,
                alone=True,
                awaits_manager=loan["kind"] in waiting,
                told_together=True,
                now=now,
            )
        )
    asked = [seats.ask(agent, step, offers, author, now) for step in chosen["steps"] if step.get("offer")]
    keep(agent, plan.reference, made, said, reason, author, now=now)
    PlanPart.objects.filter(plan=plan).delete()
    PlanPart.objects.bulk_create(PlanPart(plan=plan, booking=b) for b in made)
    PlanSeat.objects.filter(plan=plan).delete()
    # A seat that another day has already is that day's.
    PlanSeat.objects.bulk_create((PlanSeat(plan=plan, request=r) for r in asked), ignore_conflicts=True)
    plan.chosen, plan.booked_at, plan.cancelled_at = number, now, None
    plan.save(update_fields=["chosen", "booked_at", "cancelled_at"])
    record(
        plan.territory_id,
        author,
        "plan.booked",
        "day_plan",
        plan.pk,
        reference=plan.reference,
        bookings=[b.reference for b in made],
    )
    notices.booked(plan, made, asked, directory)
    return plan


@in_transaction
def cancel_plan(agent: Agent, reference: str, author: Author, *, now: dt.datetime | None = None) -> DayPlan:
    """Give up all of a plan's bookings that have not begun, at once. WrongState when it is not booked."""
    now = now or timezone.now()
    plan = plan_for(agent, reference)
    if plan.booked_at is None or plan.cancelled_at is not None:
        raise WrongState("Cette journée n'est pas réservée : rien à annuler.")
    bookings = list(Booking.objects.filter(plan_part__plan=plan).order_by("site_id", "pk"))
    rides = seats.still_ahead(plan, now)
    lock(
        people=[agent.pk, *(r.offer.driver_id for r in rides)],
        sites=[
            *(b.site_id for b in bookings),
            *(r.offer.booking.site_id for r in rides if r.offer.booking is not None),
        ],
    )
    with transaction.atomic():
        given_back = [
            service.cancel(booking.pk, author, now=now) for booking in bookings if booking.state in CHANGEABLE
        ]
        rides = [withdraw(agent, ride.pk, author, now=now) for ride in rides]
    plan.cancelled_at = now
    plan.save(update_fields=["cancelled_at"])
    record(plan.territory_id, author, "plan.cancelled", "day_plan", plan.pk, reference=plan.reference)
    if given_back or rides:
        notices.cancelled(plan, given_back, rides, get_directory(plan.territory_id))
    return plan


def _has_it_already(agent: Agent, site_id: int, start: dt.datetime, end: dt.datetime) -> bool:
    """Whether a desk that the person holds there covers the stay: the day was planned from it."""
    return Booking.objects.filter(
        agent=agent, site_id=site_id, kind=Kind.DESK, state__in=HOLDING, start__lte=start, end__gte=end
    ).exists()


def _kinds_that_wait(chosen: dict[str, Any]) -> set[str]:
    """The kinds of pool units whose travels need a manager's agreement."""
    waiting = {one["step"] for one in chosen.get("rules", ()) if one["effect"] == Effect.APPROVAL}
    return {step["unit"] for k, step in enumerate(chosen["steps"]) if k in waiting and step["unit"]}


@in_transaction
def say_without(agent: Agent, reference: str, answer: Booking.Counterfactual, author: Author) -> None:
    """Where the person would have worked without the day's desks: said once for all of its stays, or said better."""
    plan = plan_for(agent, reference)
    stays = list(Booking.objects.filter(plan_part__plan=plan, kind=Kind.DESK).order_by("pk"))
    if not stays:
        raise WrongState("Cette journée n'a pas de bureau réservé.")
    lock(people=[agent.pk], sites=[])
    for stay in stays:
        counterfactual.say(stay.pk, author, answer)


def _instant(kept: str) -> dt.datetime:
    return dt.datetime.fromisoformat(kept)


def _slug(place: dict[str, Any]) -> str:
    key: str = place["key"]
    return key.removeprefix("site:") if key.startswith("site:") else ""


def _is_usual(agent: Agent, place: dict[str, Any]) -> bool:
    """At one's own site there is a place of one's own."""
    return agent.usual_site is not None and _slug(place) == agent.usual_site.slug
