"""A short way by car, shown first to the person who drives it, with what else was there: nobody else sees it of them.

Others only have the share of such trips in groups of people too large to recognise anybody in (usage.py).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking, Feature, Kind
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.travel.modes import Mode, Point, leg

from .usage import SHORT_KM

#: Somebody who needs these does not go by bike.
_NEEDS_A_CAR = frozenset({Feature.LARGE_BOOT.value, Feature.CHILD_SEAT.value})


@dataclass(frozen=True, slots=True)
class ShortTrip:
    """A way made, or to be made, by one person in a car; `start` and `end` are the hours of the loan."""

    id: int
    site_id: int
    from_point: Point
    to_point: Point
    start: dt.datetime
    end: dt.datetime
    people: int = 1
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LentBike:
    """A bike of a site, and when it is taken: half-open spans."""

    site_id: int
    is_assisted: bool
    taken: tuple[tuple[dt.datetime, dt.datetime], ...] = ()

    def is_free(self, start: dt.datetime, end: dt.datetime) -> bool:
        return not any(begins < end and start < ends for begins, ends in self.taken)


@dataclass(frozen=True, slots=True)
class Hint:
    """By bike: street kilometres one way, and whole minutes from door to door."""

    km: float
    minutes: int


def hint(trip: ShortTrip, bikes: Iterable[LentBike]) -> Hint | None:
    """What to say of a trip; None when there is nothing better to offer.

    Nothing is said of several people, of a load, of SHORT_KM and more, nor where no bike of the site was free all the while. Pure.
    """
    if trip.people > 1 or trip.needs & _NEEDS_A_CAR:
        return None
    if leg(trip.from_point, trip.to_point, Mode.CAR).km >= SHORT_KM:
        return None
    free = [b for b in bikes if b.site_id == trip.site_id and b.is_free(trip.start, trip.end)]
    if not free:
        return None
    # The best of those that were there.
    way = leg(trip.from_point, trip.to_point, Mode.EBIKE if any(b.is_assisted for b in free) else Mode.BIKE)
    return Hint(way.km, math.ceil(way.minutes))


def hints(bookings: Sequence[Booking], directory: Directory) -> Mapping[int, Hint]:
    """What to say of each of these bookings, by its number; in one query, none when no short way by car is among them.

    `bookings` are somebody's own, with their trips: whoever shows the answer to others breaks the promise above.
    """
    told = (*HOLDING, State.COMPLETED)
    trips = [_trip(b, directory) for b in bookings if b.kind == Kind.CAR and b.state in told and hasattr(b, "trip")]
    # Before asking the database: most trips are too long, or shared.
    trips = [t for t in trips if hint(t, [LentBike(t.site_id, is_assisted=True)]) is not None]
    if not trips:
        return {}
    bikes = _bikes(directory, trips)
    return {trip.id: found for trip in trips if (found := hint(trip, bikes)) is not None}


def _trip(booking: Booking, directory: Directory) -> ShortTrip:
    site, trip = directory.site_by_id(booking.site_id), booking.trip
    return ShortTrip(
        booking.pk,
        site.id,
        Point(site.lat, site.lon),
        Point(trip.lat, trip.lon),
        booking.start,
        booking.end,
        trip.people,
        frozenset(booking.features),
    )


def _bikes(directory: Directory, trips: Sequence[ShortTrip]) -> list[LentBike]:
    """The bikes of the sites of departure, with what was taken of them around each trip."""
    around = Q()
    for trip in trips:
        around |= Q(site_id=trip.site_id, start__lt=trip.end) & (Q(end__gt=trip.start) | Q(ended_at__gt=trip.start))
    taken: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    for unit, start, end, ended in (
        Booking.objects.filter(around, territory_id=directory.territory_id, kind=Kind.BIKE)
        .exclude(state__in=(State.CANCELLED, State.REFUSED))
        .values_list("resource_id", "start", "end", "ended_at")
    ):
        # What came back late, or early, was taken until then; what nobody came for, until it was freed.
        taken.setdefault(unit, []).append((start, ended or end))
    return [
        LentBike(site_id, Feature.ELECTRIC in unit.features, tuple(taken.get(unit.id, ())))
        for site_id in {t.site_id for t in trips}
        for unit in directory.site_by_id(site_id).units_of(Kind.BIKE)
    ]
