"""Seating a stay in a pool that is locked: the shell around `assignment.seat` that reads and writes rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.rows import insert

from . import notices
from .assignment import seat
from .loading import Picture, load, pool_window
from .models import Booking, RuleSet, Series
from .pool import Seating, Stay, Wish
from .states import State


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person wants: a stay in a site's pool, or on one unit of it (`resource_id`)."""

    kind: str
    site_id: int
    start: dt.datetime
    end: dt.datetime
    features: frozenset[str] = frozenset()
    resource_id: int | None = None
    #: Units in the order in which free ones are proposed; empty: best fit.
    prefer: tuple[int, ...] = ()
    #: Somebody else than the site must agree first: the person's manager.
    awaits_manager: bool = False
    #: One of several that the person is told of together, by whoever asks.
    told_together: bool = False

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)


def picture_for(
    directory: Directory, site_id: int, kind: str, agent_id: int, *spans: Interval, now: dt.datetime, under: str = ""
) -> Picture:
    """What seating looks at: the pool around these spans, and the person's own. `under`: see `load`."""
    window = pool_window(directory, kind, *spans, now=now)
    return load(directory, kind, window, agent_id=agent_id, now=now, site_ids=[site_id], under=under)


def held(site: SiteEntry, kind: str, start: dt.datetime, end: dt.datetime) -> DateTimeTZRange:
    """The range a booking keeps its unit for: its own, and the turnaround of its kind after it."""
    return DateTimeTZRange(start, end + site.turnaround(kind), "[)")


def find_seat(
    site: SiteEntry,
    picture: Picture,
    ask: Ask,
    *,
    without: int | None = None,
    rather: int | None = None,
    gives_back: bool = False,
) -> Seating | None:
    """An arrangement that seats `ask`, or None. `without` leaves one booking out (it is the one being moved);
    `rather` is the unit it sits on, kept when nobody is in the way; `gives_back` when it only leaves hours to others."""
    units = site.units_of(ask.kind)
    until = ask.end + site.turnaround(ask.kind)
    stays = [s for s in picture.at(site.id) if s.id != without]
    most = None if gives_back else site.most_at(ask.kind, ask.start)
    if rather is not None and ask.resource_id is None and most is None:
        suits = any(u.id == rather and ask.features <= u.features for u in units)
        if suits and not any(s.unit_id == rather and s.start < until and ask.start < s.end for s in stays):
            return Seating((rather,))
    return seat(units, stays, [Wish(ask.start, until, ask.features, ask.resource_id)], prefer=ask.prefer, most=most)


def name_of(site: SiteEntry, unit_id: int) -> str:
    return next((u.name for u in site.units if u.id == unit_id), "")


def reseat(directory: Directory, site: SiteEntry, seating: Seating, author: Author) -> None:
    """Move those who move, and tell them. The caller defers the constraints until everybody sits."""
    if not seating.moves:
        return
    for booking in Booking.objects.select_related("agent").filter(pk__in=seating.moves).order_by("pk"):
        new_unit = seating.moves[booking.pk]
        old_name, new_name = name_of(site, booking.resource_id), name_of(site, new_unit)
        Booking.objects.filter(pk=booking.pk).update(resource_id=new_unit)
        record(
            directory.territory_id,
            author,
            "booking.reseated",
            "booking",
            booking.pk,
            reference=booking.reference,
            before=booking.resource_id,
            after=new_unit,
        )
        notices.reseated(booking, directory, old_name, new_name)


def move_elsewhere(
    booking: Booking, directory: Directory, site: SiteEntry, stays: Sequence[Stay], author: Author
) -> bool:
    """Give a booking another unit of its pool, told to whoever it concerns; False when no arrangement of `stays` has one.

    `stays` leaves the booking itself out. The caller has deferred the constraints. A unit chosen by name is given up.
    """
    features = frozenset(booking.features)
    until = booking.end + site.turnaround(booking.kind)
    seating = seat(site.units_of(booking.kind), stays, [Wish(booking.start, until, features)])
    if seating is None:
        return False
    reseat(directory, site, seating, author)
    old_unit, new_unit = booking.resource_id, seating.units[0]
    booking.resource_id, booking.is_pinned = new_unit, False
    booking.save(update_fields=["resource", "is_pinned"])
    record(
        directory.territory_id,
        author,
        "booking.reseated",
        "booking",
        booking.pk,
        reference=booking.reference,
        before=old_unit,
        after=new_unit,
    )
    notices.reseated(booking, directory, name_of(site, old_unit), name_of(site, new_unit))
    return True


def defer_constraints() -> None:
    """Let units be exchanged within the transaction; `check_constraints` looks before it is too late to say why."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS booking_one_holder_per_unit, booking_one_desk_per_person DEFERRED")


def check_constraints() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS booking_one_holder_per_unit, booking_one_desk_per_person IMMEDIATE")


def absence_deadline(
    site: SiteEntry, kind: str, start: dt.datetime, end: dt.datetime, now: dt.datetime
) -> dt.datetime | None:
    """When an unused booking is given to others: after the site's grace, counted from when it could be used."""
    grace = site.rules_for(kind).grace_minutes
    return min(max(start, now) + dt.timedelta(minutes=grace), end) if grace else None


#: What a host is given at least to answer, even when the stay begins sooner.
LEAST_TO_ANSWER = dt.timedelta(minutes=30)


def first_state(
    site: SiteEntry, kind: str, start: dt.datetime, end: dt.datetime, now: dt.datetime, *, awaits_manager: bool = False
) -> tuple[State, dt.datetime | None]:
    """Confirmed at once, or requested with the instant by which the host must answer.

    Before the stay begins, unless that would leave the host no time at all; never after its end. A manager who is asked has until
    it begins, and the site answers after.
    """
    if awaits_manager:
        return State.REQUESTED, min(max(start, now + LEAST_TO_ANSWER), end)
    rules = site.rules_for(kind)
    if rules.approval != RuleSet.Approval.ASKED:
        return State.CONFIRMED, None
    until = min(now + dt.timedelta(hours=rules.approval_hours), start)
    return State.REQUESTED, min(max(until, now + LEAST_TO_ANSWER), end)


def place(
    directory: Directory,
    site: SiteEntry,
    ask: Ask,
    seating: Seating,
    agent: Agent,
    author: Author,
    *,
    now: dt.datetime,
    counterfactual: str = "",
    series: Series | None = None,
    because: str = "booking.created",
    is_visit: bool = False,
) -> Booking:
    """Write a booking where `seating` says, with its event; the notices to its holder are the caller's."""
    state, answer_by = first_state(site, ask.kind, ask.start, ask.end, now, awaits_manager=ask.awaits_manager)
    if seating.moves:
        defer_constraints()
        reseat(directory, site, seating, author)
    booking = Booking(
        territory_id=directory.territory_id,
        site_id=site.id,
        kind=ask.kind,
        resource_id=seating.units[0],
        agent=agent,
        booked_by=author.agent or agent,
        series=series,
        start=ask.start,
        end=ask.end,
        held=held(site, ask.kind, ask.start, ask.end),
        state=state,
        is_pinned=ask.resource_id is not None,
        is_visit=is_visit,
        features=sorted(ask.features),
        counterfactual=counterfactual,
        answer_by=answer_by,
        awaits_manager=ask.awaits_manager,
        free_if_absent_at=absence_deadline(site, ask.kind, ask.start, ask.end, now),
        created_at=now,
    )
    insert(booking)
    if seating.moves:
        check_constraints()
    record(
        directory.territory_id,
        author,
        because,
        "booking",
        booking.pk,
        reference=booking.reference,
        site=site.slug,
        resource=booking.resource_id,
        agent=agent.pk,
        start=booking.start.isoformat(),
        end=booking.end.isoformat(),
        state=str(state),
    )
    return booking
