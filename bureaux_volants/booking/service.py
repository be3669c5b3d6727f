"""The life of a booking. Each function is one transaction: locks, present state, rules, seating, rows, event, notices.

`author` says who acts and from where; whether they may is asked before (territory/permissions.py). `now` is for tests
and jobs. Nothing is changed when an error of booking/errors.py is raised.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from django.db.utils import IntegrityError
from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.events.log import SOFTWARE, Author, record
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.models import Agent

from . import guards, notices
from .errors import NotFound, NoUnitFree, Refused, WrongState
from .kinds import noun
from .loading import person_of, with_directory
from .locks import constraint_name, in_transaction, lock
from .locks import statement as locking
from .models import Booking, Kind, Series, WaitingEntry
from .placing import (
    Ask,
    absence_deadline,
    check_constraints,
    defer_constraints,
    find_seat,
    first_state,
    held,
    name_of,
    picture_for,
    place,
    reseat,
)
from .rules import Question, Refusal, failing
from .search import alternatives, no_unit_free
from .states import HOLDING, MOVES, State
from .waiting import leave as leave_queue
from .waiting import lock_for_freeing, serve

__all__ = [
    "Ask",
    "approve",
    "book",
    "cancel",
    "cancel_period",
    "change",
    "check_in",
    "complete",
    "free_absent",
    "leave",
    "refuse",
]

#: Rules about asking, which do not concern somebody who only gives time back.
_ABOUT_ASKING = frozenset(
    {
        "notice",
        "horizon",
        "weekly-limit",
        "telework-limit",
        "presence-minimum",
        "not-open-to-organisation",
        "not-open-yet",
        "not-in-cohort",
        "site-inactive",
    }
)


def book(
    agent: Agent,
    ask: Ask,
    author: Author,
    *,
    counterfactual: str = "",
    series: Series | None = None,
    now: dt.datetime | None = None,
) -> Booking:
    """Book a stay. Any suitable unit of the site unless `ask.resource_id` names one.

    Raises Refused with every failing rule; NoUnitFree, with the nearest alternatives, when no arrangement of the
    bookings leaves a unit; NotFound for a site that the agent's territory does not have.
    """
    now = now or timezone.now()
    try:
        return _book(agent, ask, author, counterfactual, series, now)
    except NoUnitFree as full:
        # Looked up after the transaction: nobody waits for a search.
        full.alternatives = alternatives(
            agent, ask.kind, ask.site_id, ask.interval, features=ask.features, now=now, seen=full.seen
        )
        raise
    except IntegrityError as error:
        _explain(error, ask)
        raise


def _explain(error: IntegrityError, ask: Ask) -> None:
    """Turn what the exclusion constraints refused into its sentence. Reached only when other code wrote without locks."""
    match constraint_name(error):
        case "booking_one_holder_per_unit":
            raise NoUnitFree(f"Quelqu'un vient de prendre {noun(ask.kind).this_thing} : réessayez.") from error
        case "booking_one_desk_per_person":
            raise Refused([Refusal("one-desk-at-a-time", "Vous avez déjà un bureau à ces heures.")]) from error


def _site(directory: Directory, site_id: int) -> SiteEntry:
    try:
        return directory.site_by_id(site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None


@in_transaction
def _book(
    agent: Agent, ask: Ask, author: Author, counterfactual: str, series: Series | None, now: dt.datetime
) -> Booking:
    if agent.territory_id is None:
        raise NotFound("Ce site n'existe pas.")
    locks = locking(people=[agent.pk], sites=[ask.site_id])
    directory, picture = with_directory(
        agent.territory_id,
        lambda known: picture_for(known, ask.site_id, ask.kind, agent.pk, ask.interval, now=now, under=locks),
    )
    site = _site(directory, ask.site_id)
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
            unit_id=ask.resource_id,
        )
    )
    refusals += guards.refusals_to_book(agent, ask.kind, ask.interval)
    if refusals:
        raise Refused(refusals)
    seating = find_seat(site, picture, ask)
    if seating is None:
        full = NoUnitFree(
            no_unit_free(ask.kind, site.lent_of(ask.kind, ask.start)).message
            if ask.resource_id is None
            else f"« {name_of(site, ask.resource_id)} » n'est plus libre à ces heures."
        )
        full.seen = directory, picture.own
        raise full
    booking = place(directory, site, ask, seating, agent, author, now=now, counterfactual=counterfactual, series=series)
    if series is not None:
        return booking  # told once for all its dates: series.py
    if booking.state == State.REQUESTED:
        notices.requested(booking, directory)
    elif not ask.told_together:
        notices.confirmed(booking, directory, name_of(site, booking.resource_id))
    return booking


def _peek(booking_id: int) -> Booking:
    """The booking before the locks: only what never changes of it is used (who, where, what kind)."""
    booking = Booking.objects.filter(pk=booking_id).first()
    if booking is None:
        raise NotFound("Cette réservation n'existe pas.")
    return booking


def _locked(booking_id: int, *, also: Interval | None = None) -> Booking:
    """The booking with its holder, its site and all who wait there locked, as it is now."""
    before = _peek(booking_id)
    # What is not back yet is held beyond its end.
    span = Interval(before.start, max(before.end, before.held.upper))
    if also is not None:
        span = Interval(min(span.start, also.start), max(span.end, also.end))
    lock_for_freeing([before.agent_id], [before.site_id], before.kind, span)
    return Booking.objects.select_related("agent").get(pk=booking_id)


def _require(booking: Booking, to: State) -> None:
    if to not in MOVES[State(booking.state)]:
        raise WrongState(f"Cette réservation est déjà {booking.get_state_display()} : plus rien à faire.")


def _end(booking: Booking, state: State, now: dt.datetime, reason: str = "") -> None:
    booking.state, booking.ended_at, booking.end_reason = state, now, reason
    booking.save(update_fields=["state", "ended_at", "end_reason", "end", "held"])


def _record(booking: Booking, author: Author, kind: str, **data: object) -> None:
    record(booking.territory_id, author, kind, "booking", booking.pk, reference=booking.reference, **data)


def _serve_after(booking: Booking, directory: Directory, freed: Interval, now: dt.datetime) -> None:
    if freed.end > now:
        serve(directory, booking.site_id, booking.kind, freed, now=now)


def _same_day(a: Interval, b: Interval, directory: Directory) -> bool:
    return a.start.astimezone(directory.zone).date() == b.start.astimezone(directory.zone).date()


@in_transaction
def change(
    booking_id: int, author: Author, *, start: dt.datetime, end: dt.datetime, now: dt.datetime | None = None
) -> Booking:
    """Move, shorten or extend. A stay in use keeps its start and its unit; only its end moves.

    Raises Refused, NoUnitFree, WrongState, NotFound; then the booking is as it was.
    """
    now = now or timezone.now()
    if end <= start:
        raise Refused([Refusal("too-short", "La fin doit suivre le début.")])
    booking = _locked(booking_id, also=Interval(start, end))
    if booking.state not in HOLDING:
        raise WrongState(f"Cette réservation est {booking.get_state_display()} : elle ne se modifie plus.")
    if booking.state == State.IN_USE and start != booking.start:
        raise WrongState("Votre arrivée est déjà notée : seule l'heure de fin peut changer.")
    directory = get_directory(booking.territory_id)
    site = _site(directory, booking.site_id)
    before, after = Interval(booking.start, booking.end), Interval(start, end)
    if before == after:
        return booking
    unit = booking.resource_id if booking.is_pinned or booking.state == State.IN_USE else None
    ask = Ask(booking.kind, site.id, start, end, frozenset(booking.features), unit)
    picture = picture_for(directory, site.id, booking.kind, booking.agent_id, before, after, now=now)
    refusals = failing(
        Question(
            directory=directory,
            site=site,
            kind=booking.kind,
            asked=after,
            features=ask.features,
            person=person_of(booking.agent),
            own=[o for o in picture.own if o.id != booking.pk],
            now=now,
            unit_id=unit,
        )
    )
    gives_back = before.contains(after) and end > now
    excused = (
        _ABOUT_ASKING if gives_back else frozenset({"notice"}) if start == booking.start and end > now else frozenset()
    )
    refusals = [r for r in refusals if r.code not in excused]
    if not gives_back:
        refusals += guards.refusals_to_book(booking.agent, booking.kind, after)
    if refusals:
        raise Refused(refusals)
    seating = find_seat(site, picture, ask, without=booking.pk, rather=booking.resource_id, gives_back=gives_back)
    if seating is None:
        raise NoUnitFree(no_unit_free(booking.kind, site.lent_of(booking.kind, start)).message)
    defer_constraints()
    reseat(directory, site, seating, author)
    old_unit = booking.resource_id
    booking.start, booking.end, booking.held, booking.resource_id = (
        start,
        end,
        held(site, booking.kind, start, end),
        seating.units[0],
    )
    if booking.state != State.IN_USE:
        # Who keeps the start keeps the deadline too: a change is no arrival.
        since = now if start != before.start else min(now, booking.created_at)
        deadline, old = absence_deadline(site, booking.kind, start, end, since), booking.free_if_absent_at
        whole = absence_deadline(site, booking.kind, before.start, before.end, before.start)
        if old is not None and deadline is not None and start < old and (before.start <= now or old != whole):
            # Nor is moving what has begun, or had begun before it was moved, a little later, again and again.
            deadline = min(deadline, old)
        booking.free_if_absent_at = deadline
        if not gives_back and (booking.state == State.REQUESTED or not _same_day(before, after, directory)):
            # A site that answers itself says yes to a day; another day is asked again.
            state, booking.answer_by = first_state(
                site, booking.kind, start, end, now, awaits_manager=booking.awaits_manager
            )
            booking.state = state
    booking.save(update_fields=["start", "end", "held", "resource", "state", "answer_by", "free_if_absent_at"])
    check_constraints()
    _record(
        booking,
        author,
        "booking.changed",
        before=[before.start.isoformat(), before.end.isoformat(), old_unit],
        after=[start.isoformat(), end.isoformat(), booking.resource_id],
        state=str(booking.state),
    )
    if booking.state == State.REQUESTED:
        notices.requested(booking, directory)
    else:
        notices.moved(booking, directory, name_of(site, booking.resource_id))
    _serve_after(booking, directory, before, now)
    return booking


@in_transaction
def cancel(booking_id: int, author: Author, *, reason: str = "", now: dt.datetime | None = None) -> Booking:
    """Give a booking up. One that is in use ends now instead: what was used was used.

    The holder is told when somebody else cancels. Whoever waits is served at once.
    """
    now = now or timezone.now()
    booking = _locked(booking_id)
    if booking.state == State.IN_USE:
        return _leave(booking, author, now, now)
    _require(booking, State.CANCELLED)
    directory = get_directory(booking.territory_id)
    freed = Interval(booking.start, booking.end)
    _end(booking, State.CANCELLED, now, reason)
    _record(booking, author, "booking.cancelled", reason=reason)
    if author.id != booking.agent_id:
        notices.cancelled_for(booking, directory, reason)
    _serve_after(booking, directory, freed, now)
    return booking


def cancel_period(
    agent: Agent, first: dt.date, last: dt.date, author: Author, *, now: dt.datetime | None = None
) -> list[Booking]:
    """Cancel all of one's coming bookings from `first` to `last`, both local days included: a leave.

    Each is cancelled by itself; one that changed state meanwhile is left as it is. The queues of those days are left too:
    nobody on leave is given a desk.
    """
    now = now or timezone.now()
    if agent.territory_id is None or last < first:
        return []
    zone = get_directory(agent.territory_id).zone
    span = Interval(local_day(first, zone).start, local_day(last, zone).end)
    queued = WaitingEntry.objects.filter(
        agent=agent, state=WaitingEntry.State.WAITING, start__gte=span.start, start__lt=span.end
    )
    for entry_id in queued.order_by("id").values_list("pk", flat=True):
        # Served meanwhile: then it is among the bookings below.
        with suppress(NotFound):
            leave_queue(agent, entry_id, author, now=now)
    ids = list(
        Booking.objects.filter(
            agent=agent,
            state__in=(State.REQUESTED, State.CONFIRMED),
            start__gte=span.start,
            start__lt=span.end,
            end__gt=now,
        )
        .order_by("start")
        .values_list("pk", flat=True)
    )
    cancelled: list[Booking] = []
    for booking_id in ids:
        try:
            cancelled.append(cancel(booking_id, author, reason="absence", now=now))
        except WrongState:
            continue
    return cancelled


@in_transaction
def approve(
    booking_id: int,
    author: Author,
    *,
    now: dt.datetime | None = None,
    tell: bool = True,
    as_manager: bool = False,
) -> Booking:
    """Grant a request. WrongState when it was answered meanwhile: of two hosts, the first one counts.

    Not `tell`: the caller tells of several at once. `as_manager`: for the person's manager, whose answer comes before the site's;
    a site that answers each request is asked then.
    """
    now = now or timezone.now()
    booking = _locked(booking_id)
    _require(booking, State.CONFIRMED)
    if booking.awaits_manager != as_manager:
        raise WrongState(
            "Cette demande attend d'abord l'accord de l'encadrement."
            if booking.awaits_manager
            else "Cette demande n'attend plus l'accord de l'encadrement."
        )
    if booking.end <= now:
        raise WrongState("Cette demande portait sur des heures qui sont passées.")
    directory = get_directory(booking.territory_id)
    site = _site(directory, booking.site_id)
    booking.state, booking.answer_by, booking.awaits_manager = State.CONFIRMED, None, False
    if as_manager:
        booking.state, booking.answer_by = first_state(site, booking.kind, booking.start, booking.end, now)
    booking.free_if_absent_at = absence_deadline(site, booking.kind, booking.start, booking.end, now)
    booking.save(update_fields=["state", "answer_by", "free_if_absent_at", "awaits_manager"])
    if booking.state == State.REQUESTED:
        _record(booking, author, "booking.agreed")
        notices.requested(booking, directory)
        return booking
    _record(booking, author, "booking.approved")
    if tell:
        notices.approved(booking, directory, name_of(site, booking.resource_id))
    return booking


@in_transaction
def refuse(
    booking_id: int, author: Author, *, reason: str = "", now: dt.datetime | None = None, tell: bool = True
) -> Booking:
    """Refuse a request, with a reason; the agent is told and offered other places, but when the caller tells (`tell`)."""
    now = now or timezone.now()
    booking = _locked(booking_id)
    _require(booking, State.REFUSED)
    directory = get_directory(booking.territory_id)
    freed = Interval(booking.start, booking.end)
    _end(booking, State.REFUSED, now, reason)
    _record(booking, author, "booking.refused", reason=reason)
    if tell:
        others = alternatives(
            booking.agent, booking.kind, booking.site_id, freed, features=frozenset(booking.features), now=now
        )
        notices.refused(booking, directory, others)
    _serve_after(booking, directory, freed, now)
    return booking


@in_transaction
def check_in(booking_id: int, author: Author, by: Booking.CheckInBy, *, now: dt.datetime | None = None) -> Booking:
    """Say that the person has arrived. Doing it twice changes nothing. WrongState outside the window.

    The window opens the site's number of minutes before the start (for a host, with the local day) and lasts to the end.
    """
    now = now or timezone.now()
    before = _peek(booking_id)
    lock(people=[before.agent_id], sites=[before.site_id])
    booking = Booking.objects.select_related("agent").get(pk=booking_id)
    if booking.state == State.IN_USE:
        return booking
    if booking.state == State.REQUESTED:
        whose = "de l'encadrement" if booking.awaits_manager else "du site"
        raise WrongState(f"Cette demande attend encore l'accord {whose}.")
    if booking.state == State.NO_SHOW:
        raise WrongState("Faute d'arrivée signalée, la place a été rendue : réservez de nouveau.")
    _require(booking, State.IN_USE)
    directory = get_directory(booking.territory_id)
    site = _site(directory, booking.site_id)
    opens = booking.start - dt.timedelta(minutes=site.rules_for(booking.kind).check_in_early_minutes)
    if by == Booking.CheckInBy.HOST:
        opens = min(opens, local_day(booking.start.astimezone(directory.zone).date(), directory.zone).start)
    if now < opens:
        when = french.day(booking.start.astimezone(directory.zone).date())
        raise WrongState(f"L'arrivée se signale à partir de {french.at(opens, directory.zone)}, le {when}.")
    if now >= booking.end:
        raise WrongState("Cette réservation est terminée.")
    if against := guards.refusals(booking.agent, booking.kind, Interval(booking.start, booking.end)):
        raise Refused(against)
    booking.state, booking.checked_in_at, booking.checked_in_by = State.IN_USE, now, by
    booking.save(update_fields=["state", "checked_in_at", "checked_in_by"])
    _record(booking, author, "booking.checked_in", by=str(by))
    return booking


def _leave(booking: Booking, author: Author, now: dt.datetime, left_at: dt.datetime) -> Booking:
    """End a stay in use; the rest of it is free at once."""
    directory = get_directory(booking.territory_id)
    planned, was_held = booking.end, booking.held.upper
    end = max(booking.start, min(left_at, booking.end))
    if end <= booking.start:
        # Arrived early and left again before the start: nothing was used.
        _end(booking, State.CANCELLED, left_at)
        _record(booking, author, "booking.cancelled")
        end = booking.start
    else:
        booking.end, booking.held = end, held(_site(directory, booking.site_id), booking.kind, booking.start, end)
        _end(booking, State.COMPLETED, left_at)
        _record(booking, author, "booking.completed", planned_end=planned.isoformat(), end=end.isoformat())
    if end < max(planned, was_held):
        _serve_after(booking, directory, Interval(end, max(planned, was_held)), now)
    return booking


@in_transaction
def leave(
    booking_id: int, author: Author, *, now: dt.datetime | None = None, left_at: dt.datetime | None = None
) -> Booking:
    """Say that the person has left: the rest of the stay is free at once. `left_at`: when they did, if that is known late."""
    now = now or timezone.now()
    booking = _locked(booking_id)
    _require(booking, State.COMPLETED)
    if booking.state != State.IN_USE:
        raise WrongState("Signalez d'abord votre arrivée, ou annulez la réservation.")
    return _leave(booking, author, now, left_at or now)


@in_transaction
def complete(booking_id: int, *, now: dt.datetime) -> Booking:
    """Close a stay whose time is over (job)."""
    before = _peek(booking_id)
    lock(people=[before.agent_id], sites=[before.site_id])
    booking = Booking.objects.get(pk=booking_id)
    if booking.end <= now and State.COMPLETED in MOVES[State(booking.state)]:
        if _was_not_there(booking):
            return _excuse(booking, get_directory(booking.territory_id), now)
        _end(booking, State.COMPLETED, booking.end)
        _record(booking, SOFTWARE, "booking.completed")
    return booking


def _was_not_there(booking: Booking) -> bool:
    """Whether nobody could have taken the unit: somebody else still has it."""
    if booking.kind == Kind.DESK or booking.state != State.CONFIRMED:
        return False
    out = Booking.objects.filter(resource_id=booking.resource_id, state=State.IN_USE, start__lt=booking.end)
    return out.exclude(pk=booking.pk).exists()


def _excuse(booking: Booking, directory: Directory, now: dt.datetime) -> Booking:
    """End a stay that could not begin: no absence of the person's."""
    unit = name_of(_site(directory, booking.site_id), booking.resource_id)
    reason = f"« {unit} » n'était pas de retour"
    _end(booking, State.CANCELLED, now, reason)
    _record(booking, SOFTWARE, "booking.cancelled", reason=reason)
    notices.was_not_there(booking, directory, unit)
    return booking


@in_transaction
def free_absent(booking_id: int, *, now: dt.datetime) -> Booking:
    """Free a desk whose holder did not come within the grace period, and give it to the next (job)."""
    booking = _locked(booking_id)
    due = booking.free_if_absent_at
    if booking.state != State.CONFIRMED or due is None or due > now:
        return booking
    directory = get_directory(booking.territory_id)
    if _was_not_there(booking):
        return _excuse(booking, directory, now)
    _end(booking, State.NO_SHOW, now)
    _record(booking, SOFTWARE, "booking.no_show")
    notices.freed_for_absence(booking, directory)
    _serve_after(booking, directory, Interval(max(booking.start, now), booking.end), now)
    return booking
