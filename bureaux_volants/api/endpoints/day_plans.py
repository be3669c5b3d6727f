"""My days: ask for the best ways to spend one, look at it again, book one of them whole, give it up."""

from __future__ import annotations

import re
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Body, Path, Router, Status
from pydantic import Field

from bureaux_volants.api.access import ApiRequest, agent_of, author_of, territory_of
from bureaux_volants.api.addresses import only_known_parameters
from bureaux_volants.api.idempotency import fingerprint, once
from bureaux_volants.api.openapi import problems
from bureaux_volants.api.problems import Problem
from bureaux_volants.api.schemas_days import DayPlanAsk, DayPlanChoice, DayPlanOut, day
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Booking
from bureaux_volants.keys.holding import prepare
from bureaux_volants.planner.asked import TEAM, Appointment, Asked, Impossible
from bureaux_volants.planner.booking import Gone, book_plan, cancel_plan, plan_for
from bureaux_volants.planner.keeping import asked_in
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.naming import Names
from bureaux_volants.planner.person import has_licence, home_of, may_work_at_home
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.seats import seats_of
from bureaux_volants.travel.journeys import Traveller, Way

from .bookings import Key

router = Router(tags=["Journées"])

_REFERENCE = re.compile(r"[A-Za-z0-9]{5}-[A-Za-z0-9]{5}")
Reference = Annotated[str, Field(description="Référence de la journée, par exemple T7XKW-QR9SC.")]


def told(plan: DayPlan) -> dict[str, Any]:
    """A day in its public shape."""
    state = "proposed" if plan.booked_at is None else "booked" if plan.cancelled_at is None else "cancelled"
    return {
        "reference": plan.reference,
        "date": plan.date,
        "state": state,
        "chosen": plan.chosen,
        "plans": [day(kept) for kept in plan.answer["plans"]],
        "reference_day": day(plan.answer["reference"]),
        "missing": plan.answer["missing"],
        "notes": plan.answer.get("notes", []),
        "versions": plan.answer["versions"],
        "bookings": list(
            Booking.objects.filter(plan_part__plan=plan).order_by("start", "pk").values_list("reference", flat=True)
        ),
        "seats": [
            {
                "ride": seat.offer.reference,
                "pick_up": seat.pick_up,
                "picked_at": seat.picked_at,
                "drop": seat.drop,
                "dropped_at": seat.dropped_at,
                "state": seat.state,
            }
            for seat in seats_of(plan)
        ],
    }


def _mine(request: ApiRequest, reference: str) -> DayPlan:
    if not _REFERENCE.fullmatch(reference):
        raise NotFound(_("Cette journée n'existe pas."))
    return plan_for(agent_of(request), reference)


def _asked(request: ApiRequest, ask: DayPlanAsk) -> Asked:
    agent = agent_of(request)
    directory = get_directory(territory_of(request))
    names = Names(directory)
    date = ask.start.astimezone(directory.zone).date()
    if ask.end.astimezone(directory.zone).date() != date:
        raise Impossible("not-one-day", "Une journée commence et finit le même jour.")
    return Asked(
        date=date,
        hours=(ask.start, ask.end),
        appointments=tuple(
            Appointment(names.place(a.place), a.start, a.end, a.may_be_remote) for a in ask.appointments
        ),
        features=frozenset(f.value for f in ask.features),
        home=home_of(agent),
        may_work_at_home=may_work_at_home(agent, date),
        traveller=Traveller(
            has_bike=ask.bike or ask.usual == "own_bike",
            bike_is_assisted=ask.bike_is_assisted,
            has_car=ask.car or ask.usual == "own_car",
            has_licence=ask.car or ask.usual == "own_car" or has_licence(agent, date),
            has_pass=ask.transport_pass,
            carries_things=ask.carries_things,
        ),
        usual=Way(ask.usual),
        with_pool=ask.with_pool,
        meet=f"{TEAM}{agent.service_id}" if ask.meet == "team" else ask.meet,
    )


@router.post(
    "/day-plans",
    response={201: DayPlanOut},
    operation_id="planDay",
    url_name="day_plans",
    summary="Organiser une journée",
    description=(
        "Les rendez-vous dans l'ordre de leurs heures. En retour, cinq façons de la passer au plus, chacune la meilleure en "
        "quelque chose, à comparer à une journée ordinaire. Quand rien ne tient : 422, et quoi changer."
    ),
    openapi_extra=problems(400, 404, 413, 415),
)
def plan_day(
    request: ApiRequest, response: HttpResponse, ask: Body[DayPlanAsk], idempotency_key: str = Key
) -> Status[dict[str, Any]]:
    agent = agent_of(request)
    body, repeated = once(
        agent,
        idempotency_key,
        fingerprint("plan-day", ask.model_dump()),
        lambda: told(propose(agent, _asked(request, ask))),
    )
    if repeated:
        response["Idempotency-Replayed"] = "true"
    return Status(201, body)


@router.get(
    "/day-plans/{reference}",
    response=DayPlanOut,
    operation_id="dayPlan",
    url_name="day_plan",
    summary="Une journée",
    openapi_extra=problems(404),
)
def day_plan(request: ApiRequest, reference: Path[Reference]) -> dict[str, Any]:
    only_known_parameters(request)
    return told(_mine(request, reference))


@router.post(
    "/day-plans/{reference}/book",
    response=DayPlanOut,
    operation_id="bookDay",
    url_name="day_plan_book",
    summary="Réserver une des propositions, entière",
    description=(
        "Tout ou rien ; redite, elle ne réserve qu'une fois. 409 `plan-gone` quand quelque chose vient d'être pris : rien n'est "
        "réservé, et `again` est la référence de la même journée, redemandée. 422 `reason-needed` quand la charte demande un motif."
    ),
    openapi_extra=problems(400, 404, 409, 413, 415),
)
def book_day(request: ApiRequest, reference: Path[Reference], choice: Body[DayPlanChoice]) -> dict[str, Any]:
    agent, plan = agent_of(request), _mine(request, reference)
    try:
        plan = book_plan(agent, plan.reference, choice.plan, author_of(request), reason=choice.reason)
    except Gone as gone:
        again: dict[str, Any] = {}
        try:
            again["again"] = propose(agent, asked_in(plan.asked)).reference
        except Impossible as impossible:
            again["reasons"] = [{"code": impossible.code, "message": impossible.message}]
        raise Problem("plan-gone", gone.message, **again) from gone
    for booking in Booking.objects.filter(plan_part__plan=plan):
        prepare(booking, author_of(request))
    return told(plan)


@router.post(
    "/day-plans/{reference}/cancel",
    response=DayPlanOut,
    operation_id="cancelDay",
    url_name="day_plan_cancel",
    summary="Annuler toute une journée",
    openapi_extra=problems(404, 409, 415),
)
def cancel_day(request: ApiRequest, reference: Path[Reference]) -> dict[str, Any]:
    plan = _mine(request, reference)
    return told(cancel_plan(agent_of(request), plan.reference, author_of(request)))
