"""Closing a site, or all of them, for a time: those affected are told and offered another place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import Interval, local_day, subtract
from bureaux_volants.territory.models import Closure

from . import notices
from .errors import NotFound
from .locks import TryAgain, in_transaction
from .models import Booking, Kind, WaitingEntry
from .placing import held
from .search import alternatives
from .states import HOLDING, State
from .waiting import lock_for_freeing, serve


@dataclass(frozen=True, slots=True)
class Closed:
    """What a closure did: bookings that could not stay, and bookings that lost a part of their day."""

    closure: Closure
    cancelled: list[Booking] = field(default_factory=list)
    shortened: list[Booking] = field(default_factory=list)


def affected(
    territory_id: int, site_id: int | None, span: Interval, *, now: dt.datetime | None = None
) -> list[Booking]:
    """The coming and present bookings that a closure would touch; asked before, shown to the host, and done after.

    A vehicle or a card needs open doors when it is taken and when it is brought back only, and none at a box or a badge
    that serves at any hour.
    """
    directory = get_directory(territory_id)
    found = Booking.objects.select_related("agent").filter(
        territory_id=territory_id,
        state__in=HOLDING,
        start__gte=span.start - dt.timedelta(days=32),
        start__lt=span.end,
        end__gt=span.start,
    )
    if site_id is not None:
        found = found.filter(site_id=site_id)
    return [b for b in found.order_by("start", "id") if _needs_the_doors(b, directory, span, now or timezone.now())]


def _needs_the_doors(booking: Booking, directory: Directory, span: Interval, now: dt.datetime) -> bool:
    if booking.kind == Kind.DESK:
        return True
    if directory.site_by_id(booking.site_id).rules_for(booking.kind).is_round_the_clock:
        return False
    is_back_then = span.start < booking.end <= span.end
    if booking.state == State.IN_USE:
        # Whoever is on the way when doors shut without warning cannot be back before.
        return is_back_then and span.start > now
    return is_back_then or span.start <= booking.start < span.end


def lock_to_close(territory_id: int, site_ids: Collection[int], span: Interval, *, now: dt.datetime) -> None:
    """The locks of closing several sites in one transaction, all before it writes anything. TryAgain when somebody booked meanwhile."""

    def people() -> set[int]:
        return {b.agent_id for pk in site_ids for b in affected(territory_id, pk, span, now=now)}

    known = people()
    lock_for_freeing(known, site_ids, None, span)
    if not people() <= known:
        raise TryAgain


@in_transaction
def close_site(
    territory_id: int,
    site_id: int | None,
    start: dt.datetime,
    end: dt.datetime,
    reason: str,
    author: Author,
    *,
    now: dt.datetime | None = None,
) -> Closed:
    """Close one site (or all, `site_id` None) from `start` to `end`, half-open.

    A booking that keeps a long enough part of its time outside the closure is shortened to the longest such part; one
    in use ends at the closure; the others are cancelled. Each person is told once, with the nearest places that are free.
    Raises NotFound for a site of another territory.
    """
    now = now or timezone.now()
    span = Interval(start, end)
    directory = get_directory(territory_id)
    if site_id is not None and all(s.id != site_id for s in directory.sites):
        raise NotFound("Ce site n'existe pas.")
    site_ids = [s.id for s in directory.sites] if site_id is None else [site_id]
    people = {b.agent_id for b in affected(territory_id, site_id, span, now=now)}
    lock_for_freeing(people, site_ids, None, span)
    bookings = affected(territory_id, site_id, span, now=now)
    if not {b.agent_id for b in bookings} <= people:
        raise TryAgain
    closure = Closure.objects.create(
        territory_id=territory_id, site_id=site_id, start=start, end=end, reason=reason, created_by=author.agent
    )
    record(
        territory_id,
        author,
        "site.closed",
        "closure",
        closure.pk,
        site=site_id,
        start=start.isoformat(),
        end=end.isoformat(),
        reason=reason,
    )
    result = Closed(closure)
    directory = get_directory(territory_id)
    # What has been used stays used: for the bookings, a closure begins now at the earliest.
    span = Interval(min(max(start, now), end), end)
    freed = [(b.site_id, b.kind, Interval(b.start, b.end)) for b in bookings]
    for booking in bookings:
        _apply(booking, directory, directory.site_by_id(booking.site_id), span, reason, author, now, result)
    # What a booking lost outside the closure is for those who wait.
    for freed_site, kind, before in freed:
        serve(directory, freed_site, kind, before, now=now)
    return result


def what_remains(booking: Booking, site: SiteEntry, span: Interval, now: dt.datetime) -> Interval | None:
    """The part of a booking that a closure leaves: the longest one that is long enough, None when there is none."""
    before = Interval(booking.start, booking.end)
    parts = subtract([before], [span])
    if booking.state == State.IN_USE:
        # Someone who sits there stays until the doors shut, however short that is.
        parts = tuple(p for p in parts if p.start == before.start)
    else:
        shortest = dt.timedelta(minutes=site.rules_for(booking.kind).shortest_minutes)
        parts = tuple(p for p in parts if p.end > now and p.end - p.start >= shortest)
    return max(parts, key=lambda p: (p.end - p.start, -p.start.timestamp()), default=None)


def _apply(
    booking: Booking,
    directory: Directory,
    site: SiteEntry,
    span: Interval,
    reason: str,
    author: Author,
    now: dt.datetime,
    result: Closed,
) -> None:
    before = Interval(booking.start, booking.end)
    longest = what_remains(booking, site, span, now)
    if longest is not None:
        booking.start, booking.end, booking.held = (
            longest.start,
            longest.end,
            held(site, booking.kind, longest.start, longest.end),
        )
        if booking.free_if_absent_at is not None:
            moved = booking.free_if_absent_at + (longest.start - before.start)
            booking.free_if_absent_at = min(moved, longest.end)
        booking.save(update_fields=["start", "end", "held", "free_if_absent_at"])
        record(
            directory.territory_id,
            author,
            "booking.shortened",
            "booking",
            booking.pk,
            reference=booking.reference,
            before=[before.start.isoformat(), before.end.isoformat()],
            after=[longest.start.isoformat(), longest.end.isoformat()],
            reason=reason,
        )
        notices.shortened_by_closure(booking, directory, reason)
        result.shortened.append(booking)
        return
    booking.state, booking.ended_at, booking.end_reason = State.CANCELLED, now, reason
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
    others = alternatives(booking.agent, booking.kind, site.id, before, features=frozenset(booking.features), now=now)
    notices.closed(booking, directory, reason, others)
    result.cancelled.append(booking)


@in_transaction
def reopen(territory_id: int, closure_id: int, author: Author, *, now: dt.datetime | None = None) -> None:
    """Lift a closure; whoever waits for those hours is served. NotFound when there is none (any more)."""
    now = now or timezone.now()
    closure = Closure.objects.filter(pk=closure_id, territory_id=territory_id).first()
    if closure is None:
        raise NotFound("Cette fermeture n'existe plus.")
    directory = get_directory(territory_id)
    site_ids = [s.id for s in directory.sites] if closure.site_id is None else [closure.site_id]
    span = Interval(closure.start, closure.end)
    lock_for_freeing([], site_ids, None, span)
    if not Closure.objects.filter(pk=closure_id).delete()[0]:
        raise NotFound("Cette fermeture n'existe plus.")
    record(territory_id, author, "site.reopened", "closure", closure_id, site=closure.site_id)
    directory = get_directory(territory_id)
    if span.end > now:
        waited_for = set(
            WaitingEntry.objects.filter(site_id__in=site_ids, state=WaitingEntry.State.WAITING).values_list(
                "site_id", "kind"
            )
        )
        for site_id, kind in sorted(waited_for):
            serve(directory, site_id, kind, span, now=now)


def closure_of_half(directory: Directory, site: SiteEntry, day: dt.date, part: str) -> Interval:
    """The span that closes a "morning", an "afternoon" or the whole "day" of a site, from midnight or noon on."""
    whole = local_day(day, directory.zone)
    opening = site.day(day)
    noon = opening.afternoon.start if opening.afternoon else local_noon(directory, day)
    match part:
        case "morning":
            return Interval(whole.start, opening.morning.end if opening.morning else noon)
        case "afternoon":
            return Interval(noon, whole.end)
        case _:
            return whole


def local_noon(directory: Directory, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, directory.half_day_at, directory.zone).astimezone(dt.UTC)
