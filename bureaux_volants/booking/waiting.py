"""The waiting list: in order, atomically, told at once.

Whoever frees a unit serves the queue in the same transaction: no other request can slip in between, and a process killed
half-way has neither freed nor served anything. Those who wait are locked before the site (locks.py); if somebody joined
between the look and the lock, the service starts again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.events.log import SOFTWARE, Author, record
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from . import guards, notices
from .errors import AlreadyWaiting, NotFound, Refused, RoomLeft
from .loading import around, person_of
from .locks import TryAgain, in_transaction, lock
from .models import Booking, WaitingEntry
from .placing import Ask, find_seat, name_of, picture_for, place
from .rules import Question, failing
from .states import State

#: Rules that were kept when the person asked, and that time alone may have broken since.
_KEPT_BY_WAITING = frozenset({"notice"})

#: Re-seating can make room anywhere in the local day of what is freed, which may last 25 hours.
_A_DAY = dt.timedelta(hours=25)


def waiters(site_id: int, kind: str, freed: Interval) -> list[WaitingEntry]:
    """Who waits for any part of a span at a site, first come first."""
    return list(
        WaitingEntry.objects.select_related("agent")
        .filter(site_id=site_id, kind=kind, state=WaitingEntry.State.WAITING, start__lt=freed.end, end__gt=freed.start)
        .filter(agent__is_active=True)
        .order_by("id")
    )


def lock_for_freeing(people: Iterable[int], site_ids: Iterable[int], kind: str | None, freed: Interval) -> None:
    """Lock the people, all who wait (for this kind; None: for any) on the days of what may be freed, and the sites.

    TryAgain when the queue grew.
    """
    site_ids = list(site_ids)
    of_kind = {} if kind is None else {"kind": kind}

    def queue() -> set[int]:
        return set(
            WaitingEntry.objects.filter(
                site_id__in=site_ids,
                **of_kind,
                state=WaitingEntry.State.WAITING,
                start__lt=freed.end + _A_DAY,
                end__gt=freed.start - _A_DAY,
            ).values_list("agent_id", flat=True)
        )

    known = queue()
    lock(people={*people, *known}, sites=site_ids)
    if not queue() <= known:
        raise TryAgain


def serve(directory: Directory, site_id: int, kind: str, freed: Interval, *, now: dt.datetime) -> list[Booking]:
    """Give what is free to those who wait, in order. The caller holds the locks of `lock_for_freeing`.

    Somebody whose own rules refuse today (a weekly limit reached meanwhile) keeps the place in the queue and is passed
    over. A stay that has begun is given for what is left of it. All who wait that day are asked, not only for the hours
    freed: somebody else may now move over and leave other hours to them.
    """
    served: list[Booking] = []
    site = directory.site_by_id(site_id)
    for entry in waiters(site_id, kind, around(directory, freed)):
        start = max(entry.start, now.replace(second=0, microsecond=0))
        if start >= entry.end:
            continue
        ask = Ask(kind, site_id, start, entry.end, frozenset(entry.features))
        picture = picture_for(directory, site_id, kind, entry.agent_id, ask.interval, now=now)
        question = Question(
            directory=directory,
            site=site,
            kind=kind,
            asked=ask.interval,
            features=ask.features,
            person=person_of(entry.agent),
            own=picture.own,
            now=now,
        )
        if any(r.code not in _KEPT_BY_WAITING for r in failing(question)):
            continue
        if guards.refusals_to_book(entry.agent, kind, ask.interval):
            continue
        seating = find_seat(site, picture, ask)
        if seating is None:
            continue
        booking = place(directory, site, ask, seating, entry.agent, SOFTWARE, now=now, because="waiting.served")
        entry.state, entry.booking, entry.ended_at = WaitingEntry.State.SERVED, booking, now
        entry.save(update_fields=["state", "booking", "ended_at"])
        if booking.state == State.REQUESTED:
            notices.requested(booking, directory)
        else:
            notices.waiting_served(booking, directory, name_of(site, booking.resource_id))
        served.append(booking)
    return served


@in_transaction
def join(agent: Agent, ask: Ask, author: Author, *, now: dt.datetime | None = None) -> WaitingEntry:
    """Take a place in the queue of a full site, for any suitable unit of it.

    Raises Refused with every rule that would refuse the booking anyway, RoomLeft when the stay can be had at once,
    AlreadyWaiting, NotFound.
    """
    now = now or timezone.now()
    assert agent.territory_id is not None
    ask = replace(ask, resource_id=None)
    lock(people=[agent.pk], sites=[ask.site_id])
    directory = get_directory(agent.territory_id)
    try:
        site = directory.site_by_id(ask.site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None
    picture = picture_for(directory, site.id, ask.kind, agent.pk, ask.interval, now=now)
    refusals = failing(
        Question(
            directory=directory,
            site=site,
            kind=ask.kind,
            asked=ask.interval,
            features=ask.features,
            person=person_of(agent),
            own=picture.own,
            now=now,
        )
    )
    refusals += guards.refusals_to_book(agent, ask.kind, ask.interval)
    if refusals:
        raise Refused(refusals)
    if find_seat(site, picture, ask) is not None:
        raise RoomLeft("Il reste de la place sur ce site à ces heures : réservez directement.")
    # One place in a queue each: who asks for many overlapping hours would stand before the others many times.
    same = WaitingEntry.objects.filter(
        agent=agent,
        site_id=site.id,
        kind=ask.kind,
        start__lt=ask.end,
        end__gt=ask.start,
        state=WaitingEntry.State.WAITING,
    ).first()
    if same is not None:
        hours = french.span(same.start, same.end, directory.zone)
        raise AlreadyWaiting(f"Vous attendez déjà une place sur ce site le {hours}.")
    entry = WaitingEntry.objects.create(
        territory_id=directory.territory_id,
        site_id=site.id,
        kind=ask.kind,
        agent=agent,
        start=ask.start,
        end=ask.end,
        features=sorted(ask.features),
        created_at=now,
    )
    record(directory.territory_id, author, "waiting.joined", "waiting", entry.pk, site=site.slug, agent=agent.pk)
    return entry


@in_transaction
def leave(agent: Agent, entry_id: int, author: Author, *, now: dt.datetime | None = None) -> None:
    """Give up one's place in a queue. NotFound when it is not one's own or no longer waiting."""
    entry = WaitingEntry.objects.filter(pk=entry_id, agent=agent).first()
    if entry is None:
        raise NotFound("Cette attente n'existe pas.")
    lock(people=[agent.pk], sites=[entry.site_id])
    changed = WaitingEntry.objects.filter(pk=entry_id, state=WaitingEntry.State.WAITING).update(
        state=WaitingEntry.State.LEFT, ended_at=now or timezone.now()
    )
    if not changed:
        raise NotFound("Cette attente est déjà terminée.")
    record(entry.territory_id, author, "waiting.left", "waiting", entry.pk, agent=agent.pk)


@in_transaction
def serve_site(territory_id: int, site_id: int, kind: str, window: Interval, *, now: dt.datetime) -> list[Booking]:
    """Serve a site's queue when something else than a booking made room: hours, units, a closure lifted, a rule."""
    lock_for_freeing([], [site_id], kind, window)
    return serve(get_directory(territory_id), site_id, kind, window, now=now)


@in_transaction
def expire(now: dt.datetime) -> int:
    """Close the entries whose time has passed. Returns how many."""
    past = list(
        WaitingEntry.objects.select_for_update(skip_locked=True)
        .filter(state=WaitingEntry.State.WAITING, end__lte=now)
        .order_by("id")[:500]
    )
    for entry in past:
        entry.state, entry.ended_at = WaitingEntry.State.EXPIRED, now
        entry.save(update_fields=["state", "ended_at"])
        record(entry.territory_id, SOFTWARE, "waiting.expired", "waiting", entry.pk, agent=entry.agent_id)
    return len(past)
