"""Changing a unit that people have booked: taken out of service, or no longer what they asked for.

Nobody is left with a place that is not there: each coming booking is seated elsewhere on the site if any arrangement
exists, in the order in which they were made; the others are cancelled, told, and offered the nearest places.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import Interval

from . import notices
from .locks import TryAgain, in_transaction, lock
from .models import Booking, Resource
from .placing import check_constraints, defer_constraints, move_elsewhere, name_of, picture_for
from .pool import thresholds
from .search import alternatives
from .states import HOLDING, State


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What became of those who had booked the unit."""

    reseated: list[Booking] = field(default_factory=list)
    cancelled: list[Booking] = field(default_factory=list)


def _coming(resource_id: int, now: dt.datetime) -> QuerySet[Booking]:
    # Who sits there already stays until the end.
    return (
        Booking.objects.select_related("agent")
        .filter(resource_id=resource_id, state__in=HOLDING, end__gt=now)
        .exclude(state=State.IN_USE)
        .order_by("created_at", "pk")
    )


def lock_unit(resource: Resource, now: dt.datetime) -> None:
    """Lock a unit's site and all who have booked it, before anything else is: for who does more than `save_unit` at once."""
    people = set(_coming(resource.pk, now).values_list("agent_id", flat=True))
    lock(people=people, sites=[resource.site_id])
    if not set(_coming(resource.pk, now).values_list("agent_id", flat=True)) <= people:
        raise TryAgain


@in_transaction
def save_unit(resource: Resource, author: Author, *, now: dt.datetime | None = None) -> Withdrawn:
    """Save what changed of a unit (its name, features, whether it is in service) and look after its bookings.

    Its site and kind must be as they were. The event of the change itself is the caller's.
    """
    now = now or timezone.now()
    people = set(_coming(resource.pk, now).values_list("agent_id", flat=True))
    lock(people=people, sites=[resource.site_id])
    bookings = list(_coming(resource.pk, now))
    if not {b.agent_id for b in bookings} <= people:
        raise TryAgain
    resource.save()
    features = frozenset(resource.features) | thresholds(resource.kind, resource.seats, resource.range_km)
    until = resource.usable_until
    homeless = [
        b
        for b in bookings
        if not resource.is_active or not features.issuperset(b.features) or (until is not None and b.end > until)
    ]
    result = Withdrawn()
    if homeless:
        directory = get_directory(resource.territory_id)
        site = directory.site_by_id(resource.site_id)
        defer_constraints()
        waiting = {b.pk for b in homeless}
        for booking in homeless:
            _resettle(booking, directory, site, waiting, author, now, result)
            waiting.discard(booking.pk)
        check_constraints()
    return result


def _resettle(
    booking: Booking,
    directory: Directory,
    site: SiteEntry,
    waiting: set[int],
    author: Author,
    now: dt.datetime,
    result: Withdrawn,
) -> None:
    """Find another unit for one booking; those still `waiting` for theirs hold none meanwhile."""
    span = Interval(booking.start, booking.end)
    features = frozenset(booking.features)
    picture = picture_for(directory, site.id, booking.kind, booking.agent_id, span, now=now)
    stays = [s for s in picture.at(site.id) if s.id not in waiting]
    old_name = name_of(site, booking.resource_id)
    if move_elsewhere(booking, directory, site, stays, author):
        result.reseated.append(booking)
        return
    reason = f"« {old_name} » n'est plus disponible"
    booking.state, booking.ended_at, booking.end_reason = State.CANCELLED, now, reason[:160]
    booking.save(update_fields=["state", "ended_at", "end_reason"])
    record(
        directory.territory_id,
        author,
        "booking.cancelled",
        "booking",
        booking.pk,
        reference=booking.reference,
        reason=reason,
    )
    others = alternatives(booking.agent, booking.kind, site.id, span, features=features, now=now)
    notices.withdrawn(booking, directory, old_name, others)
    result.cancelled.append(booking)
