"""From errands to rows: each outing's booking as it stands now, its trip, its readings, and the events that led to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random

from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.placing import absence_deadline, held
from bureaux_volants.booking.pool import needs
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.models import Passenger, Reading, Trip, Vehicle
from bureaux_volants.territory.models import Agent

from .diary import Fate
from .errands import CAR, Outing
from .history import Story

#: Beyond the way there and back, what an errand adds, as a share.
DETOURS = 0.15
#: How often somebody writes the odometer down at all: on leaving, and on coming back.
READ_ON_LEAVING, READ_ON_RETURN = 0.75, 0.88
CONDITIONS, CONDITION_WEIGHTS = (Reading.Condition.GOOD, Reading.Condition.REPORT), (90, 10)


def write_outings(story: Story, outings: Sequence[Outing], rng: Random) -> list[Booking]:
    """Insert the outings, oldest request first; their facts are kept for `story.write_events`."""
    ordered = sorted(outings, key=lambda o: (o.created_at, o.unit.name, o.asked.start))
    bookings = Booking.objects.bulk_create([_booking(story, outing) for outing in ordered], batch_size=200)
    pairs = list(zip(ordered, bookings, strict=True))
    _write_trips(story, pairs)
    _write_readings(story, pairs, rng)
    return bookings


def _booking(story: Story, outing: Outing) -> Booking:
    start, end = outing.asked.start, outing.asked.end
    km = 2 * outing.way.km if outing.way is not None and outing.unit.kind == CAR else 0.0
    booking = Booking(
        reference=story.reference(),
        territory_id=story.directory.territory_id,
        site_id=outing.site.id,
        kind=outing.unit.kind,
        resource_id=outing.unit.id,
        agent=outing.agent,
        booked_by=outing.agent,
        start=start,
        end=end,
        held=held(outing.site, outing.unit.kind, start, end),
        state=State.CONFIRMED,
        features=sorted(needs(1 + len(outing.passengers), km)) if outing.unit.kind == CAR else [],
        created_at=outing.created_at,
    )
    story.happened(
        outing.created_at,
        outing.agent,
        booking,
        "booking.created",
        site=outing.site.slug,
        resource=outing.unit.id,
        agent=outing.agent.pk,
        start=start.isoformat(),
        end=end.isoformat(),
        state=str(State.CONFIRMED),
    )
    _live(story, outing, booking)
    return booking


def _live(story: Story, outing: Outing, booking: Booking) -> None:
    """Take the booking to its state at the present moment."""
    now, start, end = story.now, booking.start, booking.end
    if outing.fate is Fate.CANCELLED:
        assert outing.gone_at is not None
        booking.state, booking.ended_at = State.CANCELLED, outing.gone_at
        story.happened(outing.gone_at, outing.agent, booking, "booking.cancelled", reason="")
        return
    due = absence_deadline(outing.site, outing.unit.kind, start, end, outing.created_at)
    booking.free_if_absent_at = due
    if outing.fate is Fate.ABSENT:
        if due is not None and due <= now:
            booking.state, booking.ended_at = State.NO_SHOW, due
            story.happened(due, None, booking, "booking.no_show")
        return
    if outing.taken_at > now or outing.fate is Fate.AWAITED:
        if story.directory.today(start) == story.today:
            # As for desks: nobody plays the invented people for the rest of the day.
            booking.free_if_absent_at = None
        return
    booking.state, booking.checked_in_at, booking.checked_in_by = State.IN_USE, outing.taken_at, Booking.CheckInBy.BOX
    story.happened(outing.taken_at, outing.agent, booking, "booking.checked_in", by=str(Booking.CheckInBy.BOX))
    back = outing.returned_at
    if back <= now:
        booking.state, booking.ended_at = State.COMPLETED, back
        booking.end = min(end, back)
        booking.held = held(outing.site, outing.unit.kind, start, booking.end)
        said = {"planned_end": end.isoformat(), "end": booking.end.isoformat()}
        story.happened(back, outing.agent, booking, "booking.completed", **said)


def _write_trips(story: Story, pairs: Sequence[tuple[Outing, Booking]]) -> None:
    trips = Trip.objects.bulk_create(
        Trip(
            booking=booking,
            territory_id=booking.territory_id,
            destination=outing.way.name,
            lat=outing.way.lat,
            lon=outing.way.lon,
            km=outing.way.km,
            people=1 + len(outing.passengers),
        )
        for outing, booking in pairs
        if outing.way is not None
    )
    aboard: Mapping[int, tuple[Agent, ...]] = {booking.pk: outing.passengers for outing, booking in pairs}
    joined = {booking.pk: outing.created_at + dt.timedelta(minutes=30) for outing, booking in pairs}
    Passenger.objects.bulk_create(
        Passenger(trip=trip, agent=agent, joined_at=joined[trip.pk]) for trip in trips for agent in aboard[trip.pk]
    )


def _write_readings(story: Story, pairs: Sequence[tuple[Outing, Booking]], rng: Random) -> None:
    """What was read on leaving and on coming back; the vehicles' own counts end where the readings do."""
    vehicles = {v.pk: v for v in Vehicle.objects.filter(territory_id=story.directory.territory_id)}
    readings: list[Reading] = []
    for outing, booking in sorted(pairs, key=lambda pair: pair[0].taken_at):
        vehicle = vehicles.get(booking.resource_id)
        if vehicle is None or booking.checked_in_at is None:
            continue
        battery = vehicle.energy == Vehicle.Energy.ELECTRIC
        left = rng.randint(70, 100) if battery else None
        if outing.unit.kind == CAR and rng.random() < READ_ON_LEAVING:
            readings.append(_reading(booking, Reading.Moment.TAKEN, booking.checked_in_at, vehicle.odometer_km, left))
        if booking.state != State.COMPLETED or booking.ended_at is None:
            continue
        driven = round(2 * (outing.way.km if outing.way else 0) * (1 + rng.uniform(0, DETOURS)))
        if outing.unit.kind == CAR:
            vehicle.odometer_km += driven
        if left is not None:
            left = vehicle.charge_percent = max(8, left - round(100 * driven / (outing.unit.range_km or 300)))
        condition = rng.choices(CONDITIONS, CONDITION_WEIGHTS)[0]
        if rng.random() < READ_ON_RETURN:
            odometer = vehicle.odometer_km if outing.unit.kind == CAR else None
            readings.append(_reading(booking, Reading.Moment.RETURNED, booking.ended_at, odometer, left, condition))
    Reading.objects.bulk_create(readings)
    Vehicle.objects.bulk_update(vehicles.values(), ["odometer_km", "charge_percent"])


def _reading(
    booking: Booking,
    moment: Reading.Moment,
    at: dt.datetime,
    odometer: int | None,
    charge: int | None,
    condition: Reading.Condition = Reading.Condition.GOOD,
) -> Reading:
    return Reading(
        booking=booking,
        resource_id=booking.resource_id,
        moment=moment,
        at=at,
        odometer_km=odometer,
        charge_percent=charge,
        condition=condition,
    )
