"""What the planner tells people: one message for a whole day."""

from __future__ import annotations

from collections.abc import Sequence

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.kinds import a_thing
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french

from .models import DayPlan, RideRequest
from .subject import BOOKED, CANCELLED, told_of_day


def booked(plan: DayPlan, bookings: Sequence[Booking], seats: Sequence[RideRequest], directory: Directory) -> None:
    """All that was booked for the day at once, in the order of the hours, then the seats; requests tell of themselves."""
    confirmed = sorted((b for b in bookings if b.state != State.REQUESTED), key=lambda b: b.start)
    if not confirmed and not seats:
        return
    lines = [*_lines(confirmed, directory), *_seats(seats, "place demandée à", directory)]
    outbox.write(
        plan.agent,
        "plan.booked",
        f"Journée réservée : {french.day(plan.date)}",
        "\n".join([f"Votre journée est réservée, {french.day(plan.date)} ({plan.reference}) :", *lines]),
        f"/organiser/{plan.reference}/",
        **told_of_day(plan, confirmed, BOOKED),
    )


def cancelled(plan: DayPlan, bookings: Sequence[Booking], seats: Sequence[RideRequest], directory: Directory) -> None:
    """All that was given back with the day, in one message."""
    lines = [
        *_lines(sorted(bookings, key=lambda b: b.start), directory),
        *_seats(seats, "la place dans la voiture de", directory),
    ]
    outbox.write(
        plan.agent,
        "plan.cancelled",
        f"Journée annulée : {french.day(plan.date)}",
        "\n".join([f"Votre journée est annulée, {french.day(plan.date)} ({plan.reference}). Sont rendus :", *lines]),
        f"/organiser/{plan.reference}/",
        **told_of_day(plan, list(bookings), CANCELLED),
    )


def _lines(bookings: Sequence[Booking], directory: Directory) -> list[str]:
    return [
        f"\u2013 {french.at(b.start, directory.zone)} à {french.at(b.end, directory.zone)} : {a_thing(b.kind)}, "
        f"{directory.site_by_id(b.site_id).name}"
        for b in bookings
    ]


def _seats(seats: Sequence[RideRequest], what: str, directory: Directory) -> list[str]:
    return [
        f"\u2013 {french.at(s.picked_at, directory.zone)} : {what} {s.offer.driver}, {s.pick_up} → {s.drop}"
        for s in sorted(seats, key=lambda s: s.picked_at)
    ]
