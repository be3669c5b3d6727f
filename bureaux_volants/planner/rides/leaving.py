"""Pool cars that a person joined by *Prendre*: which are ahead, and giving the seat back."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.notices import path_of
from bureaux_volants.booking.states import CHANGEABLE
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.fleet.models import Passenger
from bureaux_volants.fleet.trips import give_seat_back
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent

from .engaged import joined
from .offers import HORIZON


def joined_ahead(agent: Agent, since: dt.datetime) -> list[Passenger]:
    """The seats in others' pool cars whose loan is not over at `since`, the soonest first. One query."""
    found = joined(agent, since, since + HORIZON)
    booking = "trip__booking"
    return list(
        found.select_related(f"{booking}__agent", f"{booking}__site", f"{booking}__resource").order_by(
            f"{booking}__start"
        )
    )


@in_transaction
def leave(agent: Agent, reference: str, author: Author, *, now: dt.datetime | None = None) -> None:
    """Give back a seat that was joined; the driver is told. NotFound, WrongState once it has left.

    A seat that was asked for by Covoiturage is given back there (seats.py).
    """
    now = now or timezone.now()
    seat = None
    if "\0" not in reference:
        seats = joined(agent, now, now + HORIZON).select_related("trip__booking")
        seat = seats.filter(trip__booking__reference=reference.upper()).first()
    if seat is None:
        raise NotFound("Ce trajet n'existe pas.")
    lock(people=[agent.pk, seat.trip.booking.agent_id], sites=[seat.trip.booking.site_id])
    seat = Passenger.objects.select_related("trip__booking__agent").filter(pk=seat.pk).first()
    if seat is None:
        return
    trip, booking = seat.trip, seat.trip.booking
    if booking.state not in CHANGEABLE or booking.start <= now:
        raise WrongState("Ce trajet est parti ou n'a plus lieu.")
    give_seat_back(trip, agent)
    told = {"reference": booking.reference, "agent": agent.pk}
    record_many(author, [Fact(booking.territory_id, "ride.left", "booking", booking.pk, told, now)])
    when = french.span(booking.start, booking.end, get_directory(booking.territory_id).zone)
    outbox.write(
        booking.agent,
        "ride.left",
        f"{agent} ne fait plus la route avec vous : {trip.destination}",
        f"{agent} a rendu sa place dans votre voiture vers {trip.destination}, {when}.",
        path_of(booking),
    )
