"""Whether somebody is in a car already at given hours, whichever way they came by it: nobody is in two at once.

A ride's hours are its own; a pool car is one's own from the loan's beginning to its end, opened to colleagues or not, and so is a
seat in it that was taken by *Prendre* (fleet/trips.py). Whoever asks here has locked the person before.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from bureaux_volants.booking.guards import engagement
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.fleet.models import Passenger, Trip
from bureaux_volants.planner.models import RIDING, RideOffer, RideRequest
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

IN_A_SHARED_CAR = "À cette heure-là, vous êtes déjà dans une voiture partagée."
IN_A_POOL_CAR = "À cette heure-là, vous avez déjà une voiture du parc, ou une place dans l'une d'elles."


def offers_of(agent: Agent, start: dt.datetime, end: dt.datetime) -> QuerySet[RideOffer]:
    """The rides that the person drives between two instants."""
    return RideOffer.objects.filter(driver=agent, depart__lt=end, arrive__gt=start).exclude(
        state=RideOffer.State.CANCELLED
    )


def seats_of(agent: Agent, start: dt.datetime, end: dt.datetime) -> QuerySet[RideRequest]:
    """The seats that the person has, or has asked for, between two instants."""
    return RideRequest.objects.filter(passenger=agent, state__in=RIDING, picked_at__lt=end, dropped_at__gt=start)


def joined(agent: Agent, start: dt.datetime, end: dt.datetime) -> QuerySet[Passenger]:
    """The pool cars that the person joined for the whole loan. Who rides in one by Covoiturage has hours of their own."""
    rides = RideRequest.objects.filter(passenger=agent, state__in=RIDING, offer__booking__isnull=False)
    return Passenger.objects.filter(
        agent=agent,
        trip__booking__kind=Kind.CAR,
        trip__booking__state__in=HOLDING,
        trip__booking__start__lt=end,
        trip__booking__end__gt=start,
    ).exclude(trip__in=rides.values("offer__booking"))


def loans_of(agent: Agent, start: dt.datetime, end: dt.datetime) -> QuerySet[Trip]:
    """The pool cars that the person drives somewhere between two instants."""
    return Trip.objects.filter(
        booking__agent=agent,
        booking__kind=Kind.CAR,
        booking__state__in=HOLDING,
        booking__start__lt=end,
        booking__end__gt=start,
    )


def against(
    agent: Agent, start: dt.datetime, end: dt.datetime, *, but: RideOffer | None = None, loan: int | None = None
) -> str:
    """Why the person cannot be in one more car between two instants, in a sentence; empty when they can.

    `but`: a ride of theirs that does not count, nor its pool car; `loan`: the booking of a pool car that does not.
    """
    drives, rides = offers_of(agent, start, end), seats_of(agent, start, end)
    if but is not None:
        drives, rides = drives.exclude(pk=but.pk), rides.exclude(offer=but)
        loan = but.booking_id
    if drives.exists() or rides.exists():
        return IN_A_SHARED_CAR
    return in_pool_car(agent, start, end, loan=loan)


def in_pool_car(agent: Agent, start: dt.datetime, end: dt.datetime, *, loan: int | None = None) -> str:
    """The same, of pool cars alone."""
    is_busy = loans_of(agent, start, end).exclude(pk=loan).exists() or joined(agent, start, end).exists()
    return IN_A_POOL_CAR if is_busy else ""


def hours_taken(agent: Agent, start: dt.datetime, end: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """When the person is in some car between two instants. Four queries."""
    return [
        *offers_of(agent, start, end).values_list("depart", "arrive"),
        *seats_of(agent, start, end).values_list("picked_at", "dropped_at"),
        *loans_of(agent, start, end).values_list("booking__start", "booking__end"),
        *joined(agent, start, end).values_list("trip__booking__start", "trip__booking__end"),
    ]


@engagement
def elsewhere(agent: Agent, asked: Interval, joins: bool) -> list[Refusal]:
    """A pool car is not booked, nor moved, into the hours of a ride; and not joined by who is in another car, a pool car too.

    The ride of the person's own loan goes where the loan goes.
    """
    if joins:
        why = against(agent, asked.start, asked.end)
        return [Refusal("ride-busy", why)] if why else []
    own = offers_of(agent, asked.start, asked.end).filter(booking=None)
    if own.exists() or seats_of(agent, asked.start, asked.end).exists():
        return [Refusal("ride-busy", IN_A_SHARED_CAR)]
    return [Refusal("ride-busy", IN_A_POOL_CAR)] if joined(agent, asked.start, asked.end).exists() else []
