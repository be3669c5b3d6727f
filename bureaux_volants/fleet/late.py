"""Late returns: the holder is told, then the fleet manager; the next person is moved to another unit before they notice.

The late loan keeps holding its unit, a little beyond the present, so that nobody is given it: the same held range, the same
constraint and the same seating as everything else. Whoever was to have it next is seated elsewhere while there is an
arrangement of the pool; otherwise they keep their claim and are told what else there is. Each function is one transaction,
and what was told is written in it: a worker killed half-way has told nobody, or everybody, once.
"""

from __future__ import annotations

import datetime as dt

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.locks import TryAgain, in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import (
    absence_deadline,
    check_constraints,
    defer_constraints,
    move_elsewhere,
    name_of,
    picture_for,
)
from bureaux_volants.booking.pool import Stay
from bureaux_volants.booking.states import CHANGEABLE, HOLDING, State
from bureaux_volants.events.log import SOFTWARE, record
from bureaux_volants.territory.calendar import Interval

from . import notices
from .lateness import Due, due
from .models import LateReturn, LeftWithout
from .otherwise import what_else
from .policy import patience_of, policy_of

#: Whoever counts on the unit within this time is named to the person who has it, by the hour.
AWAITED = dt.timedelta(hours=2)


def _next(booking: Booking, until: dt.datetime, now: dt.datetime) -> QuerySet[Booking]:
    """Those who were to have the unit before `until`, and have not begun."""
    return (
        Booking.objects.select_related("agent", "site")
        .filter(resource_id=booking.resource_id, state__in=CHANGEABLE, start__lt=until, end__gt=now)
        .exclude(pk=booking.pk)
        .order_by("start", "pk")
    )


def _due(booking: Booking, now: dt.datetime) -> Due | None:
    if booking.state != State.IN_USE or booking.kind == Kind.DESK:
        return None
    return due(booking.end, now, patience_of(policy_of(booking.territory_id)))


@in_transaction
def follow(booking_id: int, *, now: dt.datetime) -> None:
    """Do whatever is due for a loan that is not back (job). Doing it twice changes nothing."""
    before = Booking.objects.get(pk=booking_id)
    step = _due(before, now)
    if step is None:
        return
    people = set(_next(before, step.held_until, now).values_list("agent_id", flat=True))
    lock(people={before.agent_id, *people}, sites=[before.site_id])
    booking = Booking.objects.select_related("agent", "site").get(pk=booking_id)
    step = _due(booking, now)
    if step is None:
        return
    waiting = list(_next(booking, step.held_until, now))
    if booking.resource_id != before.resource_id or not {b.agent_id for b in waiting} <= people:
        raise TryAgain
    directory = get_directory(booking.territory_id)
    site = directory.site_by_id(booking.site_id)
    unit = name_of(site, booking.resource_id)
    late, _ = LateReturn.objects.get_or_create(
        booking=booking, due_at=booking.end, defaults={"territory_id": booking.territory_id, "noticed_at": now}
    )
    stuck = _make_way(booking, waiting, directory, site, step.held_until, now)
    _hold(booking, step.held_until)
    _tell_those_left(late, stuck, directory, unit, now)
    if step.holder and late.holder_told_at is None:
        late.holder_told_at = now
        after = _next(booking, now + AWAITED, now).first()
        notices.holder_is_late(booking, directory, unit, after.start if after is not None else None)
        _record(booking, "vehicle.late")
    if step.manager and late.manager_told_at is None:
        late.manager_told_at = now
        notices.manager_is_told(booking, directory, unit, now)
        _record(booking, "vehicle.late_told")
    late.save(update_fields=["holder_told_at", "manager_told_at"])


def _record(booking: Booking, kind: str) -> None:
    record(
        booking.territory_id,
        SOFTWARE,
        kind,
        "booking",
        booking.pk,
        reference=booking.reference,
        resource=booking.resource_id,
    )


def _make_way(
    booking: Booking,
    waiting: list[Booking],
    directory: Directory,
    site: SiteEntry,
    until: dt.datetime,
    now: dt.datetime,
) -> list[Booking]:
    """Seat those who wait for this unit elsewhere; returns those for whom there is nothing."""
    if not waiting:
        return []
    # Nobody is moved onto the unit while those who wait for it may still have to stay there.
    block = Stay(
        booking.pk, booking.start, max([until, *(b.held.upper for b in waiting)]), booking.resource_id, is_fixed=True
    )
    spans = [Interval(b.start, b.end) for b in waiting]
    defer_constraints()
    stuck: list[Booking] = []
    for one in waiting:
        picture = picture_for(directory, site.id, booking.kind, one.agent_id, *spans, now=now)
        stays = [s for s in picture.at(site.id) if s.unit_id != block.unit_id or s.start >= block.end]
        if not move_elsewhere(one, directory, site, [*stays, block], SOFTWARE):
            stuck.append(one)
    check_constraints()
    return stuck


def _hold(booking: Booking, until: dt.datetime) -> None:
    """Keep the unit until then, or until the next who could not be moved."""
    ahead = Booking.objects.filter(
        resource_id=booking.resource_id, state__in=HOLDING, start__lt=until, held__endswith__gt=booking.held.upper
    ).exclude(pk=booking.pk)
    first = ahead.order_by("start").values_list("start", flat=True).first()
    until = until if first is None else min(until, first)
    if until > booking.held.upper:
        booking.held = DateTimeTZRange(booking.held.lower, until, "[)")
        booking.save(update_fields=["held"])


def _tell_those_left(late: LateReturn, stuck: list[Booking], directory: Directory, unit: str, now: dt.datetime) -> None:
    for one in stuck:
        _, is_new = LeftWithout.objects.get_or_create(late=late, booking=one, defaults={"told_at": now})
        if is_new:
            notices.left_without(one, directory, unit, what_else(one, directory, now=now))
            _record(one, "vehicle.not_back")
    # Something else was found for them since: they have heard of it.
    late.left_without.filter(settled_at=None).exclude(booking__in=stuck).update(settled_at=now)


@in_transaction
def close(late_id: int, *, now: dt.datetime) -> None:
    """Note that a loan is late no more: brought back, or extended. Those who waited for the unit are told (job)."""
    before = LateReturn.objects.select_related("booking").get(pk=late_id)
    people = set(before.left_without.filter(settled_at=None).values_list("booking__agent_id", flat=True))
    lock(people=people, sites=[before.booking.site_id])
    late = LateReturn.objects.select_related("booking").get(pk=late_id)
    booking = late.booking
    if late.over_at is not None or (booking.state == State.IN_USE and booking.end == late.due_at):
        return
    late.over_at = booking.ended_at or now
    late.save(update_fields=["over_at"])
    directory = get_directory(booking.territory_id)
    site = directory.site_by_id(booking.site_id)
    waiting = list(late.left_without.select_related("booking__agent").filter(settled_at=None))
    if not {w.booking.agent_id for w in waiting} <= people:
        raise TryAgain
    for one in waiting:
        one.settled_at = now
        one.save(update_fields=["settled_at"])
        theirs = one.booking
        if booking.state == State.IN_USE or theirs.state not in CHANGEABLE or theirs.end <= now:
            continue
        if theirs.resource_id == booking.resource_id:
            if theirs.free_if_absent_at is not None:
                theirs.free_if_absent_at = absence_deadline(site, theirs.kind, theirs.start, theirs.end, now)
                theirs.save(update_fields=["free_if_absent_at"])
            notices.back_at_last(theirs, directory, name_of(site, theirs.resource_id))
